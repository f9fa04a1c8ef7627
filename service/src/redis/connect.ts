import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Redis } from 'ioredis'
import type { Settings } from '../settings.ts'
import { truncate } from '../text/strings.ts'

/** The address at which a replica listens. */
export interface Address {
  /** An IP address. */
  host: string
  port: number
  /** The host name that resolved to the address. The replica's certificate must be valid for it. */
  name: string
}

/** Returns a unique key for a replica. */
export const addressKey = ({ host, port }: Address) => `${host}:${port}`

const MAX_RECONNECT_DELAY_MS = 1000
const KEEPALIVE_MS = 30_000

/**
 * Connects to a replica, and reconnects whenever the connection is lost. Commands fail immediately while disconnected.
 */
export function connectTo({ host, port, name }: Address, settings: Settings): Redis {
  return new Redis({
    host,
    port,
    ...(settings.REDIS_USERNAME && { username: settings.REDIS_USERNAME }),
    ...(settings.REDIS_PASSWORD && { password: settings.REDIS_PASSWORD }),
    // ioredis disables keep-alive for any value that is not a number, although its types allow only numbers.
    keepAlive: settings.REDIS_SOCKET_KEEPALIVE ? KEEPALIVE_MS : (false as never),
    ...(settings.REDIS_TLS && { tls: tlsOptions(name, settings) }),
    connectTimeout: settings.REDIS_CONNECT_TIMEOUT_MS,
    commandTimeout: settings.REDIS_COMMAND_TIMEOUT_MS,
    // Fail immediately instead of waiting, so that another replica can be tried.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // While Redis loads its data, ioredis would wait for as long as Redis estimates, at most 10 s, before it asks again.
    maxLoadingRetryTime: MAX_RECONNECT_DELAY_MS,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, MAX_RECONNECT_DELAY_MS),
  })
}

/** Maximum length of a reason, in UTF-16 code units. Messages from Redis can have any length. */
const MAX_REASON = 200

export const CLOSED = 'Redis closed the connection'

/**
 * Removes the arguments from Redis's message for an unknown command. If the command is AUTH or HELLO, the password is
 * among them.
 */
export const withoutArguments = (message: string) =>
  message.replace(/(unknown command.*?), with args beginning.*/s, '$1')

/** Errors of Redis that only members of a Redis Cluster send. */
export const CLUSTER_ERROR = /^(?:MOVED|ASK|CROSSSLOT|CLUSTERDOWN) /

/** Returns a short reason for a failure. It contains no passwords. */
export function reasonOf({ name, message }: Error): string {
  // ioredis reports the number of retries, which is always 0 here.
  if (name === 'MaxRetriesPerRequestError') return 'the connection was lost'
  if (/^(read|write) (ECONNRESET|EPIPE)$/.test(message)) return CLOSED
  if (message.startsWith("ERR unknown command 'get'")) return 'it is not a replica, but probably Redis Sentinel'
  if (message.startsWith('Unknown RESP type')) return 'it does not speak the protocol of Redis'
  if (CLUSTER_ERROR.test(message)) {
    return 'it is part of a Redis Cluster; use replicas that each hold the whole dataset'
  }
  return truncate(withoutArguments(message), MAX_REASON)
}

function tlsOptions(name: string, { REDIS_TLS_CA_FILE }: Settings): ConnectionOptions {
  // The connection uses the IP address, but the certificate is issued for the name.
  const options: ConnectionOptions = isIP(name) === 0 ? { servername: name } : {}
  if (REDIS_TLS_CA_FILE) {
    // ioredis reads this property for each attempt to connect.
    Object.defineProperty(options, 'ca', { enumerable: true, get: certificateReader(REDIS_TLS_CA_FILE) })
  }
  return options
}

/**
 * Returns a function that reads a certificate again each time, because the file may be replaced while the service runs.
 * If the file is unusable, returns the last certificate: if it threw an error, ioredis would stop reconnecting.
 */
function certificateReader(file: string): () => Buffer {
  let last = readFileSync(file)
  return () => {
    try {
      const current = readFileSync(file)
      new X509Certificate(current)
      last = current
    } catch {}
    return last
  }
}
