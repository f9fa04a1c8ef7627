import { round } from '../statistics.ts'
import type { TimedRequest } from './load.ts'

/** Milliseconds that 50 and 99 % of the requests did not exceed, and the longest. */
export interface Latency {
  p50Ms: number
  p99Ms: number
  maxMs: number
}

/** Latency of the requests that were sent from `atMs` on, for as long as a window is. */
export interface LatencyWindow extends Latency {
  atMs: number
}

/** The latency of the requests that were sent from one time to another, in milliseconds; undefined when there were none. */
export function latencyBetween(requests: readonly TimedRequest[], fromMs: number, toMs: number): Latency | undefined {
  const sorted = requests
    .filter(([sentMs]) => sentMs >= fromMs && sentMs < toMs)
    .map(([, latencyMs]) => latencyMs)
    .sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const percentile = (share: number) => round(sorted[Math.ceil(share * sorted.length) - 1] as number, 2)
  return { p50Ms: percentile(0.5), p99Ms: percentile(0.99), maxMs: percentile(1) }
}

/** The latency in each window; one without requests is left out. */
export function latencyWindows(requests: readonly TimedRequest[], seconds: number, windowMs: number): LatencyWindow[] {
  const windows: LatencyWindow[] = []
  for (let atMs = 0; atMs < seconds * 1000; atMs += windowMs) {
    const latency = latencyBetween(requests, atMs, atMs + windowMs)
    if (latency) windows.push({ atMs, ...latency })
  }
  return windows
}
