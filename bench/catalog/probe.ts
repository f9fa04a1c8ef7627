import type { Match, SearchQuery } from '../../service/src/search/query.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { must } from '../../tools/support/process.ts'
import { NODE_OPTIONS } from '../../tools/support/service-build.ts'

/** A query of a kind. */
export interface KindQuery {
  kind: string
  /** If given, the query is asked only if its answer has this match. */
  match?: Match
  query: SearchQuery
}

/** What the index of a dataset takes. */
export interface IndexCost {
  /** Size of the index in memory, and bytes that loading it takes in addition. */
  indexBytes: number
  loadingBytes: number
  /**
   * Microseconds of a search without reading texts and writing the answer, and how many different queries were asked.
   */
  kinds: { kind: string; queries: number; medianMicros: number; meanMicros: number; p99Micros: number }[]
}

/** Which index is probed. */
export interface ProbeOptions {
  /** The Redis that holds it. */
  url: string
  version: string
  /** A file with a JSON list of {@link KindQuery}. */
  queries?: string
  /** How often each query is asked. */
  rounds?: number
}

/**
 * Loads an index in a process of its own, as the service is compiled and run, and searches it.
 * @throws {UserError} if that fails
 */
export async function probeIndex({ url, ...options }: ProbeOptions, signal?: AbortSignal): Promise<IndexCost> {
  const argument = JSON.stringify({ port: Number(new URL(url).port), ...options })
  const args = [...NODE_OPTIONS, inRoot('bench', 'catalog', 'probe.mjs'), argument]
  const { stdout } = await must(process.execPath, args, { signal })
  return JSON.parse(stdout) as IndexCost
}
