import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
/**
 * Range of the chosen ports. Operating systems use higher ports for outgoing connections. Such a connection could take
 * a port before a program listens on it.
 */
const [LOWEST, HIGHEST] = [10_000, 30_000]

/**
 * Checks that a port of 127.0.0.1 is free by listening on it briefly. Port 0 chooses a free port in the range. Resolves
 * with the port, or rejects if it is not free.
 */
export async function freePort(port = 0): Promise<number> {
  if (port > 0) return listenBriefly(port)
  for (;;) {
    try {
      return await listenBriefly(randomInt(LOWEST, HIGHEST))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

function listenBriefly(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, HOST, () => server.close(() => resolve(port)))
  })
}
