import { createServer, type Server } from 'node:http'
import type { Logger } from 'pino'
import { HttpError } from './errors.ts'
import { writeError } from './server.ts'

/** Far above the one or two that Prometheus needs. */
const MAX_CONNECTIONS = 100

/**
 * Creates a server on a separate port for the metrics, so that clients cannot read them. It does not keep the process
 * alive.
 */
export function createMetricsServer(text: () => Promise<string>, contentType: string, logger: Logger): Server {
  const server = createServer(async (req, res) => {
    const path = (req.url as string).split('?', 1)[0]
    if (path !== '/metrics') return writeError(res, HttpError.ofStatus(404))
    if (req.method !== 'GET' && req.method !== 'HEAD') return writeError(res, HttpError.ofStatus(405))
    try {
      const body = await text()
      res.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body)
    } catch (error) {
      logger.error({ err: error }, 'cannot read the metrics')
      writeError(res, HttpError.ofStatus(500))
    }
  })
  server.maxConnections = MAX_CONNECTIONS
  server.on('connection', (socket) => socket.unref())
  return server.unref()
}
