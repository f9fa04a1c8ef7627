/**
 * The routes of queries in an address, which are nearly all requests. They are answered past Koa, whose own part costs more than
 * the ranking.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { RankingQuery } from '../ranking/messages.ts'
import { type BinaryText, toBinary } from '../text/strings.ts'
import { type Dependencies, RETRY_AFTER_SECONDS, toHttpError } from './dependencies.ts'
import { errorBody } from './errors.ts'
import { parsePopular, parseQuery } from './query.ts'
import { type Facts, factsOf, requireValidRequest } from './request-facts.ts'

/** The paths of these routes, and how the text after `?` is read. */
export const QUERY_ROUTES = { '/autocomplete': parseQuery, '/popular': parsePopular } as const satisfies Record<
  string,
  (search: string) => RankingQuery
>

export type QueryRoute = keyof typeof QUERY_ROUTES

const ROUTES = Object.keys(QUERY_ROUTES) as QueryRoute[]
const QUESTION_MARK = 63

/** Headers that mark an answer that may be older than the data. */
const STALE = ['X-Autocomplete-Stale', '1']
const ERROR_HEADERS = [
  ...['Content-Type', 'application/json; charset=utf-8', 'X-Content-Type-Options', 'nosniff'],
  ...['Cache-Control', 'no-store'],
]

/** Answers one request of a query route, whatever happens. */
export type AnswerQuery = (req: IncomingMessage, res: ServerResponse, route: QueryRoute) => void

/** A response before it is written. */
interface Reply {
  status: number
  /** Names and values in turn. */
  headers: string[]
  body?: BinaryText
}

/** Makes what answers the query routes: from the cache, by ranking, or with an error. */
export function createAnswerQuery(dependencies: Dependencies): AnswerQuery {
  const { answerHeaders, cache, isDraining, metrics, rank } = dependencies

  const answerOf = (body: BinaryText, version: string, { origin, ifNoneMatch }: Facts): Reply => {
    const headers = answerHeaders.ofAnswer(version, origin)
    return answerHeaders.isKnown(ifNoneMatch, version) ? { status: 304, headers } : { status: 200, headers, body }
  }

  const errorOf = (error: unknown, { origin }: Facts): Reply => {
    const { status, code, message } = toHttpError(error, dependencies)
    const headers = [...ERROR_HEADERS, ...answerHeaders.ofOthers(origin).flat()]
    if (status === 503) headers.push('Retry-After', RETRY_AFTER_SECONDS)
    return { status, headers, body: toBinary(JSON.stringify(errorBody(code, message))) }
  }

  return (req, res, route) => {
    const started = performance.now()
    const url = req.url as string
    const facts = factsOf(req)

    /** The body has one UTF-8 byte in each character: as such Node.js sends it together with the headers. */
    const write = ({ status, headers, body }: Reply) => {
      if (isDraining()) headers.push('Connection', 'close')
      if (body !== undefined) headers.push('Content-Length', String(body.length))
      res.writeHead(status, headers).end(body, 'latin1')
      metrics.request(route, status, performance.now() - started)
    }

    const kept = facts.hasHost ? cache?.get(url) : undefined
    if (cache && kept !== undefined) {
      const reply = answerOf(kept, cache.version, facts)
      if (cache.isStale) reply.headers.push(...STALE)
      write(reply)
      metrics.cacheHit()
      return
    }
    metrics.cacheMiss()
    const fail = (error: unknown) => write(errorOf(error, facts))
    let query: RankingQuery
    try {
      requireValidRequest(req, facts)
      const question = url.indexOf('?')
      query = QUERY_ROUTES[route](question < 0 ? '' : url.slice(question + 1))
    } catch (error) {
      fail(error)
      return
    }
    rank(query).then((answer) => {
      cache?.set(url, answer)
      write(answerOf(answer.body, answer.version, facts))
    }, fail)
  }
}

/** Answers the query routes, and hands every other request on. */
export function queriesFirst(answerQuery: AnswerQuery, next: RequestListener): RequestListener {
  return (req, res) => {
    const route = req.method === 'GET' || req.method === 'HEAD' ? routeOf(req.url as string) : undefined
    if (route === undefined) next(req, res)
    else answerQuery(req, res, route)
  }
}

const routeOf = (url: string): QueryRoute | undefined =>
  ROUTES.find(
    (path) => url.startsWith(path) && (url.length === path.length || url.charCodeAt(path.length) === QUESTION_MARK),
  )
