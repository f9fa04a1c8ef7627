/** Closes connections without losing answers. */
import type { Server } from 'node:http'
import { Socket } from 'node:net'
import { openConnectionsOf } from './open-connections.ts'

/** How long a client may be silent before its connection is closed, in milliseconds. */
export const LINGER_MS = 1000
/** How long a client may continue to send after the last answer, in milliseconds. */
const MAX_LINGER_MS = 10_000

/**
 * Makes a server close connections only after their clients can have received the last answer.
 *
 * Clients that close only their side of the connection after a request get their answer. By default, Node.js would
 * close the connection immediately. If such a client has disappeared, the connection is closed when the answer is sent.
 *
 * Clients that are still sending a request when they get the last answer can send the rest for a limited time. If the
 * connection were closed immediately, these clients would get an error before they read the answer.
 */
export function closeAfterAnswers(server: Server): void {
  // This property is neither documented nor in the types of Node.js.
  Object.assign(server, { httpAllowHalfOpen: true })
  const connections = openConnectionsOf(server)
  server.on('connection', (socket: Socket) => {
    // Node.js calls this method after the last answer.
    socket.destroySoon = () => {
      const request = connections.oldestUnsent(socket)?.req
      const close = () => Socket.prototype.destroySoon.call(socket)
      if (!request || request.complete) {
        close()
        return
      }
      request.once('end', close).resume()
      endWhileReceiving(socket)
    }
  })
}

/**
 * Ends a connection, and discards what its client still sends, until the client closes the connection or is silent.
 * @param maxMs how long the client may continue to send, in milliseconds. Even with 0, a client has a second to read
 *   the answer.
 */
export function endWhileReceiving(socket: Socket, maxMs = MAX_LINGER_MS): void {
  socket.end().resume()
  const until = performance.now() + maxMs
  let received = socket.bytesRead
  const check = () => {
    const isSilent = socket.bytesRead === received
    received = socket.bytesRead
    if (isSilent || performance.now() > until) socket.destroy()
  }
  // Check in a callback of setImmediate, which runs after the event loop has read data. Timers run before that.
  const timer = setInterval(setImmediate, LINGER_MS, check)
  // The connections of the server for metrics and probes do not keep the process alive, so the timer must not, either.
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}
