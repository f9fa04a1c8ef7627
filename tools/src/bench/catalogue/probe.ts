import type { Match, SearchQuery } from '../../../../service/src/search/query.ts'
import { inRoot } from '../../../support/paths.ts'
import { must } from '../../../support/process.ts'
import { NODE_OPTIONS } from '../../../support/service-build.ts'

const PROBE = inRoot('tools', 'src', 'bench', 'catalogue', 'probe.mjs')

/** A query of a kind. */
export interface KindQuery {
  kind: string
  /** It is only asked if this is among the matches of its answer. */
  match?: Match
  query: SearchQuery
}

/** Microseconds that the search for a query of a kind takes, without reading texts and without writing the answer. */
export interface SearchTimes {
  kind: string
  /** Different queries that were asked. */
  queries: number
  medianMicros: number
  meanMicros: number
  p99Micros: number
}

/** What the index of a dataset takes. */
export interface IndexCost {
  /** From the first read to an index in memory, without its process's start. */
  loadMs: number
  /** Of the index in memory. */
  indexBytes: number
  /** Bytes of memory that loading took at most besides. */
  loadingBytes: number
  kinds: SearchTimes[]
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
 * @throws {UserError} when that fails
 */
export async function probeIndex({ url, ...options }: ProbeOptions, signal?: AbortSignal): Promise<IndexCost> {
  const argument = JSON.stringify({ port: Number(new URL(url).port), ...options })
  const { stdout } = await must(process.execPath, [...NODE_OPTIONS, PROBE, argument], { signal })
  return JSON.parse(stdout) as IndexCost
}
