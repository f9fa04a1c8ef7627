import type { Subject } from '../subject.ts'
import { FULL_EFFORT, measureStartUp, type StartUp } from './measure.ts'
import { startUpCharts, startUpTables, startUpText } from './view.ts'

/** How long a start takes, and how fast answers are after it. */
export const startUp: Subject<StartUp> = {
  name: 'start',
  summary: 'how long a start takes, and the latencies of the first seconds after it',
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureStartUp({ ...FULL_EFFORT, rounds }, surroundings),
  text: startUpText,
  tables: startUpTables,
  charts: startUpCharts,
}
