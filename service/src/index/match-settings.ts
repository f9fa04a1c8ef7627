/** How a dataset wants to be searched; docs/matching.md, "Settings of a dataset". */
export interface MatchSettings {
  infix: boolean
  correct: 'letters' | 'digits' | 'off'
  exact: 'first' | 'score'
}

export const DEFAULT_MATCH_SETTINGS: MatchSettings = { infix: true, correct: 'letters', exact: 'first' }
