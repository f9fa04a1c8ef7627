/** What a release's series look like in good and bad times, for the unit tests of its alerts. */

/** When the fault begins, and how long a scenario lasts, in minutes. */
export const FAULT_MINUTE = 60
export const MINUTES = 120
/** The time between two samples. */
export const SAMPLE_SECONDS = 30
const LABELS = 'job="autocomplete-app",namespace="search"'
const BOUNDS = ['0.01', '0.1', '1', '+Inf'] as const
const REASONS = ['pending', 'wait', 'event_loop', 'timeout', 'unavailable'] as const

/** One pod at one moment: rates by the second, and what is now. */
interface Pod {
  /** Whether there is such a pod, and whether it answers Prometheus. */
  exists: boolean
  isUp: boolean
  queries: number
  /** Shares of the queries. */
  errors: number
  slow: number
  hits: number
  refused: Partial<Record<(typeof REASONS)[number], number>>
  /** Whether probes are answered 503. */
  isUnready: boolean
  dropped: number
  oldestSeconds: number
  delaySeconds: number
  replicas: { ready: number; connected: number; disconnected: number }
  retries: number
  threadFailures: number
  /** Whether all counters begin anew at this moment. */
  isRestarted: boolean
}

/** A pod in good times; the third is there only when a scenario says so. */
const healthy = (name: string): Pod => ({
  exists: name !== 'c',
  isUp: true,
  queries: 100,
  errors: 0,
  slow: 0.001,
  hits: 0.94,
  refused: {},
  isUnready: false,
  dropped: 0,
  oldestSeconds: 0.001,
  delaySeconds: 0.002,
  replicas: { ready: 2, connected: 0, disconnected: 0 },
  retries: 0,
  threadFailures: 0,
  isRestarted: false,
})

/** What becomes of a pod, by its name and the minutes since the fault began. */
type Change = (pod: Pod, name: string, minutes: number) => void

/** A fault, or what is none, and the alerts that fire at its end. */
export interface Scenario {
  name: string
  change: Change
  firing: readonly string[]
}

const all =
  (over: Partial<Pod>): Change =>
  (pod) =>
    void Object.assign(pod, over)

/** Those that alert of nothing come first. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'ten times the load, well carried, alerts of nothing', change: all({ queries: 1000 }), firing: [] },
  { name: 'a night without any query alerts of nothing', change: all({ queries: 0 }), firing: [] },
  {
    name: 'a rolling update alerts of nothing: one pod goes, another comes, is not ready at first, and its cache is empty',
    change: (pod, name, minutes) => {
      if (name === 'a') pod.exists = false
      if (name === 'c') Object.assign(pod, { exists: true, isUnready: minutes < 1, hits: minutes < 5 ? 0 : 0.94 })
    },
    firing: [],
  },
  {
    name: 'a Redis replica that is replaced within 2 minutes alerts of nothing',
    change: (pod, _, minutes) => {
      const left = MINUTES - FAULT_MINUTE - minutes
      if (left > 2 || left <= 0.5) return
      Object.assign(pod, { replicas: { ready: 1, connected: 0, disconnected: 1 }, retries: 5 })
    },
    firing: [],
  },
  {
    name: 'a burst of half a minute that is refused alerts of nothing',
    change: (pod, _, minutes) => {
      if (MINUTES - FAULT_MINUTE - minutes === 2)
        Object.assign(pod, { refused: { pending: 2 }, dropped: 2, errors: 0.005 })
    },
    firing: [],
  },
  {
    name: 'a pause of the event loop now and then alerts of nothing',
    change: (pod, _, minutes) => {
      if (minutes % 5 === 0) Object.assign(pod, { delaySeconds: 0.4, oldestSeconds: 0.4 })
    },
    firing: [],
  },
  {
    name: 'probes that are answered 503 alert of nothing while no query is',
    change: all({ isUnready: true, queries: 0.01 }),
    firing: [],
  },
  {
    name: 'a share of errors below the threshold alerts of nothing',
    change: all({ errors: 0.008 }),
    firing: [],
  },
  { name: 'pods that answer Prometheus no more alert', change: all({ isUp: false }), firing: ['AutocompleteDown'] },
  { name: 'pods that are all gone alert', change: all({ exists: false }), firing: ['AutocompleteDown'] },
  { name: 'errors alert', change: all({ errors: 0.05 }), firing: ['AutocompleteErrors'] },
  {
    name: 'errors of one pod of two alert',
    change: (pod, name) => {
      if (name === 'a') pod.errors = 0.05
    },
    firing: ['AutocompleteErrors'],
  },
  { name: 'slow answers alert', change: all({ slow: 0.03 }), firing: ['AutocompleteSlow'] },
  {
    name: 'a few queries that are refused alert',
    change: all({ refused: { wait: 0.5 }, errors: 0.005 }),
    firing: ['AutocompleteShedding'],
  },
  {
    name: 'many queries that are refused alert as errors too',
    change: all({ refused: { pending: 20 }, errors: 0.2 }),
    firing: ['AutocompleteErrors', 'AutocompleteShedding'],
  },
  {
    name: 'queries that time out alert as errors and not as refused for their number',
    change: all({ refused: { timeout: 20 }, errors: 0.2 }),
    firing: ['AutocompleteErrors'],
  },
  { name: 'dropped connections alert', change: all({ dropped: 3 }), firing: ['AutocompleteConnectionsDropped'] },
  { name: 'queries that wait long alert', change: all({ oldestSeconds: 1.5 }), firing: ['AutocompleteQueueOld'] },
  {
    name: 'an event loop that is late alerts, of one pod too',
    change: (pod, name) => {
      if (name === 'b') pod.delaySeconds = 1.5
    },
    firing: ['AutocompleteEventLoopDelayed'],
  },
  {
    name: 'the loss of all Redis replicas alerts',
    change: all({ replicas: { ready: 0, connected: 0, disconnected: 2 }, errors: 0.06, refused: { unavailable: 6 } }),
    firing: ['AutocompleteErrors', 'AutocompleteRedisDegraded', 'AutocompleteRedisLost'],
  },
  {
    name: 'a Redis replica that stays away alerts',
    change: all({ replicas: { ready: 1, connected: 0, disconnected: 1 } }),
    firing: ['AutocompleteRedisDegraded'],
  },
  {
    name: 'a Redis replica that name servers no longer give alerts',
    change: all({ replicas: { ready: 1, connected: 0, disconnected: 0 } }),
    firing: ['AutocompleteRedisDegraded'],
  },
  {
    name: 'a Redis replica without its data alerts',
    change: all({ replicas: { ready: 2, connected: 1, disconnected: 0 } }),
    firing: ['AutocompleteRedisDegraded'],
  },
  {
    name: 'a Redis replica that fails again and again alerts',
    change: all({ retries: 2 }),
    firing: ['AutocompleteRedisRetries'],
  },
  {
    name: 'ranking threads that die alert',
    change: all({ threadFailures: 0.01 }),
    firing: ['AutocompleteRankingThreadFailures'],
  },
  {
    name: 'a container that is started anew alerts',
    change: (pod, name, minutes) => {
      pod.isRestarted = name === 'a' && minutes === MINUTES - FAULT_MINUTE - 5
    },
    firing: ['AutocompleteRestarts'],
  },
  {
    name: 'a cache that knows little of what is asked alerts',
    change: all({ hits: 0.1 }),
    firing: ['AutocompleteCacheHitsCollapsed'],
  },
]

/**
 * The series of three pods of which two are there, as promtool takes them; the change is made from {@link FAULT_MINUTE}
 * on.
 */
export function seriesOf(change: Change): { series: string; values: string }[] {
  return ['a', 'b', 'c'].flatMap((name) => {
    const series = new Map<string, (number | undefined)[]>()
    const counters = new Map<string, number>()
    for (let at = 0; at < (MINUTES * 60) / SAMPLE_SECONDS; at++) {
      const pod = healthy(name)
      const minutes = (at * SAMPLE_SECONDS) / 60 - FAULT_MINUTE
      if (minutes >= 0) change(pod, name, minutes)
      if (pod.isRestarted) counters.clear()
      const put = (metric: string, value: number | undefined) => {
        const values = series.get(metric) ?? []
        values[at] = value
        series.set(metric, values)
      }
      put('up', pod.exists ? Number(pod.isUp) : undefined)
      const isSeen = pod.exists && pod.isUp
      for (const [metric, rate] of Object.entries(ratesOf(pod))) {
        const value = (counters.get(metric) ?? 0) + rate * SAMPLE_SECONDS
        if (isSeen) counters.set(metric, value)
        put(metric, isSeen ? value : undefined)
      }
      for (const [metric, value] of Object.entries(gaugesOf(pod))) put(metric, isSeen ? value : undefined)
    }
    return [...series].map(([metric, values]) => {
      const [, base, labels] = /^(\w+)(?:\{(.*)\})?$/.exec(metric) as RegExpExecArray
      return {
        series: `${base}{${[LABELS, `pod="${name}"`, labels].filter(Boolean).join(',')}}`,
        values: values.map((value) => value ?? '_').join(' '),
      }
    })
  })
}

function ratesOf(pod: Pod): Record<string, number> {
  const rates: Record<string, number> = {
    process_cpu_seconds_total: 0.3,
    'autocomplete_http_requests_total{route="/autocomplete",status="200"}': pod.queries * (1 - pod.errors),
    'autocomplete_http_requests_total{route="/autocomplete",status="503"}': pod.queries * pod.errors,
    'autocomplete_http_requests_total{route="/ready",status="200"}': pod.isUnready ? 0 : 0.2,
    'autocomplete_http_requests_total{route="/ready",status="503"}': pod.isUnready ? 0.2 : 0,
    autocomplete_http_connections_dropped_total: pod.dropped,
    autocomplete_redis_retries_total: pod.retries,
    autocomplete_ranking_thread_failures_total: pod.threadFailures,
    autocomplete_cache_hits_total: pod.queries * pod.hits,
    autocomplete_cache_misses_total: pod.queries * (1 - pod.hits),
  }
  for (const reason of REASONS)
    rates[`autocomplete_queries_refused_total{reason="${reason}"}`] = pod.refused[reason] ?? 0
  for (const bound of BOUNDS) {
    const isBeyond = bound === '0.01' || bound === '0.1'
    rates[`autocomplete_http_request_duration_seconds_bucket{route="/autocomplete",le="${bound}"}`] =
      pod.queries * (isBeyond ? 1 - pod.slow : 1)
  }
  return rates
}

function gaugesOf(pod: Pod): Record<string, number> {
  const gauges: Record<string, number> = {
    autocomplete_ranking_threads: 1,
    autocomplete_ranking_oldest_waiting_seconds: pod.oldestSeconds,
    autocomplete_event_loop_delay_seconds: pod.delaySeconds,
  }
  for (const [state, count] of Object.entries(pod.replicas))
    gauges[`autocomplete_redis_replicas{state="${state}"}`] = count
  return gauges
}
