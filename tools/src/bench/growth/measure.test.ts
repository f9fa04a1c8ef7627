import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { processTree } from '../cpu-time.ts'
import { randomFrom, randomTexts } from '../load.ts'
import { findWrk } from '../wrk.ts'
import { AXES, measureGrowth, parseCommands, parseMetric, processCounts } from './measure.ts'

it.each([
  [1, [1, 2, 4]],
  [4, [1, 2, 4]],
  [6, [1, 2, 4, 6]],
  [16, [1, 2, 4, 8, 16]],
  [128, [1, 2, 4, 8, 16, 32, 64]],
])('on %i CPUs %j processes are compared', (cpus, counts) => {
  expect(processCounts(cpus)).toEqual(counts)
})

describe('what is counted', () => {
  it('a metric without labels', () => {
    expect(parseMetric('# HELP a_count b\na_count{x="1"} 2\na_count 7\n', 'a_count')).toBe(7)
    expect(() => parseMetric('a_counts 7\n', 'a_count')).toThrow('the service has no metric a_count')
  })

  it('commands to Redis, but not those that ask how many', () => {
    const text =
      '# Commandstats\r\ncmdstat_info:calls=5,usec=1\r\ncmdstat_mget:calls=30,usec=9\r\ncmdstat_get:calls=2\r\n'
    expect(parseCommands(text)).toBe(32)
    expect(parseCommands('# Commandstats\r\n')).toBe(0)
  })
})

it.skipIf(process.platform !== 'linux')(
  'is measured, with real programs, and nothing is left behind',
  async ({ skip }) => {
    if (!(await findWrk(NO_PROGRESS).catch(() => undefined))) return skip('wrk cannot be had here')
    const folder = await mkdtemp(join(tmpdir(), 'growth-test-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const temporary = await ownTemporaryFolder()
    const names = join(folder, 'names.tsv')
    const texts = randomTexts(3000, randomFrom(1))
    await writeFile(names, texts.map((text, at) => `${text}\t${texts.length - at}\n`).join(''))
    const before = processTree(process.pid)
    const lines: string[] = []

    const growth = await measureGrowth(
      {
        rounds: 1,
        settleSeconds: 1,
        warmUpSeconds: 0,
        seconds: 1,
        base: { processes: 1, entries: 1000, connections: 2, suggestions: 5 },
        sizes: { processes: [1, 2], entries: [1000, 3000], connections: [2, 8, 1_000_000_000], suggestions: [1, 50] },
      },
      { progress: NO_PROGRESS, onLine: (line) => lines.push(line), signal: new AbortController().signal },
      names,
    )
    expect(lines).toEqual([expect.stringMatching(/^left out more than \d+ connections: no more files may be open/)])
    expect(processTree(process.pid)).toEqual(before)
    expect(await readdir(temporary)).toEqual([])

    const sizes = Object.fromEntries(AXES.map((axis) => [axis, growth.axes[axis].map(({ size }) => size)]))
    expect(sizes).toEqual({ processes: [1, 2], entries: [1000, 3000], connections: [2, 8], suggestions: [1, 50] })
    for (const { size, ...spreads } of Object.values(growth.axes).flat()) {
      for (const [name, { median }] of Object.entries(spreads)) expect(median, `${name} at ${size}`).toBeGreaterThan(0)
    }
    expect(growth.entriesCpuGrowth.median).toBeGreaterThan(0)
    expect(growth.memory.map(({ entries }) => entries)).toEqual([1000, 3000])
    for (const { bytesPerEntry, peakBytes } of growth.memory) {
      // At least the texts themselves.
      expect(bytesPerEntry).toBeGreaterThan(4)
      expect(bytesPerEntry).toBeLessThan(200)
      expect(peakBytes).toBeGreaterThan(2 ** 20)
    }
    const { batches, queries, commands } = growth.roundTrips
    expect(queries).toBeGreaterThanOrEqual(batches)
    // A batch may be under way while it is counted.
    expect(commands / batches).toBeCloseTo(1, 1)
  },
)
