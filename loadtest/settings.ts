const SETTINGS = ['TARGET', 'PRESET', 'PROFILE', 'CRITICALITY']

/**
 * Returns an error message if a variable looks like a misspelled setting, because such a variable would have no effect.
 * A name with a different first letter does not count as misspelled: RESET is accepted, although it resembles PRESET.
 * A variable that was not set with -e may also begin with the whole name of a setting, such as PROFILES, because it may
 * belong to another program.
 * @param given the names of the variables that were set with -e
 * @param all the names of all variables
 */
export function misspelledSetting(given: string[], all: string[]): string | undefined {
  for (const name of new Set([...given, ...all])) {
    if (SETTINGS.includes(name)) continue
    const upper = name.toUpperCase()
    const meant = SETTINGS.find((setting) => setting[0] === upper[0] && distance(upper, setting) <= 2)
    if (!meant) continue
    const mayBelongToOthers = upper.startsWith(meant) && upper !== meant
    if (given.includes(name) || !mayBelongToOthers) return `${name} is unknown: use ${meant}`
  }
  return undefined
}

/**
 * Returns how many letters must be inserted, deleted, changed, or swapped with the next letter to turn `a` into `b`.
 */
function distance(a: string, b: string): number {
  const rows: number[][] = [[...b, ''].map((_, j) => j)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = isSwap ? at(i - 2, j - 2) + 1 : change
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, change, swap))
    }
  }
  return at(a.length, b.length)
}
