/**
 * The routes that take their query from the URL. Nearly all requests use them. They bypass Koa, which saves about 5 µs
 * of CPU time per request (docs/benchmarks.md).
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Criticality } from '../ranking/criticality.ts'
import { keyOf, type RankingQuery } from '../ranking/messages.ts'
import { type BinaryText, toBinary } from '../text/strings.ts'
import { criticalityOf } from './criticality.ts'
import type { Dependencies } from './dependencies.ts'
import { ERROR_HEADERS, errorBody, type HttpError, RETRY_AFTER_SECONDS, toHttpError } from './errors.ts'
import { criticalityParameter, parsePopular, parseQuery } from './query.ts'
import { type Facts, factsOf, normalizeAddress, requireValidRequest } from './request-facts.ts'

/** The paths of the query routes, each with the parser for the text after `?`. */
export const QUERY_ROUTES = { '/autocomplete': parseQuery, '/popular': parsePopular } as const satisfies Record<
  string,
  (search: string) => RankingQuery
>

export type QueryRoute = keyof typeof QUERY_ROUTES

const ROUTES = Object.keys(QUERY_ROUTES) as QueryRoute[]
const QUESTION_MARK = 63

/** Header that marks an answer that may be outdated. */
const STALE = ['X-Autocomplete-Stale', '1']

/** Answers one request to a query route. If this fails, the answer is an error. */
export type AnswerQuery = (req: IncomingMessage, res: ServerResponse, route: QueryRoute) => void

/** A response before it is written. */
interface Reply {
  status: number
  /** Alternating names and values, including `Content-Length` if there is a body. */
  headers: readonly string[]
  body?: BinaryText
  /** Whether the connection must be closed. */
  closes?: boolean
}

/** Creates the function that answers the query routes from the cache, by ranking, or with an error. */
export function createAnswerQuery(dependencies: Dependencies): AnswerQuery {
  const { answerHeaders, cache, isCrowded, isDraining, metrics, rank } = dependencies

  /** The replies to rejected queries by error and CORS headers, kept because rejecting a query must be cheap. */
  const rejections = new WeakMap<HttpError, Map<unknown, Reply>>()

  const answerOf = (body: BinaryText, version: string, { origin, ifNoneMatch }: Facts, isStale = false): Reply => {
    const headers = answerHeaders.forAnswer(version, origin)
    if (isStale) headers.push(...STALE)
    if (answerHeaders.isKnown(ifNoneMatch, version)) return { status: 304, headers }
    headers.push('Content-Length', String(body.length))
    return { status: 200, headers, body }
  }

  const errorOf = (error: unknown, { origin }: Facts, criticality?: Criticality): Reply => {
    const httpError = toHttpError(error, dependencies, criticality)
    const cors = answerHeaders.forOtherResponses(origin)
    const known = rejections.get(httpError)?.get(cors)
    if (known) return known
    const { status, code, message, closes } = httpError
    const body = toBinary(JSON.stringify(errorBody(code, message)))
    const headers = [...Object.entries(ERROR_HEADERS).flat(), 'Content-Length', String(body.length), ...cors.flat()]
    if (status !== 503) return { status, headers, body, closes }
    const reply = { status, headers: [...headers, 'Retry-After', RETRY_AFTER_SECONDS], body, closes }
    const replies = rejections.get(httpError) ?? new Map<unknown, Reply>()
    rejections.set(httpError, replies.set(cors, reply))
    return reply
  }

  return (req, res, route) => {
    const started = performance.now()
    const facts = factsOf(req)
    let criticality: Criticality | undefined

    /** Writes a reply. The body is a {@link BinaryText}, so Node.js can send it together with the headers. */
    const write = ({ status, headers, body, closes }: Reply) => {
      const isLast =
        closes || isDraining() || facts.offersUpgrade || (criticality !== undefined && isCrowded(criticality))
      // Node.js does not change the array, but its type does not say so.
      res.writeHead(status, isLast ? [...headers, 'Connection', 'close'] : (headers as string[])).end(body, 'latin1')
      metrics.request(route, status, performance.now() - started)
    }
    const fail = (error: unknown) => write(errorOf(error, facts, criticality))

    let query: RankingQuery
    try {
      requireValidRequest(req, facts)
      const url = req.url as string
      const question = url.indexOf('?')
      const search = question < 0 ? '' : url.slice(question + 1)
      query = QUERY_ROUTES[route](search)
      criticality = criticalityOf(criticalityParameter(search), 'typed', facts)
    } catch (error) {
      fail(error)
      return
    }
    metrics.query(criticality)
    const key = keyOf(query)
    const cached = cache?.get(key)
    if (cache && cached !== undefined) {
      write(answerOf(cached, cache.version, facts, cache.isStale))
      metrics.cacheHit()
      return
    }
    metrics.cacheMiss()
    rank(query, criticality).then((answer) => {
      cache?.set(key, answer)
      write(answerOf(answer.body, answer.version, facts))
    }, fail)
  }
}

/** Answers GET and HEAD requests to the query routes, and passes all others on to `next`. */
export function withQueryRoutes(answerQuery: AnswerQuery, next: RequestListener): RequestListener {
  return (req, res) => {
    normalizeAddress(req)
    const route = req.method === 'GET' || req.method === 'HEAD' ? routeOf(req.url as string) : undefined
    if (route === undefined) next(req, res)
    else answerQuery(req, res, route)
  }
}

const routeOf = (url: string): QueryRoute | undefined =>
  ROUTES.find(
    (path) => url.startsWith(path) && (url.length === path.length || url.charCodeAt(path.length) === QUESTION_MARK),
  )
