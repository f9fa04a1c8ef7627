import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { processTree } from '../cpu-time.ts'
import { randomFrom, randomTexts } from '../load.ts'
import { measureDatasetBuild } from './measure.ts'

/** A file of names, and a folder of its own for temporary files. */
async function namesFile(lines: string[]): Promise<{ names: string; leftovers: () => Promise<string[]> }> {
  const folder = await mkdtemp(join(tmpdir(), 'dataset-build-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const temporary = await ownTemporaryFolder()
  const names = join(folder, 'names.tsv')
  await writeFile(names, lines.map((line) => `${line}\n`).join(''))
  return { names, leftovers: () => readdir(temporary) }
}

const surroundings = { progress: NO_PROGRESS, onLine: () => {}, signal: new AbortController().signal }

describe.skipIf(process.platform !== 'linux')('building', () => {
  it('is measured, with the real builder, and nothing is left behind', async () => {
    const { names, leftovers } = await namesFile(randomTexts(5000, randomFrom(1)).map((text) => `${text}\t7`))
    const before = processTree(process.pid)
    const effort = { rounds: 2, entries: [100, 5000], alike: { entries: 1000, characters: 197 } }
    const { measured, names: costs, alike } = await measureDatasetBuild(effort, surroundings, names)
    expect(await leftovers()).toEqual([])
    expect(processTree(process.pid)).toEqual(before)

    expect(measured.rounds).toBe(2)
    expect(costs.map(({ entries }) => entries)).toEqual([100, 5000])
    expect(alike).toMatchObject({ entries: 1000, characters: 197 })
    for (const { entries, inputBytes, seconds, cpuSeconds, peakBytes, outputBytes } of [...costs, alike]) {
      expect(seconds.min).toBeGreaterThan(0)
      expect(cpuSeconds.min).toBeGreaterThan(0)
      // Node.js alone takes more than 20 MiB, and no process here takes a GiB.
      expect(peakBytes.min).toBeGreaterThan(20 * 2 ** 20)
      expect(peakBytes.max).toBeLessThan(2 ** 30)
      expect(inputBytes).toBeGreaterThan(entries * 4)
      expect(outputBytes).toBeGreaterThan(entries)
    }
  })

  it('that fails is one line, with nothing left behind', async () => {
    const { names, leftovers } = await namesFile(['no weight'])
    const effort = { rounds: 1, entries: [1], alike: { entries: 1, characters: 1 } }
    await expect(measureDatasetBuild(effort, surroundings, names)).rejects.toThrow('the dataset holds no valid entry')
    expect(await leftovers()).toEqual([])
  })
})
