import { formatBytes, formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { asText, type Goal, goalTable, inMarkdown, type Table, withRange } from '../goals.ts'
import type { CatalogueCost, CatalogueResult, QueryCost } from './measure.ts'

const MAX_REDIS_BYTES = 150
const MAX_INDEX_BYTES = 64
/** What a prefix took with the layout before. */
const MAX_PREFIX_MICROS = 64
/** By how much more other queries may take than a prefix, up to so many entries and beyond. */
const MANY_ENTRIES = 200_000
const MAX_RATIO = { few: 2, many: 3 }
const MAX_TYPO_RATIO = 3
const MAX_P99_MICROS = 2000
const MAX_BUILD_SECONDS = 20
const MAX_BUILD_BYTES = 1.5 * 2 ** 30
const MAX_READY_MS = 3000

/** What catalogues were to take. */
export function catalogueGoals({ sizes, initials, reference }: CatalogueResult): Goal[] {
  const [smallest] = sizes as [CatalogueCost]
  return [
    ...sizes.flatMap(goalsOfSize),
    ...ratioGoals(prefixOf(smallest), [initials], smallest.entries, `${formatNumber(initials.entries)} Korean words`),
    {
      what: 'answers that equal those of the reference search',
      wanted: formatNumber(reference.answers),
      measured: formatNumber(reference.same),
      isReached: reference.same === reference.answers,
    },
  ]
}

function goalsOfSize(cost: CatalogueCost): Goal[] {
  const { entries, redisBytes, indexBytes, buildSeconds, buildPeakBytes, readyMs, kinds } = cost
  const what = `${formatNumber(entries)} titles`
  const prefix = prefixOf(cost)
  const atMost = (part: string, value: number, limit: number, show: (value: number) => string): Goal => ({
    what: `${what}: ${part}`,
    wanted: `≤ ${show(limit)}`,
    measured: show(value),
    isReached: value <= limit,
  })
  const bytes = (value: number) => `${formatNumber(value, 1)} bytes`
  return [
    atMost('Redis for each entry', redisBytes, MAX_REDIS_BYTES, bytes),
    atMost('index of a process for each entry', indexBytes, MAX_INDEX_BYTES, bytes),
    atMost('CPU of a request for a prefix', prefix.requestMicros.median, MAX_PREFIX_MICROS, micros),
    ...ratioGoals(
      prefix,
      kinds.filter(({ kind }) => kind !== 'prefix'),
      entries,
      what,
    ),
    atMost('build', buildSeconds.median, MAX_BUILD_SECONDS, (value) => `${formatNumber(value, 1)} s`),
    atMost('memory of the build at most', buildPeakBytes.median, MAX_BUILD_BYTES, formatBytes),
    atMost('start until ready', readyMs.median, MAX_READY_MS, (value) => `${formatNumber(value)} ms`),
  ]
}

/** CPU of requests as a multiple of that for a prefix, and the slowest searches. */
function ratioGoals(prefix: QueryCost, kinds: readonly QueryCost[], entries: number, what: string): Goal[] {
  return kinds.flatMap(({ kind, requestMicros, p99Micros }) => {
    const limit = kind === 'typo' ? MAX_TYPO_RATIO : entries > MANY_ENTRIES ? MAX_RATIO.many : MAX_RATIO.few
    const ratio = requestMicros.median / prefix.requestMicros.median
    const goals: Goal[] = [
      {
        what: `${what}: CPU of a request, ${kind}, as a multiple of that for a prefix`,
        wanted: `≤ ${limit}`,
        measured: ratio.toFixed(2),
        isReached: ratio <= limit,
      },
    ]
    if (kind === 'typo') return goals
    const p99: Goal = {
      what: `${what}: p99 of the search, ${kind}`,
      wanted: `≤ ${micros(MAX_P99_MICROS)}`,
      measured: micros(p99Micros),
      isReached: p99Micros <= MAX_P99_MICROS,
    }
    return [...goals, p99]
  })
}

const micros = (value: number) => `${formatNumber(value, 1)} µs`
const prefixOf = ({ kinds }: CatalogueCost) => kinds.find(({ kind }) => kind === 'prefix') as QueryCost

/** Memory and times of each size. */
const sizesTable = ({ sizes }: CatalogueResult): Table => ({
  head: [
    'titles',
    'Redis bytes/entry',
    'index bytes/entry',
    'loading bytes/entry',
    'build s',
    'build memory',
    'ready ms',
  ],
  rows: sizes.map(({ entries, redisBytes, indexBytes, loadingBytes, buildSeconds, buildPeakBytes, readyMs }) => [
    formatNumber(entries),
    ...[redisBytes, indexBytes, loadingBytes].map((bytes) => bytes.toFixed(1)),
    withRange(buildSeconds, 1),
    formatBytes(buildPeakBytes.median),
    withRange(readyMs, 0),
  ]),
})

/** What every kind of query takes. */
const kindsTable = ({ sizes, initials }: CatalogueResult): Table => ({
  head: ['entries', 'query', 'search µs: median', 'mean', 'p99', 'request CPU µs', 'queries'],
  rows: [...sizes.flatMap(({ entries, kinds }) => kinds.map((kind) => ({ ...kind, entries }))), initials].map(
    ({ entries, kind, medianMicros, meanMicros, p99Micros, requestMicros, queries }) => [
      formatNumber(entries),
      kind,
      ...[medianMicros, meanMicros, p99Micros].map((value) => formatNumber(value, 1)),
      withRange(requestMicros, 1),
      formatNumber(queries),
    ],
  ),
})

/** For a terminal. */
export function catalogueText(result: CatalogueResult): string {
  const { machine, os, node, redis, client, rounds } = result.measured
  const tables = [goalTable(catalogueGoals(result)), sizesTable(result), kindsTable(result)]
  return `${machine}, ${os}, Node.js ${node}, Redis ${redis}, ${client}, ${rounds} rounds

${tables.map(asText).join('\n\n')}
`
}

/** For `docs/benchmarks.md`. */
export function catalogueTables(result: CatalogueResult): Record<string, string> {
  return {
    'catalogue-goals': inMarkdown(goalTable(catalogueGoals(result))),
    'catalogue-sizes': inMarkdown(sizesTable(result)),
    'catalogue-queries': inMarkdown(kindsTable(result)),
  }
}
