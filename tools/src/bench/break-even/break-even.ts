import type { Subject } from '../subject.ts'
import { type BreakEven, FULL_EFFORT, measureBreakEven } from './measure.ts'
import { breakEvenCharts, breakEvenTables, breakEvenText } from './view.ts'

/** When ranking in threads pays, and how large batches should be. */
export const breakEven: Subject<BreakEven> = {
  name: 'break-even',
  summary: 'when ranking in threads pays, in tasks of one query and of many, and the settings of batches',
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureBreakEven({ ...FULL_EFFORT, rounds }, surroundings),
  text: breakEvenText,
  tables: breakEvenTables,
  charts: breakEvenCharts,
}
