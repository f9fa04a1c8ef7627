import { contextPrefix, FORMS } from '../dataset/alternate-keys.ts'
import { MAX_PREFIX_LENGTH } from '../dataset/layout.ts'
import { type PrefixTrie, prefixEdits } from '../dataset/prefix-trie.ts'
import { fitsInitials, hasHangul, hasInitials, initials, inOtherLayout, keystrokes } from '../hangul.ts'
import { exceedsCodePoints, normalize, toBinary } from '../text.ts'
import type { DatasetIndex } from './dataset-index.ts'
import type { RankingQuery } from './messages.ts'

/** How an entry was found, best first: suggestions are sorted by this, and only then by their score. */
export const MATCHES = ['prefix', 'hangul', 'initials', 'word', 'layout', 'typo'] as const
export type Match = (typeof MATCHES)[number]

/** Whether what was typed is taken for a mistake, which is done only when nothing else is found, or little that few want. */
export const isCorrection = (match: Match) => match === 'layout' || match === 'typo'

/** The beginnings of keys to read for a query, and what of it is wanted. */
export interface Lookup {
  match: Match
  prefix: string
  /** Whether not all candidates will do. */
  toSortOut: boolean
  /** What every text that fits holds, as binary strings: most that do not are known by it. */
  holds?: readonly string[] | undefined
  /** Whether a candidate is one, by its text; all are where it is not said. */
  fits?: ((text: string) => boolean) | undefined
}

/** Mistakes are looked for in what is so long; see {@link maxEdits}. */
const MIN_LENGTH_FOR_EDIT = 4
const MIN_LENGTH_FOR_TWO_EDITS = 8
/** Different corrections of one query. */
const MAX_CORRECTIONS = 6

/** What is read for a query first: what begins with it, and if there is no such thing everything else that it may mean. */
export function firstLookups(index: DatasetIndex, query: RankingQuery): Lookup[] {
  // Some characters stand for many once they are normalized.
  if (exceedsCodePoints(query.prefix, MAX_PREFIX_LENGTH)) return []
  // Most queries are such, and need no more than this.
  if (!query.options && index.trie.has(query.prefix) !== 'no') {
    return [{ match: 'prefix', prefix: query.prefix, toSortOut: false }]
  }
  const prefixes = contextsOf(index, query).map((context) => context + query.prefix)
  const held = prefixes.filter((prefix) => index.trie.has(prefix) !== 'no')
  if (held.length > 0 || query.prefix === '') {
    const toSortOut = hasOtherFilters(query)
    return held.concat(boostedOf(query, index.trie)).map((prefix) => ({ match: 'prefix', prefix, toSortOut }))
  }
  return otherLookups(index, query, 'nothing')
}

export type Found = 'nothing' | 'rare' | 'enough'

/**
 * What else a query may mean.
 * @param found what begins with it: nothing, only what few want, so that it may be a mistake, or what many want
 */
export function otherLookups(index: DatasetIndex, query: RankingQuery, found: Found): Lookup[] {
  // Instead of what few want only what many want can be meant.
  const minWeight = found === 'rare' ? index.meanWeight : 0
  const meanings = contextsOf(index, query).flatMap((context) =>
    meaningsIn(context, index.trie, query, found === 'enough', minWeight),
  )
  return meanings.map((meaning) => ({ ...meaning, toSortOut: meaning.fits !== undefined || hasOtherFilters(query) }))
}

function meaningsIn(
  context: string,
  trie: PrefixTrie,
  { query, prefix }: RankingQuery,
  isSure: boolean,
  minWeight: number,
): Meaning[] {
  const meanings: Meaning[] = []
  /** Whether something is found for sure, so that mistakes need not be looked for. */
  let isCertain = isSure
  const add = (meaning: Meaning) => {
    const isTooLong = exceedsCodePoints(meaning.prefix.slice(context.length), MAX_PREFIX_LENGTH)
    const existence = isTooLong ? 'no' : trie.has(meaning.prefix)
    if (existence === 'no') return
    if (existence === 'yes' && !meaning.fits) isCertain = true
    meanings.push(meaning)
  }
  const strokes = keystrokes(prefix)
  if (hasHangul(prefix)) {
    add({ match: 'hangul', prefix: context + FORMS.keystrokes + strokes })
    if (hasInitials(prefix)) {
      const initialsOnly = { match: 'initials', prefix: context + FORMS.initials + initials(prefix) } as const
      const syllables = prefix.match(SYLLABLES)
      // Syllables among them have to be the same.
      const fits = (text: string) => fitsInitials(normalize(text), prefix)
      add(syllables ? { ...initialsOnly, holds: syllables.map(toBinary), fits } : initialsOnly)
    }
  }
  add({ match: 'word', prefix: context + FORMS.words + strokes })
  for (const meaning of anyOrder(trie, context, prefix)) add(meaning)
  if (!isCertain) for (const meaning of otherLayout(context, query)) add(meaning)
  return isCertain ? meanings : [...meanings, ...corrections(trie, context, prefix, minWeight)]
}

/** A lookup before it is known how much of it is to be read. */
type Meaning = Omit<Lookup, 'toSortOut'>

const SYLLABLES = /[가-힣]+/g

/** What the keys begin with that are looked for: the values of the filter that fewest entries have, or nothing. */
function contextsOf(index: DatasetIndex, { prefix, options }: RankingQuery): string[] {
  if (!options || options.filters.length === 0) return ANY_CONTEXT
  const names = [...new Set(options.filters.map(({ name }) => name))]
  const groups = names.map((name) => {
    const alternatives = options.filters.filter((filter) => filter.name === name)
    return [...new Set(alternatives.map(contextPrefix))]
  })
  const size = (contexts: string[]) => contexts.reduce((sum, context) => sum + index.blockCount(context + prefix), 0)
  return groups.reduce((fewest, group) => (size(group) < size(fewest) ? group : fewest))
}

const ANY_CONTEXT = ['']

/** Whether entries have to have more than the context that their keys begin with. */
const hasOtherFilters = ({ options }: RankingQuery) => new Set(options?.filters.map(({ name }) => name)).size > 1

/** What to look for besides: entries of a context that is boosted may be the best only then. */
function boostedOf({ prefix, options }: RankingQuery, trie: PrefixTrie): string[] {
  if (!options || options.filters.length > 0) return []
  const contexts = options.boosts.filter(({ factor }) => factor > 1).map(contextPrefix)
  return contexts.map((context) => context + prefix).filter((boosted) => trie.has(boosted) !== 'no')
}

/** Entries that have all words of the query in whatever order, looked up by the longest, which fewest have. */
function anyOrder(trie: PrefixTrie, context: string, prefix: string): Meaning[] {
  const words = prefix.split(' ').filter((word) => word !== '')
  if (words.length < 2) return []
  const fits = (text: string) => haveWords(keystrokes(normalize(text)).split(' '), words.map(keystrokes))
  const longest = words.reduce((a, b) => (b.length > a.length ? b : a))
  return [context + longest, context + FORMS.words + keystrokes(longest)]
    .filter((start) => trie.has(start) !== 'no')
    .map((start) => ({ match: 'word', prefix: start, fits }))
}

/** Whether each of the beginnings is that of another word. */
function haveWords(words: readonly string[], beginnings: readonly string[]): boolean {
  const left = [...words]
  return beginnings.every((beginning) => {
    const at = left.findIndex((word) => word.startsWith(beginning))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

/** What was typed with the keyboard in the other layout: as it was sent, as capitals are other letters there. */
function otherLayout(context: string, query: string): Meaning[] {
  const typed = query.trim()
  const meant = inOtherLayout(typed)
  if (meant === undefined) return []
  if (hasHangul(typed)) {
    return [{ match: 'layout', prefix: context + normalize(meant) }]
  }
  // With caps lock all are capitals.
  const letters = [meant, inOtherLayout(typed.toLowerCase()) as string]
  return [...new Set(letters)].map((letter) => ({ match: 'layout', prefix: context + FORMS.keystrokes + letter }))
}

/** One edit from 4 letters, two from 8, unless what was typed is there. */
function maxEdits(typed: string, isThere: boolean): number {
  return typed.length < MIN_LENGTH_FOR_EDIT ? 0 : typed.length < MIN_LENGTH_FOR_TWO_EDITS || isThere ? 1 : 2
}

/** What is there and was mistyped; Hangul is compared by keystrokes. */
function corrections(trie: PrefixTrie, context: string, prefix: string, minWeight: number): Meaning[] {
  const form = context + (hasHangul(prefix) ? FORMS.keystrokes : '')
  const typed = keystrokes(prefix)
  const letters = (text: string) => keystrokes(normalize(text))
  const fits = (text: string, edits: number) => (prefixEdits(letters(text), typed)?.edits ?? typed.length) <= edits
  for (let edits = 1; edits <= maxEdits(typed, minWeight > 0); edits++) {
    const found = trie.corrections(form, typed, edits, MAX_CORRECTIONS, minWeight)
    if (found.length === 0) continue
    return found.map(({ prefix: meant, isPart }) => ({
      match: 'typo',
      prefix: meant,
      ...(isPart && { fits: (text: string) => fits(text, edits) }),
    }))
  }
  return []
}
