import cluster from 'node:cluster'
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type Registry,
  register,
} from 'prom-client'
import { type PoolObserver, type RankingRefusedError, type RankingState, REPLICA_STATES } from '../ranking/pool.ts'
import { RequestMetrics } from './request-metrics.ts'

type RefusalReason = RankingRefusedError['reason']
const REFUSAL_REASONS: readonly RefusalReason[] = [
  'pending',
  'wait',
  'event_loop',
  'timeout',
  'unavailable',
  'stopping',
]

/** What is looked at only when somebody asks for the metrics. */
export interface Sources {
  ranking(): RankingState
  /** Not there without a cache. */
  cache?: { entries(): number; bytes(): number; maxBytes: number } | undefined
  connections: { open: number; dropped: number }
  /** The longest since it was asked for the last time, in milliseconds. */
  eventLoopDelayMs(): number
}

/** What the HTTP processes count, under Prometheus names. */
export class Metrics {
  readonly contentType: string = register.contentType
  readonly #requests = new RequestMetrics()
  readonly #batchQueries = new Histogram({
    name: 'autocomplete_ranking_batch_queries',
    help: 'Queries that went to a ranking thread as one task.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  })
  readonly #batchSeconds = new Histogram({
    name: 'autocomplete_ranking_batch_duration_seconds',
    help: 'Time from handing a batch to the ranking threads to having its answers.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  })
  readonly #retries = new Counter({
    name: 'autocomplete_redis_retries_total',
    help: 'Readings that another Redis replica had to answer.',
  })
  readonly #threadFailures = new Counter({
    name: 'autocomplete_ranking_thread_failures_total',
    help: 'Ranking threads that died and were replaced.',
  })

  // Plain numbers, as in RequestMetrics.
  #cacheHits = 0
  #cacheMisses = 0
  readonly #refusals = new Map<RefusalReason, number>()

  constructor({ ranking, cache, connections, eventLoopDelayMs }: Sources) {
    collectDefaultMetrics()
    // It makes this process answer when the primary gathers the metrics of all.
    if (cluster.isWorker) new AggregatorRegistry()
    gauge(
      'autocomplete_ranking_pending_queries',
      'Queries that wait for a ranking thread or are with one.',
      () => ranking().pending,
    )
    gauge(
      'autocomplete_ranking_waiting_batches',
      'Batches that wait for a ranking thread.',
      () => ranking().waitingBatches,
    )
    gauge(
      'autocomplete_ranking_running_batches',
      'Batches that are with a ranking thread.',
      () => ranking().runningBatches,
    )
    gauge(
      'autocomplete_ranking_oldest_waiting_seconds',
      'How long the query that waits for the longest has.',
      () => ranking().oldestWaitingMs / 1000,
      'max',
    )
    gauge('autocomplete_ranking_threads', 'Ranking threads that are there.', () => ranking().threads)
    new Gauge({
      name: 'autocomplete_redis_replicas',
      help: 'Connections of the ranking threads to Redis replicas, by state.',
      labelNames: ['state'],
      collect() {
        const { replicas } = ranking()
        for (const state of REPLICA_STATES) this.set({ state }, replicas[state])
      },
    })
    const refusals = this.#refusals
    new Counter({
      name: 'autocomplete_queries_refused_total',
      help: 'Requests answered 503, by reason: the bound that is reached, or what went wrong.',
      labelNames: ['reason'],
      collect() {
        this.reset()
        for (const reason of REFUSAL_REASONS) this.inc({ reason }, refusals.get(reason) ?? 0)
      },
    })
    gauge('autocomplete_http_connections', 'Connections that are open.', () => connections.open)
    counter(
      'autocomplete_http_connections_dropped_total',
      'Connections closed at once, as there were too many.',
      () => connections.dropped,
    )
    gauge(
      'autocomplete_event_loop_delay_seconds',
      'How late the event loop was at most since the last scrape.',
      () => eventLoopDelayMs() / 1000,
      'max',
    )
    if (!cache) return
    gauge('autocomplete_cache_entries', 'Answers that are kept.', cache.entries)
    gauge('autocomplete_cache_bytes', 'What they take.', cache.bytes)
    gauge('autocomplete_cache_max_bytes', 'What they may take.', () => cache.maxBytes)
    counter('autocomplete_cache_hits_total', 'Queries answered from the cache.', () => this.#cacheHits)
    counter('autocomplete_cache_misses_total', 'Queries that the cache did not know.', () => this.#cacheMisses)
  }

  /** Whether what happens is the warm-up's, which is not counted. */
  isWarmingUp = false

  /** Counts one answered request. */
  request(route: string, status: number, milliseconds: number): void {
    if (!this.isWarmingUp) this.#requests.count(route, status, milliseconds)
  }

  /** Counts a query that the cache answered. */
  cacheHit(): void {
    if (!this.isWarmingUp) this.#cacheHits += 1
  }

  /** Counts a query that the cache did not know. */
  cacheMiss(): void {
    if (!this.isWarmingUp) this.#cacheMisses += 1
  }

  /** Counts a request that was answered 503. */
  refused({ reason }: RankingRefusedError): void {
    if (!this.isWarmingUp) this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1)
  }

  /** Where the ranking pool reports. */
  readonly observer: Omit<PoolObserver, 'threadFailed'> & { threadFailed(): void } = {
    batch: (queries, seconds) => {
      if (this.isWarmingUp) return
      this.#batchQueries.observe(queries)
      this.#batchSeconds.observe(seconds)
    },
    retries: (count) => this.#retries.inc(count),
    threadFailed: () => this.#threadFailures.inc(),
  }

  /** All metrics as Prometheus reads them, of every HTTP process of the pod. */
  async text(): Promise<string> {
    return cluster.isWorker ? askPrimary() : register.metrics()
  }
}

/** A gauge that is read when it is asked for; of several processes the values are added up, or the largest is taken. */
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

/** A counter that is kept elsewhere. */
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

const ASK = 'autocomplete:metrics'
/** Longer than the 5 s after which prom-client itself gives up on a process. */
const ANSWER_TIMEOUT_MS = 6000

interface MetricsMessage {
  type: typeof ASK
  id: number
  text?: string
  error?: string
}

let lastId = 0

function askPrimary(): Promise<string> {
  const id = ++lastId
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer)
      process.off('message', onMessage)
    }
    const onMessage = (message: MetricsMessage) => {
      if (message?.type !== ASK || message.id !== id) return
      done()
      if (message.text === undefined) reject(new Error(message.error))
      else resolve(message.text)
    }
    const timer = setTimeout(() => {
      done()
      reject(new Error('the primary process did not answer'))
    }, ANSWER_TIMEOUT_MS)
    process.on('message', onMessage)
    process.send?.({ type: ASK, id } satisfies MetricsMessage, undefined, undefined, () => {})
  })
}

type Aggregator = Pick<AggregatorRegistry<Registry['contentType']>, 'clusterMetrics' | 'contentType'>

/** In the primary process: gathers the metrics of all HTTP processes, for {@link createMetricsServer} and whenever one of them asks. */
export function gatherMetrics(): Aggregator {
  const registry: Aggregator = new AggregatorRegistry()
  cluster.on('message', (worker, message: MetricsMessage) => {
    if (message?.type !== ASK) return
    const answer = (result: Pick<MetricsMessage, 'text' | 'error'>) => {
      // The process that asked may have died since; a callback takes the error that would otherwise end this one.
      if (worker.isConnected()) worker.send({ ...message, ...result }, () => {})
    }
    registry.clusterMetrics().then(
      (text) => answer({ text }),
      (error: Error) => answer({ error: error.message }),
    )
  })
  return registry
}
