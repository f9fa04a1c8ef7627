/** The quality of suggestions, measured by the rank of the word that the user means. */

/** Only this many suggestions, from the top, are evaluated. */
export const DEPTH = 10
/** Half the width of a 95% confidence interval, in standard errors. */
const STANDARD_ERRORS = 1.96

/** The value of one query, its weight, and the typed word to which it belongs. */
export interface Observation {
  value: number
  weight: number
  /** Identifies the typed word. Queries from the same typed word are not independent. */
  cluster: number
}

/** Returns the rank of a key among suggestions, from 1, or 0 if it is not among the first {@link DEPTH}. */
export const rankOf = (key: string, suggestions: readonly string[]): number =>
  suggestions.slice(0, DEPTH).indexOf(key) + 1

export const reciprocalRank = (rank: number): number => (rank === 0 ? 0 : 1 / rank)

/** Returns the mean reciprocal rank, and the shares of ranks up to 1, 3, and 10. */
export function scoresOf(ranks: readonly { rank: number; weight: number }[]) {
  const total = ranks.reduce((sum, { weight }) => sum + weight, 0)
  const mean = (value: (rank: number) => number) =>
    ranks.reduce((sum, { rank, weight }) => sum + weight * value(rank), 0) / total
  const hits = (depth: number) => mean((rank) => (rank > 0 && rank <= depth ? 1 : 0))
  return { mrr: mean(reciprocalRank), hits1: hits(1), hits3: hits(3), hits10: hits(DEPTH) }
}

/**
 * Returns a weighted mean, and half the width of its 95% confidence interval, from the linearized variance of a ratio
 * over clusters.
 */
export function estimate(observations: readonly Observation[]): { mean: number; error: number } {
  const clusters = new Map<number, { sum: number; weight: number }>()
  for (const { value, weight, cluster } of observations) {
    const seen = clusters.get(cluster) ?? { sum: 0, weight: 0 }
    clusters.set(cluster, { sum: seen.sum + value * weight, weight: seen.weight + weight })
  }
  const all = [...clusters.values()]
  const total = all.reduce((sum, { weight }) => sum + weight, 0)
  const mean = all.reduce((sum, cluster) => sum + cluster.sum, 0) / total
  const squares = all.reduce((sum, cluster) => sum + (cluster.sum - mean * cluster.weight) ** 2, 0)
  // A sample of one has no variance.
  const variance = all.length > 1 ? (squares * all.length) / (all.length - 1) : 0
  return { mean, error: (STANDARD_ERRORS * Math.sqrt(variance)) / total }
}
