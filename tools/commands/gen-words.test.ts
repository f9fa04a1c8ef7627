import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UserError } from '../support/errors.ts'
import { main, renderWords, WORDS_FILE } from './gen-words.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gen-words-'))
  file = join(folder, 'words.gen.txt')
})
afterEach(() => rm(folder, { recursive: true }))

describe('npm run gen-words', () => {
  it('generates the committed words', async () => {
    expect(await readFile(WORDS_FILE, 'utf8')).toBe(await renderWords())
  })

  it('overwrites a file that it has generated', async () => {
    for (let time = 0; time < 2; time++) expect(await main([], file)).toBe(0)
    expect(await readFile(file, 'utf8')).toBe(await renderWords())
  })

  it.each([
    ['a word was added', (text: string) => `${text}mine\n`],
    ['the first line is missing', (text: string) => text.slice(text.indexOf('\n') + 1)],
  ])('does not overwrite an edited file, and names it: %s', async (_, edit) => {
    await main([], file)
    const edited = edit(await readFile(file, 'utf8'))
    await writeFile(file, edited)
    await expect(main([], file)).rejects.toThrow(UserError)
    await expect(main([], file)).rejects.toThrow(/words\.gen\.txt was edited/)
    expect(await readFile(file, 'utf8')).toBe(edited)
  })
})
