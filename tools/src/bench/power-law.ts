/** How a cost grows with a size: the straight line through its points where both axes are logarithmic. */

/** y = factor · x ^ exponent. */
export interface PowerLaw {
  factor: number
  /** 0: y stays as it is; 1: y grows as x does; 2: ten times as much x is a hundred times as much y. */
  exponent: number
}

/** One measured point. */
export interface Point {
  x: number
  y: number
}

/** The power law with the least squares of what the logarithms are off by; undefined for less than two sizes, and for a y of 0. */
export function fitPowerLaw(points: readonly Point[]): PowerLaw | undefined {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }))
  if (new Set(points.map(({ x }) => x)).size < 2 || !logs.every(({ y }) => Number.isFinite(y))) return undefined
  const mean = (of: (point: Point) => number) => logs.reduce((sum, point) => sum + of(point), 0) / logs.length
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)]
  const exponent = mean(({ x, y }) => (x - meanX) * (y - meanY)) / mean(({ x }) => (x - meanX) ** 2)
  return { factor: Math.exp(meanY - exponent * meanX), exponent }
}

/** The exponent as a table shows it. */
export function formatExponent(points: readonly Point[]): string {
  const law = fitPowerLaw(points)
  // Minus nought is nought.
  return law ? law.exponent.toFixed(2).replace(/^-(0\.00)$/, '$1') : 'unknown'
}
