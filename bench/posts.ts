/** Measures how much longer the answers of typing users take while one client sends expensive `POST` requests. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mayBeExpensive } from '../service/src/ranking/expensive-queries.ts'
import { productTitles } from '../service/src/testing/product-titles.ts'
import { randomFrom, shuffle } from '../tools/support/random.ts'
import { writeTitles } from './catalog/queries.ts'
import { type Bench, measureRounds, type Plan, type Row, ratioOf, rowsOf, type Subject } from './harness.ts'
import { measureLoad, pause } from './load.ts'
import { pathOf } from './queries.ts'
import { type BenchStack, type ServiceSettings, UNCACHED, withStack } from './stack.ts'
import { type Column, figure, label, tableOf, withRange } from './tables.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 7,
  /** The number of product titles. */
  titles: 200_000,
  /** The rate of typing users. */
  requestsPerSecond: 500,
  /** Seconds of load before and during each measurement. */
  warmUpSeconds: 1,
  seconds: 5,
}
type PostsEffort = typeof FULL

const SEED = 1
const POSTS_PER_SECOND = 8
/** The highest numbers of queries and suggestions that the service accepts. */
const QUERIES = 50
const LIMIT = 50
/**
 * The measured settings. The last item has the settings of a process in the preset 8cpu-24k, except OVERLOAD_MAX_DELAY_MS,
 * which {@link withStack} raises.
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
  quick: { rounds: 1, titles: 2000, requestsPerSecond: 50, warmUpSeconds: 0, seconds: 1 },
  usesWrk: true,
  measure: measurePosts,
  tables: ({ rows }) => {
    const alone = ({ labels: { settings = '' } }: Row) => rowsOf(rows, 'posts', { settings, posts: 0 })[0]
    const ratio = (name: string, title: string): Column => [
      title,
      (row) => withRange(ratioOf(row, alone(row), [name]), 2),
    ]
    return {
      posts: tableOf(rowsOf(rows, 'posts'), [
        label('settings'),
        label('POST/s', 'posts'),
        figure('p50 ms', 'p50Ms', 2),
        figure('p95 ms', 'p95Ms', 2),
        figure('p99 ms', 'p99Ms', 2),
        figure('p99.9 ms', 'p999Ms', 2),
        ratio('p99Ms', 'p99, relative to no POST requests'),
        figure('answered POST/s', 'answered', 1),
        figure('rejected POST/s', 'rejected', 1),
        figure('POST ms', 'postMs', 0),
      ]),
    }
  },
}

async function measurePosts(effort: PostsEffort, bench: Bench) {
  const data = join(bench.folder, 'titles.jsonl')
  await writeTitles(data, effort.titles)
  const random = randomFrom(SEED)
  // The service ranks queries with many words like those of POST requests, and may reject them.
  const isOrdinary = (text: string) => !mayBeExpensive({ query: text, limit: LIMIT })
  const all = [...productTitles(5000, SEED)].map(({ text }) => text)
  const titles = shuffle(all.filter(isOrdinary), random)
  const paths = join(bench.folder, 'paths.txt')
  await writeFile(paths, titles.flatMap((title) => prefixesOf(title).map((query) => pathOf(query))).join('\n'))
  const bodies = titles.map((_, at) => bodyOf(titles, at))

  const rows: Row[] = []
  for (const [settings, values] of Object.entries(SETTINGS)) {
    const measured = await withStack(
      // Requests are expected to be rejected here, so warnings about them are turned off.
      { ...bench, onLine: () => {} },
      values,
      (stack, bench) => measureStack(settings, stack, { paths, bodies }, effort, bench),
      { data },
    )
    rows.push(...measured)
  }
  return { facts: { titles: effort.titles, 'requests/s': effort.requestsPerSecond, queries: QUERIES }, rows }
}

async function measureStack(
  settings: string,
  { url }: BenchStack,
  { paths, bodies }: { paths: string; bodies: readonly string[] },
  { rounds, requestsPerSecond, warmUpSeconds, seconds }: PostsEffort,
  bench: Bench,
): Promise<Row[]> {
  const load = { url, paths, requestsPerSecond, warmUpSeconds, seconds, signal: bench.signal }
  await measureLoad({ ...load, warmUpSeconds: 0, seconds: warmUpSeconds + seconds }, {})
  let sent = 0
  const plans = [0, POSTS_PER_SECOND].map(
    (perSecond): Plan => ({
      group: 'posts',
      title: `${settings}, ${perSecond} POST/s`,
      labels: { settings, posts: perSecond },
      measure: async ({ round }) => {
        const stopping = new AbortController()
        const sending = sendPosts(url, perSecond, () => bodies[sent++ % bodies.length] as string, stopping.signal)
        try {
          // Each measurement uses different queries, because the cache would answer queries of earlier measurements.
          const startLine = (2 * round + Math.sign(perSecond)) * requestsPerSecond * (warmUpSeconds + seconds)
          const figures = await measureLoad({ ...load, startLine }, {})
          return { ...figures, ...(await stop(sending, stopping)) }
        } finally {
          stopping.abort()
        }
      },
    }),
  )
  return measureRounds(plans, { rounds }, bench)
}

async function stop(sending: Promise<Sent>, stopping: AbortController) {
  stopping.abort()
  const { answered, rejected, ms, seconds } = await sending
  return { answered: answered / seconds, rejected: rejected / seconds, postMs: answered > 0 ? ms / answered : null }
}

/** The number of POST requests by outcome, the total response time of answered requests, and the duration. */
interface Sent {
  answered: number
  rejected: number
  ms: number
  seconds: number
}

/** Sends POST requests at even intervals until the signal aborts, however slow the answers are. */
async function sendPosts(url: string, perSecond: number, body: () => string, signal: AbortSignal): Promise<Sent> {
  const started = performance.now()
  const sent = { answered: 0, rejected: 0, ms: 0 }
  const running: Promise<void>[] = []
  const send = async () => {
    const began = performance.now()
    const response = await fetch(`${url}/autocomplete`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: body(),
    })
    await response.arrayBuffer()
    if (response.status === 200) {
      sent.answered++
      sent.ms += performance.now() - began
    } else if (response.status === 503) sent.rejected++
    else throw new Error(`POST /autocomplete answered ${response.status}`)
  }
  while (!signal.aborted) {
    if (perSecond > 0) running.push(send())
    await pause(1 / (perSecond || 1), signal).catch(() => {})
  }
  const seconds = (performance.now() - started) / 1000
  await Promise.all(running)
  return { ...sent, seconds }
}

const prefixesOf = (title: string) => Array.from(title, (_, at) => title.slice(0, at + 1).trimEnd())

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
