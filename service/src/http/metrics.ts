import cluster from 'node:cluster'
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, register } from 'prom-client'
import { CRITICALITIES, type Criticality } from '../ranking/criticality.ts'
import type { PoolObserver, RankingState } from '../ranking/pool.ts'
import { REPLICA_STATES } from '../ranking/ranking-threads.ts'
import type { RankingRejectedError } from '../ranking/rejections.ts'
import { askPrimary } from './gather-metrics.ts'
import { RequestMetrics } from './request-metrics.ts'

type RejectionReason = RankingRejectedError['reason']
const REJECTION_REASONS: readonly RejectionReason[] = [
  'pending',
  'wait',
  'event_loop',
  'timeout',
  'unavailable',
  'stopping',
]

/** Values that are read only when the metrics are requested. */
export interface Sources {
  ranking(): RankingState
  /** Undefined if answers are not cached. */
  cache?: { entries(): number; bytes(): number; maxBytes: number } | undefined
  connections: { open: number; dropped: number }
  /** The longest delay since the last call, in milliseconds. */
  eventLoopDelayMs(): number
}

/** The metrics of the HTTP processes. */
export class Metrics {
  readonly contentType: string = register.contentType
  readonly #requests = new RequestMetrics()
  readonly #batchQueries = new Histogram({
    name: 'autocomplete_ranking_batch_queries',
    help: 'Number of queries in a batch for a ranking thread.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  })
  readonly #batchSeconds = new Histogram({
    name: 'autocomplete_ranking_batch_duration_seconds',
    help: 'Time from sending a batch to a ranking thread until its answers arrive.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  })
  readonly #retries = new Counter({
    name: 'autocomplete_redis_retries_total',
    help: 'Redis reads that were repeated on another replica.',
  })
  readonly #threadFailures = new Counter({
    name: 'autocomplete_ranking_thread_failures_total',
    help: 'Ranking threads that failed and were replaced.',
  })

  // Plain numbers take less CPU time than the counters of prom-client; see RequestMetrics.
  #cacheHits = 0
  #cacheMisses = 0
  readonly #queries = new Map<Criticality, number>()
  readonly #rejections = new Map<Criticality, Map<RejectionReason, number>>()

  constructor({ ranking, cache, connections, eventLoopDelayMs }: Sources) {
    collectDefaultMetrics()
    // The constructor adds the listener that answers when the primary process collects metrics.
    if (cluster.isWorker) new AggregatorRegistry()
    gauge(
      'autocomplete_ranking_pending_queries',
      'Queries that wait for a ranking thread or are being ranked.',
      () => ranking().pending,
    )
    gauge(
      'autocomplete_ranking_waiting_batches',
      'Batches that wait for a ranking thread.',
      () => ranking().waitingBatches,
    )
    gauge('autocomplete_ranking_running_batches', 'Batches that are being ranked.', () => ranking().runningBatches)
    gauge(
      'autocomplete_ranking_oldest_waiting_seconds',
      'How long the oldest waiting query has been waiting.',
      () => ranking().oldestWaitingMs / 1000,
      'max',
    )
    gauge('autocomplete_ranking_threads', 'Number of ranking threads.', () => ranking().threads)
    new Gauge({
      name: 'autocomplete_redis_replicas',
      help: 'Connections of the ranking threads to Redis replicas, by state.',
      labelNames: ['state'],
      collect() {
        const { replicas } = ranking()
        for (const state of REPLICA_STATES) this.set({ state }, replicas[state])
      },
    })
    const queries = this.#queries
    new Counter({
      name: 'autocomplete_queries_total',
      help: 'Valid requests for suggestions, by criticality.',
      labelNames: ['criticality'],
      collect() {
        this.reset()
        for (const criticality of CRITICALITIES) this.inc({ criticality }, queries.get(criticality) ?? 0)
      },
    })
    const rejections = this.#rejections
    new Counter({
      name: 'autocomplete_queries_rejected_total',
      help: 'Requests answered with 503, by criticality and reason: the limit that was reached, or the failure.',
      labelNames: ['reason', 'criticality'],
      collect() {
        this.reset()
        for (const criticality of CRITICALITIES) {
          const counts = rejections.get(criticality)
          for (const reason of REJECTION_REASONS) this.inc({ reason, criticality }, counts?.get(reason) ?? 0)
        }
      },
    })
    gauge('autocomplete_http_connections', 'Open connections.', () => connections.open)
    counter(
      'autocomplete_http_connections_dropped_total',
      'Connections closed immediately because of HTTP_MAX_CONNECTIONS.',
      () => connections.dropped,
    )
    gauge(
      'autocomplete_event_loop_delay_seconds',
      'Longest delay of the event loop since the last scrape.',
      () => eventLoopDelayMs() / 1000,
      'max',
    )
    if (!cache) return
    gauge('autocomplete_cache_entries', 'Cached answers.', cache.entries)
    gauge('autocomplete_cache_bytes', 'Memory of the cached answers.', cache.bytes)
    gauge('autocomplete_cache_max_bytes', 'Memory limit of the cached answers.', () => cache.maxBytes)
    counter('autocomplete_cache_hits_total', 'Queries answered from the cache.', () => this.#cacheHits)
    counter('autocomplete_cache_misses_total', 'Queries that were not in the cache.', () => this.#cacheMisses)
  }

  /** Whether the process is warming up. Warm-up requests are not counted. */
  isWarmingUp = false

  /** Counts one answered request. */
  request(route: string, status: number, milliseconds: number): void {
    if (!this.isWarmingUp) this.#requests.count(route, status, milliseconds)
  }

  /** Counts a query that was answered from the cache. */
  cacheHit(): void {
    if (!this.isWarmingUp) this.#cacheHits += 1
  }

  /** Counts a query that was not in the cache. */
  cacheMiss(): void {
    if (!this.isWarmingUp) this.#cacheMisses += 1
  }

  /** Counts a valid request for suggestions. */
  query(criticality: Criticality): void {
    if (!this.isWarmingUp) this.#queries.set(criticality, (this.#queries.get(criticality) ?? 0) + 1)
  }

  /** Counts a request that was answered with 503. */
  rejected({ reason }: RankingRejectedError, criticality: Criticality): void {
    if (this.isWarmingUp) return
    const counts = this.#rejections.get(criticality) ?? new Map<RejectionReason, number>()
    this.#rejections.set(criticality, counts.set(reason, (counts.get(reason) ?? 0) + 1))
  }

  /** Receives the reports of the ranking pool. */
  readonly observer: Omit<PoolObserver, 'threadFailed'> & { threadFailed(): void } = {
    batch: (queries, seconds) => {
      if (this.isWarmingUp) return
      this.#batchQueries.observe(queries)
      this.#batchSeconds.observe(seconds)
    },
    retries: (count) => this.#retries.inc(count),
    threadFailed: () => this.#threadFailures.inc(),
  }

  /** Returns the metrics of all HTTP processes of the pod, in the Prometheus text format. */
  async text(): Promise<string> {
    return cluster.isWorker ? askPrimary() : register.metrics()
  }
}

/**
 * Registers a gauge that is read on each scrape. `aggregator` determines how the values of several processes are
 * combined.
 */
function gauge(name: string, help: string, read: () => number, aggregator: 'sum' | 'max' = 'sum'): void {
  new Gauge({
    name,
    help,
    aggregator,
    collect() {
      this.set(read())
    },
  })
}

/** Registers a counter that is read on each scrape. */
function counter(name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}
