import { npmNames } from '../npm-names.ts'
import type { Subject } from '../subject.ts'
import { type DatasetBuild, FULL_EFFORT, measureDatasetBuild } from './measure.ts'
import { datasetBuildCharts, datasetBuildTables, datasetBuildText } from './view.ts'

/** What building a dataset takes. */
export const datasetBuild: Subject<DatasetBuild> = {
  name: 'dataset-build',
  summary: 'time, memory and size of building datasets of up to 3 million entries',
  rounds: FULL_EFFORT.rounds,
  measure: async (rounds, surroundings) => {
    const names = await npmNames(surroundings.progress, surroundings.signal)
    return measureDatasetBuild({ ...FULL_EFFORT, rounds }, surroundings, names)
  },
  text: datasetBuildText,
  tables: datasetBuildTables,
  charts: datasetBuildCharts,
}
