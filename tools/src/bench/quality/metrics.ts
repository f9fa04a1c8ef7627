/** How good suggestions are: where the one that is meant stands. */

/** As many suggestions as are looked at. */
export const DEPTH = 10
/** An error of so many standard errors: 95 of 100 samples lie within. */
const STANDARD_ERRORS = 1.96

/** A value of one query, how much it counts, and what it was typed in. */
export interface Observation {
  value: number
  weight: number
  /** Queries of one typed word depend on each other. */
  cluster: number
}

/** A mean, and how far it may be off. */
export interface Estimate {
  mean: number
  /** 95 of 100 samples lie within. */
  error: number
}

/** The mean of all queries. */
export interface Scores {
  mrr: number
  hits1: number
  hits3: number
  hits10: number
}

/** From 1; 0 when it is not among them. */
export function rankOf(key: string, suggestions: readonly string[]): number {
  return suggestions.slice(0, DEPTH).indexOf(key) + 1
}

export const reciprocalRank = (rank: number) => (rank === 0 ? 0 : 1 / rank)

/** Scores of ranks, each with how much it counts. */
export function scoresOf(ranks: readonly { rank: number; weight: number }[]): Scores {
  const total = ranks.reduce((sum, { weight }) => sum + weight, 0)
  const mean = (value: (rank: number) => number) =>
    ranks.reduce((sum, { rank, weight }) => sum + weight * value(rank), 0) / total
  const hits = (depth: number) => mean((rank) => (rank > 0 && rank <= depth ? 1 : 0))
  return { mrr: mean(reciprocalRank), hits1: hits(1), hits3: hits(3), hits10: hits(DEPTH) }
}

/** A weighted mean with its error, by the linearized variance of a ratio over clusters. */
export function estimate(observations: readonly Observation[]): Estimate {
  const clusters = new Map<number, { sum: number; weight: number }>()
  for (const { value, weight, cluster } of observations) {
    const seen = clusters.get(cluster) ?? { sum: 0, weight: 0 }
    clusters.set(cluster, { sum: seen.sum + value * weight, weight: seen.weight + weight })
  }
  const all = [...clusters.values()]
  const total = all.reduce((sum, { weight }) => sum + weight, 0)
  const mean = all.reduce((sum, cluster) => sum + cluster.sum, 0) / total
  const squares = all.reduce((sum, cluster) => sum + (cluster.sum - mean * cluster.weight) ** 2, 0)
  // One fewer than there are, as for any sample; one alone tells nothing.
  const variance = all.length > 1 ? (squares * all.length) / (all.length - 1) : 0
  return { mean, error: (STANDARD_ERRORS * Math.sqrt(variance)) / total }
}

/** Whether the difference to another is above, below, or within what chance makes. */
export function verdictOf({ mean, error }: Estimate): 'wins' | 'equal' | 'loses' {
  return mean > error ? 'wins' : mean < -error ? 'loses' : 'equal'
}
