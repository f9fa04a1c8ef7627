import {
  createServer,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Socket } from 'node:net'
import { type Criticality, levelOf } from '../ranking/criticality.ts'
import type { Settings } from '../settings.ts'
import { closeAfterAnswers, endWhileReceiving, LINGER_MS } from './closing.ts'
import { ERROR_HEADERS, errorBody, HttpError } from './errors.ts'
import { type OpenConnections, openConnectionsOf } from './open-connections.ts'
import { HTTP_VERSION_RULE } from './request-facts.ts'
import { limitUnsentAnswers } from './unsent-answers.ts'

/** The methods that the service accepts on at least one path. */
export const ALL_METHODS = 'GET, HEAD, POST, OPTIONS'

/** Options of the servers for queries, metrics, and probes. */
export const SERVER_OPTIONS = {
  /** Maximum size of the request line and headers together, in bytes. Larger requests get 431. */
  maxHeaderSize: 16 * 1024,
  /** Timeouts for a client to send its headers and its whole request, in milliseconds. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /**
   * Time between two checks of the timeouts above, in milliseconds. With Node's default, slow senders could stay
   * connected 30 s longer.
   */
  connectionsCheckingInterval: 2000,
  // With true, Node.js would answer requests without a Host header with an error that caches may keep.
  requireHostHeader: false,
} as const satisfies ServerOptions
/**
 * Maximum number of connections that wait to be accepted. With Node's default of 511, some clients in a larger burst
 * would have to retry after a second.
 */
const BACKLOG = 4096

/**
 * Maximum number of requests on a connection that wait for the answer to an earlier request. Node.js handles all
 * requests that arrive together in one turn of the event loop, so hundreds of them would delay the requests from other
 * clients.
 */
export const MAX_PIPELINED = 32

/** Connection counts of a server. */
export interface Connections {
  open: number
  /** Number of connections closed immediately because of HTTP_MAX_CONNECTIONS. */
  dropped: number
}

/** For each step to a lower criticality, the limit on connections is lower by this share of HTTP_MAX_CONNECTIONS. */
const RESERVED_PER_LEVEL = 0.05

/**
 * Whether the connection of a query must be closed after its answer, because nearly all connections are taken.
 * The connections of less critical queries are closed first. Those of the most critical queries are never closed.
 */
export function isCrowded({ open }: Connections, max: number, criticality: Criticality): boolean {
  const level = levelOf(criticality)
  return level > 0 && open > max * (1 - RESERVED_PER_LEVEL * level)
}

/** Creates an HTTP server with the limits of the service. It answers malformed requests with a JSON error. */
export function createHttpServer(
  settings: Settings,
  listener: RequestListener,
  connections: Connections = { open: 0, dropped: 0 },
): Server {
  const server = createServer(
    {
      ...SERVER_OPTIONS,
      keepAliveTimeout: settings.HTTP_KEEP_ALIVE_SECONDS * 1000,
      noDelay: true,
    },
    limitPipelining(listener),
  )
  limitConnections(server, settings.HTTP_MAX_CONNECTIONS, connections)
  limitUnsentAnswers(server)
  closeAfterAnswers(server)
  answerInvalidRequests(server, settings.RANKING_TIMEOUT_MS, ALL_METHODS)
  return server
}

/**
 * Makes a server send a JSON error for requests that do not reach its listener. Node.js would answer them without a
 * body, and would let caches store the error.
 * @param timeoutMs timeout for the answers to earlier requests on the connection, in milliseconds
 * @param allowedMethods the header `Allow` in the answer to CONNECT
 */
export function answerInvalidRequests(server: Server, timeoutMs: number, allowedMethods: string): void {
  const connections = openConnectionsOf(server)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    else endWithError(connections, socket, errorOfParser(error), timeoutMs)
  })
  server.on('connect', (_, socket) =>
    endWithError(connections, socket as Socket, HttpError.ofStatus(405), timeoutMs, { Allow: allowedMethods }),
  )
  const rejectExpectation = limitPipelining((_, response) => writeError(response, HttpError.ofStatus(417)))
  server.on('checkExpectation', rejectExpectation)
}

/**
 * Closes connections above the limit immediately. `server.maxConnections` cannot be used: a full HTTP process would
 * pass the connection on to the next process, and if all processes are full, they would pass it around forever.
 */
function limitConnections(server: Server, max: number, connections: Connections): void {
  server.on('connection', (socket: Socket) => {
    if (connections.open >= max) {
      connections.dropped += 1
      socket.destroy()
      return
    }
    connections.open += 1
    socket.once('close', () => {
      connections.open -= 1
    })
  })
}

/** For each connection, the number of requests that wait for the answer to an earlier request. */
const waiting = new WeakMap<Socket, number>()

/**
 * Handles the requests of each connection one after the other, so that a client that does not read occupies memory for
 * only one answer. Rejects a request that exceeds {@link MAX_PIPELINED}, and closes its connection after the earlier
 * answers.
 */
export function limitPipelining(listener: RequestListener): RequestListener {
  return (req, res) => {
    // The connection is being closed.
    if (!req.socket.writable) return
    // A response gets its socket once all earlier requests are answered.
    if (res.socket) return listener(req, res)
    const { socket } = req
    const count = (waiting.get(socket) ?? 0) + 1
    // An earlier request was rejected, so the connection is about to be closed.
    if (count > MAX_PIPELINED + 1) return
    waiting.set(socket, count)
    if (count > MAX_PIPELINED) {
      // Node.js resumes reading after each request, so stop only once all requests that were read have been handled.
      process.nextTick(() => socket.pause())
      return writeError(res, TOO_MANY_PIPELINED)
    }
    res.once('socket', () => {
      const left = waiting.get(socket) as number
      if (left <= MAX_PIPELINED) waiting.set(socket, left - 1)
      setImmediate(listener, req, res)
    })
  }
}

const TOO_MANY_PIPELINED = new HttpError(
  429,
  'too_many_requests',
  `at most ${MAX_PIPELINED} requests on the same connection may wait for the answer to an earlier request`,
  true,
)

/** Writes an error response without Koa. */
export function writeError(response: ServerResponse, { status, code, message, closes }: HttpError): void {
  const body = JSON.stringify(errorBody(code, message))
  const length = Buffer.byteLength(body)
  const headers = { ...ERROR_HEADERS, 'Content-Length': length, ...(closes && { Connection: 'close' }) }
  response.writeHead(status, headers).end(body)
}

/** Sockets that are ending with an error. The HTTP parser fails again for any further data from such a socket. */
const ending = new WeakSet<Socket>()

/**
 * Writes an error to a socket without a response object, after the answers to earlier requests, and ends the socket.
 * @param timeoutMs timeout for the earlier answers
 */
function endWithError(
  connections: OpenConnections,
  socket: Socket,
  error: HttpError,
  timeoutMs: number,
  headers: OutgoingHttpHeaders = {},
): void {
  if (ending.has(socket)) return
  ending.add(socket)
  // Without this timer, a client that does not read earlier answers could keep the connection open forever: after
  // CONNECT, the server does not track the connection.
  const timer = setTimeout(() => socket.destroy(), timeoutMs + LINGER_MS).unref()
  socket.once('close', () => clearTimeout(timer))
  // After CONNECT, Node removes its error listener, and an unhandled error would end the process.
  socket.on('error', () => socket.destroy())
  afterAnswers(connections, socket, () => {
    clearTimeout(timer)
    writeLast(socket, error, headers)
  })
}

/**
 * Calls `then` when an error may be sent: after the answers to earlier requests, because clients match answers to
 * requests by their order. If the current request is incomplete, the error is its answer.
 */
function afterAnswers(connections: OpenConnections, socket: Socket, then: () => void): void {
  const current = connections.oldestUnsent(socket)
  if (current?.req.complete) current.once('finish', () => afterAnswers(connections, socket, then))
  else then()
}

function writeLast(socket: Socket, { status, code, message }: HttpError, more: OutgoingHttpHeaders): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(errorBody(code, message))
  const headers = { ...ERROR_HEADERS, ...more, 'Content-Length': Buffer.byteLength(body), Connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  // A client that has already taken too long gets no more time to send.
  endWhileReceiving(socket, status === 408 ? 0 : undefined)
}

/** @param reason the parser's explanation. It contains nothing that the client has sent. */
function errorOfParser({ code, reason }: NodeJS.ErrnoException & { reason?: string }): HttpError {
  if (code === 'HPE_HEADER_OVERFLOW') return HttpError.ofStatus(431)
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return HttpError.ofStatus(413)
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return HttpError.ofStatus(408)
  if (code === 'HPE_INVALID_URL') {
    const rule = 'it must begin with / and contain no spaces; non-ASCII characters must be percent-encoded UTF-8'
    return new HttpError(400, 'bad_address', `the URL is not valid: ${rule}, such as %EC%82%AC`)
  }
  if (code === 'HPE_PAUSED_H2_UPGRADE') return new HttpError(400, 'bad_http_version', HTTP_VERSION_RULE)
  if (code === 'HPE_INVALID_METHOD') {
    const rule = 'it must begin with a method such as GET, without TLS and without the PROXY protocol'
    return new HttpError(400, 'bad_request', `the request is not valid HTTP: ${rule}`)
  }
  if (code === 'HPE_INVALID_EOF_STATE') {
    return new HttpError(400, 'bad_request', 'the connection was closed before the request was complete')
  }
  if (reason === undefined) return HttpError.ofStatus(400)
  return new HttpError(400, 'bad_request', `the request is not valid HTTP: ${reason}`)
}

/**
 * Starts listening. The host `::` also accepts IPv4, and is replaced by `0.0.0.0` on machines without IPv6.
 * Resolves with the port, or rejects if the address is unavailable.
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Without a host, Node.js tries :: first, and then 0.0.0.0.
    server.listen({ host: host === '::' ? undefined : host, port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
