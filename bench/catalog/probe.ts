import type { Match, SearchQuery } from '../../service/src/search/query.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { runOrThrow } from '../../tools/support/process.ts'
import { NODE_OPTIONS } from '../../tools/support/service-build.ts'

export interface KindQuery {
  kind: string
  /** If given, the query is measured only if its answer contains this match. */
  match?: Match
  query: SearchQuery
}

/** The costs of a dataset's index. */
export interface IndexCost {
  /** Bytes of the index in memory, and the additional bytes that are needed while it is loading. */
  indexBytes: number
  loadingBytes: number
  /**
   * For each kind: the number of different queries, and the microseconds of a search. Reading texts and writing the
   * answer are not included.
   */
  kinds: { kind: string; queries: number; medianMicros: number; meanMicros: number; p99Micros: number }[]
}

/** The index to load, and the queries to measure. */
export interface ProbeOptions {
  /** The URL of the Redis that contains the index. */
  url: string
  version: string
  /** A file with a JSON list of {@link KindQuery}. */
  queries?: string
  /** The number of searches for each query. */
  rounds?: number
}

/**
 * Loads an index and searches it in a separate process with the compiled service.
 * @throws {UserError} if the process fails
 */
export async function probeIndex({ url, ...options }: ProbeOptions, signal?: AbortSignal): Promise<IndexCost> {
  const argument = JSON.stringify({ port: Number(new URL(url).port), ...options })
  const args = [...NODE_OPTIONS, inRoot('bench', 'catalog', 'probe.mjs'), argument]
  const { stdout } = await runOrThrow(process.execPath, args, { signal })
  return JSON.parse(stdout) as IndexCost
}
