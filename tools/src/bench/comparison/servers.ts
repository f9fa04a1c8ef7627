/** The servers that are compared, all of them running at once beside one Redis. */

import { bundledWords } from '../../../../service/src/dataset/words.ts'
import { spelling } from '../../../../service/src/text/spelling.ts'
import type { PythonEnvironment } from '../../../programs/python-environment.ts'
import { Child } from '../../../support/child.ts'
import { UserError } from '../../../support/errors.ts'
import { inRoot } from '../../../support/paths.ts'
import { NODE_OPTIONS } from '../../../support/service-build.ts'
import { type Stack, startService } from '../../../support/stack.ts'
import { startNginx } from '../nginx.ts'
import type { Surroundings } from '../subject.ts'
import { valuesOf, withStack } from '../with-stack.ts'
import { startReportStack } from './report-stack/report-stack.ts'
import { bestByPrefix, loadSortedSets, REDIS_ARGUMENTS, urlForReportStack } from './report-stack/sorted-sets.ts'
import type { ServerName } from './result.ts'

const HOST = '127.0.0.1'
/** Those that suggest something; the others give a constant answer. */
export const SUGGESTING: readonly ServerName[] = ['cacheOff', 'cacheOn', 'report']
/** Answers that the constant one is chosen from, and in which the others must agree. */
const SAMPLED_ANSWERS = 300

/** A server that runs. */
export interface RunningServer {
  url: string
  /** Its process, of which its others are children. */
  pid: number
  /** What is in front of it. */
  nginx?: { url: string; pid: number }
}

/** Everything that runs. */
export interface Running {
  /** Those that can be had. */
  servers: ReadonlyMap<ServerName, RunningServer>
  /** The Redis of all of them. */
  redis: { url: string; pid: number }
  /** Entries of the dataset. */
  entries: number
  /** Bytes of the constant answer. */
  answerBytes: number
}

/** The programs that may be missing. */
export interface Programs {
  nginx: string | undefined
  python: PythonEnvironment | undefined
}

/**
 * Starts all servers, makes sure that they suggest the same, and stops them when `use` is done or one of them ends.
 * @param paths what will be asked
 */
export function withServers<T>(
  surroundings: Surroundings,
  programs: Programs,
  paths: readonly string[],
  use: (running: Running, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const besideStack = async (stack: Stack, stackSignal: AbortSignal) => {
    const failure = new AbortController()
    const signal = AbortSignal.any([stackSignal, failure.signal])
    const servers = new Map<ServerName, RunningServer>()
    const stops: (() => Promise<void>)[] = []
    const add = async (name: ServerName, starting: Promise<{ url: string; child: Child }>) => {
      const { url, child } = await starting
      stops.push(() => child.stop())
      void child.ended.then((how) => failure.abort(new UserError(how)))
      servers.set(name, { url, pid: child.pid })
    }
    const [redis] = stack.redis as [string]
    const samples = everyNth(paths, Math.ceil(paths.length / SAMPLED_ANSWERS))
    try {
      surroundings.progress.step('starting the servers')
      const answer = await typicalAnswer(stack.url, samples)
      await add('bare', startConstant('bare', answer, signal))
      await add('koa', startConstant('koa', answer, signal))
      servers.set('cacheOff', { url: stack.url, pid: stack.pids.service })
      const service = { port: 0, onLine: surroundings.onLine, signal }
      await add('cacheOn', startService(valuesOf({}).app.settings, stack.redis, service))
      if (programs.python) {
        await loadSortedSets(redis, bestByPrefix(await bundledWords()), signal)
        await add('report', startReportStack(programs.python, urlForReportStack(redis), signal))
      }
      const suggesting = SUGGESTING.flatMap((name) => servers.get(name) ?? [])
      for (const server of programs.nginx === undefined ? [] : suggesting) {
        const nginx = await startNginx(programs.nginx as string, new URL(server.url).host, signal)
        stops.push(nginx.stop)
        server.nginx = nginx
      }
      await requireSameSuggestions(suggesting, samples)
      const running: Running = {
        servers,
        redis: { url: redis, pid: stack.pids.redis[0] as number },
        entries: stack.entries,
        answerBytes: Buffer.byteLength(answer),
      }
      return await use(running, signal)
    } finally {
      for (const stop of stops.toReversed()) await stop()
    }
  }
  return withStack(surroundings, { CACHE_MAX_MIB: 0 }, besideStack, undefined, REDIS_ARGUMENTS)
}

/** Starts `servers/NAME.mjs`, which gives one answer to everybody. */
async function startConstant(
  name: 'bare' | 'koa',
  answer: string,
  signal: AbortSignal,
): Promise<{ url: string; child: Child }> {
  const program = inRoot('tools', 'src', 'bench', 'comparison', 'servers', `${name}.mjs`)
  const args = [...NODE_OPTIONS, program]
  const child = new Child(`${name}.mjs`, process.execPath, args, { env: { PATH: process.env.PATH, BODY: answer } })
  try {
    const [, port] = await child.line(/^listening on (\d+)$/, signal)
    return { url: `http://${HOST}:${port}`, child }
  } catch (error) {
    await child.stop()
    throw error
  }
}

/** Of the answers to the paths the one whose length is nearest to their mean. */
async function typicalAnswer(url: string, paths: readonly string[]): Promise<string> {
  const answers: string[] = []
  for (const path of paths) answers.push(await (await fetch(url + path)).text())
  const mean = answers.reduce((sum, answer) => sum + Buffer.byteLength(answer), 0) / answers.length
  const distance = (answer: string) => Math.abs(Buffer.byteLength(answer) - mean)
  return answers.reduce((nearest, answer) => (distance(answer) < distance(nearest) ? answer : nearest))
}

/**
 * Compares the scores of the suggestions that begin with the query, for each server may order equal ones as it likes, and the
 * report's stack finds no others. An entry that equals the query is left out: the service has it first, whatever its score.
 * @throws {UserError} when two servers differ: work that differs is not compared
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
    // Without the equal entry one may have found one more.
    const least = Math.min(...found.map(({ length }) => length))
    if (new Set(found.map((list) => list.slice(0, least).join())).size > 1)
      throw new UserError(`the servers do not suggest the same for ${path}`)
  }
}

function everyNth<T>(items: readonly T[], step: number): T[] {
  return items.filter((_, at) => at % step === 0)
}
