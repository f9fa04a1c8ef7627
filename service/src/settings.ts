/**
 * The settings of the service: one JSON Schema for each environment variable. The service reads its environment
 * according to these schemas. From them, the generator writes the chart's values, their schema, and the table in
 * README.md.
 *
 * This file imports only types from TypeBox, because loading it would cost each HTTP process 150 ms and 18 MB.
 */
import type { XStatic } from 'typebox/schema'

const integer = (description: string, value: number, minimum: number, maximum: number) =>
  ({ type: 'integer', description, default: value, minimum, maximum }) as const

const boolean = (description: string, value: boolean) => ({ type: 'boolean', description, default: value }) as const

const string = (description: string, value: string, pattern?: string) =>
  ({ type: 'string', description, default: value, ...(pattern && { pattern }) }) as const

const oneOf = <const T extends string>(description: string, value: T, values: readonly T[]) =>
  ({ enum: values, description, default: value }) as const

/** Upper bounds of the latency histogram, in seconds. The chart accepts some of them as objectives. */
export const LATENCY_BOUNDS_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
]

const MAX_MS = 120_000

/** The pattern of an origin. The chart's patterns cannot exclude default ports. */
const ORIGIN = String.raw`https?://(\[[0-9a-f:.]+\]|[-a-z0-9._]+)(:[1-9][0-9]{0,4})?`

/** Every setting under the name of its environment variable. */
export const SETTINGS = {
  HOST: string('IP address to listen on. `::` accepts IPv6 and IPv4, or only IPv4 on machines without IPv6.', '::'),
  PORT: integer('Port to listen on.', 8000, 0, 65_535),
  METRICS_PORT: integer(
    'Port that serves `/metrics`, `/health`, and `/ready`, even if clients have used up all connections of `PORT`. 0 serves `/metrics` on `PORT`.',
    0,
    0,
    65_535,
  ),
  LOG_LEVEL: oneOf('Least severe level to log. Query texts are not logged at `info`.', 'info', [
    'fatal',
    'error',
    'warn',
    'info',
    'debug',
    'trace',
    'silent',
  ]),
  WEB_CONCURRENCY: integer('Number of HTTP processes. 0 starts one for each CPU in the CPU limit.', 1, 0, 64),
  CPU_LIMIT_MILLICORES: integer(
    'CPU limit of the container, in thousandths of a CPU. 0 means that the limit is unknown.',
    0,
    0,
    1_000_000,
  ),
  MEMORY_LIMIT_BYTES: integer(
    'Memory limit of the container, in bytes. Heap sizes are computed from it. 0 means that the limit is unknown.',
    0,
    0,
    Number.MAX_SAFE_INTEGER,
  ),
  RANKING_THREADS: integer('Number of ranking threads per HTTP process.', 1, 1, 64),
  RANKING_BATCH_MAX_QUERIES: integer(
    'Maximum number of distinct queries in a batch. Identical queries are ranked only once.',
    64,
    1,
    10_000,
  ),
  RANKING_BATCH_WAIT_MS: integer(
    'How long a batch keeps collecting queries while a thread is free, in milliseconds. 0 sends the batch at the end of the current event-loop turn.',
    0,
    0,
    1000,
  ),
  RANKING_MAX_PENDING: integer(
    'Maximum number of queries per HTTP process that are waiting or being ranked. Beyond this limit, queries get 503, starting with the least critical ones.',
    2000,
    1,
    1_000_000,
  ),
  OVERLOAD_MAX_DELAY_MS: integer(
    'Maximum delay of the event loop, and maximum time that a query waits for a ranking thread, in milliseconds. Beyond these limits, queries that are not cached get 503, starting with the least critical ones.',
    100,
    1,
    MAX_MS,
  ),
  RANKING_TIMEOUT_MS: integer('Time after which an unanswered query gets 503, in milliseconds.', 2000, 1, MAX_MS),
  RANKING_TEXT_CACHE_MAX_MIB: integer(
    'Maximum size of the cache of entry texts in each ranking thread, in MiB. 0 turns this cache off, so all texts are read from Redis.',
    8,
    0,
    4096,
  ),
  CACHE_MAX_MIB: integer(
    'Maximum size of the cache of answers in each HTTP process, in MiB. 0 turns this cache off.',
    64,
    0,
    65_536,
  ),
  WARM_UP_REQUESTS: integer(
    'Maximum number of requests that an HTTP process sends to itself before it is ready. Without these requests, the first queries would be many times slower.',
    2000,
    0,
    100_000,
  ),
  CACHE_CONTROL_MAX_AGE_SECONDS: integer(
    'How long browsers and proxies may reuse an answer without revalidating it, in seconds. During this time, they may still show deleted entries.',
    10,
    0,
    86_400,
  ),
  CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS: integer(
    'How much longer browsers and proxies may reuse an answer while they revalidate it, in seconds.',
    20,
    0,
    86_400,
  ),
  CORS_ORIGINS: string(
    'Other origins whose pages may read the answers, separated by commas: in lower case, without paths, default ports, or wildcards. `*` allows all origins. If empty, none is allowed.',
    '',
    String.raw`^(\*|${ORIGIN}(, ?${ORIGIN})*)?$`,
  ),
  HTTP_MAX_CONNECTIONS: integer(
    'Maximum number of open connections per HTTP process. Further connections are closed immediately. When the limit is nearly reached, the service also closes connections on which it has answered a query that is less critical than `typed`.',
    2000,
    1,
    1_000_000,
  ),
  HTTP_KEEP_ALIVE_SECONDS: integer(
    'How long an idle connection stays open, in seconds. It must exceed the idle timeout of the load balancer or ingress controller.',
    75,
    1,
    3600,
  ),
  REDIS_NODES: string(
    'Redis replicas with the same data, as `host:port`, separated by commas. Every second, each host name is resolved to all of its addresses.',
    '127.0.0.1:6379',
  ),
  REDIS_USERNAME: string('User name for Redis. If empty, the default user is used.', ''),
  REDIS_PASSWORD: { ...string('Password for Redis. If empty, no password is sent.', ''), writeOnly: true },
  REDIS_TLS: boolean('Encrypt connections to Redis with TLS.', false),
  REDIS_TLS_CA_FILE: string(
    'File with the CA certificate for Redis. If empty, the certificate authorities that Node.js trusts are used.',
    '',
  ),
  REDIS_CONNECTION_POOL_SIZE: integer(
    'Maximum number of Redis connections per ranking thread, each to a different replica.',
    4,
    1,
    64,
  ),
  REDIS_MAX_CONNECTIONS: integer(
    'Maximum number of Redis connections. HTTP processes × ranking threads × pool size must not exceed it.',
    200,
    1,
    1_000_000,
  ),
  REDIS_SOCKET_KEEPALIVE: boolean('Use TCP keep-alive for connections to Redis.', true),
  REDIS_CONNECT_TIMEOUT_MS: integer('Timeout for connecting to Redis, in milliseconds.', 1000, 1, MAX_MS),
  REDIS_COMMAND_TIMEOUT_MS: integer(
    'Time after which an unanswered Redis command is sent to another replica, in milliseconds.',
    500,
    1,
    MAX_MS,
  ),
  SHUTDOWN_DELAY_SECONDS: integer(
    'How long a stopping process continues to accept requests, in seconds. Load balancers need this time to notice that the process is stopping.',
    0,
    0,
    600,
  ),
  SHUTDOWN_TIMEOUT_SECONDS: integer(
    'Maximum time for requests in flight to finish after `SHUTDOWN_DELAY_SECONDS`, in seconds.',
    10,
    1,
    600,
  ),
} as const

/** Settings that were removed, each with advice on what to do instead. */
export const REMOVED_SETTINGS: Readonly<Record<string, string>> = {
  RANKING_BATCHES_PER_THREAD: 'the number of batches now depends on the load',
  RANKING_MAX_WAIT_MS: 'set OVERLOAD_MAX_DELAY_MS instead',
  EVENT_LOOP_MAX_DELAY_MS: 'set OVERLOAD_MAX_DELAY_MS instead',
}

/** The name of a setting, which is also the name of its environment variable. */
export type SettingName = keyof typeof SETTINGS

/** The parts of a setting's schema that the service and the generator read. */
export interface SettingSchema {
  type?: 'integer' | 'boolean' | 'string'
  description: string
  default: number | boolean | string
  minimum?: number
  maximum?: number
  enum?: readonly string[]
  pattern?: string
  /** Whether the value is a secret. Secrets are never shown. */
  writeOnly?: boolean
}

/** Where Redis listens. A host name may resolve to several replicas. */
export interface RedisNode {
  host: string
  port: number
}

/** Settings whose text is parsed into another type. */
interface ParsedSettings {
  CORS_ORIGINS: readonly string[]
  REDIS_NODES: readonly RedisNode[]
}

/** The values of all settings. */
export type Settings = Readonly<{
  [N in SettingName]: N extends keyof ParsedSettings ? ParsedSettings[N] : XStatic<(typeof SETTINGS)[N]>
}>
