import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Redis } from 'ioredis'
import type { Settings } from '../settings.ts'

/** Where a replica listens. */
export interface Address {
  /** An IP address. */
  host: string
  port: number
  /** The host name that stands for it, which its certificate must have. */
  name: string
}

/** What tells replicas apart. */
export const addressKey = ({ host, port }: Address) => `${host}:${port}`

const MAX_RECONNECT_DELAY_MS = 1000
const KEEPALIVE_MS = 30_000

/** Connects to a replica by the settings, and again whenever the connection is lost. Commands fail at once while there is none. */
export function connectTo({ host, port, name }: Address, settings: Settings): Redis {
  return new Redis({
    host,
    port,
    ...(settings.REDIS_USERNAME && { username: settings.REDIS_USERNAME }),
    ...(settings.REDIS_PASSWORD && { password: settings.REDIS_PASSWORD }),
    // ioredis turns keep-alive off for anything that is not a number, which its types do not say.
    keepAlive: settings.REDIS_SOCKET_KEEPALIVE ? KEEPALIVE_MS : (false as never),
    ...(settings.REDIS_TLS && { tls: tlsOptions(name, settings) }),
    connectTimeout: settings.REDIS_CONNECT_TIMEOUT_MS,
    commandTimeout: settings.REDIS_COMMAND_TIMEOUT_MS,
    // Another replica is asked instead of waiting for this one.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, MAX_RECONNECT_DELAY_MS),
  })
}

/** What failed, in a few words. */
export function reasonOf(error: Error): string {
  // ioredis says how often it has sent the command again, which it never does here.
  return error.name === 'MaxRetriesPerRequestError' ? 'the connection was lost' : error.message
}

function tlsOptions(name: string, { REDIS_TLS_CA_FILE }: Settings): ConnectionOptions {
  return {
    // The connection goes to an address; the certificate has the name.
    ...(isIP(name) === 0 && { servername: name }),
    ...(REDIS_TLS_CA_FILE && { ca: readFileSync(REDIS_TLS_CA_FILE) }),
  }
}
