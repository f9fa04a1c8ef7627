/** The service's settings: read once from the environment, checked, and frozen. */
import { accessSync, constants } from 'node:fs'
import { isIP } from 'node:net'
import { processLimits } from './process-limits.ts'

/** Where a Redis listens; a host name may stand for several replicas. */
export interface RedisNode {
  host: string
  port: number
}

/** A wrong environment variable; the message is one line: its name, what it got and what it takes. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

type Parse<T> = (raw: string) => T | undefined

interface Setting<T> {
  /** The value when the variable is not set, as it would be written in the environment. */
  default: string
  /** What it takes, for the error message. */
  takes: string
  parse: Parse<T>
  secret?: true
}

const integer = (fallback: number, min: number, max: number): Setting<number> => ({
  default: String(fallback),
  takes: `a whole number from ${min} to ${max}`,
  parse: (raw) => {
    const value = /^\d+$/.test(raw) ? Number(raw) : Number.NaN
    return value >= min && value <= max ? value : undefined
  },
})

const boolean = (fallback: boolean): Setting<boolean> => ({
  default: String(fallback),
  takes: 'true or false',
  parse: (raw) => (raw === 'true' ? true : raw === 'false' ? false : undefined),
})

const oneOf = <const T extends string>(fallback: T, values: readonly T[]): Setting<T> => ({
  default: fallback,
  takes: `one of ${values.join(', ')}`,
  parse: (raw) => values.find((value) => value === raw),
})

const text = (fallback: string, takes: string): Setting<string> => ({ default: fallback, takes, parse: (raw) => raw })

const secret = (takes: string): Setting<string> => ({ ...text('', takes), secret: true })

const redisNodes = (fallback: string): Setting<RedisNode[]> => ({
  default: fallback,
  takes: 'host:port, several separated by commas',
  parse: (raw) => {
    const nodes = raw.split(',').map((node) => {
      const match = /^\s*(\[[\da-fA-F:]+\]|[\w.-]+):(\d{1,5})\s*$/.exec(node)
      const port = Number(match?.[2])
      return match?.[1] && port >= 1 && port <= 65535 ? { host: match[1].replace(/[[\]]/g, ''), port } : undefined
    })
    return nodes.every((node) => node !== undefined) ? nodes : undefined
  },
})

const origins = (): Setting<readonly string[]> => ({
  default: '',
  takes: 'origins such as https://shop.example separated by commas, or *',
  parse: (raw) => {
    const all = raw === '' ? [] : raw.split(',').map((origin) => origin.trim())
    const isRight = (origin: string) => origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)
    return all.every(isRight) ? all : undefined
  },
})

const DEFINITIONS = {
  /** The address to listen on. */
  HOST: { ...text('0.0.0.0', 'an IP address'), parse: (raw) => (isIP(raw) ? raw : undefined) },
  /** The port to listen on. */
  PORT: integer(8000, 0, 65535),
  /** The port of the metrics, where nothing else is answered; 0 serves them on PORT, to whoever may ask there. */
  METRICS_PORT: integer(0, 0, 65535),
  LOG_LEVEL: oneOf('info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  /** HTTP processes; connections are spread over them. 0 is one for each CPU of the limit. */
  WEB_CONCURRENCY: integer(1, 0, 64),
  /** What the container may use at most, in thousandths of a CPU and in bytes; 0 is unknown. */
  CPU_LIMIT_MILLICORES: integer(0, 0, 1_000_000),
  MEMORY_LIMIT_BYTES: integer(0, 0, Number.MAX_SAFE_INTEGER),
  /** Ranking threads of each HTTP process. */
  RANKING_THREADS: integer(1, 1, 64),
  /** Batches that one ranking thread works on at a time, while they wait for Redis. */
  RANKING_BATCHES_PER_THREAD: integer(4, 1, 64),
  /** Different queries of a batch at most; equal ones are ranked once. */
  RANKING_BATCH_MAX_QUERIES: integer(64, 1, 10_000),
  /** How long a batch gathers queries before it goes to a thread, in milliseconds; 0 is to the end of the event loop's turn. */
  RANKING_BATCH_WAIT_MS: integer(0, 0, 1000),
  /** Queries of one HTTP process that may wait or be ranked; one more is answered 503 at once. */
  RANKING_MAX_PENDING: integer(2000, 1, 1_000_000),
  /**
   * How long a query may wait for a thread, by how long batches take now, in milliseconds; one that would wait longer is answered 503
   * at once. While Redis is silent those that wait already may wait REDIS_COMMAND_TIMEOUT_MS longer: then another replica is asked.
   */
  RANKING_MAX_WAIT_MS: integer(25, 1, 120_000),
  /**
   * How late the event loop of an HTTP process may be, in milliseconds. While it is later again and again, what the cache does not know
   * is answered 503 at once.
   */
  EVENT_LOOP_MAX_DELAY_MS: integer(200, 1, 120_000),
  /** How long a query may take before it is answered 503, in milliseconds. */
  RANKING_TIMEOUT_MS: integer(2000, 1, 120_000),
  /** What the answers that an HTTP process keeps may take, in MiB; 0 keeps none. */
  CACHE_MAX_MIB: integer(64, 0, 65_536),
  /** Requests that a process answers itself before it takes any from others: code that has not run yet is many times slower. */
  WARM_UP_REQUESTS: integer(2000, 0, 100_000),
  /** How long browsers and proxies may use an answer again without asking, in seconds: so long they may show what is deleted. */
  CACHE_CONTROL_MAX_AGE_SECONDS: integer(10, 0, 86_400),
  /** How long after that they may while they ask anew, in seconds. */
  CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS: integer(20, 0, 86_400),
  /** Other origins whose pages may read the answers; none, or * for all. */
  CORS_ORIGINS: origins(),
  /** Connections that one HTTP process holds; one more is refused. */
  HTTP_MAX_CONNECTIONS: integer(2000, 1, 1_000_000),
  /** How long an idle connection stays open, in seconds; longer than the load balancer in front keeps its own. */
  HTTP_KEEP_ALIVE_SECONDS: integer(75, 1, 3600),
  /** The Redis replicas, all with the same data. A host name is resolved to all its addresses, again and again. */
  REDIS_NODES: redisNodes('127.0.0.1:6379'),
  REDIS_USERNAME: text('', 'a user name'),
  REDIS_PASSWORD: secret('a password'),
  /** Whether connections to Redis are encrypted, and the file with the certificate authority; without, the usual ones. */
  REDIS_TLS: boolean(false),
  REDIS_TLS_CA_FILE: text('', 'a path'),
  /** Connections to Redis that one ranking thread keeps, each to another replica. */
  REDIS_CONNECTION_POOL_SIZE: integer(4, 1, 64),
  /** Connections to Redis that all processes and threads may hold together. */
  REDIS_MAX_CONNECTIONS: integer(200, 1, 1_000_000),
  REDIS_SOCKET_KEEPALIVE: boolean(true),
  REDIS_CONNECT_TIMEOUT_MS: integer(1000, 1, 120_000),
  /** How long one replica may take to answer before another is asked, in milliseconds. */
  REDIS_COMMAND_TIMEOUT_MS: integer(500, 1, 120_000),
  /** How long a stopping process goes on taking requests, so that load balancers notice, in seconds. */
  SHUTDOWN_DELAY_SECONDS: integer(0, 0, 600),
  /** How long requests in flight may take after that, in seconds. */
  SHUTDOWN_TIMEOUT_SECONDS: integer(10, 1, 600),
} as const satisfies Record<string, Setting<unknown>>

type Name = keyof typeof DEFINITIONS

/** Every setting under the name of its environment variable. */
export type Settings = Readonly<{
  [N in Name]: (typeof DEFINITIONS)[N] extends Setting<infer T> ? T : never
}>

/** The variables that the service reads, with their defaults as the environment would spell them. */
export const SETTING_DEFAULTS: Readonly<Record<string, string>> = Object.freeze(
  Object.fromEntries(Object.entries(DEFINITIONS).map(([name, setting]) => [name, setting.default])),
)

/**
 * Reads the settings from an environment. A variable that is empty counts as not set.
 * @throws {SettingsError} at the first value that is wrong.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(DEFINITIONS) as [Name, Setting<unknown>][]) {
    const raw = environment[name] || setting.default
    const value = setting.parse(raw)
    if (value === undefined) {
      const got = setting.secret ? 'a value that it cannot use' : JSON.stringify(raw)
      throw new SettingsError(`environment variable ${name} is ${got}; it takes ${setting.takes}`)
    }
    settings[name] = value
  }
  return checkTogether(Object.freeze(settings) as Settings)
}

function checkTogether(settings: Settings): Settings {
  if (settings.REDIS_TLS && settings.REDIS_TLS_CA_FILE) requireFile('REDIS_TLS_CA_FILE', settings.REDIS_TLS_CA_FILE)
  const { PORT, METRICS_PORT } = settings
  if (METRICS_PORT > 0 && METRICS_PORT === PORT) {
    throw new SettingsError(
      `environment variable METRICS_PORT is "${METRICS_PORT}"; it takes another port than PORT, or 0, which serves the metrics on PORT`,
    )
  }
  const { RANKING_THREADS, REDIS_CONNECTION_POOL_SIZE, REDIS_MAX_CONNECTIONS } = settings
  const { processes } = processLimits(settings)
  const connections = processes * RANKING_THREADS * REDIS_CONNECTION_POOL_SIZE
  if (connections > REDIS_MAX_CONNECTIONS) {
    throw new SettingsError(
      `environment variable REDIS_MAX_CONNECTIONS is "${REDIS_MAX_CONNECTIONS}"; it takes at least ${connections}, which is ` +
        `WEB_CONCURRENCY ${processes} x RANKING_THREADS ${RANKING_THREADS} x REDIS_CONNECTION_POOL_SIZE ${REDIS_CONNECTION_POOL_SIZE}`,
    )
  }
  return settings
}

function requireFile(name: string, path: string): void {
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new SettingsError(
      `environment variable ${name} is ${JSON.stringify(path)}; it takes a file that can be read (${code})`,
    )
  }
}

/** The settings as they may be logged: secrets only as set or not. */
export function redacted(settings: Settings): Record<string, unknown> {
  const definitions: Record<string, Setting<unknown>> = DEFINITIONS
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      definitions[name]?.secret ? (value ? '(set)' : '(not set)') : value,
    ]),
  )
}
