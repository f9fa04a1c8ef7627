import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { MEBIBYTE } from '../process-limits.ts'
import { openConnectionsOf } from './open-connections.ts'

/** Limits for clients that read slowly or not at all. */
export interface UnsentLimits {
  /** Timeout for a client to receive an answer, in milliseconds. */
  timeoutMs: number
  /** Maximum memory of all answers that clients have not received yet, in bytes. */
  maxBytes: number
  /** Time between two checks, in milliseconds. */
  checkMs: number
}

const LIMITS: UnsentLimits = { timeoutMs: 30_000, maxBytes: 64 * MEBIBYTE, checkMs: 2000 }

/** An answer that did not fit into the buffer of the operating system. */
interface Unsent {
  answer: ServerResponse | undefined
  /** When the answer was first noticed, as returned by `performance.now`. */
  since: number
}

/**
 * Closes connections whose clients do not read their answers. Node.js limits only how long clients may take to send. If
 * the answers take too much memory, closes the connections that have waited the longest.
 */
export function limitUnsentAnswers(server: Server, { timeoutMs, maxBytes, checkMs }: UnsentLimits = LIMITS): void {
  const connections = openConnectionsOf(server)
  let known = new Map<Socket, Unsent>()
  const check = () => {
    const now = performance.now()
    const unsent = new Map<Socket, Unsent>()
    let bytes = 0
    for (const socket of connections.sockets) {
      if (socket.writableLength === 0) continue
      bytes += socket.writableLength
      const before = known.get(socket)
      const answer = connections.oldestUnsent(socket)
      unsent.set(socket, before && before.answer === answer ? before : { answer, since: now })
    }
    known = unsent
    for (const [socket, { since }] of [...unsent].sort(([, a], [, b]) => a.since - b.since)) {
      if (now - since < timeoutMs && bytes <= maxBytes) break
      bytes -= socket.writableLength
      // After a normal close, the operating system would keep the part of the answer that is in its send buffer.
      socket.resetAndDestroy()
    }
  }
  const timer = setInterval(check, checkMs).unref()
  server.once('close', () => clearInterval(timer))
}
