import { access, constants, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { type Costs, costsProblems } from '../../../generator/src/capacity/costs.ts'
import { formatNumber } from '../../../generator/src/capacity/quantity.ts'
import { textTable } from '../../../generator/src/table.ts'
import { UserError } from '../errors.ts'
import { interruptible } from '../interrupt.ts'
import { inRoot } from '../paths.ts'
import { createProgress } from '../progress.ts'
import { FULL_EFFORT, measureCosts } from './measure-costs.ts'

/** The committed costs. */
export const COSTS_FILE = inRoot('generator', 'costs.json')
const MAX_ROUNDS = 20

const USAGE = `usage: npm run bench [-- --write-costs] [--rounds N] [--json FILE]

Measures on this machine what a request costs in CPU time, at several rates, and what processes, threads, connections and dataset
entries take in memory. Users type real words (wrk, 1 HTTP process, 1 Redis, with and without nginx in front). Linux only; nothing
else should run meanwhile.

  --write-costs  write generator/costs.json, from which the presets are checked
  --rounds N     how often everything is measured, 1 to ${MAX_ROUNDS}; medians count (default ${FULL_EFFORT.rounds}: about five minutes)
  --json FILE    write the same there; - is standard output, instead of the table
  --help         this text
`

interface Options {
  writeCosts: boolean
  rounds: number
  json: string | undefined
}

/** `npm run bench` */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  if (!options) {
    process.stdout.write(USAGE)
    return 0
  }
  return interruptible((signal) => run(options, signal))
}

function readOptions(args: string[]): Options | undefined {
  let values: { 'write-costs'?: boolean; rounds?: string; json?: string; help?: boolean }
  try {
    values = parseArgs({
      args,
      options: {
        'write-costs': { type: 'boolean' },
        rounds: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UserError(`${(error as Error).message}; see --help`)
  }
  if (values.help) return undefined
  const rounds = values.rounds === undefined ? FULL_EFFORT.rounds : Number(values.rounds)
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= MAX_ROUNDS)) {
    throw new UserError(`--rounds takes a whole number from 1 to ${MAX_ROUNDS}, got ${values.rounds}`)
  }
  return { writeCosts: values['write-costs'] ?? false, rounds, json: values.json }
}

async function run({ writeCosts, rounds, json }: Options, signal: AbortSignal): Promise<number> {
  const jsonFile = json === '-' ? undefined : json
  // A mistyped folder should not cost five minutes.
  if (jsonFile !== undefined) {
    await access(dirname(jsonFile), constants.W_OK).catch((error) => cannotWrite(jsonFile, error))
  }
  const progress = createProgress()
  const onLine = (line: string) => {
    progress.end()
    console.error(line)
  }
  const costs = await measureCosts({ ...FULL_EFFORT, rounds }, { progress, onLine, signal })
  process.stdout.write(json === '-' ? toJson(costs) : toTable(costs))
  if (jsonFile !== undefined) await write(jsonFile, costs)
  if (writeCosts) {
    const missing = FULL_EFFORT.rates.length - costs.load.length
    const [problem] = missing > 0 ? [`rates not reached: ${missing}`] : costsProblems(costs)
    if (problem) throw new UserError(`generator/costs.json is not written: ${problem}`)
    await write(COSTS_FILE, costs)
  }
  return 0
}

async function write(file: string, costs: Costs): Promise<void> {
  await writeFile(file, toJson(costs)).catch((error) => cannotWrite(file, error))
}

function cannotWrite(file: string, error: Error): never {
  throw new UserError(`cannot write ${file}: ${error.message}`)
}

/** The contents of generator/costs.json. */
export function toJson(costs: Costs): string {
  const $comment = 'Written by `npm run bench -- --write-costs`; do not edit.'
  return `${JSON.stringify({ $comment, ...costs }, undefined, 2)}\n`
}

/** For people: a row for every rate, and one for everything that takes memory. */
export function toTable({ measured, load, memory }: Costs): string {
  const { machine, os, node, redis, nginx, client } = measured
  const rates = load.map((row) => [
    formatNumber(row.requestsPerSecond),
    ...[row.appMicros, row.mainThreadMicros, row.redisMicros, row.ingressMicros].map((micros) => micros.toFixed(1)),
    ...[row.p50Ms, row.p99Ms].map((ms) => ms.toFixed(2)),
  ])
  const bytes = [
    ['HTTP process, without ranking threads', formatNumber(memory.httpProcessBytes)],
    ['ranking thread', formatNumber(memory.rankingThreadBytes)],
    ['open HTTP connection', formatNumber(memory.httpConnectionBytes)],
    ['dataset entry, in each ranking thread', formatNumber(memory.appEntryBytes, 2)],
    ['Redis without data', formatNumber(memory.redisBaseBytes)],
    ['dataset entry, in Redis', formatNumber(memory.redisEntryBytes, 2)],
    ['client of Redis', formatNumber(memory.redisClientBytes)],
  ]
  return `${machine}, ${os}, Node.js ${node}, Redis ${redis}, nginx ${nginx}, ${client}
CPU time of a request in microseconds; the app is one HTTP process with one ranking thread:

${textTable(['requests/s', 'app µs', 'main thread µs', 'Redis µs', 'nginx µs', 'p50 ms', 'p99 ms'], rates)}

${textTable(['memory', 'bytes'], bytes)}
`
}
