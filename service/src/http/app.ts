import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import Koa from 'koa'
import type { Logger } from 'pino'
import type { RankingQuery } from '../ranking/messages.ts'
import { RankingRefusedError } from '../ranking/pool.ts'
import { errorBody, HttpError } from './errors.ts'
import type { Metrics } from './metrics.ts'
import { BadRequestError, parseQuery } from './query.ts'
import { RefusalLog } from './refusal-log.ts'

/** The longest request target, in characters; a query of 64 code points, each four percent-encoded bytes, fits well. */
export const MAX_URL_LENGTH = 4096

const PAGE = readFileSync(new URL('../../public/index.html', import.meta.url))
/** The page's style and script stand in it. */
const PAGE_POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"

/** What the routes need from the rest of the service. */
export interface Dependencies {
  /** The JSON body of the answer to a query. */
  rank(query: RankingQuery): Promise<Uint8Array>
  /** The dataset's version, when queries can be answered. */
  check(): Promise<string>
  isDraining(): boolean
  metrics: Metrics
  logger: Logger
}

/** Builds the Koa application with its routes. */
export function createApp(dependencies: Dependencies): Koa {
  const { metrics, logger } = dependencies
  const refusals = new RefusalLog(logger)
  const router = new Router()

  router.get('/autocomplete', async (ctx) => {
    const { res } = ctx
    const url = ctx.req.url as string
    const question = url.indexOf('?')
    const body = await dependencies.rank(parseQuery(question < 0 ? '' : url.slice(question + 1)))
    // The hot route writes its bytes itself: Koa's own respond() and header helpers cost more than the ranking.
    ctx.respond = false
    const headers = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(body.length)]
    if (dependencies.isDraining()) headers.push('Connection', 'close')
    res.writeHead(200, headers).end(body)
  })

  router.get('/health', (ctx) => {
    ctx.body = { status: 'ok' }
  })

  router.get('/ready', async (ctx) => {
    if (dependencies.isDraining()) throw new HttpError(503, 'stopping', 'the service is stopping')
    // The ranking threads log what is wrong; the prober, which may be anyone, is not told addresses.
    const version = await dependencies.check().catch(() => {
      throw new HttpError(503, 'unavailable', 'no Redis replica with data can be reached')
    })
    ctx.body = { status: 'ready', version }
  })

  router.get('/metrics', async (ctx) => {
    ctx.body = await metrics.text()
    ctx.type = metrics.contentType
  })

  router.get('/', (ctx) => {
    ctx.set('Content-Security-Policy', PAGE_POLICY)
    ctx.type = 'text/html; charset=utf-8'
    ctx.body = PAGE
  })

  const app = new Koa()
  app.silent = true
  app.use(async (ctx, next) => {
    const started = performance.now()
    ctx.res.once('close', () => {
      // An unknown path must not become a label: there are too many of them.
      const route = typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'none'
      metrics.request(route, ctx.res.statusCode, (performance.now() - started) / 1000)
    })
    try {
      if (ctx.url.length > MAX_URL_LENGTH) {
        throw new HttpError(414, 'uri_too_long', `a request's address takes at most ${MAX_URL_LENGTH} characters`)
      }
      if (ctx.req.httpVersion === '1.1' && !ctx.req.headers.host) {
        throw new HttpError(400, 'missing_host', 'the header Host is missing')
      }
      await next()
      // The router says 501 for methods that it has never heard of; for a client they are just not allowed.
      const status = ctx.status === 501 ? 405 : ctx.status
      if (ctx.respond !== false && ctx.body == null && status >= 400) throw HttpError.ofStatus(status)
    } catch (error) {
      const { status, code, message } = toHttpError(error, logger, refusals)
      ctx.status = status
      if (status === 503) ctx.set('Retry-After', '1')
      ctx.body = errorBody(code, message)
    }
    if (dependencies.isDraining() && !ctx.res.headersSent) ctx.set('Connection', 'close')
  })
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app
}

function toHttpError(error: unknown, logger: Logger, refusals: RefusalLog): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof BadRequestError) return new HttpError(400, error.code, error.message)
  if (error instanceof RankingRefusedError) {
    refusals.note(error)
    return new HttpError(503, error.refusal, 'the service cannot answer now; try again in a second')
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_URL') return HttpError.ofStatus(400)
  logger.error({ err: error }, 'request failed')
  return HttpError.ofStatus(500)
}
