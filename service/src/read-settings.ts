/** Reads and validates the settings from the environment. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP, isIPv6 } from 'node:net'
import { processLimits } from './process-limits.ts'
import {
  REMOVED_SETTINGS,
  type RedisNode,
  SETTINGS,
  type SettingName,
  type SettingSchema,
  type Settings,
} from './settings.ts'

/** Thrown if an environment variable is invalid. The message is one line, and never contains a secret. */
export class SettingsError extends Error {
  override name = 'SettingsError'

  constructor(name: SettingName, accepted: string, got: string) {
    super(`environment variable ${name} must be ${accepted}, got ${got}`)
  }
}

const SCHEMAS = Object.entries(SETTINGS) as [SettingName, SettingSchema][]

/**
 * Settings that are parsed into another type, or need more checks than a pattern. `parse` returns undefined for invalid
 * text.
 */
const TEXTS: Partial<Record<SettingName, { accepted: string; parse(raw: string): unknown }>> = {
  HOST: { accepted: 'an IP address', parse: (raw) => (isIP(raw) ? raw : undefined) },
  REDIS_NODES: { accepted: 'host:port, or several of them separated by commas', parse: parseNodes },
  CORS_ORIGINS: {
    accepted:
      'origins such as https://shop.example, in lower case, without paths, default ports, or wildcards, separated by commas, or *',
    parse: parseOrigins,
  },
}

/**
 * Reads the settings from an environment. An empty variable counts as not set.
 * @throws {SettingsError} for the first invalid value
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const settings: Record<string, unknown> = {}
  for (const [name, schema] of SCHEMAS) {
    const raw = environment[name] || String(schema.default)
    const value = parse(name, schema, raw)
    if (value === undefined) {
      const accepted = TEXTS[name]?.accepted ?? acceptedBy(schema)
      const got = JSON.stringify(withoutCredentials(raw))
      throw new SettingsError(name, accepted, schema.writeOnly ? 'another value' : got)
    }
    settings[name] = value
  }
  return checkTogether(Object.freeze(settings) as Settings)
}

/** Returns a line for each removed setting that an environment still contains. Such settings have no effect. */
export function removedSettings(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(REMOVED_SETTINGS)
    .filter(([name]) => environment[name])
    .map(([name, instead]) => `environment variable ${name} no longer has an effect: ${instead}`)
}

/** Returns a line for each name or secret that ends with white space. Files with secrets often end with a line break. */
export function whiteSpaceWarnings(settings: Settings): string[] {
  return (['REDIS_USERNAME', 'REDIS_PASSWORD'] as const)
    .filter((name) => /\s$/.test(settings[name]))
    .map((name) => `environment variable ${name} ends with white space; remove it if Redis rejects the login`)
}

/** Returns the value of a setting, or undefined if the string is invalid. */
function parse(
  name: SettingName,
  { type, minimum = 0, maximum = 0, enum: values, pattern }: SettingSchema,
  raw: string,
) {
  if (values) return values.find((value) => value === raw)
  if (type === 'boolean') return raw === 'true' ? true : raw === 'false' ? false : undefined
  if (type === 'integer') {
    const value = /^\d+$/.test(raw) ? Number(raw) : Number.NaN
    return value >= minimum && value <= maximum ? value : undefined
  }
  if (pattern !== undefined && !new RegExp(pattern).test(raw)) return undefined
  const text = TEXTS[name]
  return text ? text.parse(raw) : raw
}

/** Replaces the user name and the password in addresses such as `redis://user:password@host:6379`. */
function withoutCredentials(raw: string): string {
  return raw.replace(/[^\s,]+/g, (address) => address.replace(/^.*@/s, '***@'))
}

function acceptedBy({ type, minimum, maximum, enum: values, pattern }: SettingSchema): string {
  if (values) return `one of ${values.join(', ')}`
  if (type === 'boolean') return 'true or false'
  if (type === 'integer') return `an integer from ${minimum} to ${maximum}`
  return `a string that matches ${pattern}`
}

const NODE = /^\s*(?:\[(?<address>[\da-fA-F:.]+)\]|(?<name>[\w.-]+)):(?<number>\d{1,5})\s*$/

function parseNodes(raw: string): RedisNode[] | undefined {
  const nodes = raw.split(',').map((node) => {
    const { address, name, number } = NODE.exec(node)?.groups ?? {}
    const host = address === undefined ? name : isIPv6(address) ? address : undefined
    const port = Number(number)
    return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined
  })
  return nodes.every((node) => node !== undefined) ? nodes : undefined
}

function parseOrigins(raw: string): string[] | undefined {
  const all = raw === '' ? [] : raw.split(',').map((origin) => origin.trim())
  const isRight = (origin: string) => origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)
  return all.every(isRight) ? all : undefined
}

function checkTogether(settings: Settings): Settings {
  if (settings.REDIS_TLS && settings.REDIS_TLS_CA_FILE)
    requireCertificate('REDIS_TLS_CA_FILE', settings.REDIS_TLS_CA_FILE)
  const { PORT, METRICS_PORT } = settings
  if (METRICS_PORT > 0 && METRICS_PORT === PORT) {
    throw new SettingsError(
      'METRICS_PORT',
      'a port other than PORT, or 0 to serve the metrics on PORT',
      `"${METRICS_PORT}"`,
    )
  }
  const { RANKING_THREADS, REDIS_CONNECTION_POOL_SIZE, REDIS_MAX_CONNECTIONS } = settings
  const { processes } = processLimits(settings)
  const connections = processes * RANKING_THREADS * REDIS_CONNECTION_POOL_SIZE
  if (connections > REDIS_MAX_CONNECTIONS) {
    const factors =
      `WEB_CONCURRENCY ${processes} × RANKING_THREADS ${RANKING_THREADS} × ` +
      `REDIS_CONNECTION_POOL_SIZE ${REDIS_CONNECTION_POOL_SIZE}`
    throw new SettingsError(
      'REDIS_MAX_CONNECTIONS',
      `at least ${connections} (${factors})`,
      `"${REDIS_MAX_CONNECTIONS}"`,
    )
  }
  return settings
}

function requireCertificate(name: SettingName, path: string): void {
  try {
    new X509Certificate(readFileSync(path, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new SettingsError(
      name,
      'a readable file with a certificate in PEM format',
      `${JSON.stringify(path)} (${code})`,
    )
  }
}

/** Returns the settings in a form that is safe to log: for a secret, only whether it is set. */
export function redacted(settings: Settings): Record<string, unknown> {
  const shown = ([name, { writeOnly }]: [SettingName, SettingSchema]) => {
    const value = settings[name]
    return [name, writeOnly ? (value ? '(set)' : '(not set)') : value]
  }
  return Object.fromEntries(SCHEMAS.map(shown))
}
