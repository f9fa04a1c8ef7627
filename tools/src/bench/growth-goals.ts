/** Something that was promised, and what became of it. */
export interface Goal {
  what: string
  /** With its unit. */
  wanted: string
  /** With the same unit. */
  measured: string
  isReached: boolean
}

export const GOALS_HEAD = ['goal', 'wanted', 'measured', '']

/** The rows of a table of goals. */
export function goalRows(goals: readonly Goal[]): string[][] {
  return goals.map(({ what, wanted, measured, isReached }) => [
    what,
    wanted,
    measured,
    isReached ? 'reached' : 'not reached',
  ])
}
