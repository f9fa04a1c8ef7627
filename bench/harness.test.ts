import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UserError } from '../tools/support/errors.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'
import { logTicks } from './charts.ts'
import { toJson } from './docs.ts'
import {
  type Figures,
  findPeak,
  measureRounds,
  optional,
  ratioOf,
  rowOf,
  rowsOf,
  scoped,
  spreadOf,
  type Turn,
} from './harness.ts'
import { asText, circumstances, figure, inMarkdown, tableOf, withRange } from './tables.ts'

const context = {
  progress: NO_PROGRESS,
  onLine() {},
  signal: new AbortController().signal,
  folder: '',
  facts: {},
  keep: <P>(program: P) => program,
}

describe('a scope', () => {
  it('stops all programs, the last one first, even after an error', async () => {
    const stopped: string[] = []
    const failing = scoped(context, async ({ keep }) => {
      for (const name of ['a', 'b']) keep({ stop: async () => void stopped.push(name) })
      throw new Error('a bug')
    })
    await expect(failing).rejects.toThrow('a bug')
    expect(stopped).toEqual(['b', 'a'])
  })

  it('aborts its signal if a program exits', async () => {
    const waiting = scoped(context, async ({ keep, signal }) => {
      keep({ stop: async () => {}, ended: Promise.resolve('wrk ended') })
      await sleep(10_000, undefined, { signal }).catch(() => signal.throwIfAborted())
    })
    await expect(waiting).rejects.toThrow(new UserError('wrk ended'))
  })
})

describe('rounds', () => {
  const measure = async (rounds: number, visits: number, firstSeconds = 0) => {
    const order: string[] = []
    const plans = ['a', 'b', 'c'].map((title) => ({
      group: 'letters',
      title,
      measure: async ({ round, visit, seconds }: Turn) => {
        order.push(`${title}${seconds}`)
        return { value: round * 10 + visit, missing: null }
      },
    }))
    const before = async (round: number) => void order.push(`before ${round}`)
    const effort = { rounds, visits, firstSeconds, seconds: 1 }
    return { rows: await measureRounds({ ...context, effort }, plans, before), order }
  }

  it('measure every row once per visit, in rotating and alternately reversed order', async () => {
    const { order } = await measure(2, 2)
    expect(order.join(' ')).toBe('before 1 b1 c1 a1 a1 c1 b1 before 2 a1 c1 b1 a1 b1 c1')
  })

  it('begin with a warm-up whose figures are not recorded', async () => {
    const { order, rows } = await measure(1, 1, 9)
    expect(order.join(' ')).toBe('before 0 a9 b9 c9 before 1 b1 c1 a1')
    expect(rows[0]?.values.value).toEqual([10])
  })

  it('have the mean of their visits as the value, or null without values', async () => {
    const { rows } = await measure(2, 2)
    expect(rows[0]).toEqual({
      group: 'letters',
      title: 'a',
      labels: {},
      values: { value: [10.5, 20.5], missing: [null, null] },
    })
  })
})

it('rows keep the figures that are measured only once', async () => {
  const plan = { group: 'letters', title: 'a', once: { bytes: 7 }, measure: async () => ({ ms: 1 }) }
  const [row] = await measureRounds({ ...context, effort: { rounds: 2 } }, [plan])
  expect(row?.values).toEqual({ bytes: [7], ms: [1, 1] })
})

describe('the search for a peak', () => {
  const search = async (results: readonly number[], more = {}) => {
    const rates: number[] = []
    const measure = async (rate: number) => ({ rate, result: results[rates.push(rate) - 1] ?? 0 })
    return { peak: await findPeak({ rate: 1, factor: 2, ...more }, measure, ({ result }) => result), rates }
  }

  it('ends after two steps in a row that raise the result by less than 3%', async () => {
    const { peak, rates } = await search([10, 10.1, 20, 20.1, 20.2, 40])
    expect(rates).toEqual([1, 2, 4, 8, 16])
    expect(peak).toEqual({ rate: 16, result: 20.2 })
  })

  it('ends at the highest possible rate, and finds nothing if all results are 0', async () => {
    const isPossible = (rate: number) => rate < 4
    expect((await search([10, 20, 40], { isPossible })).peak).toEqual({ rate: 2, result: 20 })
    expect((await search([])).peak).toBeUndefined()
  })
})

it('an optional program that is missing is reported; other errors and interrupts are not hidden', async () => {
  const lines: string[] = []
  const onLine = (line: string) => void lines.push(line)
  const missing = () => Promise.reject(new UserError('it is missing'))
  expect(await optional('nginx', missing(), { ...context, onLine })).toBeUndefined()
  expect(lines).toEqual(['nginx is left out: it is missing'])
  await expect(optional('nginx', Promise.reject(new Error('a bug')), context)).rejects.toThrow('a bug')
  const interrupted = { ...context, signal: AbortSignal.abort() }
  await expect(optional('nginx', missing(), interrupted)).rejects.toThrow('it is missing')
})

it('a spread is the median and the range of the rounds with a value', () => {
  expect(spreadOf([4, null, 1, 2])).toEqual({ median: 2, min: 1, max: 4 })
  expect(spreadOf([1, 2])?.median).toBe(1.5)
  expect(spreadOf([null])).toBeNull()
  expect(spreadOf(undefined)).toBeNull()
})

it('a ratio compares figures of the same round', () => {
  const row = { ...rowOf('g', 'a', {}), values: { app: [12, 48], bare: [6, null] } }
  const base = { ...rowOf('g', 'b', {}), values: { app: [4, 12] } }
  expect(ratioOf(row, base, 'app')).toEqual({ median: 3.5, min: 3, max: 4 })
  expect(ratioOf(row, row, 'app', 'bare')).toEqual({ median: 2, min: 2, max: 2 })
  expect(ratioOf(row, undefined, 'app')).toBeNull()
})

it('finds rows by group and labels', () => {
  const rows = [rowOf('a', 'x', {}, { users: 1 }), rowOf('a', 'y', {}, { users: 2 }), rowOf('b', 'z', {}, { users: 1 })]
  expect(rowsOf(rows, 'a', { users: 2 }).map(({ title }) => title)).toEqual(['y'])
  expect(rowsOf(rows, 'a')).toHaveLength(2)
})

describe('figures', () => {
  const rows = [{ ...rowOf('g', 'a|b', {}), values: { ms: [1, 2, 4], bytes: [2 ** 21] } }]
  const figures: Figures = {
    subject: 'example',
    date: '2026-11-28',
    machine: 'AMD EPYC, 2 CPUs',
    os: 'Linux 6.1',
    node: '24.21.0',
    commit: 'abc',
    rounds: 3,
    facts: { wrk: '4.1.0', entries: 99_646 },
    rows,
  }
  const columns = [
    ['row', ({ title }: { title: string }) => title],
    figure('ms', 'ms', 1),
    figure('MiB', 'bytes', 0, 2 ** 20),
  ] as const
  const effort = { rounds: 1 }
  const measure = async () => []
  const subject = {
    name: 'example',
    summary: '',
    full: effort,
    quick: effort,
    measure,
    tables: () => ({ example: tableOf(rows, columns) }),
  }
  const note =
    'Measured on 2026-11-28 at commit abc: AMD EPYC, 2 CPUs; Linux 6.1; Node.js 24.21.0; 3 rounds; wrk 4.1.0; ' +
    'entries: 99,646.'

  it('show the median, and the range unless all values are equal', () => {
    expect(withRange({ median: 1234.5, min: 1000, max: 2000 }, 0)).toBe('1,235 (1,000–2,000)')
    expect(withRange({ median: 2, min: 2, max: 2 }, 2)).toBe('2.00')
    expect(withRange(null, 2)).toBe('')
  })

  it('are formatted as tables for a terminal and for Markdown, with the circumstances', () => {
    expect(circumstances(figures)).toBe(note)
    expect(asText(subject, figures)).toContain(
      'example\nrow  ms             MiB\n---  -------------  ---\na|b  2.0 (1.0–4.0)    2\n',
    )
    expect(inMarkdown(subject, figures)).toEqual({
      example: `| row | ms | MiB |\n|---|---|---|\n| a\\|b | 2.0 (1.0–4.0) | 2 |\n\n${note}`,
    })
  })

  it('are written as JSON with each list of numbers on one line', () => {
    const json = toJson(figures)
    expect(JSON.parse(json)).toEqual(figures)
    expect(json).toContain('"ms": [1, 2, 4]')
  })
})

it('the ticks of a logarithmic axis enclose the values', () => {
  expect(logTicks([0.2, 40])).toEqual([0.1, 0.3, 1, 3, 10, 30, 100, 300])
  expect(logTicks([])).toEqual([1, 3, 10])
})
