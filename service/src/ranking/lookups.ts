import { type Context, contextPrefix, FORMS, withoutForm } from '../dataset/alternate-keys.ts'
import { MAX_PREFIX_LENGTH } from '../dataset/layout.ts'
import { type PrefixTrie, prefixEdits } from '../dataset/prefix-trie.ts'
import {
  endsWithSyllable,
  fitsInitials,
  hasHangul,
  hasInitials,
  initials,
  inOtherLayout,
  keystrokes,
} from '../text/hangul.ts'
import { exceedsCodePoints, normalize, toBinary } from '../text.ts'
import { type DatasetIndex, MAX_BLOCKS, type ReadOptions } from './dataset-index.ts'
import type { RankingQuery } from './messages.ts'

/**
 * How an entry was found, best first: suggestions are sorted by this, and only then by their score. Initials are half where the
 * syllable at the end is still composed.
 */
export const MATCHES = ['prefix', 'hangul', 'initials', 'halfInitials', 'word', 'layout', 'typo'] as const
export type Match = (typeof MATCHES)[number]

/** Whether what was typed is taken for a mistake, which is done only when nothing else is found, or little that few want. */
export const isCorrection = (match: Match) => match === 'layout' || match === 'typo'

/** The beginnings of keys to read for a query, and what of it is wanted. */
export interface Lookup extends ReadOptions {
  match: Match
  prefix: string
  /** What every line that fits holds, as binary strings: most that do not are known by it. */
  holds?: readonly string[] | undefined
  /** Whether a candidate is one, by its text and the key that it was found by; all are where it is not said. */
  fits?: ((text: string, key: string) => boolean) | undefined
  /** How many mistakes were corrected. */
  edits?: number
  /** Whether it is of a context that is boosted, and not of one that is filtered by. */
  isBoosted?: boolean
}

/** Mistakes are looked for in what is so long. */
const MIN_LENGTH_FOR_EDIT = 4
const MIN_LENGTH_FOR_TWO_EDITS = 8
/** Two letters begin a word of some text on either layout. */
const MIN_LENGTH_FOR_LATER_LAYOUT = 3
/** Different corrections of one query, of the beginning and of a later word each. */
const MAX_CORRECTIONS = 6
/** The same of all entries, for a context that may have few of them. */
const MAX_CORRECTIONS_OF_ALL = 12

/** What is read for a query first: what begins with it, and if there is no such thing everything else that it may mean. */
export function firstLookups(index: DatasetIndex, query: RankingQuery): Lookup[] {
  const { prefix, options } = query
  // Some characters stand for many once they are normalized.
  if (exceedsCodePoints(prefix, MAX_PREFIX_LENGTH)) return []
  // Most queries are such, and need no more than this.
  if (!options && !prefix.endsWith(' ') && index.trie.has(prefix) !== 'no') return [{ match: 'prefix', prefix }]
  const lookups = contextsOf(index, query, prefix).flatMap((context) => {
    const meanings: Meaning[] = []
    addMeaning(meanings, index.trie, { match: 'prefix', prefix: context + prefix })
    return inContexts(index.trie, query, context, meanings)
  })
  if (prefix === '' || lookups.some(({ isWhole }) => !isWhole)) return lookups
  return [...lookups, ...otherLookups(index, query, 'nothing')]
}

export type Found = 'nothing' | 'rare' | 'enough'

/**
 * What else a query may mean.
 * @param found what begins with it: nothing, only what few want, so that it may be a mistake, or what many want
 */
export function otherLookups(index: DatasetIndex, query: RankingQuery, found: Found): Lookup[] {
  // Instead of what few want only what many want can be meant.
  const minWeight = found === 'rare' ? index.meanWeight : 0
  const typos = new Typos(index.trie, query.prefix, minWeight)
  return contextsOf(index, query, '').flatMap((context) =>
    inContexts(index.trie, query, context, meaningsIn(context, index, query, found === 'enough', typos)),
  )
}

/**
 * What is read further where ready lists may have held too few that fit.
 * @param isShort whether too few have been found; else only what is boosted may be better than what has
 */
export function deeperLookups(found: readonly { lookup: Lookup; isRanked: boolean }[], isShort: boolean): Lookup[] {
  const lookups = found
    .filter(({ lookup: { toSortOut, maxBlocks }, isRanked }) => toSortOut && isRanked && maxBlocks === undefined)
    .map(({ lookup }) => lookup)
    .filter(({ isBoosted }) => isShort || isBoosted)
  const maxBlocks = Math.ceil(MAX_BLOCKS / new Set(lookups.map(({ prefix }) => prefix)).size)
  return lookups.map((lookup) => ({ ...lookup, maxBlocks }))
}

function meaningsIn(
  context: string,
  index: DatasetIndex,
  { query, prefix }: RankingQuery,
  isSure: boolean,
  typos: Typos,
): Meaning[] {
  const { trie } = index
  const meanings: Meaning[] = []
  /** Whether something is found for sure, so that mistakes need not be looked for. */
  let isCertain = isSure
  const add = (meaning: Meaning) => {
    if (addMeaning(meanings, trie, meaning) === 'yes' && !meaning.fits) isCertain = true
  }
  const strokes = keystrokes(prefix)
  if (hasHangul(prefix)) {
    add({ match: 'hangul', prefix: context + FORMS.keystrokes + strokes })
    if (hasInitials(prefix)) for (const meaning of byInitials(context, prefix)) add(meaning)
  }
  add({ match: 'word', prefix: context + FORMS.words + strokes })
  for (const meaning of anyOrder(index, context, prefix)) add(meaning)
  if (!isCertain) for (const meaning of otherLayout(context, query)) add(meaning)
  return isCertain ? meanings : [...meanings, ...typos.in(context)]
}

/** A lookup before it is known how much of it is to be read. */
type Meaning = Omit<Lookup, 'toSortOut' | 'maxBlocks'>

/** Adds what there may be of a meaning, behind a space also what ends there; says whether there is anything that goes on so. */
function addMeaning(meanings: Meaning[], trie: PrefixTrie, meaning: Meaning): 'yes' | 'no' | 'maybe' {
  const existence = trie.has(meaning.prefix)
  if (existence !== 'no') meanings.push(meaning)
  if (meaning.prefix.endsWith(' ')) {
    const whole = meaning.prefix.slice(0, -1)
    if (withoutForm(whole) !== '' && trie.has(whole) !== 'no')
      meanings.push({ ...meaning, prefix: whole, isWhole: true })
  }
  return existence
}

/** The meanings in the context that they were looked for in, and in those that are boosted: those may have the best only then. */
function inContexts(
  trie: PrefixTrie,
  { options }: RankingQuery,
  context: string,
  meanings: readonly Meaning[],
): Lookup[] {
  const toSortOut = ({ fits, isWhole }: Meaning) => fits !== undefined || isWhole === true
  if (!options) return meanings.map((meaning) => ({ ...meaning, toSortOut: toSortOut(meaning) }))
  const { filters, boosts } = options
  const others = new Set(boosts.filter(({ factor }) => factor > 1).map(contextPrefix))
  const hasOneName = new Set(filters.map(({ name }) => name)).size < 2
  const inFilters = holdsOf(filters)
  return [...others.add(context)].flatMap((place) => {
    const isBoosted = place !== context
    const isAllowed = filters.length === 0 || (hasOneName && !isBoosted)
    return meanings
      .map((meaning) => ({
        ...meaning,
        prefix: place + meaning.prefix.slice(context.length),
        isBoosted,
        toSortOut: toSortOut(meaning) || !isAllowed,
        holds: isAllowed ? meaning.holds : [...(meaning.holds ?? []), ...inFilters],
      }))
      .filter(({ prefix }) => !isBoosted || trie.has(prefix) !== 'no')
  })
}

/** What stands in the details of entries that filters let pass: the values of those names that have no other. */
function holdsOf(filters: readonly Context[]): string[] {
  const alone = filters.filter((filter) => !filters.some((other) => other !== filter && other.name === filter.name))
  return alone.map(({ value }) => toBinary(JSON.stringify(value)))
}

/** What has the initials, of it or of its words from a later one on; the syllables among them have to be the same. */
function byInitials(context: string, prefix: string): Meaning[] {
  const found = { match: 'initials', prefix: context + FORMS.initials + initials(prefix) } as const
  const later = { match: 'word', prefix: context + FORMS.wordInitials + initials(prefix) } as const
  const holds = completeSyllables(prefix).map(toBinary)
  if (holds.length === 0 && !endsWithSyllable(prefix)) return [found, later]
  // What was typed may end with a space.
  const normal = (text: string) => `${normalize(text)} `
  const fitsLater = (text: string) => {
    const name = normal(text)
    return [...name.matchAll(/ /g)].some(({ index }) => fitsInitials(name.slice(index + 1), prefix, true))
  }
  const meanings: Meaning[] = [
    { ...found, holds: prefix.match(SYLLABLES)?.map(toBinary), fits: (text) => fitsInitials(normal(text), prefix) },
    { ...later, holds, fits: fitsLater },
  ]
  if (endsWithSyllable(prefix)) {
    meanings.push({ ...found, match: 'halfInitials', holds, fits: (text) => fitsInitials(normal(text), prefix, true) })
  }
  return meanings
}

const SYLLABLES = /[가-힣]+/g

/** The syllables of what was typed, those side by side in one; one at the end may still go on. */
function completeSyllables(typed: string): string[] {
  return (endsWithSyllable(typed) ? typed.slice(0, -1) : typed).match(SYLLABLES) ?? []
}

/**
 * What the keys begin with that are looked for: the values of the filter that fewest entries have, or nothing.
 * @param prefix that those entries are counted by
 */
function contextsOf(index: DatasetIndex, { options }: RankingQuery, prefix: string): string[] {
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

/** Entries that have all words of the query in whatever order, looked up by the word that fewest have. */
function anyOrder(index: DatasetIndex, context: string, prefix: string): Meaning[] {
  const words = prefix.split(' ').filter((word) => word !== '')
  if (words.length < 2) return []
  const places = words.map((word) => {
    const strokes = keystrokes(word)
    const beginning = hasHangul(word) ? FORMS.keystrokes + strokes : word
    const starts = [context + beginning, context + FORMS.words + strokes]
    return starts.filter((start) => index.trie.has(start) !== 'no')
  })
  if (places.some((starts) => starts.length === 0)) return []
  const size = (starts: readonly string[]) => starts.reduce((sum, start) => sum + index.blockCount(start), 0)
  const fewest = places.reduce((a, b) => (size(b) < size(a) ? b : a))
  const whole = prefix.endsWith(' ') ? words.splice(-1) : []
  const fits = fitsWords(words.map(keystrokes), whole.map(keystrokes))
  const holds = [...words, ...whole].flatMap(completeSyllables).map(toBinary)
  return fewest.map((start) => ({ match: 'word', prefix: start, holds, fits }))
}

/** Whether each of the beginnings is that of another word, and so are the whole words. */
function fitsWords(beginnings: readonly string[], whole: readonly string[]): (text: string) => boolean {
  // Those that fewest words fit first, so that none takes what another needs.
  const sorted = beginnings.toSorted((a, b) => b.length - a.length)
  return (text) => {
    const left = keystrokes(normalize(text)).split(' ')
    const take = (fits: (word: string) => boolean) => {
      const at = left.findIndex(fits)
      if (at >= 0) left.splice(at, 1)
      return at >= 0
    }
    return (
      whole.every((wanted) => take((word) => word === wanted)) &&
      sorted.every((beginning) => take((word) => word.startsWith(beginning)))
    )
  }
}

/** What was typed with the keyboard in the other layout: as it was sent, as capitals are other letters there. */
function otherLayout(context: string, query: string): Meaning[] {
  const typed = query.trim()
  const meant = inOtherLayout(typed)
  if (meant === undefined) return []
  const isLatin = !hasHangul(typed)
  // With caps lock all are capitals.
  const letters = isLatin ? [meant, inOtherLayout(typed.toLowerCase()) as string] : [normalize(meant)]
  const forms = [isLatin ? FORMS.keystrokes : '', ...(meant.length < MIN_LENGTH_FOR_LATER_LAYOUT ? [] : [FORMS.words])]
  const prefixes = new Set(letters.flatMap((letter) => forms.map((form) => form + letter)))
  return [...prefixes].map((prefix) => ({ match: 'layout', prefix: context + prefix }))
}

/** What is there and was mistyped, in the beginning or from a later word on; Hangul is compared by keystrokes. */
class Typos {
  readonly #trie: PrefixTrie
  readonly #typed: string
  readonly #forms: readonly string[]
  /** One edit from 4 letters, two from 8, unless what was typed is there. */
  readonly #maxEdits: number
  readonly #minWeight: number
  #ofAll: Meaning[] | undefined

  /** @param minWeight of what is meant: above 0 what was typed is there */
  constructor(trie: PrefixTrie, prefix: string, minWeight: number) {
    this.#trie = trie
    this.#typed = keystrokes(prefix).trimEnd()
    this.#forms = [hasHangul(prefix) ? FORMS.keystrokes : '', FORMS.words]
    const { length } = this.#typed
    const isThere = minWeight > 0
    this.#maxEdits = length < MIN_LENGTH_FOR_EDIT ? 0 : length < MIN_LENGTH_FOR_TWO_EDITS || isThere ? 1 : 2
    this.#minWeight = minWeight
  }

  /** With as few edits as there is anything. */
  in(context: string): Meaning[] {
    for (let edits = 1; edits <= this.#maxEdits; edits++) {
      const found = this.#within(context, edits, MAX_CORRECTIONS)
      if (found.length > 0) return found
    }
    // How much what is elsewhere weighs says nothing of this context.
    if (this.#maxEdits === 0 || context === '' || this.#trie.knowsAll(context) || this.#minWeight > 0) return []
    // What the trie has no room for may be what is there without the context.
    this.#ofAll ??= this.#within('', this.#maxEdits, MAX_CORRECTIONS_OF_ALL)
    return this.#ofAll.map((meaning) => ({ ...meaning, prefix: context + meaning.prefix }))
  }

  #within(context: string, edits: number, limit: number): Meaning[] {
    const fits = (_: string, key: string) => prefixEdits(withoutForm(key), this.#typed, edits) !== undefined
    return this.#forms.flatMap((form) =>
      this.#trie
        .corrections(context + form, this.#typed, edits, limit, this.#minWeight)
        .map(({ prefix, isPart }) => ({ match: 'typo', prefix, edits, ...(isPart && { fits }) }) as const),
    )
  }
}
