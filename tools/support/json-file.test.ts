import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UserError } from './errors.ts'
import { requireJsonFile, writeJsonFile } from './json-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'json-file-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('accepts a new file, an empty file, and an earlier result', async () => {
  const file = join(folder, 'result.json')
  await requireJsonFile(file)
  await writeFile(file, '')
  await requireJsonFile(file)
  await writeJsonFile(file, '{}\n')
  await requireJsonFile(file)
  expect(await readFile(file, 'utf8')).toBe('{}\n')
})

it('rejects a folder, a missing folder, and another file', async () => {
  await mkdir(join(folder, 'results'))
  await writeFile(join(folder, 'notes.md'), '# Notes\n')
  const problem = (name: string) => requireJsonFile(join(folder, name)).catch((error) => error)
  for (const [name, reason] of [
    ['results', 'it is a folder, not a file'],
    ['missing/result.json', 'ENOENT'],
    ['notes.md', 'it exists and is not a JSON object; remove it, or choose another name'],
  ] as const) {
    const error = await problem(name)
    expect(error).toBeInstanceOf(UserError)
    expect(error.message).toContain(`cannot write ${join(folder, name)}: ${reason}`)
  }
  await expect(writeJsonFile(join(folder, 'results'), '{}')).rejects.toThrow(UserError)
})
