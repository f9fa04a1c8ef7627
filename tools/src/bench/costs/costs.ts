import { type Costs, costsProblems } from '../../../../generator/src/capacity/costs.ts'
import { formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { textTable } from '../../../../generator/src/table.ts'
import { UserError } from '../../../support/errors.ts'
import { inRoot } from '../../../support/paths.ts'
import type { Subject } from '../subject.ts'
import { FULL_EFFORT, measureCosts } from './measure-costs.ts'

/** The committed costs. */
export const COSTS_FILE = inRoot('generator', 'costs.json')

/** What the capacity model computes with. */
export const costs: Subject<Costs> = {
  name: 'costs',
  summary: 'what requests, processes, connections and entries cost, for the capacity model',
  rounds: FULL_EFFORT.rounds,
  measure: (rounds, surroundings) => measureCosts({ ...FULL_EFFORT, rounds }, surroundings),
  text: toTable,
  tables: () => ({}),
  charts: () => ({}),
}

/**
 * Refuses costs that the model could not use.
 * @throws {UserError} saying what is wrong with them
 */
export function requireUsableCosts(costs: Costs): void {
  const missing = FULL_EFFORT.rates.length - costs.load.length
  const [problem] = missing > 0 ? [`rates not reached: ${missing}`] : costsProblems(costs)
  if (problem) throw new UserError(`generator/costs.json is not written: ${problem}`)
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
    ['dataset entry, in the index of a process', formatNumber(memory.appEntryBytes, 2)],
    ['  while it is loaded, besides', formatNumber(memory.appLoadingBytes, 2)],
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
