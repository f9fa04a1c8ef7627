/**
 * Runs every subject at a small scale with the real programs. A subject must report its figures and leave nothing
 * behind.
 */
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { costsProblems } from '../generator/src/capacity/costs.ts'
import { goTool } from '../tools/programs/go-tools.ts'
import { findNginx } from '../tools/programs/nginx.ts'
import { findWrk } from '../tools/programs/wrk.ts'
import { processTree } from '../tools/support/processes.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'
import { ownTemporaryFolder } from '../tools/support/temporary-folder.ts'
import { comparison } from './comparison/comparison.ts'
import { installReportStack } from './comparison/servers.ts'
import { costs, costsOf } from './costs.ts'
import { reserveCpu } from './cpus.ts'
import { docsOf } from './docs.ts'
import { guard } from './guard.ts'
import {
  type Figures,
  findRow,
  measureSubject,
  quickEffort,
  type RunContext,
  rowsOf,
  type Subject,
  scoped,
  spreadOf,
} from './harness.ts'
import { loadgen } from './loadgen/loadgen.ts'
import { installLucene, installRediSearch } from './peers/servers.ts'
import { SUBJECTS } from './subjects.ts'
import { asText } from './tables.ts'

const context = (lines: string[]): RunContext => ({
  progress: NO_PROGRESS,
  onLine: (line) => lines.push(line),
  signal: new AbortController().signal,
})
const works = (finding: Promise<unknown>) => finding.then(() => true).catch(() => false)
const linux = process.platform === 'linux'
const has = {
  wrk: linux && (await works(findWrk(NO_PROGRESS))),
  nginx: linux && (await works(findNginx(NO_PROGRESS))),
  cpus: linux && (await works(scoped(context([]), reserveCpu))),
  locust: inject('locust').current !== undefined,
}
const python = has.wrk && (await works(installReportStack(context([]))))
const CAN_RUN: Record<string, boolean> = {
  comparison: has.wrk && has.nginx && python,
  costs: has.wrk && has.nginx,
  overload: has.cpus,
  tail: has.wrk && has.cpus,
  loadgen: has.wrk && has.locust,
  peers: has.wrk && (await works(installLucene(context([])))) && (await works(installRediSearch(context([])))),
  quality: linux,
}

async function measure<Effort extends { rounds: number }>(
  subject: Subject<Effort>,
  effort: Effort = quickEffort(subject),
) {
  const folder = await ownTemporaryFolder()
  const before = processTree(process.pid)
  const lines: string[] = []
  const figures = await measureSubject(subject, { ...effort, k6: inject('k6'), base: 'HEAD' }, context(lines))
  expect(await readdir(folder)).toEqual([])
  expect(processTree(process.pid).filter((pid) => !before.includes(pid))).toEqual([])
  return { figures, lines }
}

/** Checks for the figures of a subject. */
const CHECKS: Record<string, (figures: Figures) => void> = {
  comparison: ({ rows, facts }) => {
    expect(rows).toHaveLength(15)
    for (const { title, values, labels } of rows) {
      for (const name of ['app', 'requestsPerSecond', 'p50Ms', 'memoryBytes'])
        expect(spreadOf(values[name])?.median, `${title} ${name}`).toBeGreaterThan(0)
      expect(values.redis !== undefined, title).toBe(labels.server !== 'bare' && labels.server !== 'koa')
      expect(values.nginx !== undefined, title).toBe(labels.nginx)
    }
    expect(facts['size of the constant answer, bytes']).toBeGreaterThan(100)
  },
  tail: ({ rows }) => {
    for (const cache of ['off', 'on']) {
      const capacity = findRow(rows, 'capacity', { cache })?.values
      const share = capacity?.mainThreadShare?.[0] as number
      expect(share > 0.02 && share < 1.1, `${share}`).toBe(true)
      const load = findRow(rows, 'tail', { cache })?.values
      expect(load?.requestsPerSecond?.[0]).toBeLessThan(capacity?.requestsPerSecond?.[0] as number)
      expect(load?.p99Ms?.[0]).toBeGreaterThanOrEqual(load?.p50Ms?.[0] as number)
      expect(load?.bareP99Ms?.[0]).toBeGreaterThanOrEqual(load?.bareP50Ms?.[0] as number)
      expect(load?.bareP50Ms?.[0]).toBeGreaterThan(0)
    }
  },
  costs: (figures) => {
    const { load, memory, measured } = costsOf(figures, () => {})
    for (const [name, value] of Object.entries(load[0] ?? {})) expect(value, name).toBeGreaterThan(0)
    expect(load[0]?.mainThreadMicros).toBeLessThan(load[0]?.appMicros as number)
    const { httpConnectionBytes, ...others } = memory
    for (const [name, value] of Object.entries(others)) expect(value, name).toBeGreaterThan(0)
    expect(httpConnectionBytes).toBeGreaterThanOrEqual(0)
    expect(costsProblems({ load, memory, measured })).toEqual([])
  },
  catalog: ({ rows }) => {
    const { redisBytes, indexBytes, buildMib, readyMs } = findRow(rows, 'size')?.values ?? {}
    for (const [value] of [redisBytes, indexBytes, buildMib, readyMs] as [number][]) expect(value).toBeGreaterThan(20)
    const kinds = rowsOf(rows, 'kind')
    const names = ['prefix', 'any order', 'two filters', 'boost', 'infix', 'typo', 'initials']
    expect(kinds.map(({ title }) => title)).toEqual(names)
    for (const { title, values } of kinds) {
      expect(values.queries?.[0], title).toBeGreaterThan(10)
      expect(values.p99Micros?.[0], title).toBeGreaterThanOrEqual(values.medianMicros?.[0] as number)
      expect(values.request?.[0], title).toBeGreaterThan(0)
    }
  },
  peers: ({ rows }) => {
    expect(rowsOf(rows, 'index')).toHaveLength(6)
    for (const { title, values } of rowsOf(rows, 'index'))
      for (const name of ['bytes', 'buildSeconds', 'memoryBytes']) expect(values[name]?.[0], title).toBeGreaterThan(0)
    const queries = rowsOf(rows, 'query')
    expect(queries).toHaveLength(21)
    for (const { title, labels, values } of queries) {
      expect(values.cpu?.[0], title).toBeGreaterThan(0)
      const { kind } = labels
      // FT.SUGGET does not sort by weight alone, so its answers may differ from those of a scan.
      if (title.endsWith('FT.SUGGET')) continue
      if (kind === 'prefix' || kind === 'any order') expect(values.exact?.[0], `${title}, ${kind}`).toBeGreaterThan(95)
    }
  },
  quality: ({ rows }) => {
    // Users who type without mistakes often find the word before they have typed all of it.
    const clean = findRow(rows, 'rank', { kind: 'clean', length: 'all' })?.values ?? {}
    for (const name of ['service', 'miniSearch', 'sortedSet']) expect(clean[`${name}.hits10`]?.[0]).toBeGreaterThan(0.3)
  },
  loadgen: ({ rows }) => {
    expect(rowsOf(rows, 'cost')).toHaveLength(20)
    for (const { title, values } of rowsOf(rows, 'cost'))
      for (const name of ['micros', 'requestsPerSecond']) expect(values[name]?.[0], title).toBeGreaterThan(0)
    const idle = findRow(rows, 'idle', { generator: 'ours' })?.values ?? {}
    expect(idle.baseBytes?.[0]).toBeGreaterThan(5 * 2 ** 20)
    expect(idle.userBytes?.[0]).toBeGreaterThan(0)
  },
  overload: ({ rows }) => {
    for (const { labels, values } of rowsOf(rows, 'load', { factor: 3 })) {
      const [peak, offered, good, late, rejected] = ['peak', 'offered', 'good', 'late', 'rejected'].map(
        (name) => values[name]?.[0] as number,
      ) as [number, number, number, number, number]
      const steps = rowsOf(rows, 'search', { case: labels.case as string }).map((row) => row.values.good?.[0] as number)
      expect(peak).toBe(Math.max(...steps))
      expect(offered).toBeGreaterThan(2.9 * peak)
      expect(good + late + rejected).toBeGreaterThan(0)
    }
    // There are three cases, each with a spike and a load.
    expect(rowsOf(rows, 'load', { isSpike: true })).toHaveLength(3)
    expect(rowsOf(rows, 'load', { factor: 3, prefetch: 0.5 })).toHaveLength(3)
  },
  posts: ({ rows }) => {
    const found = rowsOf(rows, 'posts')
    expect(found).toHaveLength(6)
    for (const { title, labels, values } of found) {
      expect(values.p99Ms?.[0], title).toBeGreaterThan(0)
      const sent = (values.answered?.[0] as number) + (values.rejected?.[0] as number)
      if (labels.posts === 0) expect(sent, title).toBe(0)
      else expect(sent, title).toBeGreaterThan(0)
    }
  },
  guard: ({ rows }) => {
    const titles = ['cache off, before', 'cache off, now', 'cache on, before', 'cache on, now']
    expect(rows.map(({ title }) => title)).toEqual(titles)
    for (const { title, values } of rows) expect(values.app?.[0], title).toBeGreaterThan(0)
  },
}

describe.each(SUBJECTS)('$name', (subject) => {
  it.skipIf(!(CAN_RUN[subject.name] ?? has.wrk))('measures and shows its figures', { timeout: 240_000 }, async () => {
    const { figures, lines } = await measure(subject)
    expect(lines).toEqual([])
    expect(figures).toMatchObject({ subject: subject.name, node: process.versions.node, rounds: 1 })
    expect(figures.commit).toMatch(/^([0-9a-f]{10}\+?|unknown)$/)
    expect(Object.values(figures.facts).filter((fact) => fact === 'unknown' || fact === 'missing')).toEqual([])
    CHECKS[subject.name]?.(figures)
    for (const name of Object.keys(subject.tables(figures))) expect(asText(subject, figures)).toContain(`\n${name}\n`)
    // The pages have no tables for the subjects `costs` and `guard`.
    if (![costs, guard].includes(subject as never)) expect((await docsOf(subject, figures)).size).toBeGreaterThan(0)
  })
})

describe.skipIf(!has.wrk)('without Python', () => {
  const withoutPython = async () => {
    const bin = await mkdtemp(join(tmpdir(), 'bench-test-bin-'))
    onTestFinished(() => rm(bin, { recursive: true }))
    await symlink(await findWrk(NO_PROGRESS), join(bin, 'wrk'))
    vi.stubEnv('PATH', bin)
    return bin
  }

  it('leaves out and reports the rows of the reference report', { timeout: 120_000 }, async () => {
    await withoutPython()
    const { figures, lines } = await measure(comparison)
    expect(lines.filter((line) => !line.startsWith('nginx'))).toEqual([
      "reference report's stack is left out: python3 is missing",
    ])
    expect(figures.facts.Python).toBe('missing')
    expect(rowsOf(figures.rows, 'comparison', { server: 'report' })).toEqual([])
  })

  it('leaves out and reports Locust, and reports a failed generator in one line', async () => {
    const lines: string[] = []
    // Build vegeta now, because the build needs Go, and the folder of programs does not contain Go.
    await goTool('vegeta', NO_PROGRESS)
    const k6 = join(await withoutPython(), 'wrk')
    const measuring = measureSubject(loadgen, { ...quickEffort(loadgen), k6 }, context(lines))
    await expect(measuring).rejects.toThrow(/^k6 ended \(code 1\)/)
    expect(lines).toEqual(['Locust is left out: python3 is missing'])
  })
})
