import type { Subject } from '../subject.ts'
import { type CatalogueResult, FULL_EFFORT, measureCatalogue } from './measure.ts'
import { catalogueTables, catalogueText } from './view.ts'

/** What a catalogue of product titles takes, and each kind of query for it. */
export const catalogue: Subject<CatalogueResult> = {
  name: 'catalogue',
  summary: 'memory, build, start and queries of 200,000 and 1,000,000 product titles with contexts',
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureCatalogue({ ...FULL_EFFORT, rounds }, surroundings),
  text: catalogueText,
  tables: catalogueTables,
  charts: () => ({}),
}
