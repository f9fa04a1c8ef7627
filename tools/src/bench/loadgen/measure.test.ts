import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it, onTestFinished, vi } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { processTree } from '../cpu-time.ts'
import { findWrk } from '../wrk.ts'
import { loadgen } from './loadgen.ts'
import { type LoadgenEffort, measureLoadgen } from './measure.ts'
import { titleOf } from './result.ts'

const TINY: LoadgenEffort = {
  rounds: 1,
  users: 8,
  pausingUsers: 20,
  warmUpSeconds: 0,
  seconds: 0.5,
  marginSeconds: 1,
  growth: {
    requestsPerSecond: 100,
    seconds: 0.5,
    users: [
      ['ours', [5, 20]],
      ['locust', [5]],
    ],
  },
  idle: {
    users: [
      ['ours', 500],
      ['locust', 5],
    ],
    settleSeconds: 0,
  },
  latencySeconds: 1,
  stall: { requestsPerSecond: 200, seconds: 2, afterSeconds: 0.5, stallSeconds: 0.5, users: 1 },
}
const wrk = process.platform === 'linux' ? await findWrk(NO_PROGRESS).catch(() => undefined) : undefined

/** Measures with a folder of its own for temporary files. */
async function measure(effort: LoadgenEffort) {
  const folder = await ownTemporaryFolder()
  const before = processTree(process.pid)
  const lines: string[] = []
  const surroundings = {
    progress: NO_PROGRESS,
    onLine: (line: string) => lines.push(line),
    signal: new AbortController().signal,
  }
  const result = await measureLoadgen(effort, surroundings, async () => inject('k6'))
  expect(await readdir(folder)).toEqual([])
  expect(processTree(process.pid).filter((pid) => !before.includes(pid))).toEqual([])
  return { result, lines }
}

it.skipIf(!wrk || !inject('locust').current)(
  'every row is measured, with real programs, and nothing is left behind',
  async () => {
    const { result, lines } = await measure(TINY)
    expect(lines).toEqual([])
    expect(result.measured).toMatchObject({ k6: '2.1.0', locust: '2.47.0', rounds: 1, users: 8 })
    expect(result.costs.map(titleOf)).toEqual([
      'k6/x/locust',
      "k6's http.get",
      'Locust, FastHttpUser',
      'Locust, FastHttpUser, one pool',
      'wrk',
      'k6/x/locust, JSON checked',
      "k6's http.get, JSON checked",
      'Locust, FastHttpUser, JSON checked',
      'k6/x/locust, with pauses',
      "k6's http.get, with pauses",
    ])
    for (const row of [...result.costs, ...result.growth]) {
      expect(row.micros.median).toBeGreaterThan(0)
      expect(row.requestsPerSecond.median).toBeGreaterThan(0)
    }
    expect(result.growth.map(({ generator, users }) => `${generator} ${users}`)).toEqual([
      'ours 5',
      'ours 20',
      'locust 5',
    ])
    const [idle] = result.idle
    // No program of Go takes less, and no user may.
    expect(idle?.baseBytes.median).toBeGreaterThan(5 * 2 ** 20)
    expect(idle?.userBytes.median).toBeGreaterThan(0)
    for (const { p50Ms, p99Ms } of result.latencies) {
      expect(p50Ms.median).toBeGreaterThan(0)
      expect(p99Ms.median).toBeGreaterThanOrEqual(p50Ms.median)
    }
    const [open, closed] = result.stalls
    // Requests wait for what is left of half a second; one user waits once.
    expect(open?.p99Ms.median).toBeGreaterThan(result.expectedStall.p99Ms * 0.9)
    expect(closed?.p95Ms.median).toBeLessThan(result.expectedStall.p95Ms)
    expect(result.goals.map(({ isReached }) => isReached === null)).toEqual([false, false, false, false, false])
    expect(loadgen.text(result)).toContain('Locust 2.47.0 on Python 3.')
    for (const chart of Object.values(loadgen.charts(result))) expect(await renderSvg(chart)).toContain('k6/x/locust')
  },
  180_000,
)

it.skipIf(!wrk)(
  'without Python its rows are left out, and it is said; a generator that fails is one line',
  async () => {
    const bin = await mkdtemp(join(tmpdir(), 'loadgen-test-bin-'))
    onTestFinished(() => rm(bin, { recursive: true }))
    await symlink(wrk as string, join(bin, 'wrk'))
    vi.stubEnv('PATH', bin)
    const lines: string[] = []
    const surroundings = {
      progress: NO_PROGRESS,
      onLine: (line: string) => lines.push(line),
      signal: new AbortController().signal,
    }
    await expect(measureLoadgen(TINY, surroundings, async () => join(bin, 'wrk'))).rejects.toThrow(
      /^k6 ended \(code 1\)/,
    )
    expect(lines).toEqual(['Locust is left out: python3 is missing'])
  },
  60_000,
)
