import { npmNames } from '../npm-names.ts'
import type { Subject } from '../subject.ts'
import { FULL_EFFORT, type Growth, measureGrowth } from './measure.ts'
import { growthCharts, growthTables, growthText } from './view.ts'

/** How the cost of a request grows. */
export const growth: Subject<Growth> = {
  name: 'growth',
  summary: 'how costs grow with processes, entries, connections and suggestions',
  rounds: FULL_EFFORT.rounds,
  measure: async (rounds, surroundings) => {
    const names = await npmNames(surroundings.progress, surroundings.signal)
    return measureGrowth({ ...FULL_EFFORT, rounds }, surroundings, names)
  },
  text: growthText,
  tables: growthTables,
  charts: growthCharts,
}
