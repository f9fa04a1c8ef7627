import type { Subject } from '../subject.ts'
import { FULL_EFFORT, measureTail } from './measure.ts'
import type { TailResult } from './result.ts'
import { tailChart, tailTables, tailText } from './view.ts'

/** How long answers take, by how busy the service is. */
export const tail: Subject<TailResult> = {
  name: 'tail',
  summary: 'how long answers take at 30 to 85 % of the capacity',
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureTail({ ...FULL_EFFORT, rounds }, surroundings),
  text: tailText,
  tables: tailTables,
  charts: (result) => ({ tail: tailChart(result) }),
}
