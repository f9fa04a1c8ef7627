import { FULL_EFFORT, measureComparison } from './comparison-measure.ts'
import type { ComparisonResult } from './comparison-result.ts'
import { comparisonChart, comparisonTables, comparisonText } from './comparison-view.ts'
import type { Subject } from './subject.ts'

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
