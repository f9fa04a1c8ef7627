/** The servers to compare. They all run at the same time and use the same Redis. */
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { bundledWords } from '../../service/src/dataset/words.ts'
import { spelling } from '../../service/src/text/spelling.ts'
import { type Nginx, startNginx } from '../../tools/programs/nginx.ts'
import { type PythonEnvironment, pythonEnvironment } from '../../tools/programs/python-environment.ts'
import { Child } from '../../tools/support/child.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { NODE_OPTIONS } from '../../tools/support/service-build.ts'
import { startService } from '../../tools/support/stack.ts'
import type { Bench, RunContext } from '../harness.ts'
import { bySpelling } from '../queries.ts'
import { BENCH_USER, type BenchStack, benchUserUrl, UNCACHED, valuesOf, withStack } from '../stack.ts'

const HOST = '127.0.0.1'
const FOLDER = inRoot('bench', 'comparison')
/** The maximum number of suggestions for a query. */
const BEST = 50
/** The number of sampled responses on which the servers must agree. The constant answer is one of them. */
const SAMPLED_ANSWERS = 300

/** The display names of the servers. */
export const SERVERS = {
  bare: 'bare node:http',
  koa: 'Koa and its router',
  cacheOff: 'service, cache off',
  cacheOn: 'service, cache on',
  report: "reference report's stack",
} as const
export type ServerName = keyof typeof SERVERS

/** The servers that compute suggestions. The others send a constant answer. */
export const SUGGESTING: readonly ServerName[] = ['cacheOff', 'cacheOn', 'report']

/** A running server and the nginx in front of it. */
export interface RunningServer {
  url: string
  /** The main process, which is the parent of all other processes of the server. */
  pid: number
  nginx?: Nginx
}

export interface Running {
  servers: ReadonlyMap<ServerName, RunningServer>
  /** The Redis that all servers use, and its dataset. */
  stack: BenchStack
  /** Size of the constant answer, in bytes. */
  answerBytes: number
}

/** The programs that may be missing. */
export interface Programs {
  nginx: string | undefined
  python: PythonEnvironment | undefined
}

/** Installs what the reference report's stack needs. */
export const installReportStack = ({ progress, signal }: RunContext): Promise<PythonEnvironment> =>
  pythonEnvironment('report-stack', join(FOLDER, 'requirements.txt'), progress, signal)

/**
 * Starts all servers, checks that their suggestions agree, and stops them when `use` is done or one of them exits.
 * @param paths the request paths of the users
 */
export function withServers<T>(
  bench: Bench,
  { nginx, python }: Programs,
  paths: readonly string[],
  use: (running: Running, bench: Bench) => Promise<T>,
): Promise<T> {
  const useStack = async (stack: BenchStack, bench: Bench) => {
    const failure = new AbortController()
    const signal = AbortSignal.any([bench.signal, failure.signal])
    const servers = new Map<ServerName, RunningServer>()
    const stops: (() => Promise<void>)[] = []
    const add = async (name: ServerName, starting: Promise<{ url: string; child: Child }>) => {
      const { url, child } = await starting
      stops.push(() => child.stop())
      void child.ended.then((how) => failure.abort(new UserError(how)))
      servers.set(name, { url, pid: child.pid })
    }
    const redis = stack.redis.url
    const samples = sampleOf(paths)
    try {
      bench.progress.step('starting the servers')
      const answer = await typicalAnswer(stack.url, samples)
      for (const name of ['bare', 'koa'] as const) await add(name, startConstant(name, answer, signal))
      servers.set('cacheOff', { url: stack.url, pid: stack.pid })
      await add('cacheOn', startService(valuesOf({}).app.settings, [redis], { port: 0, onLine: bench.onLine, signal }))
      if (python) {
        await loadSortedSets(redis, bestByPrefix(await bundledWords()))
        await add('report', startReportStack(python, benchUserUrl(redis), signal))
      }
      const suggesting = SUGGESTING.flatMap((name) => servers.get(name) ?? [])
      for (const server of nginx === undefined ? [] : suggesting) {
        server.nginx = await startNginx(nginx as string, new URL(server.url).host, bench.folder, signal)
        stops.push(server.nginx.stop)
      }
      await requireSameSuggestions(suggesting, samples)
      return await use({ servers, stack, answerBytes: Buffer.byteLength(answer) }, { ...bench, signal })
    } finally {
      for (const stop of stops.toReversed()) await stop()
    }
  }
  return withStack(bench, UNCACHED, useStack, { redisArguments: BENCH_USER })
}

/**
 * Starts bare node:http with an answer of the service whose length is closest to the average, and stops it when `use`
 * is done.
 * @param service the URL of the service
 * @param paths the request paths of the users
 * @param use gets bare node:http
 */
export async function withBareServer<T>(
  service: string,
  paths: readonly string[],
  signal: AbortSignal,
  use: (bare: RunningServer) => Promise<T>,
): Promise<T> {
  const { url, child } = await startConstant('bare', await typicalAnswer(service, sampleOf(paths)), signal)
  try {
    return await use({ url, pid: child.pid })
  } finally {
    await child.stop()
  }
}

/** Starts `bare.mjs` or `koa.mjs`, which answer every request with the same text. */
async function startConstant(name: 'bare' | 'koa', answer: string, signal: AbortSignal) {
  const args = [...NODE_OPTIONS, join(FOLDER, `${name}.mjs`)]
  const child = new Child(`${name}.mjs`, process.execPath, args, { env: { PATH: process.env.PATH, BODY: answer } })
  const [, port] = await child.ready(child.line(/^listening on (\d+)$/, signal))
  return { url: `http://${HOST}:${port}`, child }
}

/** Starts Gunicorn with one Uvicorn worker on a free port of the loopback interface. */
async function startReportStack({ bin }: PythonEnvironment, redis: string, signal: AbortSignal) {
  const worker = ['--worker-class', 'uvicorn_worker.UvicornWorker', '--worker-connections', '2000']
  // Without --no-control-socket, Gunicorn would create a socket in the home folder.
  const server = ['--bind', `${HOST}:0`, '--keep-alive', '75', '--no-control-socket']
  const child = new Child(SERVERS.report, join(bin, 'gunicorn'), ['app:app', ...worker, ...server], {
    cwd: FOLDER,
    env: { PATH: process.env.PATH, REDIS_URL: redis, WEB_CONCURRENCY: '1', PYTHONDONTWRITEBYTECODE: '1' },
  })
  const [, url] = await child.ready(child.line(/Listening at: (\S+)/, signal))
  await child.ready(child.line(/Application startup complete/, signal))
  return { url: url as string, child }
}

/** Returns a sample of the request paths, for checks and to choose the constant answer. */
function sampleOf(paths: readonly string[]): string[] {
  const step = Math.ceil(paths.length / SAMPLED_ANSWERS)
  return paths.filter((_, at) => at % step === 0)
}

/** Returns the response whose length is closest to the mean. */
async function typicalAnswer(url: string, paths: readonly string[]): Promise<string> {
  const answers: string[] = []
  for (const path of paths) answers.push(await (await fetch(url + path)).text())
  const mean = answers.reduce((sum, answer) => sum + Buffer.byteLength(answer), 0) / answers.length
  const distance = (answer: string) => Math.abs(Buffer.byteLength(answer) - mean)
  return answers.reduce((nearest, answer) => (distance(answer) < distance(nearest) ? answer : nearest))
}

/**
 * Checks that all servers suggest the same entries for each path. Compares scores, because servers may order
 * suggestions with equal scores differently. Compares only suggestions that begin with the query, because the reference
 * report's stack finds no other suggestions. Ignores the entry that equals the query, because the service always ranks
 * it first.
 * @throws {UserError} if two servers differ, because the costs of different work cannot be compared
 */
async function requireSameSuggestions(servers: readonly RunningServer[], paths: readonly string[]): Promise<void> {
  const scores = async (url: string) => {
    const { query, suggestions } = (await (await fetch(`${url}&highlight=1`)).json()) as {
      query: string
      suggestions: { text: string; score: number; match?: string }[]
    }
    return suggestions
      .filter(({ text, match = 'prefix' }) => match === 'prefix' && spelling(text) !== spelling(query))
      .map(({ score }) => score)
  }
  for (const path of paths) {
    const found = await Promise.all(servers.map(({ url, nginx }) => scores((nginx?.url ?? url) + path)))
    // A server that does not return the entry equal to the query may return one more suggestion.
    const least = Math.min(...found.map(({ length }) => length))
    if (new Set(found.map((list) => list.slice(0, least).join())).size > 1)
      throw new UserError(`the servers return different suggestions for ${path}`)
  }
}

/**
 * Returns the best entries of every prefix (at most {@link BEST}), highest weight first. If several entries have the
 * same spelling, only the one with the highest weight is returned.
 */
export function bestByPrefix(entries: readonly Entry[]): Map<string, Entry[]> {
  const best = new Map<string, Entry[]>()
  for (const [key, entry] of [...bySpelling(entries)].sort(([, a], [, b]) => b.weight - a.weight)) {
    let prefix = ''
    for (const letter of key) {
      prefix += letter
      const list = best.get(prefix)
      if (!list) best.set(prefix, [entry])
      else if (list.length < BEST) list.push(entry)
    }
  }
  return best
}

/** Loads a sorted set `z:PREFIX` for each prefix: texts with their weights as scores. */
export async function loadSortedSets(url: string, sets: ReadonlyMap<string, readonly Entry[]>): Promise<void> {
  const redis = new Redis(benchUserUrl(url), { enableReadyCheck: false, enableAutoPipelining: true })
  try {
    await Promise.all(
      [...sets].map(([prefix, list]) =>
        redis.zadd(`z:${prefix}`, ...list.flatMap(({ text, weight }) => [weight, text])),
      ),
    )
  } finally {
    redis.disconnect()
  }
}
