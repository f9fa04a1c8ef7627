const CORRECT = ['letters', 'digits', 'off'] as const
const EXACT = ['first', 'score'] as const

/** The search settings of a dataset. See "Settings of a dataset" in docs/matching.md. */
export interface MatchSettings {
  infix: boolean
  correct: (typeof CORRECT)[number]
  exact: (typeof EXACT)[number]
}

export const DEFAULT_MATCH_SETTINGS: MatchSettings = { infix: true, correct: 'letters', exact: 'first' }

/** Whether a parsed value is a complete and valid {@link MatchSettings}. */
export function isMatchSettings(value: unknown): value is MatchSettings {
  if (typeof value !== 'object' || value === null) return false
  const { infix, correct, exact } = value as Record<string, unknown>
  const isIn = (of: unknown, values: readonly string[]) => values.some((one) => one === of)
  return typeof infix === 'boolean' && isIn(correct, CORRECT) && isIn(exact, EXACT)
}
