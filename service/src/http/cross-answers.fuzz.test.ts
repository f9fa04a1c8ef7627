/**
 * Sends tens of thousands of different queries concurrently, on connections that are reused, pipelined, truncated, and
 * reset. Every answer must belong to its request. `FUZZ_SECONDS=600 npx vitest run cross-answers` repeats this for 10
 * minutes with different random choices.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../testing/random.ts'
import { TestRedis } from '../testing/redis.ts'
import { TestService, WITH_CACHE } from '../testing/service.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0)
const random = new Random()
const CONNECTIONS = 64
/** Maximum number of requests on a connection that wait for their answers. */
const PIPELINED = 16
const BATCH = 50

const COUNT = 20_000
/** Entries begin with a unique word of 5 letters or digits. Some have a second word, a Korean word, or a context. */
const ENTRIES = Array.from({ length: COUNT }, (_, at) => {
  const word = ((at * 7919) % 36 ** 4).toString(36).padStart(4, '0')
  return {
    text: `${word}x${at % 5 === 0 ? ` ${'abcdef'.charAt(at % 6)}ord` : ''}${at % 7 === 0 ? ' 서울' : ''}`,
    weight: 1 + ((at * 104_729) % 1_000_003),
    ...(at % 3 === 0 && { contexts: { category: [`c${at % 11}`] } }),
  }
})

/** A request and its expected answer. */
interface Asked {
  method: 'GET' | 'POST'
  path: string
  body: string
  /** The expected body. */
  wanted: string
}

let redis: TestRedis
let version: string
beforeAll(async () => {
  redis = await TestRedis.start()
  version = await redis.setData(ENTRIES)
  await redis.kill()
  await redis.run()
})
afterAll(() => redis.close())

const answerOf = (query: string, suggestions: { text: string; score: number }[]) =>
  JSON.stringify({ query, suggestions, version })

/**
 * Returns full texts, which find one entry, and prefixes, which find many. Their answers can be computed without the
 * service.
 */
function plainQueries(): Asked[] {
  const queries: { q: string; limit: number; wanted: string }[] = ENTRIES.map(({ text, weight }) => ({
    q: text,
    limit: 1,
    wanted: answerOf(text, [{ text, score: weight }]),
  }))
  const byBeginning = new Map<string, { text: string; score: number }[]>()
  for (const { text, weight } of ENTRIES) {
    for (const length of [1, 2]) {
      const beginning = text.slice(0, length)
      byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), { text, score: weight }])
    }
  }
  for (const [q, found] of byBeginning) {
    found.sort((a, b) => b.score - a.score)
    for (const limit of [1, 2, 3].filter((most) => most <= found.length)) {
      queries.push({ q, limit, wanted: answerOf(q, found.slice(0, limit)) })
    }
  }
  const gets = queries.map(
    ({ q, limit, wanted }): Asked => ({
      method: 'GET',
      path: `/autocomplete?q=${encodeURIComponent(q)}&limit=${limit}`,
      body: '',
      wanted,
    }),
  )
  const posts: Asked[] = []
  for (let at = 0; at < queries.length; at += 7 * BATCH) {
    const batch = queries.slice(at, at + BATCH)
    const body = JSON.stringify({ queries: batch.map(({ q, limit }) => ({ q, limit })) })
    posts.push({
      method: 'POST',
      path: '/autocomplete',
      body,
      wanted: `{"answers":[${batch.map(({ wanted }) => wanted).join(',')}]}`,
    })
  }
  return [...gets, ...posts]
}

/**
 * Returns queries that match in other ways, such as with typos. Their expected answers come from an otherwise idle
 * service.
 */
async function otherQueries(service: TestService): Promise<Asked[]> {
  const paths = Array.from({ length: 400 }, (_, at) => {
    const { text } = ENTRIES[(at * 37) % COUNT] as (typeof ENTRIES)[number]
    const q = [
      `${text.slice(0, 3)}y${text.slice(4)}`,
      `ord ${text.slice(0, 2)}`,
      `ㅅㅇ${at}`,
      `${text.slice(0, 5)} tjdnf`,
      `서울 ${text.slice(0, 1)}`,
    ]
    const more = ['', '&highlight=1', `&filter=category:c${at % 11}`, `&boost=category:c${at % 11}:3&explain=1`]
    return `/autocomplete?q=${encodeURIComponent(random.of(q))}${random.of(more)}&limit=${1 + (at % 9)}`
  })
  const asked: Asked[] = []
  for (const path of new Set(paths))
    asked.push({ method: 'GET', path, body: '', wanted: await (await service.get(path)).text() })
  return asked
}

function shuffled<T>(all: readonly T[]): T[] {
  const mixed = [...all]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = random.below(at + 1)
    ;[mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T]
  }
  return mixed
}

const bytesOf = ({ method, path, body }: Asked) =>
  Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: x\r\n${
      method === 'POST' ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` : ''
    }\r\n${body}`,
  )

interface Outcome {
  right: number
  cancelled: number
  wrong: string[]
}

/** Sends requests from the queue until it is empty, over one connection after another. */
async function ask(port: number, queue: Asked[], outcome: Outcome): Promise<void> {
  while (queue.length > 0) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {})
    const closed = once(socket, 'close')
    /** Number of answers after which this connection is closed. Most connections end early. */
    let left = random.oneIn(20) ? Number.POSITIVE_INFINITY : random.below(100)
    const waiting: Asked[] = []
    let received: Buffer = Buffer.alloc(0)
    let isCut = false
    const send = () => {
      const more: Buffer[] = []
      while (waiting.length < PIPELINED && queue.length > 0) {
        const next = queue.pop() as Asked
        waiting.push(next)
        more.push(bytesOf(next))
      }
      if (waiting.length === 0) socket.end()
      if (more.length === 0) return
      const bytes = Buffer.concat(more)
      isCut = left < waiting.length && random.oneIn(2)
      // The last request may be truncated. If it is, it is never answered.
      socket.write(isCut ? bytes.subarray(0, bytes.length - 1 - random.below(20)) : bytes)
    }
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data])
      for (let answer = takeAnswer(received); answer; answer = takeAnswer(received)) {
        received = answer.rest
        const { wanted, path } = waiting.shift() as Asked
        if (answer.status === 200 && answer.body === wanted) outcome.right += 1
        else outcome.wrong.push(`${path}: ${answer.status} ${answer.body}, not ${wanted}`.slice(0, 1000))
        left -= 1
      }
      if (left > 0 && !isCut) send()
      else if (left > 0 && waiting.length > 1) return
      else if (random.oneIn(2)) socket.destroy()
      else socket.resetAndDestroy()
    })
    send()
    if (left === 0) setTimeout(() => socket.destroy(), random.below(5))
    await closed
    outcome.cancelled += waiting.length
  }
}

/** Returns the first answer in the received bytes, if it is complete. */
function takeAnswer(received: Buffer): { status: number; body: string; rest: Buffer } | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = received.subarray(0, end).toString('latin1')
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
  const rest = received.subarray(end + 4)
  if (rest.length < length) return undefined
  return { status: Number(head.slice(9, 12)), body: rest.subarray(0, length).toString(), rest: rest.subarray(length) }
}

describe.each([
  ['without the cache', {}],
  ['with the cache', WITH_CACHE],
])('%s', (_, env) => {
  let service: TestService
  beforeAll(async () => {
    service = await TestService.start({
      REDIS_NODES: redis.node,
      RANKING_THREADS: '2',
      RANKING_BATCH_MAX_QUERIES: '40',
      RANKING_MAX_PENDING: '100000',
      // Even on a busy machine, the many POST requests must not time out.
      RANKING_TIMEOUT_MS: '120000',
      REDIS_COMMAND_TIMEOUT_MS: '30000',
      ...env,
    })
  })
  afterAll(() => service.stop())

  it(
    `no answer goes to another request (FUZZ_SEED=${random.seed})`,
    async () => {
      const asked = [...plainQueries(), ...(await otherQueries(service))]
      const port = Number(new URL(service.url).port)
      const until = performance.now() + 1000 * SECONDS
      do {
        const queue = shuffled(asked)
        const outcome: Outcome = { right: 0, cancelled: 0, wrong: [] }
        await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(port, queue, outcome)))
        expect(outcome.wrong).toEqual([])
        expect(outcome.right + outcome.cancelled).toBe(asked.length)
        // Make sure that the test has covered enough answers and canceled requests.
        expect(outcome.right).toBeGreaterThan(asked.length / 2)
        expect(outcome.cancelled).toBeGreaterThan(100)
      } while (performance.now() < until)
      expect(service.log.filter((line) => line.includes('"level":50'))).toEqual([])
    },
    120_000 + 2000 * SECONDS,
  )
})
