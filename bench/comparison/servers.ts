/** The servers to compare. They all run at the same time. Those that suggest entries use the same Redis. */
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { bundledWords } from '../../service/src/dataset/words.ts'
import { spelling } from '../../service/src/text/spelling.ts'
import { findNginx, type Nginx, startNginx } from '../../tools/programs/nginx.ts'
import { type PythonEnvironment, pythonEnvironment } from '../../tools/programs/python-environment.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { versionOf } from '../../tools/support/process.ts'
import { type Bench, optional, type RunContext } from '../harness.ts'
import { bySpelling } from '../queries.ts'
import {
  type BenchStack,
  benchUserUrl,
  type Server,
  startBenchStack,
  startConstant,
  startOtherService,
  startServer,
  UNCACHED,
} from '../stack.ts'

const HOST = '127.0.0.1'
const FOLDER = inRoot('bench', 'comparison')
/** The maximum number of suggestions for a query. */
const BEST = 50
/**
 * The maximum number of sampled requests. The servers must agree on their suggestions, and the constant answer is the
 * service's answer to one of them.
 */
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

/** The running servers. Servers whose programs are missing are left out. */
export interface Running {
  servers: ReadonlyMap<ServerName, Server & { nginx?: Nginx }>
  /** The service without its cache, and the Redis that all suggesting servers use. */
  stack: BenchStack
}

/**
 * Starts all servers, and checks that their suggestions agree. Reports missing programs.
 * @param paths the request paths of the users
 */
export async function startServers(bench: Bench, paths: readonly string[]): Promise<Running> {
  const { facts, folder, progress, signal } = bench
  const nginx = await optional('nginx', findNginx(progress), bench)
  const python = await optional(SERVERS.report, installReportStack(bench), bench)
  facts.nginx = nginx ? await versionOf(nginx, '-v') : 'missing'
  facts.Python = python?.version ?? 'missing'
  progress.step('starting the servers')
  const stack = await startBenchStack(bench, UNCACHED)
  const redis = stack.redis.url
  const answer = await typicalAnswer(stack.url, paths)
  facts['size of the constant answer, bytes'] = Buffer.byteLength(answer)
  const servers = new Map<ServerName, Server & { nginx?: Nginx }>([
    ['bare', await startConstant(bench, 'bare.mjs', answer)],
    ['koa', await startConstant(bench, 'comparison/koa.mjs', answer)],
    ['cacheOff', { ...stack }],
    ['cacheOn', await startOtherService(bench, {}, redis)],
  ])
  if (python) {
    await loadSortedSets(redis, bestByPrefix(await bundledWords()))
    servers.set('report', await startReportStack(bench, python, benchUserUrl(redis)))
  }
  const suggesting = SUGGESTING.flatMap((name) => servers.get(name) ?? [])
  for (const server of nginx === undefined ? [] : suggesting)
    server.nginx = bench.keep(await startNginx(nginx as string, new URL(server.url).host, folder, signal))
  await requireSameSuggestions(suggesting, sampleOf(paths))
  return { servers, stack }
}

/** Installs what the reference report's stack needs. */
export const installReportStack = ({ progress, signal }: RunContext): Promise<PythonEnvironment> =>
  pythonEnvironment('report-stack', join(FOLDER, 'requirements.txt'), progress, signal)

/** Starts Gunicorn with one Uvicorn worker on a free port of the loopback interface. */
async function startReportStack(bench: Bench, { bin }: PythonEnvironment, redis: string): Promise<Server> {
  const worker = ['--worker-class', 'uvicorn_worker.UvicornWorker', '--worker-connections', '2000']
  // Without --no-control-socket, Gunicorn would create a socket in the home folder.
  const server = ['--bind', `${HOST}:0`, '--keep-alive', '75', '--no-control-socket']
  const env = { PATH: process.env.PATH, REDIS_URL: redis, WEB_CONCURRENCY: '1', PYTHONDONTWRITEBYTECODE: '1' }
  const command = [join(bin, 'gunicorn'), 'app:app', ...worker, ...server] as const
  const options = { line: /Listening at: .*:(\d+)/, cwd: FOLDER, env }
  const { child, ...started } = await startServer(bench, SERVERS.report, command, options)
  await child.line(/Application startup complete/, bench.signal)
  return started
}

/** Returns a sample of the request paths, for checks and to choose the constant answer. */
function sampleOf(paths: readonly string[]): string[] {
  const step = Math.ceil(paths.length / SAMPLED_ANSWERS)
  return paths.filter((_, at) => at % step === 0)
}

/** Requests a sample of the paths. Returns the answer whose length is closest to the mean. */
export async function typicalAnswer(url: string, paths: readonly string[]): Promise<string> {
  const answers: string[] = []
  for (const path of sampleOf(paths)) answers.push(await (await fetch(url + path)).text())
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
async function requireSameSuggestions(
  servers: readonly (Server & { nginx?: Nginx })[],
  paths: readonly string[],
): Promise<void> {
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
    // Compare only as many suggestions as every list still has. Without the entry that equals the query, the lists of
    // some servers are shorter.
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
