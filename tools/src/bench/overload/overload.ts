import type { Subject } from '../subject.ts'
import { FULL_EFFORT, measureOverload } from './measure.ts'
import type { OverloadResult } from './result.ts'
import { overloadChart, overloadTables, overloadText } from './view.ts'

/** What the service does when more is asked than it can do. */
export const overload: Subject<OverloadResult> = {
  name: 'overload',
  summary: 'what the service does when up to three times as much is asked as it can do',
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureOverload({ ...FULL_EFFORT, rounds }, surroundings),
  text: overloadText,
  page: 'reliability.md',
  tables: overloadTables,
  charts: (result) => ({ overload: overloadChart(result) }),
}
