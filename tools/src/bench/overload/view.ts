/** Overload as tables and a plot. */
import type { TopLevelSpec } from 'vega-lite'
import { formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { asText, goalTable, inMarkdown, type Table, withRange } from '../goals.ts'
import type { Spread } from '../statistics.ts'
import { OVERLOAD, type OverloadResult, percent, titleOf } from './result.ts'

/** For a terminal. */
export function overloadText(result: OverloadResult): string {
  const { machine, os, node, redis, client, rounds } = result.measured
  const tables = [loadTable(result), settingTable(result), goalTable(result.goals)]
  return `${machine}, ${os}, Node.js ${node}, Redis ${redis}, ${client}
Medians of ${rounds} rounds with their range; settings were measured once each:

${tables.map(asText).join('\n\n')}
`
}

/** For `docs/reliability.md`. */
export function overloadTables(result: OverloadResult): Record<string, string> {
  const { date, machine, os, node, redis, client, rounds, seconds, entries, maxInFlight, defaults } = result.measured
  const limits = Object.entries(defaults).map(([name, value]) => `\`${name}\` ${value}`)
  const note = `${date}, ${machine}, ${os}; Node.js ${node}, Redis ${redis}, ${client} with at most ${formatNumber(maxInFlight)} requests under way;
${rounds} rounds of ${seconds} s a load, ${formatNumber(entries)} entries.`
  return {
    'overload-goals': inMarkdown(goalTable(result.goals)),
    overload: `${inMarkdown(loadTable(result))}\n\n${note}`,
    'overload-settings': `${inMarkdown(settingTable(result))}\n\nDefaults: ${limits.join(', ')}.`,
  }
}

const ifAny = (spread: Spread | null, decimals: 0 | 1 | 2) => (spread ? withRange(spread, decimals) : '')

function loadTable({ measured, cases }: OverloadResult): Table {
  return {
    head: [
      'limit',
      'peak/s',
      'asked',
      'good, % of the peak',
      'p99 ms of good',
      '503/s',
      '503, p50 ms',
      '503, p99 ms',
      'late/s',
      'other/s',
      'not sent/s',
      'CPUs of k6',
      'all good again after s',
    ],
    rows: cases.flatMap(({ name, peak, loads, recoverySeconds }) =>
      loads.map((load, at) => [
        titleOf(name, measured.delayMs),
        formatNumber(peak),
        `${load.factor} times`,
        percent(load.goodShare),
        ifAny(load.goodP99Ms, 0),
        withRange(load.refused, 0),
        ifAny(load.refusedP50Ms, 1),
        ifAny(load.refusedP99Ms, 1),
        withRange(load.late, 0),
        withRange(load.other, 1),
        withRange(load.notSent, 0),
        withRange(load.generatorCpus, 1),
        at === loads.length - 1 ? withRange(recoverySeconds, 2) : '',
      ]),
    ),
  }
}

function settingTable({ measured, cases }: OverloadResult): Table {
  const milliseconds = (ms: number | null, decimals: number) => (ms === null ? '' : ms.toFixed(decimals))
  return {
    head: [
      'limit',
      'setting',
      'good at the peak, %',
      `good at ${OVERLOAD} times, %`,
      'p99 ms of good',
      '503, p50 ms',
      '503, p99 ms',
    ],
    rows: cases.flatMap(({ name, settings }) =>
      settings.map(({ changed, ...row }) => [
        titleOf(name, measured.delayMs),
        changed ? `${changed.name} ${changed.value}` : 'the defaults',
        (row.goodShareAtPeak * 100).toFixed(0),
        (row.goodShareOverloaded * 100).toFixed(0),
        milliseconds(row.goodP99Ms, 0),
        milliseconds(row.refusedP50Ms, 1),
        milliseconds(row.refusedP99Ms, 1),
      ]),
    ),
  }
}

/** Good answers by what is asked, a plot for each case. */
export function overloadChart({ measured, cases }: OverloadResult): TopLevelSpec {
  const points = cases.flatMap(({ name, search, peak, loads }) => {
    const title = titleOf(name, measured.delayMs)
    return [
      ...search.map(({ offered, good }) => ({ case: title, offered, good, min: good, max: good })),
      ...loads.map(({ offered, goodShare: { median, min, max } }) => ({
        case: title,
        offered: offered.median,
        good: median * peak,
        min: min * peak,
        max: max * peak,
      })),
    ]
  })
  const x = {
    field: 'offered',
    type: 'quantitative' as const,
    title: 'asked, requests/s',
    axis: { tickCount: 5 },
  }
  return {
    data: { values: points },
    facet: { column: { field: 'case', type: 'nominal', title: null, sort: null } },
    resolve: { scale: { x: 'independent', y: 'independent' } },
    title: { text: `Answered with 200 within ${measured.budgetMs} ms, by what is asked`, anchor: 'middle' },
    spec: {
      width: 260,
      height: 220,
      layer: [
        {
          mark: { type: 'line', point: { filled: true, size: 40 } },
          encoding: { x, y: { field: 'good', type: 'quantitative', title: 'good answers/s' } },
        },
        {
          mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.5 },
          encoding: { x, y: { field: 'min', type: 'quantitative' }, y2: { field: 'max' } },
        },
      ],
    },
  }
}
