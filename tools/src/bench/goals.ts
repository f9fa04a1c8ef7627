/** What was promised, and whether it is reached. */
import { markdownTable, textTable } from '../../../generator/src/table.ts'
import { round, type Spread } from './statistics.ts'

/** A ratio that is to keep to a limit. */
export interface RatioGoal {
  /** What is compared with what. */
  text: string
  /** Null when it could not be measured. */
  ratio: Spread | null
  bound: 'at most' | 'at least'
  limit: number
  /** Whether the median keeps to the limit; null when it could not be measured. */
  reached: boolean | null
}

/** The cells of a table. */
export interface Table {
  head: string[]
  rows: string[][]
}

/** A goal, and whether it is reached. */
export function ratioGoal(text: string, ratio: Spread | null, bound: RatioGoal['bound'], limit: number): RatioGoal {
  if (ratio === null) return { text, ratio, bound, limit, reached: null }
  const reached = bound === 'at most' ? ratio.median <= limit : ratio.median >= limit
  return { text, ratio: roundedSpread(ratio, 3), bound, limit, reached }
}

/** Something that was promised, and what became of it. */
export interface Goal {
  what: string
  /** With its unit. */
  wanted: string
  /** With the same unit. */
  measured: string
  /** Null when it could not be measured. */
  isReached: boolean | null
}

/** A goal for a table. */
export const toGoal = ({ text, bound, limit, ratio, reached }: RatioGoal): Goal => ({
  what: text,
  wanted: `${bound} ${limit}`,
  measured: ratio ? withRange(ratio, 2) : '',
  isReached: reached,
})

/** The goals as a table. */
export function goalTable(goals: readonly Goal[]): Table {
  return {
    head: ['goal', 'wanted', 'measured', ''],
    rows: goals.map(({ what, wanted, measured, isReached }) => [
      what,
      wanted,
      measured,
      isReached === null ? 'not measured' : isReached ? 'reached' : 'not reached',
    ]),
  }
}

/** A table as text, and in Markdown. */
export const asText = ({ head, rows }: Table): string => textTable(head, rows)
export const inMarkdown = ({ head, rows }: Table): string => markdownTable(head, rows)

/** The median, and the range in brackets where there is one. */
export function withRange({ median, min, max }: Spread, decimals: 0 | 1 | 2): string {
  const [middle, least, most] = [median, min, max].map((value) =>
    value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  )
  return least === most ? `${middle}` : `${middle} (${least}–${most})`
}

/** All three numbers rounded to so many decimals. */
export function roundedSpread({ median, min, max }: Spread, decimals: number): Spread {
  return { median: round(median, decimals), min: round(min, decimals), max: round(max, decimals) }
}
