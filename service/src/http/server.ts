import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Settings } from '../settings.ts'
import { errorBody, HttpError } from './errors.ts'

/** The largest request line and headers together, in bytes; beyond it the answer is 431. */
const MAX_HEADER_BYTES = 16 * 1024
/** How long a client may take to send its headers, and its whole request, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
/** Connections that may wait to be accepted; the kernel may allow fewer. With Node's 511 many at once are tried again a second later. */
const BACKLOG = 4096
const JSON_TYPE = 'application/json; charset=utf-8'

/** An HTTP server with the service's limits, which also answers what is no HTTP with a JSON error. */
export function createHttpServer(settings: Settings, listener: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: settings.HTTP_KEEP_ALIVE_SECONDS * 1000,
      noDelay: true,
      // The application answers a request without Host itself, in JSON.
      requireHostHeader: false,
    },
    listener,
  )
  server.maxConnections = settings.HTTP_MAX_CONNECTIONS
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET') socket.destroy()
    else endWithError(socket, toHttpError(error))
  })
  server.on('connect', (_, socket) => endWithError(socket, HttpError.ofStatus(405)))
  server.on('checkExpectation', (_, response) => {
    const { status, code, message } = HttpError.ofStatus(417)
    const body = JSON.stringify(errorBody(code, message))
    response.writeHead(status, { 'Content-Type': JSON_TYPE, 'Content-Length': Buffer.byteLength(body) }).end(body)
  })
  return server
}

/** Answers on a socket for which Node has no response object, and ends it. */
function endWithError(socket: Duplex, { status, code, message }: HttpError): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify(errorBody(code, message))
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${JSON_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
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
