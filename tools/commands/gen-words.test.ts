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
  it('gives the committed words', async () => {
    expect(await readFile(WORDS_FILE, 'utf8')).toBe(await renderWords())
  })

  it('writes the words, again and again', async () => {
    for (let time = 0; time < 2; time++) expect(await main([], file)).toBe(0)
    expect(await readFile(file, 'utf8')).toBe(await renderWords())
  })

  it.each([
    ['an added word', (text: string) => `${text}mine\n`],
    ['a lost first line', (text: string) => text.slice(text.indexOf('\n') + 1)],
  ])('stops and names the file if a person has edited it: %s', async (_, edit) => {
    await main([], file)
    const edited = edit(await readFile(file, 'utf8'))
    await writeFile(file, edited)
    await expect(main([], file)).rejects.toThrow(UserError)
    await expect(main([], file)).rejects.toThrow(/words\.gen\.txt was edited/)
    expect(await readFile(file, 'utf8')).toBe(edited)
  })
})
