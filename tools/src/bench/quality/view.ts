/** The quality of suggestions as tables and a plot. */
import type { TopLevelSpec } from 'vega-lite'
import { formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { asText, goalTable, inMarkdown, type Table, withRange } from '../goals.ts'
import type { Estimate, Scores } from './metrics.ts'
import {
  type Cost,
  type CostKind,
  KIND_TITLES,
  MAX_LENGTH,
  MIN_WORDS,
  OTHERS,
  type QualityResult,
  type Row,
  TITLES,
} from './result.ts'
import { SYSTEMS } from './systems.ts'

const COST_TITLES: Readonly<Record<CostKind, string>> = {
  plain: 'beginning of ten or more, in the words alone',
  clean: 'beginning of ten or more',
  few: 'beginning of fewer',
  halfTyped: 'half-typed Hangul',
  initials: 'initials',
  mixed: 'initials and syllables',
  layout: 'other layout',
  oneEdit: 'one edit',
  twoEdits: 'two edits',
  words: 'words in another order',
  filter: 'beginning of ten or more, with a filter',
  filters: 'beginning of ten or more, with two filters',
  boost: 'beginning of ten or more, with a boost',
  highlight: 'beginning of ten or more, with `highlight=1`',
  explain: 'beginning of ten or more, with `explain=1`',
  besideAliases: 'beginning of ten or more, in words that all have an alias',
  alias: 'beginning of an alias, in those words',
  payload: 'beginning of ten or more, in words that all have a payload',
  popular: 'popular entries, which all ask for at once',
}

/** For a terminal. */
export function qualityText({ measured, rows, costs, goals }: QualityResult): string {
  const { machine, os, node, redis, client, miniSearch, queries, rounds } = measured
  const tables = [lengthTable(rows), kindTable(rows), costTable(costs), goalTable(goals)]
  return `${machine}, ${os}, Node.js ${node}, Redis ${redis}, ${client}, MiniSearch ${miniSearch}
${formatNumber(queries)} queries; costs are medians of ${rounds} rounds with their range:

${tables.map(asText).join('\n\n')}
`
}

/** For `docs/benchmarks.md`. */
export function qualityTables({ measured, rows, costs, goals }: QualityResult): Record<string, string> {
  const { date, machine, os, node, redis, client, miniSearch, boost, boosts } = measured
  const { entries, phrases, typings, queries, rounds, seconds } = measured
  const tried = Object.entries(boosts).map(([name, mrr]) => `${name} ${mrr.toFixed(3)}`)
  const sample = `${date}, ${formatNumber(entries)} entries, ${formatNumber(typings)} words for each noise, ${formatNumber(queries)} different queries; MiniSearch ${miniSearch},
boosted by the ${boost} (mean reciprocal rank with the tuning sample: ${tried.join(', ')}), Redis ${redis}.`
  const load = `${date}, ${machine}, ${os}; Node.js ${node}, Redis ${redis}, ${client}; ${rounds} rounds of ${seconds} s, ${formatNumber(phrases)} phrases.`
  return {
    'quality-goals': inMarkdown(goalTable(goals)),
    'quality-lengths': `${inMarkdown(lengthTable(rows))}\n\n${sample}`,
    'quality-kinds': inMarkdown(kindTable(rows)),
    'quality-kind-lengths': inMarkdown(kindLengthTable(rows)),
    'quality-costs': `${inMarkdown(costTable(costs))}\n\n${load}`,
  }
}

const lengthTitle = ({ length }: Row) => (length === null ? 'all' : length === MAX_LENGTH ? `${length}+` : `${length}`)

const HEADS = SYSTEMS.flatMap((name) => [`${TITLES[name]} MRR`, 'at 1', 'at 3', 'at 10'])
const percent = (share: number) => (share * 100).toFixed(1)
const cells = ({ mrr, hits1, hits3, hits10 }: Scores) => [
  mrr.toFixed(3),
  percent(hits1),
  percent(hits3),
  percent(hits10),
]
const allCells = ({ systems }: Row) => SYSTEMS.flatMap((name) => cells(systems[name]))

const LESS = OTHERS.map((name) => `less ${TITLES[name]}`)
const signed = ({ mean, error }: Estimate) =>
  `${mean < 0 ? '−' : '+'}${Math.abs(mean).toFixed(3)} ± ${error.toFixed(3)}`
const differences = ({ differences }: Row) => OTHERS.map((name) => signed(differences[name]))

/** All kinds together, by typed length. */
function lengthTable(rows: readonly Row[]): Table {
  return {
    head: ['keys typed', 'queries', ...HEADS, ...LESS],
    rows: rows
      .filter(({ kind }) => kind === 'all')
      .map((row) => [lengthTitle(row), formatNumber(row.queries), ...allCells(row), ...differences(row)]),
  }
}

/** Each kind, at all lengths together. */
function kindTable(rows: readonly Row[]): Table {
  return {
    head: ['typed', 'queries', ...HEADS, ...LESS],
    rows: rows
      .filter(({ kind, length }) => length === null && kind !== 'all')
      .map((row) => [KIND_TITLES[row.kind], formatNumber(row.queries), ...allCells(row), ...differences(row)]),
  }
}

/** Each kind by typed length. */
function kindLengthTable(rows: readonly Row[]): Table {
  return {
    head: ['typed', 'keys typed', 'queries', ...HEADS],
    rows: rows
      .filter(({ kind, length }) => length !== null && kind !== 'all')
      .map((row) => [KIND_TITLES[row.kind], lengthTitle(row), formatNumber(row.queries), ...allCells(row)]),
  }
}

function costTable(costs: readonly Cost[]): Table {
  return {
    head: ['query', 'answered', 'app µs', 'Redis µs', 'to the first row'],
    rows: costs.map(({ kind, answered, app, redis, ratio }) => [
      COST_TITLES[kind],
      `${percent(answered)} %`,
      withRange(app, 1),
      withRange(redis, 1),
      withRange(ratio, 2),
    ]),
  }
}

/** Mean reciprocal rank by typed length, a line for each system, a plot for each kind. */
export function qualityChart({ rows }: QualityResult): TopLevelSpec {
  const points = rows
    .filter(({ length, words }) => length !== null && words >= MIN_WORDS)
    .flatMap((row) =>
      SYSTEMS.map((name) => ({
        kind: KIND_TITLES[row.kind],
        length: row.length,
        system: TITLES[name],
        mrr: row.systems[name].mrr,
      })),
    )
  return {
    data: { values: points },
    facet: { field: 'kind', type: 'nominal', title: null, sort: Object.values(KIND_TITLES) },
    columns: 3,
    title: { text: 'Mean reciprocal rank of the word that is meant, by keys typed', anchor: 'middle' },
    spec: {
      width: 200,
      height: 140,
      mark: { type: 'line', point: { filled: true, size: 30 } },
      encoding: {
        x: { field: 'length', type: 'quantitative', title: 'keys typed', axis: { values: [1, 3, 5, 7, 9, 11] } },
        y: {
          field: 'mrr',
          type: 'quantitative',
          title: 'mean reciprocal rank',
          scale: { domain: [0, 1] },
        },
        color: {
          field: 'system',
          type: 'nominal',
          title: null,
          sort: SYSTEMS.map((name) => TITLES[name]),
          legend: { orient: 'top' },
        },
      },
    },
  }
}
