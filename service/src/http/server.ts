import { createServer, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Settings } from '../settings.ts'
import { errorBody, HttpError } from './errors.ts'

/** The largest request line and headers together, in bytes; beyond it the answer is 431. */
const MAX_HEADER_BYTES = 16 * 1024
/** How long a client may take to send its headers, and its whole request, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
/** How often the two are looked at, in milliseconds: so much later slow senders are let go. Node's 30 s would leave them that. */
const TIMEOUT_CHECK_MS = 2000
/** Connections that may wait to be accepted; the kernel may allow fewer. With Node's 511 many at once are tried again a second later. */
const BACKLOG = 4096
/** How long a client may take to read why its connection ends, in milliseconds. */
const LINGER_MS = 1000
const JSON_TYPE = 'application/json; charset=utf-8'

/** A browser is to take JSON for nothing else. */
const NO_SNIFFING = { 'X-Content-Type-Options': 'nosniff' }

/** The connections of a server. */
export interface Connections {
  open: number
  /** Closed at once, as there were too many. */
  dropped: number
}

/** An HTTP server with the service's limits, which also answers what is no HTTP with a JSON error. */
export function createHttpServer(
  settings: Settings,
  listener: RequestListener,
  connections: Connections = { open: 0, dropped: 0 },
): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      keepAliveTimeout: settings.HTTP_KEEP_ALIVE_SECONDS * 1000,
      noDelay: true,
      // The application answers a request without Host itself, in JSON.
      requireHostHeader: false,
    },
    listener,
  )
  limitConnections(server, settings.HTTP_MAX_CONNECTIONS, connections)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    else endWithError(socket, toHttpError(error), settings.RANKING_TIMEOUT_MS)
  })
  server.on('connect', (_, socket) => endWithError(socket, HttpError.ofStatus(405), settings.RANKING_TIMEOUT_MS))
  server.on('checkExpectation', (_, response) => {
    writeError(response, HttpError.ofStatus(417))
  })
  return server
}

/**
 * Closes what is beyond the limit at once. Not by `server.maxConnections`: of several HTTP processes a full one would hand the
 * connection to the next, and full ones to each other for ever, which keeps a CPU busy and the client waiting.
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

/** Answers an error where there is no application to do it. */
export function writeError(response: ServerResponse, { status, code, message }: HttpError): void {
  const body = JSON.stringify(errorBody(code, message))
  const length = Buffer.byteLength(body)
  response.writeHead(status, { 'Content-Type': JSON_TYPE, ...NO_SNIFFING, 'Content-Length': length }).end(body)
}

/** Sockets that end with an error; a parser that has failed fails again with all that comes after. */
const ending = new WeakSet<Duplex>()

/**
 * Answers on a socket for which Node has no response object, after those that have one, and ends it.
 * @param answersMs how long the other answers may take
 */
function endWithError(socket: Duplex, error: HttpError, answersMs: number): void {
  if (ending.has(socket)) return
  ending.add(socket)
  // Whoever does not read what came before would hold the connection for ever, and of a CONNECT the server knows no more.
  destroyAfter(socket, answersMs + LINGER_MS)
  // Of a CONNECT Node listens to no errors any more, and one that nobody listens to ends the process.
  socket.on('error', () => socket.destroy())
  endAfterAnswers(socket, error)
}

/**
 * A client takes the answers for those to its requests in their order, so this one waits for those that it has not got yet. A request
 * that is not complete gets this one.
 */
function endAfterAnswers(socket: Duplex & { _httpMessage?: ServerResponse | null }, error: HttpError): void {
  const current = socket._httpMessage
  if (current?.req.complete) current.once('finish', () => endAfterAnswers(socket, error))
  else writeLast(socket, error)
}

function writeLast(socket: Duplex, { status, code, message }: HttpError): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(errorBody(code, message))
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${JSON_TYPE}\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
  destroyAfter(socket, LINGER_MS)
}

function destroyAfter(socket: Duplex, milliseconds: number): void {
  const timer = setTimeout(() => socket.destroy(), milliseconds)
  socket.once('close', () => clearTimeout(timer))
}

function toHttpError({ code }: NodeJS.ErrnoException): HttpError {
  if (code === 'HPE_HEADER_OVERFLOW') return HttpError.ofStatus(431)
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return HttpError.ofStatus(408)
  if (code === 'HPE_INVALID_URL') {
    const takes = 'what is not ASCII has to be percent-encoded UTF-8, such as %EC%82%AC'
    return new HttpError(400, 'bad_encoding', `the address is not valid: ${takes}`)
  }
  return HttpError.ofStatus(400)
}

/** Starts listening; resolves with the port, or rejects when the address cannot be had. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

/** Takes no new connection, lets requests in flight finish within `timeoutMs`, then ends what is left. */
export function drain(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), timeoutMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    // close() ends idle connections once; one whose answer was just written becomes idle only after.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    server.once('close', () => clearInterval(sweep))
  })
}
