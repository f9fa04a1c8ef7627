/** A value measured in several rounds: its median, and the least and the most. */
export interface Spread {
  median: number
  min: number
  max: number
}

/** The spread of one value for each round. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/**
 * The spread of ratios, each of two values of one round: what disturbs a machine for a while disturbs both.
 * @param numerators a value for each round
 * @param denominators the value of the same round that it is compared with
 */
export function ratioOf(numerators: readonly number[], denominators: readonly number[]): Spread {
  return spreadOf(numerators.map((value, round) => value / (denominators[round] as number)))
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}

/** Rounded to so many decimals. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
