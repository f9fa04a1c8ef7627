/** Data and queries by which it is measured what features cost. */
import type { Entry } from '../../../../service/src/dataset/entries.ts'
import { drawer, type Kind, type Typing } from './noise.ts'
import type { CostKind } from './result.ts'

/** A phrase is wanted as often as the rarer of its words, by so much less. */
const PHRASE_SHARE = 0.1
/** The context that all entries have. */
const CONTEXT = 'language'

const languageOf = (text: string) => (/[가-힣]/.test(text) ? 'ko' : 'en')

/** Different phrases of two words of one language, drawn by weight. */
export function phrasesOf(words: readonly Entry[], count: number, random: () => number): Entry[] {
  const phrases = new Map<string, Entry>()
  const drawWord = (language: string) =>
    drawer(
      words.filter(({ text }) => languageOf(text) === language),
      random,
    )
  const draw = [drawWord('en'), drawWord('ko')] as const
  while (phrases.size < count) {
    const drawOne = draw[phrases.size % 2] as () => Entry
    const [first, second] = [drawOne(), drawOne()]
    const text = `${first.text} ${second.text}`
    phrases.set(text, { text, weight: Math.round(Math.min(first.weight, second.weight) * PHRASE_SHARE) })
  }
  return [...phrases.values()]
}

/** Words and phrases as a dataset file, all with the context of their language. */
export function toJsonl(...entries: (readonly Entry[])[]): string {
  const withContext = ({ text, weight }: Entry) => ({ text, weight, contexts: { [CONTEXT]: [languageOf(text)] } })
  return entries
    .flat()
    .map((entry) => `${JSON.stringify(withContext(entry))}\n`)
    .join('')
}

/** What the queries of a load are made of. */
export interface CostSources {
  typings: readonly Typing[]
  phrases: readonly Entry[]
  /** Whether a beginning has as many entries as an answer has suggestions, so that nothing else is looked for. */
  hasMany(text: string): boolean
}

/** The kinds of states that are asked for a cost. */
const STATES: Readonly<Record<Exclude<CostKind, 'words'>, readonly Kind[]>> = {
  plain: ['clean'],
  clean: ['clean'],
  few: ['clean'],
  filter: ['clean'],
  halfTyped: ['halfTyped'],
  initials: ['initials'],
  mixed: ['mixed'],
  layout: ['hangulOnLatin', 'latinOnHangul'],
  oneEdit: ['oneEdit'],
  twoEdits: ['twoEdits'],
}

/** Request paths: what was typed, or phrases with the second word first, the first typed letter by letter. */
export function costPaths(kind: CostKind, { typings, phrases, hasMany }: CostSources, random: () => number): string[] {
  const path = (text: string, more = '') => `/autocomplete?q=${encodeURIComponent(text)}${more}`
  if (kind === 'words') {
    const draw = drawer(phrases, random)
    return Array.from({ length: typings.length }, draw).flatMap(({ text }) => {
      const [first, second] = text.split(' ') as [string, string]
      return Array.from(first, (_, at) => path(`${second} ${first.slice(0, at + 1)}`))
    })
  }
  const kinds = STATES[kind]
  const texts = typings.flatMap(({ states }) =>
    states.filter((state) => kinds.includes(state.kind)).map(({ text }) => text),
  )
  if (!kinds.includes('clean')) return texts.map((text) => path(text))
  const beginnings = texts.filter((text) => hasMany(text) === (kind !== 'few'))
  return beginnings.map((text) => path(text, kind === 'filter' ? `&filter=${CONTEXT}:${languageOf(text)}` : ''))
}
