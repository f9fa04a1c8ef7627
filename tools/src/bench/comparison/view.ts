/** The comparison as tables and a plot. */
import type { TopLevelSpec } from 'vega-lite'
import { formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { asText, goalTable, inMarkdown, type Table, toGoal, withRange } from '../goals.ts'
import { type ComparedRow, type ComparisonResult, PROJECTED_CPUS, titleOf } from './result.ts'

/** For a terminal. */
export function comparisonText(result: ComparisonResult): string {
  const { machine, os, node, redis, nginx, python, client, connections, rounds } = result.measured
  const programs = [
    `Node.js ${node}`,
    `Redis ${redis}`,
    ...(nginx === null ? [] : [`nginx ${nginx}`]),
    ...(python === null ? [] : [`Python ${python}`]),
    client,
  ]
  const tables = [cpuTable(result.rows), answerTable(result.rows), goalTable(result.goals.map(toGoal))]
  return `${machine}, ${os}, ${programs.join(', ')}
Medians of ${rounds} rounds with their range, under ${connections} users who do not pause; CPU time in microseconds of a request:

${tables.map(asText).join('\n\n')}
`
}

/** For `docs/benchmarks.md`. */
export function comparisonTables({ rows, goals, measured }: ComparisonResult): Record<string, string> {
  return {
    comparison: `${inMarkdown(cpuTable(rows))}\n\n${comparisonNote(measured)}`,
    'comparison-answers': inMarkdown(answerTable(rows)),
    'comparison-goals': inMarkdown(goalTable(goals.map(toGoal))),
  }
}

function comparisonNote(measured: ComparisonResult['measured']): string {
  const { date, machine, os, node, redis, nginx, python, client } = measured
  const { connections, rounds, seconds, entries, queries, answerBytes } = measured
  return `${date}, ${machine}, ${os}; Node.js ${node}, Redis ${redis}, nginx ${nginx ?? 'missing'}, Python ${python ?? 'missing'}, ${client}
with ${connections} connections; ${rounds} rounds of ${seconds} s a row, ${formatNumber(queries)} queries a round, ${formatNumber(entries)} entries, a constant
answer of ${answerBytes} bytes.`
}

function cpuTable(rows: readonly ComparedRow[]): Table {
  const head = [
    'server',
    'app µs',
    'Redis µs',
    "Redis's share",
    'nginx µs',
    'app, in bare node:http',
    `${PROJECTED_CPUS} CPUs would do, requests/s`,
  ]
  return {
    head,
    rows: rows.map((row) => [
      titleOf(row),
      withRange(row.micros.app, 1),
      row.micros.redis ? withRange(row.micros.redis, 1) : '',
      row.micros.redis ? `${((row.micros.redis.median / sumOfMicros(row)) * 100).toFixed(0)} %` : '',
      row.micros.nginx ? withRange(row.micros.nginx, 1) : '',
      withRange(row.appToBare, 2),
      withRange(row.projectedQps, 0),
    ]),
  }
}

function answerTable(rows: readonly ComparedRow[]): Table {
  return {
    head: ['server', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'p99.9 ms', 'memory MiB'],
    rows: rows.map((row) => [
      titleOf(row),
      withRange(row.requestsPerSecond, 0),
      ...[row.p50Ms, row.p95Ms, row.p99Ms, row.p999Ms].map((ms) => withRange(ms, 2)),
      (row.memoryBytes.median / 2 ** 20).toFixed(0),
    ]),
  }
}

/** CPU time of a request by process, a bar for each row. */
export function comparisonChart({ rows }: ComparisonResult): TopLevelSpec {
  const titles = rows.map(titleOf)
  const parts = rows.flatMap((row) => {
    const { app, redis, nginx } = row.micros
    return Object.entries({ app, Redis: redis, nginx }).flatMap(([process, micros], order) =>
      micros ? [{ row: titleOf(row), process, order, micros: micros.median }] : [],
    )
  })
  const totals = rows.map((row) => ({
    row: titleOf(row),
    micros: sumOfMicros(row),
    label: `${formatNumber(sumOfMicros(row))} µs`,
  }))
  const longest = Math.max(...totals.map(({ micros }) => micros))
  const y = {
    field: 'row',
    type: 'nominal' as const,
    sort: titles,
    title: null,
    axis: { labelLimit: 400, labelPadding: 6, ticks: false },
  }
  return {
    width: 520,
    height: { step: 24 },
    title: 'CPU time of one request, by process',
    layer: [
      {
        data: { values: parts },
        mark: { type: 'bar', height: 16 },
        encoding: {
          x: {
            field: 'micros',
            type: 'quantitative',
            title: 'microseconds, user and system',
            stack: 'zero',
            // Room for the number behind the longest bar.
            scale: { domain: [0, longest * 1.12], nice: false },
          },
          y,
          color: {
            field: 'process',
            type: 'nominal',
            title: null,
            scale: { domain: ['app', 'Redis', 'nginx'], range: ['#4c78a8', '#d1495b', '#76b7a1'] },
            legend: { orient: 'top' },
          },
          order: { field: 'order' },
        },
      },
      {
        data: { values: totals },
        mark: { type: 'text', align: 'left', dx: 5, fontSize: 11 },
        encoding: { x: { field: 'micros', type: 'quantitative' }, y, text: { field: 'label' } },
      },
    ],
  }
}

function sumOfMicros({ micros: { app, redis, nginx } }: ComparedRow): number {
  return app.median + (redis?.median ?? 0) + (nginx?.median ?? 0)
}
