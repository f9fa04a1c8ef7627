import { createServer, type Server } from 'node:http'
import type { Logger } from 'pino'
import { HttpError } from './errors.ts'
import { writeError } from './server.ts'

/** Prometheus needs one or two. */
const MAX_CONNECTIONS = 100

/** Creates a server only for the metrics, so that clients of the queries cannot read them. It does not keep the process alive. */
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
