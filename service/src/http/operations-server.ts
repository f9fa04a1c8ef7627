import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { RankingRejectedError } from '../ranking/rejections.ts'
import { closeAfterAnswers } from './closing.ts'
import { HttpError, RETRY_AFTER_SECONDS } from './errors.ts'
import { openConnectionsOf } from './open-connections.ts'
import { normalizeAddress } from './request-facts.ts'
import { answerInvalidRequests, limitPipelining, SERVER_OPTIONS, writeError } from './server.ts'
import { limitUnsentAnswers } from './unsent-answers.ts'

const ALLOWED_METHODS = 'GET, HEAD'
/** Maximum number of connections, far more than Prometheus and the kubelet need. */
const MAX_CONNECTIONS = 100
/** Timeout for the answers to earlier requests on a connection, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5000

/** The source of the answers of the operations server. */
export interface Operations {
  metrics(): Promise<string>
  /** The content type of the metrics. */
  contentType: string
  /** Resolves with the dataset version, or rejects with {@link RankingRejectedError} if queries cannot be answered. */
  ready(): Promise<string>
  logger: Logger
}

/**
 * Creates a server for metrics and probes on a separate port. This hides the metrics from clients, and probes are
 * answered even if clients have used up all connections of the service. The server does not keep the process alive.
 */
export function createOperationsServer({ metrics, contentType, ready, logger }: Operations): Server {
  const routes = new Map<string, (res: ServerResponse) => Promise<void>>([
    ['/metrics', async (res) => end(res, contentType, await metrics())],
    ['/health', async (res) => endWithJson(res, { status: 'ok' })],
    ['/ready', async (res) => endWithJson(res, { status: 'ready', version: await ready() })],
  ])
  const server = createServer(SERVER_OPTIONS)
  const answer: RequestListener = async (req, res) => {
    normalizeAddress(req)
    const route = routes.get((req.url as string).split('?', 1)[0] as string)
    if (!route) return writeError(res, HttpError.ofStatus(404))
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('Allow', ALLOWED_METHODS)
      return writeError(res, HttpError.ofStatus(405))
    }
    try {
      await route(res)
    } catch (error) {
      if (error instanceof RankingRejectedError) {
        res.setHeader('Retry-After', RETRY_AFTER_SECONDS)
        return writeError(res, new HttpError(503, error.rejection, error.message))
      }
      logger.error({ err: error }, 'cannot answer a request for metrics or a probe')
      writeError(res, HttpError.ofStatus(500))
    }
  }
  server.on('request', limitPipelining(answer))
  closeAfterAnswers(server)
  answerInvalidRequests(server, ANSWER_TIMEOUT_MS, ALLOWED_METHODS)
  limitUnsentAnswers(server)
  openConnectionsOf(server).limit(MAX_CONNECTIONS)
  server.on('connection', (socket) => socket.unref())
  return server.unref()
}

const endWithJson = (res: ServerResponse, body: object) =>
  end(res, 'application/json; charset=utf-8', JSON.stringify(body))

function end(res: ServerResponse, contentType: string, body: string): void {
  const headers = {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  }
  res.writeHead(200, headers).end(body)
}
