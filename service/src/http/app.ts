import Router from '@koa/router'
import Koa from 'koa'
import { RankingRefusedError } from '../ranking/pool.ts'
import { readJsonText } from './body.ts'
import { type Dependencies, RETRY_AFTER_SECONDS, toHttpError } from './dependencies.ts'
import { errorBody, HttpError } from './errors.ts'
import { OPENAPI } from './openapi.ts'
import { addPageRoutes } from './page.ts'
import { parseBatch } from './query.ts'
import { type AnswerQuery, QUERY_ROUTES, type QueryRoute } from './query-routes.ts'
import { factsOf, requireValidRequest } from './request-facts.ts'

const SEARCH_PATH = '/autocomplete' satisfies QueryRoute

/**
 * Creates the Koa application with all routes.
 * @param answerQuery answers the query routes if the router matches another spelling of their path, such as
 * `/Autocomplete/`
 */
export function createApp(dependencies: Dependencies, answerQuery: AnswerQuery): Koa {
  const { metrics, isDraining, answerHeaders } = dependencies

  const suggestAll = async (ctx: Koa.Context) => {
    const queries = parseBatch(await readJsonText(ctx.req))
    // Starts all queries in the same turn of the event loop, so that they are ranked as one batch.
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
    // The service may have started to stop during the check.
    if (isDraining()) throw new RankingRefusedError('stopping', 'the service is stopping')
    ctx.body = { status: 'ready', version }
  })

  if (dependencies.servesMetrics) {
    router.get('/metrics', async (ctx) => {
      ctx.set('Content-Type', metrics.contentType)
      ctx.body = await metrics.text()
    })
  }

  for (const path of Object.keys(QUERY_ROUTES) as QueryRoute[]) {
    router.get(path, (ctx) => {
      ctx.respond = false
      answerQuery(ctx.req, ctx.res, path)
    })
    // Answers CORS preflight requests. The router answers OPTIONS for all other paths.
    router.options(path, (ctx) => {
      for (const [name, value] of answerHeaders.ofPreflight(ctx.req.headers.origin)) ctx.set(name, value)
      ctx.set('Allow', path === SEARCH_PATH ? 'GET, HEAD, POST, OPTIONS' : 'GET, HEAD, OPTIONS')
      ctx.status = 204
    })
  }

  addPageRoutes(router)

  router.post(SEARCH_PATH, suggestAll)

  router.get('/openapi.json', (ctx) => {
    ctx.body = OPENAPI
  })

  const app = new Koa()
  app.silent = true
  app.use(async (ctx, next) => {
    const started = performance.now()
    try {
      requireValidRequest(ctx.req, factsOf(ctx.req))
      await next()
      // The router answers unknown methods with 501, but they are no different from other methods that are not allowed.
      const status = ctx.status === 501 ? 405 : ctx.status
      if (ctx.respond !== false && ctx.body == null && status >= 400) throw HttpError.ofStatus(status)
    } catch (error) {
      const { status, code, message } = toHttpError(error, dependencies)
      ctx.status = status
      if (status === 503) ctx.set('Retry-After', RETRY_AFTER_SECONDS)
      // The rest of the body is not read, so the connection cannot be reused.
      if (status === 413) ctx.set('Connection', 'close')
      ctx.set('Cache-Control', 'no-store')
      ctx.body = errorBody(code, message)
    }
    if (ctx.respond === false) return
    for (const [name, value] of answerHeaders.ofOthers(ctx.req.headers.origin)) ctx.set(name, value)
    ctx.set('X-Content-Type-Options', 'nosniff')
    if (isDraining()) ctx.set('Connection', 'close')
    ctx.res.once('close', () => {
      // Unknown paths must not become metric labels, because clients could create any number of them.
      const route = typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'none'
      metrics.request(route, ctx.res.statusCode, performance.now() - started)
    })
  })
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app
}
