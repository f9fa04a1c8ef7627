import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RankingRejectedError } from '../ranking/rejections.ts'
import { readSettings } from '../read-settings.ts'
import { AnswerHeaders } from './answer-headers.ts'
import type { Dependencies } from './dependencies.ts'
import type { Metrics } from './metrics.ts'
import { createAnswerQuery, withQueryRoutes } from './query-routes.ts'
import { RejectionLog } from './rejection-log.ts'
import { createHttpServer } from './server.ts'

const ORIGINS = ['https://a.example', 'https://b.example']
const SILENT = pino({ level: 'silent' })

let isDraining: boolean
let rank: Dependencies['rank']
let server: ReturnType<typeof createHttpServer>

/** Starts a server whose queries are answered by `rank`. */
async function start(origins: readonly string[]): Promise<void> {
  const settings = readSettings({ CORS_ORIGINS: origins.join(',') })
  const unused = () => {
    throw new Error('not used')
  }
  const dependencies: Dependencies = {
    rank: (query, criticality) => rank(query, criticality),
    rankAll: unused,
    check: unused,
    ready: unused,
    isDraining: () => isDraining,
    isCrowded: () => false,
    cache: undefined,
    servesMetrics: false,
    answerHeaders: new AnswerHeaders(settings),
    metrics: { request() {}, rejected() {}, cacheMiss() {}, query() {} } as unknown as Metrics,
    rejections: new RejectionLog(SILENT),
    logger: SILENT,
  }
  server = createHttpServer(settings, withQueryRoutes(createAnswerQuery(dependencies), unused))
  await once(server.listen(0, '127.0.0.1'), 'listening')
}

beforeEach(() => {
  isDraining = false
})
afterEach(() => {
  server.close().closeAllConnections()
})

const portOf = () => (server.address() as AddressInfo).port
const reject = (rejection: 'stopping' | 'timeout') => {
  rank = () => Promise.reject(new RankingRejectedError(rejection, 'x'))
}

const EXPOSED = 'access-control-expose-headers: Age, ETag, Retry-After, X-Autocomplete-Stale'

it.each([
  { configured: [], expected: () => [] },
  { configured: ['*'], expected: () => ['access-control-allow-origin: *', EXPOSED] },
  {
    configured: ORIGINS,
    expected: (origin: string | undefined) => [
      'vary: Origin',
      ...(origin !== undefined && ORIGINS.includes(origin) ? [`access-control-allow-origin: ${origin}`, EXPOSED] : []),
    ],
  },
])('each rejection has the headers for its own origin and reason if the origins are $configured', async ({
  configured,
  expected,
}) => {
  await start(configured)
  const origins = [undefined, ...ORIGINS, 'https://other.example', '__proto__', ORIGINS.join(', ')]
  for (const rejection of ['stopping', 'timeout', 'stopping'] as const) {
    reject(rejection)
    for (const closes of [false, true, false]) {
      isDraining = closes
      for (const origin of origins) {
        const response = await fetch(`http://127.0.0.1:${portOf()}/autocomplete?q=a`, {
          headers: origin === undefined ? {} : { Origin: origin },
        })
        const headers = Array.from(response.headers, ([name, value]) => `${name}: ${value}`)
        expect(headers.filter((line) => /^(?:vary|access-control)/.test(line)).toSorted()).toEqual(
          expected(origin).toSorted(),
        )
        expect(headers).toEqual(
          expect.arrayContaining(['retry-after: 1', 'cache-control: no-store', 'x-content-type-options: nosniff']),
        )
        expect(headers).toContain(`connection: ${closes ? 'close' : 'keep-alive'}`)
        expect(response.status).toBe(503)
        expect(await response.json()).toMatchObject({ error: { code: rejection } })
      }
    }
  }
})
