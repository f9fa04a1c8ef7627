import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { UserError } from '../tools/support/errors.ts'
import { ROOT } from '../tools/support/paths.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'
import { checkOut, resolveCommit } from './checkout.ts'
import { isWorse } from './guard.ts'
import type { Row } from './harness.ts'

const row = (cache: string, code: string, app: number[]): Row => ({
  group: 'guard',
  title: `cache ${cache}, ${code}`,
  labels: { cache, code },
  values: { app },
})
const before = [row('off', 'before', [20, 21, 22]), row('on', 'before', [10, 10, 10])]

it.each([
  ['9% more', [22, 23, 24], [10, 10, 10], false],
  ['less', [10, 10, 10], [5, 5, 5], false],
  ['11% more without the cache', [22.2, 23.4, 24.5], [10, 10, 10], true],
  ['11% more with the cache', [20, 20, 20], [9, 11.1, 11.2], true],
  ['more in one round only', [20, 20, 40], [10, 10, 20], false],
])('a request that costs %s is worse: %j %j %s', (_, off, on, expected) => {
  expect(isWorse({ rows: [...before, row('off', 'now', off), row('on', 'now', on)] })).toBe(expected)
})

it('rejects a commit that does not exist', async () => {
  await expect(resolveCommit('nope')).rejects.toThrow(
    new UserError('git cannot find the commit nope; a shallow clone lacks earlier commits'),
  )
})

it('checks out the files of a commit, with its packages', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guard-test-'))
  const context = { progress: NO_PROGRESS, signal: new AbortController().signal }
  try {
    const root = await checkOut(await resolveCommit('HEAD'), join(folder, 'before'), context)
    const main = join('service', 'src', 'main.ts')
    const committed = execFileSync('git', ['show', 'HEAD:./service/src/main.ts'], { cwd: ROOT, encoding: 'utf8' })
    expect(await readFile(join(root, main), 'utf8')).toBe(committed)
    expect(await readFile(join(root, 'node_modules', 'piscina', 'package.json'), 'utf8')).toContain('"name": "piscina"')
  } finally {
    await rm(folder, { recursive: true })
  }
})
