import type { Subject } from '../subject.ts'
import { FULL_EFFORT, measureQuality } from './measure.ts'
import type { QualityResult } from './result.ts'
import { qualityChart, qualityTables, qualityText } from './view.ts'

/** How good suggestions are for what people type, and what that costs. */
export const quality: Subject<QualityResult> = {
  name: 'quality',
  summary: 'how good suggestions are for mistyped words, beside MiniSearch and a sorted set, and what that costs',
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureQuality({ ...FULL_EFFORT, rounds }, surroundings),
  text: qualityText,
  tables: qualityTables,
  charts: (result) => ({ quality: qualityChart(result) }),
}
