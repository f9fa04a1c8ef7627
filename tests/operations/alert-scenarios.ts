/** Time series of a release in healthy and faulty situations, for the unit tests of its alerts. */

/** The start of the fault and the duration of a scenario, in minutes. */
export const FAULT_MINUTE = 60
export const MINUTES = 120
/** The time between two samples, in seconds. */
export const SAMPLE_SECONDS = 30
const LABELS = 'job="autocomplete-app",namespace="search"'
const BOUNDS = ['0.01', '0.1', '1', '+Inf'] as const
const REASONS = ['pending', 'wait', 'event_loop', 'timeout', 'unavailable'] as const

/** The state of one pod at one moment. Rates are per second. */
interface Pod {
  /** Whether the pod exists, and whether Prometheus can scrape it. */
  exists: boolean
  isUp: boolean
  queries: number
  /** Shares of the queries, from 0 to 1. */
  errors: number
  slow: number
  hits: number
  rejected: Partial<Record<(typeof REASONS)[number], number>>
  /** The criticality of the rejected queries. */
  criticality: 'typed' | 'prefetch'
  /** Whether probes get 503. */
  isUnready: boolean
  dropped: number
  oldestSeconds: number
  delaySeconds: number
  replicas: { ready: number; connected: number; disconnected: number }
  retries: number
  threadFailures: number
  /** Whether all counters are reset to 0 at this moment. */
  isRestarted: boolean
}

/** Returns a healthy pod. The third pod, `c`, exists only if a scenario adds it. */
const healthy = (name: string): Pod => ({
  exists: name !== 'c',
  isUp: true,
  queries: 100,
  errors: 0,
  slow: 0.001,
  hits: 0.94,
  rejected: {},
  criticality: 'typed',
  isUnready: false,
  dropped: 0,
  oldestSeconds: 0.001,
  delaySeconds: 0.002,
  replicas: { ready: 2, connected: 0, disconnected: 0 },
  retries: 0,
  threadFailures: 0,
  isRestarted: false,
})

/** Changes a pod, depending on its name and the minutes since the fault began. */
type Change = (pod: Pod, name: string, minutes: number) => void

/** A fault or a harmless event, which lasts until the end of the test, and the alerts that are firing then. */
export interface Scenario {
  name: string
  change: Change
  firing: readonly string[]
}

const all =
  (over: Partial<Pod>): Change =>
  (pod) =>
    void Object.assign(pod, over)

/** The scenarios that must not fire alerts come first. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'ten times the load without errors: no alert', change: all({ queries: 1000 }), firing: [] },
  { name: 'a night without queries: no alert', change: all({ queries: 0 }), firing: [] },
  {
    name: 'a rolling update, with a new pod that is unready at first and has an empty cache: no alert',
    change: (pod, name, minutes) => {
      if (name === 'a') pod.exists = false
      if (name === 'c') Object.assign(pod, { exists: true, isUnready: minutes < 1, hits: minutes < 5 ? 0 : 0.94 })
    },
    firing: [],
  },
  {
    name: 'a Redis replica replaced within 2 minutes: no alert',
    change: (pod, _, minutes) => {
      const left = MINUTES - FAULT_MINUTE - minutes
      if (left > 2 || left <= 0.5) return
      Object.assign(pod, { replicas: { ready: 1, connected: 0, disconnected: 1 }, retries: 5 })
    },
    firing: [],
  },
  {
    name: 'rejected queries during a burst of half a minute: no alert',
    change: (pod, _, minutes) => {
      if (MINUTES - FAULT_MINUTE - minutes === 2)
        Object.assign(pod, { rejected: { pending: 2 }, dropped: 2, errors: 0.005 })
    },
    firing: [],
  },
  {
    name: 'an occasional pause of the event loop: no alert',
    change: (pod, _, minutes) => {
      if (minutes % 5 === 0) Object.assign(pod, { delaySeconds: 0.4, oldestSeconds: 0.4 })
    },
    firing: [],
  },
  {
    name: '503 for probes but not for queries: no alert',
    change: all({ isUnready: true, queries: 0.01 }),
    firing: [],
  },
  {
    name: 'as many errors and slow answers as the objectives allow: no alert',
    change: all({ errors: 0.0009, slow: 0.009 }),
    firing: [],
  },
  {
    name: 'alerts if Prometheus can no longer scrape the pods',
    change: all({ isUp: false }),
    firing: ['AutocompleteDown'],
  },
  { name: 'alerts if all pods are gone', change: all({ exists: false }), firing: ['AutocompleteDown'] },
  {
    name: 'alerts on errors',
    change: all({ errors: 0.05 }),
    firing: ['AutocompleteErrorBudget', 'AutocompleteErrors'],
  },
  {
    name: 'alerts on a few errors that last for hours',
    change: all({ errors: 0.003 }),
    firing: ['AutocompleteErrorBudget'],
  },
  {
    name: 'silences the critical alert soon after the errors have ended',
    change: (pod, _, minutes) => {
      if (minutes < 20) pod.errors = 0.05
    },
    firing: ['AutocompleteErrorBudget'],
  },
  {
    name: 'alerts on errors in one of two pods',
    change: (pod, name) => {
      if (name === 'a') pod.errors = 0.05
    },
    firing: ['AutocompleteErrorBudget', 'AutocompleteErrors'],
  },
  { name: 'alerts on a few slow answers', change: all({ slow: 0.03 }), firing: ['AutocompleteLatencyBudget'] },
  {
    name: 'alerts on many slow answers',
    change: all({ slow: 0.2 }),
    firing: ['AutocompleteLatencyBudget', 'AutocompleteSlow'],
  },
  {
    name: 'alerts on a few rejected queries',
    change: all({ rejected: { wait: 0.5 }, errors: 0.005 }),
    firing: ['AutocompleteErrorBudget', 'AutocompleteShedding'],
  },
  {
    name: 'alerts on many rejected queries, and on errors',
    change: all({ rejected: { pending: 20 }, errors: 0.2 }),
    firing: ['AutocompleteErrorBudget', 'AutocompleteErrors', 'AutocompleteShedding'],
  },
  {
    name: 'alerts on rejected prefetches, but not on errors',
    change: all({ rejected: { wait: 20 }, errors: 0.2, criticality: 'prefetch' }),
    firing: ['AutocompleteShedding'],
  },
  {
    name: 'alerts on errors of typed queries that exceed the rejected prefetches',
    change: all({ rejected: { wait: 20 }, errors: 0.3, criticality: 'prefetch' }),
    firing: ['AutocompleteErrorBudget', 'AutocompleteErrors', 'AutocompleteShedding'],
  },
  {
    name: 'alerts on errors, but not on overload, if queries time out',
    change: all({ rejected: { timeout: 20 }, errors: 0.2 }),
    firing: ['AutocompleteErrorBudget', 'AutocompleteErrors'],
  },
  { name: 'alerts on dropped connections', change: all({ dropped: 3 }), firing: ['AutocompleteConnectionsDropped'] },
  { name: 'alerts on queries that wait long', change: all({ oldestSeconds: 1.5 }), firing: ['AutocompleteQueueOld'] },
  {
    name: 'alerts on a delayed event loop, even in a single pod',
    change: (pod, name) => {
      if (name === 'b') pod.delaySeconds = 1.5
    },
    firing: ['AutocompleteEventLoopDelayed'],
  },
  {
    name: 'alerts on the loss of all Redis replicas',
    change: all({ replicas: { ready: 0, connected: 0, disconnected: 2 }, errors: 0.06, rejected: { unavailable: 6 } }),
    firing: ['AutocompleteErrorBudget', 'AutocompleteErrors', 'AutocompleteRedisDegraded', 'AutocompleteRedisLost'],
  },
  {
    name: 'alerts on a Redis replica that stays disconnected',
    change: all({ replicas: { ready: 1, connected: 0, disconnected: 1 } }),
    firing: ['AutocompleteRedisDegraded'],
  },
  {
    name: 'alerts on a Redis replica that is no longer in DNS',
    change: all({ replicas: { ready: 1, connected: 0, disconnected: 0 } }),
    firing: ['AutocompleteRedisDegraded'],
  },
  {
    name: 'alerts on a Redis replica without data',
    change: all({ replicas: { ready: 2, connected: 1, disconnected: 0 } }),
    firing: ['AutocompleteRedisDegraded'],
  },
  {
    name: 'alerts on a Redis replica that fails repeatedly',
    change: all({ retries: 2 }),
    firing: ['AutocompleteRedisRetries'],
  },
  {
    name: 'alerts on ranking threads that die',
    change: all({ threadFailures: 0.01 }),
    firing: ['AutocompleteRankingThreadFailures'],
  },
  {
    name: 'alerts on a restarted container',
    change: (pod, name, minutes) => {
      pod.isRestarted = name === 'a' && minutes === MINUTES - FAULT_MINUTE - 5
    },
    firing: ['AutocompleteRestarts'],
  },
  {
    name: 'alerts on a low cache hit rate',
    change: all({ hits: 0.1 }),
    firing: ['AutocompleteCacheHitsCollapsed'],
  },
]

/**
 * Returns the series of three pods in promtool's format. By default, two pods exist. The change takes effect at
 * FAULT_MINUTE.
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
      const isScraped = pod.exists && pod.isUp
      for (const [metric, rate] of Object.entries(ratesOf(pod))) {
        const value = (counters.get(metric) ?? 0) + rate * SAMPLE_SECONDS
        if (isScraped) counters.set(metric, value)
        put(metric, isScraped ? value : undefined)
      }
      for (const [metric, value] of Object.entries(gaugesOf(pod))) put(metric, isScraped ? value : undefined)
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
  for (const reason of REASONS) {
    for (const criticality of ['typed', 'prefetch']) {
      rates[`autocomplete_queries_rejected_total{reason="${reason}",criticality="${criticality}"}`] =
        criticality === pod.criticality ? (pod.rejected[reason] ?? 0) : 0
    }
  }
  for (const bound of BOUNDS) {
    const excludesSlow = bound === '0.01' || bound === '0.1'
    rates[`autocomplete_http_request_duration_seconds_bucket{route="/autocomplete",le="${bound}"}`] =
      pod.queries * (excludesSlow ? 1 - pod.slow : 1)
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
