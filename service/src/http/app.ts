import Router from '@koa/router'
import Koa from 'koa'
import { readJsonText } from './body.ts'
import { criticalityOf } from './criticality.ts'
import type { Dependencies } from './dependencies.ts'
import { errorBody, HttpError, RETRY_AFTER_SECONDS, toHttpError } from './errors.ts'
import { OPENAPI } from './openapi.ts'
import { addPageRoutes } from './page.ts'
import { criticalityParameter, parseBatch } from './query.ts'
import { QUERY_ROUTES, type QueryRoute } from './query-routes.ts'
import { type Facts, factsOf, requireValidRequest } from './request-facts.ts'
import { ALL_METHODS } from './server.ts'

const SEARCH_PATH = '/autocomplete' satisfies QueryRoute
const methodsOf = (path: QueryRoute) => (path === SEARCH_PATH ? ALL_METHODS : 'GET, HEAD, OPTIONS')

/** Creates the Koa application with all routes, except those that `withQueryRoutes` answers. */
export function createApp(dependencies: Dependencies): Koa {
  const { metrics, isCrowded, isDraining, answerHeaders } = dependencies

  const suggestAll = async (ctx: Koa.Context) => {
    // By default, assume that no person waits for the answers to a batch.
    const criticality = criticalityOf(criticalityParameter(ctx.querystring), 'background', ctx.state.facts as Facts)
    ctx.state.criticality = criticality
    const queries = parseBatch(await readJsonText(ctx.req))
    metrics.query(criticality)
    const answers = await dependencies.rankAll(queries, criticality)
    ctx.type = 'json'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = Buffer.from(`{"answers":[${answers.map(({ body }) => body).join(',')}]}`, 'latin1')
  }

  // Accept each path in only one form, because caches treat another form, such as /Autocomplete/, as a different URL.
  const router = new Router({ sensitive: true, strict: true })

  router.get('/health', (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { status: 'ok' }
  })

  router.get('/ready', async (ctx) => {
    const version = await dependencies.ready()
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { status: 'ready', version }
  })

  if (dependencies.servesMetrics) {
    router.get('/metrics', async (ctx) => {
      ctx.set('Content-Type', metrics.contentType)
      ctx.set('Cache-Control', 'no-store')
      ctx.body = await metrics.text()
    })
  }

  router.post(SEARCH_PATH, suggestAll)

  for (const path of Object.keys(QUERY_ROUTES) as QueryRoute[]) {
    // Answers CORS preflight requests. The router answers OPTIONS for all other paths.
    router.options(path, (ctx) => {
      for (const [name, value] of answerHeaders.forPreflight(ctx.req.headers.origin)) ctx.set(name, value)
      ctx.set('Allow', methodsOf(path))
      ctx.status = 204
    })
    router.all(path, (ctx) => {
      ctx.set('Allow', methodsOf(path))
      throw HttpError.ofStatus(405)
    })
  }

  addPageRoutes(router)

  router.get('/openapi.json', (ctx) => {
    ctx.set('Cache-Control', 'no-cache')
    ctx.body = OPENAPI
  })

  const app = new Koa()
  app.silent = true
  app.use(async (ctx, next) => {
    const started = performance.now()
    const facts = factsOf(ctx.req)
    ctx.state.facts = facts
    try {
      requireValidRequest(ctx.req, facts)
      if (ctx.req.url === '*') {
        ctx.set('Allow', ALL_METHODS)
        ctx.status = 204
      } else await next()
      // The router answers unknown methods with 501. Answer them with 405, like known methods that are not allowed.
      const status = ctx.status === 501 ? 405 : ctx.status
      if (ctx.body == null && status >= 400) throw HttpError.ofStatus(status)
    } catch (error) {
      const { status, code, message, closes } = toHttpError(error, dependencies, ctx.state.criticality)
      ctx.status = status
      if (status === 503) ctx.set('Retry-After', RETRY_AFTER_SECONDS)
      if (closes) ctx.set('Connection', 'close')
      ctx.set('Cache-Control', 'no-store')
      ctx.body = errorBody(code, message)
    }
    for (const [name, value] of answerHeaders.forOtherResponses(ctx.req.headers.origin)) ctx.set(name, value)
    ctx.set('X-Content-Type-Options', 'nosniff')
    const { criticality } = ctx.state
    const closes = isDraining() || facts.offersUpgrade || (criticality !== undefined && isCrowded(criticality))
    if (closes) ctx.set('Connection', 'close')
    const count = () => {
      // Unknown paths must not become metric labels, because clients could create any number of them.
      const route = typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'none'
      metrics.request(route, ctx.res.statusCode, performance.now() - started)
    }
    // If the client has disconnected, the response is already closed.
    if (ctx.res.closed) count()
    else ctx.res.once('close', count)
  })
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app
}
