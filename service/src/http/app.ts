import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import type { Logger } from 'pino'
import type { RankingQuery } from '../ranking/messages.ts'
import { type Answer, RankingRefusedError } from '../ranking/pool.ts'
import type { AnswerCache } from './answer-cache.ts'
import { type AnswerHeaders, type Facts, factsOf } from './answer-headers.ts'
import { readJsonText } from './body.ts'
import { errorBody, HttpError } from './errors.ts'
import type { Metrics } from './metrics.ts'
import { OPENAPI } from './openapi.ts'
import { addPageRoutes } from './page.ts'
import { BadRequestError, parseBatch, parsePopular, parseQuery } from './query.ts'
import type { RefusalLog } from './refusal-log.ts'

/** The longest request target, in characters; a query of 64 code points, each four percent-encoded bytes, fits well. */
export const MAX_URL_LENGTH = 4096

/** When whoever is refused may ask again. */
const RETRY_AFTER_SECONDS = '1'
const REFUSED = 'the service cannot answer now; try again in a second'
const OVERLOADED_BODY = JSON.stringify(errorBody('overloaded', REFUSED))
const OVERLOADED_HEADERS = [
  ...['Content-Type', 'application/json; charset=utf-8', 'X-Content-Type-Options', 'nosniff'],
  ...[
    'Cache-Control',
    'no-store',
    'Retry-After',
    RETRY_AFTER_SECONDS,
    'Content-Length',
    String(OVERLOADED_BODY.length),
  ],
]

/** What marks an answer that may be older than the data. */
const STALE = ['X-Autocomplete-Stale', '1']

const SEARCH_PATH = '/autocomplete'
const POPULAR_PATH = '/popular'

/** What the routes need from the rest of the service. */
export interface Dependencies {
  rank(query: RankingQuery): Promise<Answer>
  /** Why a query would be refused now, if it would. */
  overload(): RankingRefusedError | undefined
  /** The dataset's version, when queries can be answered. */
  check(): Promise<string>
  isDraining(): boolean
  /** Gets what was answered; without it nothing is kept. */
  cache: AnswerCache | undefined
  answerHeaders: AnswerHeaders
  metrics: Metrics
  /** Whether /metrics is among the routes. */
  servesMetrics: boolean
  refusals: RefusalLog
  logger: Logger
}

/** Builds the Koa application with its routes. */
export function createApp(dependencies: Dependencies): Koa {
  const { metrics, cache, isDraining, answerHeaders } = dependencies

  /** The answer to a query in the address, past Koa's own respond() and header helpers: they cost more than the ranking. */
  const answerWith = (path: string, parse: typeof parseQuery) => async (ctx: Koa.Context) => {
    const started = performance.now()
    const url = ctx.req.url as string
    const facts = requireValidRequest(ctx.req)
    const question = url.indexOf('?')
    const answer = await dependencies.rank(parse(question < 0 ? '' : url.slice(question + 1)))
    cache?.set(url, answer)
    const status = writeAnswer(ctx.res, answer, facts, dependencies)
    metrics.request(path, status, performance.now() - started)
    ctx.respond = false
  }

  const suggestAll = async (ctx: Koa.Context) => {
    const queries = parseBatch(await readJsonText(ctx.req))
    // All in one turn of the event loop, so they are ranked as one batch.
    const answers = await Promise.all(queries.map((query) => dependencies.rank(query)))
    ctx.type = 'json'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = Buffer.from(`{"answers":[${answers.map(({ body }) => body).join(',')}]}`, 'latin1')
  }

  const router = new Router()

  router.get('/health', (ctx) => {
    ctx.body = { status: 'ok' }
  })

  router.get('/ready', async (ctx) => {
    if (isDraining()) throw new RankingRefusedError('stopping', 'the service is stopping')
    const version = await dependencies.check()
    // It may have begun to stop while it was asking.
    if (isDraining()) throw new RankingRefusedError('stopping', 'the service is stopping')
    ctx.body = { status: 'ready', version }
  })

  if (dependencies.servesMetrics) {
    router.get('/metrics', async (ctx) => {
      ctx.set('Content-Type', metrics.contentType)
      ctx.body = await metrics.text()
    })
  }

  // What a browser asks first on behalf of another origin; the router answers OPTIONS of others.
  for (const path of [SEARCH_PATH, POPULAR_PATH]) {
    router.options(path, (ctx) => {
      for (const [name, value] of answerHeaders.ofPreflight(ctx.req.headers.origin)) ctx.set(name, value)
      ctx.set('Allow', path === SEARCH_PATH ? 'GET, HEAD, POST, OPTIONS' : 'GET, HEAD, OPTIONS')
      ctx.status = 204
    })
  }

  addPageRoutes(router)

  router.post(SEARCH_PATH, suggestAll)

  router.get(POPULAR_PATH, answerWith(POPULAR_PATH, parsePopular))

  router.get('/openapi.json', (ctx) => {
    ctx.body = OPENAPI
  })

  const app = new Koa()
  app.silent = true
  // Its own router, and before everything else: what stands in front of it is done for every query.
  app.use(new Router().get(SEARCH_PATH, answerWith(SEARCH_PATH, parseQuery)).routes())
  app.use(async (ctx, next) => {
    requireValidRequest(ctx.req)
    await next()
    // The router says 501 for methods that it has never heard of; for a client they are just not allowed.
    const status = ctx.status === 501 ? 405 : ctx.status
    if (ctx.body == null && status >= 400) throw HttpError.ofStatus(status)
  })
  app.use(router.routes())
  app.use(router.allowedMethods())

  passOverWritten(app, async (ctx, middleware) => {
    const started = performance.now()
    try {
      await middleware(ctx)
    } catch (error) {
      const { status, code, message } = toHttpError(error, dependencies)
      ctx.status = status
      if (status === 503) ctx.set('Retry-After', RETRY_AFTER_SECONDS)
      // What else comes of a body that is too long is not read.
      if (status === 413) ctx.set('Connection', 'close')
      ctx.set('Cache-Control', 'no-store')
      ctx.body = errorBody(code, message)
    }
    if (ctx.respond === false) return
    for (const [name, value] of answerHeaders.ofOthers(ctx.req.headers.origin)) ctx.set(name, value)
    ctx.set('X-Content-Type-Options', 'nosniff')
    if (isDraining()) ctx.set('Connection', 'close')
    ctx.res.once('close', () => {
      // An unknown path must not become a label: there are too many of them.
      const route = typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'none'
      metrics.request(route, ctx.res.statusCode, performance.now() - started)
    })
  })
  return app
}

/** Answers what the cache knows, and refuses what would be refused, without Koa; hands everything else on. */
export function answerEarly(dependencies: Dependencies, next: RequestListener): RequestListener {
  const { cache, metrics } = dependencies
  return (req, res) => {
    const path = req.method === 'GET' ? pathOf(req.url as string) : undefined
    if (path === undefined) {
      next(req, res)
      return
    }
    const body = cache?.get(req.url as string)
    if (cache && body !== undefined) {
      const facts = factsOf(req)
      if (facts.hasHost) {
        const started = performance.now()
        const status = writeAnswer(res, { body, version: cache.version }, facts, dependencies, cache.isStale)
        metrics.request(path, status, performance.now() - started)
        metrics.cacheHit()
        return
      }
      // Without a Host the request is wrong, which is not for the cache to say.
    } else metrics.cacheMiss()
    const overload = dependencies.overload()
    if (overload) refuse(req, res, path, overload, dependencies)
    else next(req, res)
  }
}

/** The route of a query in an address. */
function pathOf(url: string): string | undefined {
  return isOf(url, SEARCH_PATH) ? SEARCH_PATH : isOf(url, POPULAR_PATH) ? POPULAR_PATH : undefined
}

const isOf = (url: string, path: string) =>
  url.startsWith(path) && (url.length === path.length || url.charCodeAt(path.length) === QUESTION_MARK)

const QUESTION_MARK = 63

/** Says that there is too much to do. All is ready made: what it costs to refuse is lost to those who are answered. */
function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  overload: RankingRefusedError,
  { answerHeaders, isDraining, metrics, refusals }: Dependencies,
): void {
  const started = performance.now()
  const ofOrigin = answerHeaders.isClosed ? [] : answerHeaders.ofOthers(req.headers.origin).flat()
  const headers = isDraining() || ofOrigin.length > 0 ? [...OVERLOADED_HEADERS, ...ofOrigin] : OVERLOADED_HEADERS
  if (isDraining()) headers.push('Connection', 'close')
  res.writeHead(503, headers).end(OVERLOADED_BODY, 'latin1')
  refusals.note(overload)
  metrics.refused(overload)
  metrics.request(path, 503, performance.now() - started)
}

/**
 * Writes an answer, or 304 when the client has it; returns the status. Its body has one UTF-8 byte in each character: as such Node.js
 * sends it together with the headers.
 */
function writeAnswer(
  res: ServerResponse,
  { body, version }: Answer,
  { origin, ifNoneMatch }: Facts,
  { answerHeaders, isDraining }: Dependencies,
  isStale = false,
): number {
  const headers = answerHeaders.ofAnswer(version, origin)
  if (isStale) headers.push(...STALE)
  if (isDraining()) headers.push('Connection', 'close')
  if (answerHeaders.isKnown(ifNoneMatch, version)) {
    res.writeHead(304, headers).end()
    return 304
  }
  headers.push('Content-Length', String(body.length))
  res.writeHead(200, headers).end(body, 'latin1')
  return 200
}

function requireValidRequest(req: IncomingMessage): Facts {
  if ((req.url as string).length > MAX_URL_LENGTH) {
    throw new HttpError(414, 'uri_too_long', `a request's address takes at most ${MAX_URL_LENGTH} characters`)
  }
  const facts = factsOf(req)
  if (req.httpVersion === '1.1' && !facts.hasHost) {
    throw new HttpError(400, 'missing_host', 'the header Host is missing')
  }
  return facts
}

type Middleware = (ctx: Koa.Context) => Promise<void>
type HandleRequest = (ctx: Koa.Context, middleware: Middleware) => Promise<void>

/**
 * Runs the middleware by `run`, and spares a response that is written already two things that Koa and its router do for every one:
 * a listener that learns when it has ended, and `ctx.host`, which the router reads although no route asks for one. Together they
 * cost as much as all else that Koa does.
 */
function passOverWritten(app: Koa, run: (ctx: Koa.Context, middleware: Middleware) => Promise<void>): void {
  const koa = app as unknown as { handleRequest: HandleRequest }
  const handleRequest = koa.handleRequest
  koa.handleRequest = async (ctx, middleware) => {
    ctx.res.statusCode = 404
    await run(ctx, middleware)
    if (ctx.respond === false) return
    const { statusCode } = ctx.res
    // Koa begins with 404.
    await handleRequest.call(app, ctx, async () => {
      ctx.res.statusCode = statusCode
    })
  }
  Object.defineProperty(app.context, 'host', {
    get(this: Koa.Context) {
      return this.req.headers.host ?? ''
    },
  })
}

function toHttpError(error: unknown, { logger, metrics, refusals }: Dependencies): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof BadRequestError) return new HttpError(400, error.code, error.message)
  if (error instanceof RankingRefusedError) {
    refusals.note(error)
    metrics.refused(error)
    return new HttpError(503, error.refusal, REFUSED)
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_URL') return HttpError.ofStatus(400)
  logger.error({ err: error }, 'request failed')
  return HttpError.ofStatus(500)
}
