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
import type { PoolObserver } from '../ranking/pool.ts'
import { RequestMetrics } from './request-metrics.ts'

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

  /** @param pending how many queries wait or are being ranked now */
  constructor(pending: () => number) {
    collectDefaultMetrics()
    // It makes this process answer when the primary gathers the metrics of all.
    if (cluster.isWorker) new AggregatorRegistry()
    new Gauge({
      name: 'autocomplete_ranking_pending_queries',
      help: 'Queries that wait for a ranking thread or are with one.',
      collect() {
        this.set(pending())
      },
    })
  }

  /** Whether what happens is the warm-up's, which is not counted. */
  isWarmingUp = false

  /** Counts one answered request. */
  request(route: string, status: number, milliseconds: number): void {
    if (!this.isWarmingUp) this.#requests.count(route, status, milliseconds)
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

/** In the primary process: gathers the metrics of all HTTP processes whenever one of them asks. */
export function serveMetricsToProcesses(): void {
  const registry: Pick<AggregatorRegistry<Registry['contentType']>, 'clusterMetrics'> = new AggregatorRegistry()
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
}
