import type { Match, SearchQuery } from '../../service/src/search/query.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { runOrThrow } from '../../tools/support/process.ts'
import { parseInfo, redisCommand } from '../../tools/support/redis-command.ts'
import { NODE_OPTIONS } from '../../tools/support/service-build.ts'
import type { BenchStack } from '../stack.ts'

export interface KindQuery {
  kind: string
  /** If given, the query is measured only if its answer contains this match. */
  match?: Match
  query: SearchQuery
}

interface DatasetCost {
  /** Bytes in Redis, without Redis itself and client buffers. */
  redisBytes: number
  /** Bytes of the index in a process, and the additional bytes that are needed while the index is loaded. */
  indexBytes: number
  loadingBytes: number
  /**
   * For each kind: the number of different queries, and the microseconds of a search. Reading texts and writing the
   * answer are not included.
   */
  kinds: { kind: string; queries: number; medianMicros: number; meanMicros: number; p99Micros: number }[]
}

/**
 * Loads the index of a dataset and searches it in a separate process with the compiled service.
 * @param options a file with a JSON list of {@link KindQuery}, and the number of searches for each query
 * @throws {UserError} if the process fails
 */
export async function probeIndex(
  { redis: { url }, dataset: version }: BenchStack,
  options: { queries?: string; rounds?: number } = {},
): Promise<DatasetCost> {
  const argument = JSON.stringify({ port: Number(new URL(url).port), version, ...options })
  const { stdout } = await runOrThrow(process.execPath, [
    ...NODE_OPTIONS,
    inRoot('bench', 'catalog', 'probe.mjs'),
    argument,
  ])
  return { redisBytes: await datasetBytes(url), ...(JSON.parse(stdout) as Omit<DatasetCost, 'redisBytes'>) }
}

/** Returns the bytes of `used_memory` that the dataset takes, excluding Redis itself and client buffers. */
export async function datasetBytes(redis: string): Promise<number> {
  const info = await redisCommand(redis, 'INFO memory')
  const bytes = (field: string) => Number(parseInfo(info, field))
  return bytes('used_memory') - bytes('used_memory_startup') - bytes('mem_clients_normal')
}
