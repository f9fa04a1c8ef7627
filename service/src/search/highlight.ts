/** How the text of an entry matches a query: which parts of it the query stands for, and what was meant where that was mistyped. */
import type { MatchSettings } from '../index/match-settings.ts'
import { fold } from '../text/fold.ts'
import { composedBeginnings, fitsInitials, hasInitials, initials, joinedSyllables, keystrokes } from '../text/hangul.ts'
import { otherLayouts } from '../text/keyboard-layouts/index.ts'
import { spelling } from '../text/spelling.ts'
import { type Word, type Words, wordsOf } from '../text/words.ts'
import { type CorrectionRules, maxEditsOf, singularsOf } from './corrections.ts'
import { begins } from './name-reader.ts'
import type { Match } from './query.ts'
import { type Chunk, type Reading, readingsOf } from './reading.ts'

/** From the first UTF-16 unit of a part of a text to behind the last. */
export type Range = [start: number, end: number]

/** Part of a spelling that a word of the query stands for, and the words that it touches. */
interface Part {
  start: number
  end: number
  first: number
  last: number
}

/**
 * The parts of a suggested text that a query stands for, in order; they do not touch. None if the text itself does not match,
 * because the entry was found by an alias.
 */
export function highlightOf(text: string, query: string, match: Match, settings: MatchSettings): Range[] {
  const aligned = align(text)
  if (!aligned) return []
  const parts = partsOf(wordsOf(aligned.spelled), query, match, settings)
  return merged(parts.map(({ start, end }) => [aligned.starts[start] as number, aligned.ends[end - 1] as number]))
}

/**
 * What was meant by a query that was mistyped: the words of the text that it stands for, whole and in the order of the query.
 * Undefined if the text itself does not match.
 */
export function correctedOf(text: string, query: string, match: Match, settings: MatchSettings): string | undefined {
  const spelled = spelling(text)
  const { words } = wordsOf(spelled)
  const parts = partsOf(wordsOf(spelled), query, match, settings)
  const meant: string[] = []
  for (const { first, last } of parts) {
    let [from, to] = [first, last]
    while (words[from]?.gap === 'glue') from -= 1
    while (words[to + 1]?.gap === 'glue') to += 1
    const chunk = spelled.slice((words[from] as Word).start, (words[to] as Word).end)
    if (chunk !== meant.at(-1)) meant.push(chunk)
  }
  return meant.length > 0 ? meant.join(' ') : undefined
}

/** A spelling, and where each of its units begins and ends in the text. */
interface Aligned {
  spelled: string
  starts: number[]
  ends: number[]
}

const BASE_AND_MARKS = /\P{M}\p{M}*|\p{M}+/gsu

/** Spells a text character by character; undefined if that gives another spelling than that of the whole text. */
function align(text: string): Aligned | undefined {
  let spelled = ''
  const starts: number[] = []
  const ends: number[] = []
  for (const { 0: piece, index } of text.matchAll(BASE_AND_MARKS)) {
    const isSpace = /^[\s\p{Cc}]/u.test(piece)
    if (isSpace && (spelled === '' || spelled.endsWith(' '))) continue
    const own = isSpace ? ' ' : spelling(piece)
    for (let unit = 0; unit < own.length; unit++) {
      starts.push(index)
      ends.push(index + piece.length)
    }
    spelled += own
  }
  return spelled === spelling(text) ? { spelled, starts, ends } : undefined
}

function merged(ranges: Range[]): Range[] {
  const result: Range[] = []
  for (const [start, end] of ranges.sort(([a], [b]) => a - b)) {
    const last = result.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else result.push([start, end])
  }
  return result
}

function partsOf(name: Words, query: string, match: Match, settings: MatchSettings): Part[] {
  const readings = match === 'layout' ? otherLayouts(query).flatMap(readingsOf) : readingsOf(query)
  for (const reading of readings) {
    const parts = partsOfReading(name, reading, match, settings)
    if (parts) return parts
  }
  return []
}

function partsOfReading(name: Words, reading: Reading, match: Match, { correct }: MatchSettings): Part[] | undefined {
  const rules: CorrectionRules = { keepsFirst: match !== 'firstLetter', editsDigits: correct === 'digits' }
  switch (match) {
    case 'exact':
    case 'prefix':
    case 'alias':
    case 'hangul':
      return beginning(name, reading)
    case 'initials':
      return byInitials(name, reading, 0)
    case 'word':
      return byChunks(name, reading) ?? laterInitials(name, reading)
    case 'layout':
      return beginning(name, reading) ?? byInitials(name, reading, 0) ?? byChunks(name, reading)
    case 'infix':
      return place(
        name,
        reading.words.map(({ folded }) => insides(name, folded)),
      )
    case 'partial':
      return placeSome(
        name,
        reading.words.map(({ folded }) => corrections(name, folded, rules)),
      )
    default:
      return place(
        name,
        reading.words.map(({ folded }) => corrections(name, folded, rules)),
      )
  }
}

const concatenation = (words: readonly Word[]) => words.map(({ folded }) => folded).join('')

/** Where a text begins in a concatenation: how many units it stands for there. */
function lengthOfBeginning(whole: string, text: string, isComplete: boolean): number | undefined {
  if (whole.startsWith(text)) return text.length
  if (isComplete) return undefined
  const joined = joinedSyllables(text)
  if (whole.startsWith(joined)) return joined.length
  const found = composedBeginnings(joined).find((each) => begins(whole, each))
  return found && found.head.length + 1
}

function beginning(name: Words, { text, endsComplete }: Reading): Part[] | undefined {
  const length = lengthOfBeginning(concatenation(name.words), text, endsComplete)
  return length === undefined ? undefined : [partFrom(name, 0, length)]
}

function byInitials(name: Words, { words }: Reading, from: number): Part[] | undefined {
  const typed = words.map(({ spelled }) => fold(spelled)).join('')
  if (!hasInitials(typed) || !fitsInitials(concatenation(name.words.slice(from)), typed, true)) return undefined
  return [partFrom(name, from, initials(typed).length)]
}

function laterInitials(name: Words, reading: Reading): Part[] | undefined {
  for (let from = 1; from < name.words.length; from++) {
    const found = byInitials(name, reading, from)
    if (found) return found
  }
  return undefined
}

/** The part that begins with a word and stands for so many units of the folded words from there on. */
function partFrom({ words }: Words, first: number, length: number): Part {
  let left = length
  let last = first
  while (last + 1 < words.length && left > (words[last] as Word).folded.length) {
    left -= (words[last] as Word).folded.length
    last += 1
  }
  const { start } = words[first] as Word
  return { start, end: endWithin(words[last] as Word, left), first, last }
}

/** Where the shortest beginning of a word ends that folds to at least so many units. */
function endWithin({ start, end, spelled, folded }: Word, length: number): number {
  if (length >= folded.length) return end
  let units = 0
  for (const character of spelled) {
    units += character.length
    if (fold(spelled.slice(0, units)).length >= length) break
  }
  return start + units
}

/** A way to match a word or chunk of the query: where, and at what cost. */
interface Place extends Part {
  edits: number
}

function byChunks(name: Words, { chunks }: Reading): Part[] | undefined {
  return place(
    name,
    chunks.map((chunk) => chunkPlaces(name, chunk)),
  )
}

/** Where a chunk matches; docs/matching.md, "How a chunk of a query matches words of a name". */
function chunkPlaces(name: Words, { words, text, isComplete, isFreelySpaced }: Chunk): Place[] {
  const places: Place[] = []
  const add = (first: number, last: number, length: number) =>
    places.push({ ...partFrom(name, first, length), first, last, edits: 0 })
  const isSingle = words.length === 1
  const starts = (whole: string, typed: string) =>
    isComplete ? (whole === typed ? typed.length : undefined) : lengthOfBeginning(whole, typed, false)
  const wordsAndJoined = [...name.words.map(({ folded }, at) => ({ folded, first: at, last: at })), ...name.joined]
  for (const { folded, first, last } of wordsAndJoined) {
    const length = folded === text ? text.length : isSingle ? starts(folded, text) : undefined
    if (length !== undefined) add(first, last, length)
  }
  for (let at = 0; at < name.words.length; at++) {
    if (!isSingle && isRun(name.words, at, words, starts)) add(at, at + words.length - 1, text.length)
    if (!isFreelySpaced) continue
    let whole = ''
    for (let last = at; last < name.words.length && whole.length <= text.length; last++) {
      whole += (name.words[last] as Word).folded
      const length = last > at ? starts(whole, text) : undefined
      if (length === undefined) continue
      add(at, last, length)
      break
    }
  }
  return places
}

function isRun(
  words: readonly Word[],
  from: number,
  typed: readonly string[],
  starts: (whole: string, typed: string) => number | undefined,
): boolean {
  return typed.every((word, at) => {
    const own = words[from + at]?.folded
    if (own === undefined) return false
    return at === typed.length - 1 ? starts(own, word) !== undefined : own === word
  })
}

/** The words that have a part inside them, or begin with it. */
function insides(name: Words, part: string): Place[] {
  return name.words.flatMap((word, at) => {
    const length = lengthOfBeginning(word.folded, part, false)
    if (length !== undefined) return [{ ...partFrom(name, at, length), edits: 0 }]
    const index = word.folded.indexOf(part)
    if (index < 0) return []
    const [start, end] = [index === 0 ? word.start : endWithin(word, index), endWithin(word, index + part.length)]
    return [{ start, end, first: at, last: at, edits: 0 }]
  })
}

/** The words that begin with a word of the query after as few edits as it takes. */
function corrections(name: Words, typed: string, rules: CorrectionRules): Place[] {
  const wordsAndJoined = [...name.words.map(({ folded }, at) => ({ folded, first: at, last: at })), ...name.joined]
  return wordsAndJoined.flatMap(({ folded, first, last }) => {
    const begun = lengthOfBeginning(folded, typed, false)
    if (begun !== undefined) return [{ ...partFrom(name, first, begun), first, last, edits: 0 }]
    const most = maxEditsOf(typed, rules)
    if (most === 0) return []
    if (singularsOf(typed).includes(folded)) {
      return [{ ...partFrom(name, first, folded.length), first, last, edits: 1 }]
    }
    const [own, wanted] = [keystrokes(folded), keystrokes(typed)]
    if (rules.keepsFirst && own[0] !== wanted[0]) return []
    const best = closestBeginning(own, wanted)
    if (best.edits > most) return []
    let length = 1
    while (length < folded.length && keystrokes(folded.slice(0, length)).length < best.length) length += 1
    return [{ ...partFrom(name, first, length), first, last, edits: best.edits }]
  })
}

/** The beginning of a text with the fewest edits from what was typed; of equal ones the one nearest to its length. */
function closestBeginning(text: string, typed: string): { length: number; edits: number } {
  let before: number[] = []
  let row = Array.from({ length: typed.length + 1 }, (_, at) => at)
  let best = { length: 0, edits: typed.length }
  for (let length = 1; length <= text.length; length++) {
    const next = [length]
    for (let at = 1; at <= typed.length; at++) {
      const replaced = (row[at - 1] as number) + (text[length - 1] === typed[at - 1] ? 0 : 1)
      const isSwap = length > 1 && at > 1 && text[length - 1] === typed[at - 2] && text[length - 2] === typed[at - 1]
      const swapped = isSwap ? (before[at - 2] as number) + 1 : Number.POSITIVE_INFINITY
      next.push(Math.min(replaced, (row[at] as number) + 1, (next[at - 1] as number) + 1, swapped))
    }
    const edits = next[typed.length] as number
    const isNearer = Math.abs(length - typed.length) < Math.abs(best.length - typed.length)
    if (edits < best.edits || (edits === best.edits && isNearer)) best = { length, edits }
    ;[before, row] = [row, next]
  }
  return best
}

/** One place for each, at words of its own, with as few edits as possible; undefined if there is no such way. */
function place(name: Words, options: readonly (readonly Place[])[]): Part[] | undefined {
  const order = options.map((places, at) => ({ places: places.toSorted((a, b) => a.edits - b.edits), at }))
  // Those with the fewest places first, so that none takes what another needs.
  order.sort((a, b) => a.places.length - b.places.length)
  const chosen: Part[] = []
  const taken = new Uint8Array(name.words.length)
  let steps = MAX_STEPS
  const next = (index: number): boolean => {
    const option = order[index]
    if (!option) return true
    for (const each of option.places) {
      if (steps-- <= 0) return false
      if (taken.subarray(each.first, each.last + 1).some((isTaken) => isTaken > 0)) continue
      taken.fill(1, each.first, each.last + 1)
      chosen[option.at] = each
      if (next(index + 1)) return true
      taken.fill(0, each.first, each.last + 1)
    }
    return false
  }
  return next(0) ? chosen : undefined
}

/** What is only shown is not worth trying all ways to place many words. */
const MAX_STEPS = 1000

/** The same for those of which there are places; at least one. */
function placeSome(name: Words, options: readonly (readonly Place[])[]): Part[] | undefined {
  const some = options.filter((places) => places.length > 0)
  for (let left = some.length; left > 0; left--) {
    for (let skipped = 0; skipped <= some.length - left; skipped++) {
      const found = place(name, some.toSpliced(skipped, some.length - left))
      if (found) return found
    }
  }
  return undefined
}
