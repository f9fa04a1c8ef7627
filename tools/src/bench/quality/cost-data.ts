/** Data and queries by which it is measured what features cost. */
import type { Entry } from '../../../../service/src/dataset/entries.ts'
import { drawer, type Kind, type Typing } from './noise.ts'
import type { CostKind } from './result.ts'

/** A phrase is wanted as often as the rarer of its words, by so much less. */
const PHRASE_SHARE = 0.1
/** What stands before a word in its alias, so that no word begins like one. */
const ALIAS_MARK = 'zqx'

const languageOf = (text: string) => (/[가-힣]/.test(text) ? 'ko' : 'en')
const classOf = (text: string) => (text.includes(' ') ? 'phrase' : 'word')
const aliasOf = (text: string) => `${ALIAS_MARK}${text}`

/** What data there is: words as they are, with phrases and contexts, with an alias each, with a payload each. */
export const COST_DATA = ['words', 'contexts', 'aliases', 'payloads'] as const
export type CostData = (typeof COST_DATA)[number]

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

/** A dataset file of what a kind of data has: of words alone, but that those with contexts have phrases too. */
export function toJsonl(data: CostData, words: readonly Entry[], phrases: readonly Entry[]): string {
  const entries = data === 'contexts' ? [...words, ...phrases] : words
  const more = ({ text }: Entry, at: number) => {
    if (data === 'contexts') return { contexts: { language: [languageOf(text)], class: [classOf(text)] } }
    if (data === 'aliases') return { aliases: [aliasOf(text)] }
    return data === 'payloads' ? { payload: { id: at, path: `/items/${at}` } } : {}
  }
  return entries
    .map((entry, at) => `${JSON.stringify({ text: entry.text, weight: entry.weight, ...more(entry, at) })}\n`)
    .join('')
}

/** What the queries of a load are made of. */
export interface CostSources {
  typings: readonly Typing[]
  phrases: readonly Entry[]
  /** Whether a beginning has as many entries as an answer has suggestions, so that nothing else is looked for. */
  hasMany(text: string): boolean
}

/** How the queries of a kind come about. */
interface CostSource {
  data: CostData
  /** The kinds of states that are asked: beginnings, where nothing is said. */
  states?: readonly Kind[]
  /** Parameters besides the text. */
  more?: (text: string) => string
}

const language = (text: string) => `language:${languageOf(text)}`
const SOURCES: Readonly<Record<CostKind, CostSource>> = {
  plain: { data: 'words' },
  clean: { data: 'contexts' },
  few: { data: 'contexts' },
  halfTyped: { data: 'contexts', states: ['halfTyped'] },
  initials: { data: 'contexts', states: ['initials'] },
  mixed: { data: 'contexts', states: ['mixed'] },
  layout: { data: 'contexts', states: ['hangulOnLatin', 'latinOnHangul'] },
  oneEdit: { data: 'contexts', states: ['oneEdit'] },
  twoEdits: { data: 'contexts', states: ['twoEdits'] },
  words: { data: 'contexts' },
  filter: { data: 'contexts', more: (text) => `&filter=${language(text)}` },
  filters: { data: 'contexts', more: (text) => `&filter=${language(text)}&filter=class:word` },
  boost: { data: 'contexts', more: (text) => `&boost=${language(text)}:2` },
  highlight: { data: 'contexts', more: () => '&highlight=1' },
  explain: { data: 'contexts', more: () => '&explain=1' },
  besideAliases: { data: 'aliases' },
  alias: { data: 'aliases' },
  payload: { data: 'payloads' },
  popular: { data: 'contexts' },
}

/** The data that a kind of query is asked in. */
export const dataOf = (kind: CostKind): CostData => SOURCES[kind].data

/** Request paths: what was typed, or phrases with the second word first, the first typed letter by letter. */
export function costPaths(kind: CostKind, { typings, phrases, hasMany }: CostSources, random: () => number): string[] {
  if (kind === 'popular') return ['/popular']
  const { states = ['clean'], more = () => '' } = SOURCES[kind]
  const path = (text: string) => `/autocomplete?q=${encodeURIComponent(text)}${more(text)}`
  if (kind === 'words') {
    const draw = drawer(phrases, random)
    return Array.from({ length: typings.length }, draw).flatMap(({ text }) => {
      const [first, second] = text.split(' ') as [string, string]
      return Array.from(first, (_, at) => path(`${second} ${first.slice(0, at + 1)}`))
    })
  }
  const texts = typings.flatMap((typing) =>
    typing.states.filter((state) => states.includes(state.kind)).map(({ text }) => text),
  )
  if (!states.includes('clean')) return texts.map(path)
  const asked = texts.filter((text) => hasMany(text) === (kind !== 'few'))
  return (kind === 'alias' ? asked.map(aliasOf) : asked).map(path)
}
