import { createServer } from 'node:net'

const HOST = '127.0.0.1'

/**
 * Checks that a port of 127.0.0.1 is free by listening on it briefly. Port 0 chooses any free port. Returns the port.
 */
export function freePort(port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, HOST, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}
