import type { Subject } from '../subject.ts'
import { FULL_EFFORT, measureLoadgen } from './measure.ts'
import type { LoadgenResult } from './result.ts'
import { loadgenCharts, loadgenTables, loadgenText } from './view.ts'

/** What a load costs the machine that makes it. */
export const loadgen: Subject<LoadgenResult> = {
  name: 'loadgen',
  summary: "what a load costs the machine that makes it: k6/x/locust beside k6's http.get, Locust and wrk",
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureLoadgen({ ...FULL_EFFORT, rounds }, surroundings),
  text: loadgenText,
  tables: loadgenTables,
  charts: loadgenCharts,
}
