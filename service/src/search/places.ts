/** Finds the places in a name where the parts of a query match, under the rules in docs/matching.md. */
import { isLongEnoughInside } from '../index/gram-table.ts'
import type { MatchSettings } from '../index/match-settings.ts'
import { digraphForm } from '../text/digraphs.ts'
import { fold } from '../text/fold.ts'
import { composedBeginnings, fitsInitials, hasInitials, initials, joinedSyllables, keystrokes } from '../text/hangul.ts'
import { otherLayouts } from '../text/keyboard-layouts/index.ts'
import { continuesFreely, isRunWord } from '../text/scripts.ts'
import { type JoinedWord, type Word, wordsOf } from '../text/words.ts'
import { Assignment, type Chosen, eachAlone, withoutGaps } from './assignment.ts'
import { type CorrectionRules, hasDigit, maxEditsOf, singularsOf } from './corrections.ts'
import { maxEditsIn, type Unit, unitsOf } from './edited-runs.ts'
import { isLongEnoughForWords } from './layouts.ts'
import { remainingWords } from './left-out.ts'
import { begins } from './name-reader.ts'
import { NameSpaces, NO_MATCH } from './name-spaces.ts'
import { spreadsOf, waysToIgnoreSpaces } from './other-spaces.ts'
import type { Match } from './query.ts'
import { type Chunk, type Reading, readingsOf } from './reading.ts'

/** A name, split into words. */
export interface Name {
  words: readonly Word[]
  /** The words and joined words, with the positions of the words that they consist of. */
  targets: readonly JoinedWord[]
  /** The concatenation of the folded words. */
  text: string
}

/** A part of a name that a part of a query matches. */
export interface Place {
  /** The positions of the first and the last word. */
  first: number
  last: number
  /** The range that the match covers in the spelling of the name, in UTF-16 units. */
  start: number
  end: number
  edits: number
}

/**
 * Returns how much of the beginning of a string matches the typed part, in UTF-16 units, or undefined if nothing
 * matches.
 */
type Begins = (target: string) => number | undefined
/** Returns a place for each part of a query, in the query's order, or undefined if the name does not match. */
type Find = (name: Name, reading: Reading, settings: MatchSettings) => Place[] | undefined

/** Splits the spelling of a name into words. */
export function nameOf(spelled: string): Name {
  const { words, joined } = wordsOf(spelled)
  const single = words.map(({ folded }, at) => ({ folded, first: at, last: at }))
  return { words, targets: [...single, ...joined], text: words.map(({ folded }) => folded).join('') }
}

/**
 * Returns the places where a name matches a query, in the order of the query: one place for the beginning of the name,
 * or one place for each chunk or word of the query.
 * @param query the query as sent by the client
 * @returns an empty list if the name does not match
 */
export function placesOf(name: Name, query: string, match: Match, settings: MatchSettings): Place[] {
  const find = FINDS[match]
  if (!find) return []
  for (const reading of latestReadings(query, match === 'layout')) {
    const places = find(name, reading, settings)
    if (places) return places
  }
  return []
}

let latest: { query: string; isLayout: boolean; readings: readonly Reading[] } | undefined

/** Caches the readings of the latest query, because all suggestions of an answer need them. */
function latestReadings(query: string, isLayout: boolean): readonly Reading[] {
  if (latest?.query !== query || latest.isLayout !== isLayout) {
    const readings = isLayout ? otherLayouts(query).flatMap(readingsOf) : readingsOf(query)
    latest = { query, isLayout, readings }
  }
  return latest.readings
}

const findBeginning: Find = (name, { text }) => {
  // The letters of one syllable may have spaces between them.
  const length = beginsWith(text)(name.text) ?? beginsWith(joinedSyllables(text))(name.text)
  return length === undefined ? undefined : [placeAt(name, 0, 0, length)]
}

const findInitials: Find = (name, reading) => findInitialsAt(name, reading, 0, 1)

const findInAnyOrder: Find = (name, reading, settings) => {
  const places = reading.chunks.map((chunk) => placesOfChunk(name, chunk))
  const found = eachAlone(places) ?? findInitialsAt(name, reading, 1, name.words.length)
  return found ?? (reading.chunks.length > 1 ? findBeginning(name, reading, settings) : undefined)
}

const findByDigraphs: Find = (name, { chunks }) =>
  eachAlone(chunks.map((chunk) => [...placesOfChunk(name, chunk), ...placesByDigraphs(name, chunk)]))

const findWithOtherSpaces: Find = (name, { chunks }) => {
  const placesIn = (chunk: Chunk) => {
    const places = placesOfChunk(name, chunk)
    if (chunks.includes(chunk)) addSpread(places, name, chunk)
    return places
  }
  for (const way of [chunks, ...waysToIgnoreSpaces(chunks, ({ text }) => mayContain(name, text))]) {
    const places = eachAlone(way.map(placesIn))
    if (places) return places
  }
  return undefined
}

/** Whether a name contains a string without its last syllable. The last syllable may be incomplete. */
function mayContain(name: Name, text: string): boolean {
  const part = text.slice(0, -1)
  return name.text.includes(part) || name.targets.some(({ folded }) => folded.startsWith(part))
}

const findWords: Find = (name, reading, settings) =>
  findInAnyOrder(name, reading, settings) ??
  findByDigraphs(name, reading, settings) ??
  findWithOtherSpaces(name, reading, settings)

const findLayout: Find = (name, reading, settings) => {
  const found = findBeginning(name, reading, settings) ?? findInitials(name, reading, settings)
  if (found || !isLongEnoughForWords(reading)) return found
  return findInAnyOrder(name, reading, settings)
}

const findEdited =
  (keepsFirst: boolean): Find =>
  (name, { words }, { correct }) => {
    const rules = { keepsFirst, editsDigits: correct === 'digits' }
    const places = eachAlone(words.map(({ folded }) => placesOfEdited(name, folded, rules)))
    if (places) return places
    const placesOfUnit = (unit: Unit) =>
      unit.isRun ? placesOfRun(name, unit, rules) : placesOfEdited(name, unit.text, rules)
    return eachAlone((unitsOf(words) ?? []).map(placesOfUnit))
  }

const findPartial: Find = (name, { words }, { correct }) => {
  const rules = { keepsFirst: true, editsDigits: correct === 'digits' }
  // If a word is left out, the letters that are written together with it are also left out.
  const remaining = (chosen: readonly (Place | Place[] | undefined)[]) =>
    remainingWords(words, (word) => chosen[words.indexOf(word)] !== undefined)
  const found = words.map(({ folded }) => {
    const ofWord = placesOfEdited(name, folded, rules)
    return ofWord.length > 0 ? ofWord : undefined
  })
  const possible = remaining(found)
  const lists = words.map((word, at) => (possible.includes(word) && found[at]) || [])
  // Words with digits are never left out.
  const mayLeaveOut = (chosen: Chosen) =>
    words.every(({ folded }, at) => chosen[at] || !hasDigit(folded)) &&
    remaining(chosen).length === withoutGaps(chosen).length
  const places = withoutGaps(new Assignment(lists, mayLeaveOut).best ?? [])
  return places.length > 0 ? places : undefined
}

const findInside: Find = (name, { words }) => eachAlone(words.map(({ folded }) => placesInside(name, folded)))

const FINDS: Readonly<Partial<Record<Match, Find>>> = {
  exact: findBeginning,
  prefix: findBeginning,
  hangul: findBeginning,
  initials: findInitials,
  word: findWords,
  layout: findLayout,
  typo: findEdited(true),
  infix: findInside,
  firstLetter: findEdited(false),
  partial: findPartial,
}

/** Finds the first word, from position `from` up to `to`, at which the initials of a reading match. */
function findInitialsAt(name: Name, { words }: Reading, from: number, to: number): Place[] | undefined {
  const typed = words.map(({ spelled }) => fold(spelled)).join('')
  if (!hasInitials(typed)) return undefined
  const wanted = initials(typed).length
  for (let first = from; first < to && first < name.words.length; first++) {
    const text = concatenation(name, first)
    if (fitsInitials(text, typed, true)) return [placeAt(name, first, 0, lengthOf(text, initials, wanted))]
  }
  return undefined
}

const concatenation = ({ words }: Name, first: number) =>
  words
    .slice(first)
    .map(({ folded }) => folded)
    .join('')

/** Finds the places of a chunk. See "How a chunk of a query matches words of a name" in docs/matching.md. */
function placesOfChunk(name: Name, { words, text, isComplete, hasFreeSpaces }: Chunk): Place[] {
  const places = placesBegun(name, beginsWith(text, isComplete || words.length > 1))
  if (words.length > 1) addRuns(places, name, words, isComplete)
  if (hasFreeSpaces) addFreelySpaced(places, name, text, isComplete)
  return places
}

/** Finds matching words and joined words. */
function placesBegun(name: Name, isBegun: Begins): Place[] {
  const places: Place[] = []
  for (const target of name.targets) {
    const length = isBegun(target.folded)
    if (length !== undefined) places.push(placeIn(name, target, 0, length))
  }
  return places
}

/** Adds consecutive words that match the words of a chunk. All words except the last must be equal. */
function addRuns(places: Place[], name: Name, words: readonly string[], isComplete: boolean): void {
  const last = words.length - 1
  const isBegun = beginsWith(words[last] as string, isComplete)
  for (let first = 0; first + last < name.words.length; first++) {
    const hasOthers = words.every((word, at) => at === last || name.words[first + at]?.folded === word)
    const length = hasOthers ? isBegun((name.words[first + last] as Word).folded) : undefined
    if (length === undefined) continue
    const { end } = placeAt(name, first + last, 0, length)
    places.push({ first, last: first + last, start: (name.words[first] as Word).start, end, edits: 0 })
  }
}

/** Finds the words that match a chunk by digraph forms. */
function placesByDigraphs(name: Name, { words, digraphs, isComplete }: Chunk): Place[] {
  const last = words.length - 1
  const whole = digraphs.join('')
  const places = placesBegun(name, beginsWith(whole, isComplete || last > 0))
  for (const [first, word] of name.words.entries()) {
    const { spelled, start } = word
    if (last > 0 && digraphForm(spelled) === whole) places.push({ first, last: first, start, end: word.end, edits: 0 })
    const ends = words.map((typed, at) => {
      const own = name.words[first + at]
      return own && endOfWord(own, typed, digraphs[at] as string, at < last || isComplete)
    })
    const end = ends.at(-1)
    if (end !== undefined && !ends.includes(undefined)) places.push({ first, last: first + last, start, end, edits: 0 })
  }
  return places
}

/**
 * Returns where a match of a word of a query in a word of a name ends in the spelling, or undefined if there is none.
 */
function endOfWord(word: Word, typed: string, form: string, isComplete: boolean): number | undefined {
  const { spelled, folded, start } = word
  const length = beginsWith(typed, isComplete)(folded) ?? beginsWith(form, isComplete)(folded)
  if (length !== undefined) return endInWord(word, length)
  const own = digraphForm(spelled)
  const ownLength = own === undefined ? undefined : beginsWith(form, isComplete)(own)
  const formOf = (part: string) => digraphForm(part) ?? fold(part)
  return ownLength === undefined ? undefined : start + lengthOf(spelled, formOf, ownLength)
}

/** Adds consecutive words that together match a chunk, for scripts and numbers in which spaces vary. */
function addFreelySpaced(places: Place[], name: Name, typed: string, isComplete: boolean): void {
  const isBegun = beginsWith(isComplete ? typed : joinedSyllables(typed), isComplete)
  for (let first = 0; first < name.words.length; first++) {
    let text = ''
    for (let at = first; at < name.words.length; at++) {
      const { folded } = name.words[at] as Word
      if (!continuesFreely(typed, folded)) break
      text += folded
      const length = isBegun(text)
      if (length === undefined) continue
      places.push(placeAt(name, first, 0, length))
      break
    }
  }
}

/** Adds consecutive words that together match a chunk that lacks the spaces between them. */
function addSpread(places: Place[], name: Name, chunk: Chunk): void {
  const spaces = NameSpaces.ofWords(name.words)
  for (const { typed, beginning } of spreadsOf(chunk)) {
    for (let first = 0; first < name.words.length; first++) {
      const to = spaces.endOfSpread(first, name.words.length, typed, beginning)
      if (to !== NO_MATCH) places.push(placeAt(name, first, 0, beginning.head.length + 1))
    }
  }
}

function placesInside(name: Name, part: string): Place[] {
  const isBegun = beginsWith(part)
  const mayBeInside = isLongEnoughInside(part)
  const places: Place[] = []
  for (const target of name.targets) {
    const length = isBegun(target.folded)
    if (length !== undefined) places.push(placeIn(name, target, 0, length))
    const inside = length === undefined && mayBeInside ? target.folded.indexOf(part) : -1
    if (inside >= 0) places.push(placeIn(name, target, inside, inside + part.length))
  }
  return places
}

/** Finds the words that begin with a word of the query after edits. Words with the fewest edits come first. */
function placesOfEdited(name: Name, word: string, rules: CorrectionRules): Place[] {
  const isBegun = beginsWith(word)
  const typed = [...keystrokes(word)]
  const max = maxEditsOf(word, rules)
  const singulars = max > 0 ? singularsOf(word) : []
  const places: Place[] = []
  for (const target of name.targets) {
    const { folded } = target
    const length = isBegun(folded)
    if (length !== undefined) places.push(placeIn(name, target, 0, length))
    else if (singulars.includes(folded)) places.push({ ...placeIn(name, target, 0, folded.length), edits: 1 })
    else if (max > 0 && (rules.editsDigits || !hasDigit(folded))) {
      const own = [...keystrokes(folded)]
      if (rules.keepsFirst && typed[0] !== own[0]) continue
      const nearest = nearestBeginning(typed, own, max)
      if (!nearest) continue
      const { length } = own.slice(0, nearest.length).join('')
      places.push({
        ...placeIn(name, target, 0, lengthOf(folded, keystrokes, length)),
        edits: Math.max(1, nearest.edits),
      })
    }
  }
  return places.sort((a, b) => a.edits - b.edits)
}

/** Finds the words whose concatenation begins with a run of the query after edits. The fewest edits come first. */
function placesOfRun(name: Name, run: Unit, rules: CorrectionRules): Place[] {
  const max = maxEditsIn(run, rules)
  const typed = [...run.text]
  const places: Place[] = []
  for (const first of name.words.keys()) {
    let text = ''
    let fewest = max + 1
    for (let at = first; at < name.words.length && text.length < run.text.length + max; at++) {
      const { folded } = name.words[at] as Word
      if (!isRunWord(folded) || (rules.keepsFirst && (text || folded).charCodeAt(0) !== run.text.charCodeAt(0))) break
      text += folded
      const nearest = nearestBeginning(typed, [...text], fewest - 1)
      if (!nearest) continue
      fewest = nearest.edits
      places.push({ ...placeAt(name, first, 0, nearest.length), edits: fewest })
      if (fewest === 0) break
    }
  }
  return places.sort((a, b) => a.edits - b.edits)
}

/**
 * Returns the beginning of a word that is the fewest edits (optimal string alignment) away from the typed word, both
 * given as their letters. If there are several, returns the longest.
 * @returns undefined if all beginnings are more than `max` edits away
 */
function nearestBeginning(
  typed: readonly string[],
  target: readonly string[],
  max: number,
): { edits: number; length: number } | undefined {
  const length = Math.min(target.length, typed.length + max)
  if (length < typed.length - max) return undefined
  let beforeLast = new Uint8Array(typed.length + 1)
  let last = Uint8Array.from({ length: typed.length + 1 }, (_, at) => at)
  let row = new Uint8Array(typed.length + 1)
  let best: { edits: number; length: number } | undefined
  for (let depth = 1; depth <= length; depth++) {
    row[0] = depth
    let fewest = depth
    for (let at = 1; at <= typed.length; at++) {
      const isEqual = typed[at - 1] === target[depth - 1]
      const replaced = (last[at - 1] as number) + (isEqual ? 0 : 1)
      let edits = Math.min(replaced, (last[at] as number) + 1, (row[at - 1] as number) + 1)
      if (depth > 1 && at > 1 && typed[at - 1] === target[depth - 2] && typed[at - 2] === target[depth - 1]) {
        edits = Math.min(edits, (beforeLast[at - 2] as number) + 1)
      }
      row[at] = edits
      if (edits < fewest) fewest = edits
    }
    if (fewest > max) break
    const edits = row[typed.length] as number
    if (edits <= max && (!best || edits <= best.edits)) best = { edits, length: depth }
    ;[beforeLast, last, row] = [last, row, beforeLast]
  }
  return best
}

/**
 * Returns a test for strings that begin with `typed` or, if `typed` is complete, equal it. If `typed` is incomplete,
 * its last syllable may also be incomplete.
 */
function beginsWith(typed: string, isComplete = false): Begins {
  if (isComplete) return (target) => (target === typed ? typed.length : undefined)
  const beginnings = composedBeginnings(typed)
  return (target) => {
    if (target.startsWith(typed)) return typed.length
    const beginning = beginnings.find((beginning) => begins(target, beginning))
    return beginning && beginning.head.length + 1
  }
}

/** Returns the place of the part of a word or joined word between `from` and `to`, in UTF-16 units. */
function placeIn(name: Name, { folded, first, last, chunk }: JoinedWord, from: number, to: number): Place {
  if (chunk) return { first, last, ...chunk, edits: 0 }
  if (first < last) return { ...placeAt(name, first, from, to), first, last }
  // `net` and `dotnet` also match `.net`.
  const shift = (name.words[first] as Word).folded.length - folded.length
  return placeAt(name, first, from === 0 ? 0 : Math.max(0, from + shift), Math.max(1, to + shift))
}

/**
 * Returns the place of a part of a name. `from` and `to` are its start and end in the concatenation of the folded words
 * from word `first` on, in UTF-16 units.
 */
function placeAt({ words }: Name, first: number, from: number, to: number): Place {
  let at = first
  let offset = 0
  const lengthAt = () => (words[at] as Word).folded.length
  const goTo = (position: number) => {
    while (at < words.length - 1 && offset + lengthAt() < position) {
      offset += lengthAt()
      at += 1
    }
  }
  goTo(from + 1)
  const firstOfPlace = at
  const start = startInWord(words[at] as Word, from - offset)
  goTo(to)
  return { first: firstOfPlace, last: at, start, end: endInWord(words[at] as Word, to - offset), edits: 0 }
}

/** Returns where a part of a folded word begins in the spelling. */
function startInWord(word: Word, from: number): number {
  if (from === 0 || word.folded === word.spelled) return word.start + from
  return from >= word.folded.length ? word.end : word.start + spelledLength(word, from)
}

/** Returns where a part of a folded word ends in the spelling. */
function endInWord(word: Word, to: number): number {
  if (to >= word.folded.length) return word.end
  return word.start + (word.folded === word.spelled ? to : spelledLength(word, to))
}

/** Returns the length of the shortest beginning of a word's spelling that includes `length` units of the folded word. */
function spelledLength({ spelled, folded }: Word, length: number): number {
  const wanted = folded.slice(0, length)
  let end = 0
  for (const character of spelled) {
    end += character.length
    if (joinedSyllables(fold(spelled.slice(0, end))).startsWith(wanted)) return end
  }
  return spelled.length
}

/**
 * Returns the length of the shortest beginning of a string, in whole characters, whose converted form has at least
 * `length` units.
 */
function lengthOf(text: string, form: (beginning: string) => string, length: number): number {
  // In most cases, the keystrokes equal the text.
  if (form === keystrokes && keystrokes(text) === text) return Math.min(length, text.length)
  let end = 0
  for (const character of text) {
    end += character.length
    if (form(text.slice(0, end)).length >= length) return end
  }
  return text.length
}
