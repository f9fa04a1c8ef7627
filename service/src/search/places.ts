/** Finds the places in a name where the parts of a query match, under the rules in docs/matching.md. */
import { isLongEnoughInside } from '../index/gram-table.ts'
import type { MatchSettings } from '../index/match-settings.ts'
import { digraphForm, hasDigraph } from '../text/digraphs.ts'
import { composedBeginnings, fitsInitials, hasInitials, initials, joinedSyllables, keystrokes } from '../text/hangul.ts'
import { otherLayouts } from '../text/keyboard-layouts/index.ts'
import { continuesFreely, isRunWord } from '../text/scripts.ts'
import { isDigit } from '../text/strings.ts'
import type { Word } from '../text/words.ts'
import { Assignment, assignedPlaces, assignPlaces, type Chosen } from './assignment.ts'
import { type CorrectionRules, hasDigit, maxEditsOf, singularsOf } from './corrections.ts'
import { spreadsByDigraphs, type WordWithForms, withDigraphs } from './digraph-spaces.ts'
import { maxEditsIn, type Unit, unitsOf } from './edited-runs.ts'
import { isLongEnoughForWords } from './layouts.ts'
import { remainingWords } from './left-out.ts'
import { endInForm, endInWord, lengthOf, type Name, type Place, placeAt, placeIn, placeInForm } from './name-places.ts'
import { begins } from './name-reader.ts'
import { mayBeOneWord, NameSpaces, NO_MATCH, numbersAgree } from './name-spaces.ts'
import { spreadsOf, waysToIgnoreSpaces } from './other-spaces.ts'
import type { Match } from './query.ts'
import {
  type Chunk,
  digraphsOf,
  numbersOfInitials,
  type Reading,
  readingsOf,
  type TypedWord,
  typedInitials,
  typedWordsOf,
} from './reading.ts'

/**
 * Returns the length of the prefix of a string that matches the typed part, in UTF-16 code units, or undefined if
 * nothing matches.
 */
type Begins = (target: string) => number | undefined
/** Returns a place for each part of a query, in the query's order, or undefined if the name does not match. */
type Find = (name: Name, reading: Reading, settings: MatchSettings) => Place[] | undefined

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
  const found = assignPlaces(places) ?? findInitialsAt(name, reading, 1, name.words.length)
  return found ?? (reading.chunks.length > 1 ? findBeginning(name, reading, settings) : undefined)
}

const findByDigraphs: Find = (name, { chunks }) =>
  assignPlaces(chunks.map((chunk) => [...placesOfChunk(name, chunk), ...placesByDigraphs(name, chunk)]))

const findWithOtherSpaces =
  (countsDigraphs: boolean): Find =>
  (name, { chunks }) => {
    const placesIn = (chunk: Chunk) => {
      const places = placesOfChunk(name, chunk)
      if (countsDigraphs) places.push(...placesByDigraphs(name, chunk))
      if (!chunks.includes(chunk)) return places
      addSpread(places, name, chunk)
      if (countsDigraphs) addSpreadByDigraphs(places, name, chunk)
      return withoutDecimals(places, name, chunk.text)
    }
    const isPossible = ({ text, digraphs }: Chunk) =>
      mayContain(name, text) || (countsDigraphs && mayContainForm(name, digraphs.join('')))
    for (const way of [chunks, ...waysToIgnoreSpaces(chunks, isPossible)]) {
      const places = assignPlaces(way.map(placesIn))
      if (places) return places
    }
    return undefined
  }

/** Whether a name contains a string, ignoring the string's last character, which may be an incomplete syllable. */
function mayContain(name: Name, text: string): boolean {
  const part = text.slice(0, -1)
  return name.text.includes(part) || name.targets.some(({ folded }) => folded.startsWith(part))
}

/** Whether a word or the digraph form of a word begins with a string, ignoring the string's last letter. */
function mayContainForm({ words, targets }: Name, text: string): boolean {
  const part = text.slice(0, -1)
  return (
    targets.some(({ folded }) => folded.startsWith(part)) || words.some((word) => digraphsOf(word).startsWith(part))
  )
}

const findWords: Find = (name, reading, settings) =>
  findInAnyOrder(name, reading, settings) ??
  findByDigraphs(name, reading, settings) ??
  findWithOtherSpaces(false)(name, reading, settings) ??
  findWithOtherSpaces(true)(name, reading, settings)

const findLayout: Find = (name, reading, settings) => {
  const found = findBeginning(name, reading, settings) ?? findInitials(name, reading, settings)
  if (found || !isLongEnoughForWords(reading)) return found
  return findInAnyOrder(name, reading, settings)
}

const findEdited =
  (keepsFirst: boolean): Find =>
  (name, reading, { correct }) => {
    const rules = { keepsFirst, editsDigits: correct === 'digits' }
    const words = typedWordsOf(reading.chunks, !rules.editsDigits)
    const places = assignPlaces(words.map((word) => placesOfEdited(name, word, rules)))
    if (places) return places
    const placesOfUnit = (unit: Unit) =>
      unit.isRun ? placesOfRun(name, unit, rules) : placesOfEdited(name, unit, rules)
    return assignPlaces((unitsOf(reading, !rules.editsDigits) ?? []).map(placesOfUnit))
  }

const findPartial: Find = (name, { words, chunks }, { correct }) => {
  const rules = { keepsFirst: true, editsDigits: correct === 'digits' }
  const typed = typedWordsOf(chunks, !rules.editsDigits)
  /** For each word, the position in `typed` of the word or number that contains it. */
  const partOf = new Map(
    typed.flatMap(({ number }, at) => (number?.words ?? ['']).map(() => at)).map((at, word) => [words[word], at]),
  )
  const isChosen = (chosen: readonly (Place | Place[] | undefined)[]) => (word: Word) =>
    chosen[partOf.get(word) as number] !== undefined
  // If a word is left out, single letters that are glued to it are also left out.
  const remaining = (chosen: readonly (Place | Place[] | undefined)[]) => remainingWords(words, isChosen(chosen))
  const found = typed.map((word) => {
    const ofWord = placesOfEdited(name, word, rules)
    return ofWord.length > 0 ? ofWord : undefined
  })
  const possible = new Set(remaining(found).map((word) => partOf.get(word)))
  const lists = typed.map((_, at) => (possible.has(at) && found[at]) || [])
  // Words with digits are never left out.
  const mayLeaveOut = (chosen: Chosen) =>
    typed.every(({ folded }, at) => chosen[at] || !hasDigit(folded)) &&
    remaining(chosen).length === words.filter(isChosen(chosen)).length
  const places = assignedPlaces(new Assignment(lists, mayLeaveOut).best ?? [])
  return places.length > 0 ? places : undefined
}

const findInside: Find = (name, { chunks }) => {
  const words = typedWordsOf(chunks, true)
  const placesIn = (find: (word: TypedWord) => Place[]) =>
    assignPlaces(
      words.map((word) => {
        const { folded, isWhole, number } = word
        if (number) return placesOfChunk(name, number)
        return withoutDecimals(isWhole ? placesOfBeginning(name, beginsWith(folded, true)) : find(word), name, folded)
      }),
    )
  return placesIn(({ folded }) => placesInside(name, folded)) ?? placesIn((word) => placesInsideByDigraphs(name, word))
}

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
function findInitialsAt(name: Name, reading: Reading, from: number, to: number): Place[] | undefined {
  const typed = typedInitials(reading)
  if (!hasInitials(typed)) return undefined
  const wanted = initials(typed).length
  const numbers = numbersOfInitials(reading)
  for (let first = from; first < to && first < name.words.length; first++) {
    if (isDigit(typed.charCodeAt(0)) && name.words[first]?.isDecimals) continue
    const words = name.words.slice(first).map(({ folded }) => folded)
    const text = words.join('')
    if (fitsInitials(text, typed, true) && (!numbers || numbersAgree(words, numbers)))
      return [placeAt(name, first, 0, lengthOf(text, initials, wanted))]
  }
  return undefined
}

/** Finds the places of a chunk. See "How a chunk of a query matches words of a name" in docs/matching.md. */
function placesOfChunk(name: Name, chunk: Chunk): Place[] {
  const { words, text, isComplete, hasFreeSpaces } = chunk
  const places = mayBeOneWord(chunk) ? placesOfBeginning(name, beginsWith(text, isComplete || words.length > 1)) : []
  if (words.length > 1) addRuns(places, name, words, isComplete)
  if (hasFreeSpaces) addFreelySpaced(places, name, chunk)
  return withoutDecimals(places, name, text)
}

/** If a part of a query begins with a digit, leaves out the places that begin with decimals. */
const withoutDecimals = (places: Place[], { words }: Name, typed: string): Place[] =>
  isDigit(typed.charCodeAt(0)) ? places.filter(({ first }) => words[first]?.isDecimals !== true) : places

/** Finds matching words and joined words. */
function placesOfBeginning(name: Name, isBegun: Begins): Place[] {
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
function placesByDigraphs(name: Name, chunk: Chunk): Place[] {
  const { words, digraphs, isComplete } = chunk
  const last = words.length - 1
  const whole = digraphs.join('')
  const places = mayBeOneWord(chunk) ? placesOfBeginning(name, beginsWith(whole, isComplete || last > 0)) : []
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
  return withoutDecimals(places, name, whole)
}

/**
 * If a word of a query matches a word of a name, returns where the match ends in the spelling. Otherwise, returns
 * undefined.
 */
function endOfWord(word: Word, typed: string, form: string, isComplete: boolean): number | undefined {
  const { spelled, folded } = word
  const length = beginsWith(typed, isComplete)(folded) ?? beginsWith(form, isComplete)(folded)
  if (length !== undefined) return endInWord(word, length)
  const own = digraphForm(spelled)
  const ownLength = own === undefined ? undefined : beginsWith(form, isComplete)(own)
  return ownLength === undefined ? undefined : endInForm(word, ownLength)
}

/** Adds consecutive words that together match a chunk, for scripts and numbers in which spaces vary. */
function addFreelySpaced(places: Place[], name: Name, { words, text: typed, hasBoundary, isComplete }: Chunk): void {
  const isBegun = beginsWith(isComplete ? typed : joinedSyllables(typed), isComplete)
  const spaces = words.length > 1 ? NameSpaces.ofWords(name.words) : undefined
  const numbers = { text: typed, hasBoundary, borders: [] }
  for (let first = 0; first < name.words.length; first++) {
    let text = ''
    for (let at = first; at < name.words.length; at++) {
      const { folded } = name.words[at] as Word
      if (!continuesFreely(typed, folded)) break
      text += folded
      const length = isBegun(text)
      if (length === undefined) continue
      if (!spaces || spaces.bordersAgree(first, name.words.length, numbers)) {
        places.push(placeAt(name, first, 0, length))
      }
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

/** Adds consecutive words that together match a chunk that lacks the spaces between them, by digraph forms. */
function addSpreadByDigraphs(places: Place[], name: Name, chunk: Chunk): void {
  const wordAt = (at: number): WordWithForms => {
    const word = name.words[at] as Word
    return { forms: [...new Set([word.folded, digraphsOf(word)])], gap: word.gap }
  }
  for (const begunBy of spreadsOf(withDigraphs(chunk))) {
    for (const [first, { start }] of name.words.entries()) {
      for (const { to, form, length } of spreadsByDigraphs(wordAt, first, name.words.length, begunBy)) {
        const word = name.words[to - 1] as Word
        const end = form === word.folded ? endInWord(word, length) : endInForm(word, length)
        places.push({ first, last: to - 1, start, end, edits: 0 })
      }
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

/** Like {@link placesInside}, but also compares digraph forms. */
function placesInsideByDigraphs(name: Name, { folded, digraphs = folded }: TypedWord): Place[] {
  const places = placesInside(name, folded)
  if (!hasDigraph(digraphs)) return places
  if (digraphs !== folded) places.push(...placesInside(name, digraphs))
  const isBegun = beginsWith(digraphs)
  const mayBeInside = isLongEnoughInside(digraphs)
  for (const [at, word] of name.words.entries()) {
    const form = digraphForm(word.spelled)
    if (form === undefined) continue
    const begun = isBegun(form)
    const from = begun === undefined && mayBeInside ? form.indexOf(digraphs) : 0
    if (begun !== undefined || from > 0) places.push(placeInForm(word, at, from, from + digraphs.length))
  }
  return places
}

/**
 * Finds the words that begin with a word of the query after edits. Words with fewer edits come first and, with the same
 * number of edits, those that match without digraph forms.
 */
function placesOfEdited(name: Name, word: TypedWord, rules: CorrectionRules): Place[] {
  const { folded, digraphs = folded, isWhole, number } = word
  if (number) return placesOfChunk(name, number)
  if (isWhole) return withoutDecimals(placesOfBeginning(name, beginsWith(folded, true)), name, folded)
  const places: Place[] = []
  const addTargets = (find: FindEdited) => {
    for (const target of name.targets) {
      const found = find(target.folded)
      if (found) places.push({ ...placeIn(name, target, 0, found.length), edits: found.edits })
    }
  }
  const findFolded = editedBeginning(folded, rules)
  addTargets(findFolded)
  const findForm = digraphs === folded ? findFolded : editedBeginning(digraphs, rules)
  if (findForm !== findFolded) addTargets(findForm)
  for (const [at, word] of name.words.entries()) {
    const form = digraphForm(word.spelled)
    const found = form === undefined ? undefined : findForm(form)
    if (found) places.push({ ...placeInForm(word, at, 0, found.length), edits: found.edits })
  }
  return withoutDecimals(places, name, folded).sort((a, b) => a.edits - b.edits)
}

/**
 * Returns the length of the prefix of a string that equals a typed word after edits, in UTF-16 code units, and the
 * number of edits. Returns undefined if the string does not match.
 */
type FindEdited = (target: string) => { length: number; edits: number } | undefined

function editedBeginning(word: string, rules: CorrectionRules): FindEdited {
  const isBegun = beginsWith(word)
  const typed = [...keystrokes(word)]
  const max = maxEditsOf(word, rules)
  const singulars = max > 0 ? singularsOf(word) : []
  return (target) => {
    const begun = isBegun(target)
    if (begun !== undefined) return { length: begun, edits: 0 }
    if (singulars.includes(target)) return { length: target.length, edits: 1 }
    if (max === 0 || (!rules.editsDigits && hasDigit(target))) return undefined
    const own = [...keystrokes(target)]
    if (rules.keepsFirst && typed[0] !== own[0]) return undefined
    const nearest = nearestPrefix(typed, own, max)
    if (!nearest) return undefined
    const { length } = own.slice(0, nearest.length).join('')
    return { length: lengthOf(target, keystrokes, length), edits: Math.max(1, nearest.edits) }
  }
}

/** Finds the words whose concatenation begins with a run of the query after edits, fewest edits first. */
function placesOfRun(name: Name, run: Unit, rules: CorrectionRules): Place[] {
  const max = maxEditsIn(run, rules)
  const typed = [...run.folded]
  const places: Place[] = []
  for (const first of name.words.keys()) {
    let text = ''
    let fewest = max + 1
    for (let at = first; at < name.words.length && text.length < run.folded.length + max; at++) {
      const { folded } = name.words[at] as Word
      if (!isRunWord(folded) || (rules.keepsFirst && (text || folded).charCodeAt(0) !== run.folded.charCodeAt(0))) break
      text += folded
      const nearest = nearestPrefix(typed, [...text], fewest - 1)
      if (!nearest) continue
      fewest = nearest.edits
      places.push({ ...placeAt(name, first, 0, nearest.length), edits: fewest })
      if (fewest === 0) break
    }
  }
  return places.sort((a, b) => a.edits - b.edits)
}

/**
 * Returns the prefix of a word that is the fewest edits (optimal string alignment) away from the typed word, both given
 * as their letters. If there are several, returns the longest.
 * @returns undefined if all prefixes are more than `max` edits away
 */
function nearestPrefix(
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

/** Whether a word is a number that is followed by `+` or `#`. */
const isNumberWithSigns = (word: string, number: string) =>
  word.startsWith(number) && /^[0-9][+#]+$/.test(word.slice(number.length - 1))

/**
 * Returns a test for strings that begin with `typed` or, if `typed` is complete, equal it. If `typed` is incomplete,
 * its last syllable may also be incomplete.
 */
function beginsWith(typed: string, isComplete = false): Begins {
  if (isComplete) return (target) => (target === typed || isNumberWithSigns(target, typed) ? typed.length : undefined)
  const beginnings = composedBeginnings(typed)
  return (target) => {
    if (target.startsWith(typed)) return typed.length
    const beginning = beginnings.find((beginning) => begins(target, beginning))
    return beginning && beginning.head.length + 1
  }
}
