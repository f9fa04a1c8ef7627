/** Measures how much longer the answers of typing users take while one client sends expensive `POST` requests. */
import { join } from 'node:path'
import { mayBeExpensive } from '../service/src/ranking/expensive-queries.ts'
import { productTitles } from '../service/src/testing/product-titles.ts'
import { randomFrom, shuffle } from '../tools/support/random.ts'
import { writeTitles } from './catalog/queries.ts'
import { type Bench, findRow, measureRounds, type Plan, type Row, ratioOf, type Subject } from './harness.ts'
import { measureLoad, pause } from './load.ts'
import { pathOf, writePaths } from './queries.ts'
import { type ServiceSettings, startBenchStack, startOtherService, UNCACHED } from './stack.ts'
import { figure, label, tableOf, withRange } from './tables.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 7,
  firstSeconds: 5,
  warmUpSeconds: 1,
  seconds: 5,
  /** The number of product titles. */
  titles: 200_000,
  /** The rate of typing users. */
  requestsPerSecond: 500,
}
type PostsEffort = typeof FULL

const SEED = 1
const POSTS_PER_SECOND = 8
/** The highest numbers of queries and suggestions that the service accepts. */
const QUERIES = 50
const LIMIT = 50
/**
 * The measured settings. The last item has the settings of a process in the preset 8cpu-24k, except the time limits that
 * stack.ts raises.
 */
const SETTINGS: Readonly<Record<string, ServiceSettings>> = {
  'cache off, 1 ranking thread': UNCACHED,
  'cache off, 2 ranking threads': { ...UNCACHED, RANKING_THREADS: 2 },
  'cache on, 1 ranking thread': {},
}

/** Compares the response times of typing users with and without a client that sends batches. */
export const posts: Subject<PostsEffort> = {
  name: 'posts',
  summary: `response times while one client sends ${POSTS_PER_SECOND} expensive POST requests a second; 6 minutes`,
  page: 'reliability.md',
  full: FULL,
  quick: { titles: 2000, requestsPerSecond: 50 },
  usesWrk: true,
  measure: measurePosts,
  tables: ({ rows }) => {
    const alone = ({ labels: { settings = '' } }: Row) => findRow(rows, 'posts', { settings, posts: 0 })
    return {
      posts: tableOf(rows, [
        label('settings'),
        label('POST/s', 'posts'),
        figure('p50 ms', 'p50Ms', 2),
        figure('p95 ms', 'p95Ms', 2),
        figure('p99 ms', 'p99Ms', 2),
        figure('p99.9 ms', 'p999Ms', 2),
        ['p99, relative to no POST requests', (row) => withRange(ratioOf(row, alone(row), 'p99Ms'), 2)],
        figure('answered POST/s', 'answered', 1),
        figure('rejected POST/s', 'rejected', 1),
        figure('POST ms', 'postMs', 0),
      ]),
    }
  },
}

async function measurePosts(context: Bench<PostsEffort>): Promise<Row[]> {
  // Requests are expected to be rejected here, so warnings about them are turned off.
  const bench = { ...context, onLine: () => {} }
  const { titles: count, requestsPerSecond, warmUpSeconds } = bench.effort
  const all = [...productTitles(5000, SEED)].map(({ text }) => text)
  // Leave out titles that would be expensive queries. The service treats such queries like those of POST requests, and
  // may reject them.
  const ordinary = all.filter((text) => !mayBeExpensive({ query: text, limit: LIMIT }))
  const titles = shuffle(ordinary, randomFrom(SEED))
  const prefixes = titles.flatMap((title) => Array.from(title, (_, at) => title.slice(0, at + 1).trimEnd()))
  const paths = await writePaths(
    bench,
    prefixes.map((prefix) => pathOf(prefix)),
  )
  const bodies = titles.map((_, at) => bodyOf(titles, at))

  Object.assign(bench.facts, { titles: count, 'requests/s': requestsPerSecond, queries: QUERIES })
  const data = await writeTitles(join(bench.folder, 'titles.jsonl'), count)
  const { redis } = await startBenchStack(bench, UNCACHED, { data })
  const plans: Plan[] = []
  let sent = 0
  for (const [settings, values] of Object.entries(SETTINGS)) {
    const { url } = await startOtherService(bench, values, redis.url)
    for (const posts of [0, POSTS_PER_SECOND]) {
      const measure: Plan['measure'] = async ({ round, seconds }) => {
        const stopping = new AbortController()
        const sending = sendPosts(url, posts, () => bodies[sent++ % bodies.length] as string, stopping.signal)
        // Each measurement uses different queries, because the cache would answer queries of earlier measurements.
        const startLine = (2 * round + Math.sign(posts)) * requestsPerSecond * (warmUpSeconds + seconds)
        const measuring = measureLoad(bench, { url, paths, requestsPerSecond, startLine, seconds }, {})
        const figures = await measuring.finally(() => stopping.abort())
        return { ...figures, ...(await sending) }
      }
      plans.push({ group: 'posts', title: `${settings}, ${posts} POST/s`, labels: { settings, posts }, measure })
    }
  }
  return measureRounds(bench, plans)
}

/**
 * Sends POST requests at even intervals until the signal aborts, however slow the answers are.
 * @returns the rates of answered and of rejected requests, and the mean response time of answered requests
 */
async function sendPosts(url: string, perSecond: number, body: () => string, signal: AbortSignal) {
  const started = performance.now()
  let rejected = 0
  const ms: number[] = []
  const running: Promise<void>[] = []
  const send = async () => {
    const began = performance.now()
    const headers = { 'Content-Type': 'application/json' }
    const response = await fetch(`${url}/autocomplete`, { method: 'POST', headers, body: body() })
    await response.arrayBuffer()
    if (response.status === 200) ms.push(performance.now() - began)
    else if (response.status === 503) rejected++
    else throw new Error(`POST /autocomplete answered ${response.status}`)
  }
  while (!signal.aborted) {
    if (perSecond > 0) running.push(send())
    await pause(1 / (perSecond || 1), signal).catch(() => {})
  }
  const seconds = (performance.now() - started) / 1000
  await Promise.all(running)
  const postMs = ms.length > 0 ? ms.reduce((sum, one) => sum + one, 0) / ms.length : null
  return { answered: ms.length / seconds, rejected: rejected / seconds, postMs }
}

/**
 * Returns a request body whose queries need all steps of the search: each combines the words of two titles, with a typo
 * in each longer word.
 */
function bodyOf(titles: readonly string[], at: number): string {
  const queries = Array.from({ length: QUERIES }, (_, step) => {
    const [one, other] = [0, 1].map((more) => titles[(at + 2 * step + more) % titles.length] as string)
    const words = `${one} ${other}`
      .split(' ')
      .map((word) => (word.length > 3 ? `${word.slice(0, 2)}q${word.slice(3)}` : word))
    return { q: words.join(' ').slice(0, 64), limit: LIMIT, highlight: true }
  })
  return JSON.stringify({ queries })
}
