import type { Subject } from '../subject.ts'
import { FULL_EFFORT, measureComparison } from './measure.ts'
import type { ComparisonResult } from './result.ts'
import { comparisonChart, comparisonTables, comparisonText } from './view.ts'

/** What a request costs, beside servers that do nothing but HTTP and the report's stack. */
export const comparison: Subject<ComparisonResult> = {
  name: 'comparison',
  summary: "CPU time of a request, beside bare node:http, Koa and the report's stack",
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureComparison({ ...FULL_EFFORT, rounds }, surroundings),
  text: comparisonText,
  tables: comparisonTables,
  charts: (result) => ({ comparison: comparisonChart(result) }),
}
