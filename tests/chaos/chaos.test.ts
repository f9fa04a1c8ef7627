/** A short version of `npm run test:chaos` with some of the faults. */
import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { NO_PROGRESS } from '../../tools/support/progress.ts'
import { ownTemporaryFolder } from '../../tools/support/temporary-folder.ts'
import { main } from './chaos.ts'
import { FAULTS } from './faults.ts'
import { runChaos } from './run.ts'
import { isKept, lineOf, summaryOf, tableOf } from './view.ts'

const QUICK = ['redis-killed', 'redis-empty', 'switch-to-and-fro', 'all-killed', 'oom', 'corrupt-block', 'thread-hang']

it.skipIf(process.platform !== 'linux')(
  'the service keeps its promises, and the run leaves nothing behind',
  async () => {
    const folder = await ownTemporaryFolder()
    const result = await runChaos({
      faults: FAULTS.filter(({ name }) => QUICK.includes(name)),
      minutes: 0,
      holdMs: 1000,
      everyMs: 0,
      progress: NO_PROGRESS,
      onResult: () => {},
      signal: new AbortController().signal,
    })
    expect([...result.faults.map(lineOf), summaryOf(result)].filter((line) => line.includes('BROKEN'))).toEqual([])
    expect(isKept(result)).toBe(true)
    expect(result.faults.map(({ name }) => name).sort()).toEqual([...QUICK].sort())
    expect(result.total.wrong).toBe(0)
    expect(result.faults.find(({ name }) => name === 'all-killed')?.seen.stale).toBeGreaterThan(0)
    const [name, table] = tableOf(result)
    expect(name).toBe('faults')
    expect(table.match(/\| yes \|/g)).toHaveLength(QUICK.length)
    expect(await readdir(folder)).toEqual([])
  },
  240_000,
)

it.skipIf(process.platform !== 'linux')('an interrupted run stops and leaves nothing behind', async () => {
  const folder = await ownTemporaryFolder()
  const controller = new AbortController()
  const faults = FAULTS.filter(({ name }) => name === 'slow')
  const onResult = () => controller.abort(new Error('enough'))
  const options = { faults, minutes: 1, holdMs: 200, everyMs: 0, progress: NO_PROGRESS, onResult }
  await expect(runChaos({ ...options, signal: controller.signal })).rejects.toThrow('enough')
  expect(await readdir(folder)).toEqual([])
})

it.each([
  [['--minutes', '0'], /--minutes must be/],
  [['--only', 'rain'], /must name a fault, got "rain"/],
  [['--write', '--only', 'slow'], /every fault/],
  [['--json', '/nowhere/x'], /cannot write/],
  [['--loud'], /--loud/],
])('rejects %j', async (args, message) => {
  await expect(main(args)).rejects.toThrow(message)
})
