/**
 * The reference for matching a query with one name. It is simple and slow, and quotes the rules of docs/matching.md.
 */
import { digraphForm } from '../text/digraphs.ts'
import { fold } from '../text/fold.ts'
import { fitsInitials, hasInitials, joinedSyllables, keystrokes, withSingleConsonants } from '../text/hangul.ts'
import { continuesFreely, hasFreeSpaces, isFreelySpaced, isRunWord } from '../text/scripts.ts'
import { type Word, type Words, wordsOf } from '../text/words.ts'

/** A query or a name, split into words, chunks, and letters. */
export interface Parsed extends Words {
  words: TypedWord[]
  /** The letters of the concatenated folded words. */
  letters: Letter[]
  /** The keystrokes of the concatenated folded words. */
  strokes: Letter[]
  /** Groups of words between white space, each with its concatenation. */
  chunks: Chunk[]
  /** The positions of the words that stand for `&`. */
  andWords: number[]
}

interface Letter {
  /** One code point. */
  letter: string
  /** The position of the character to which it belongs: the code point itself, or the syllable of a keystroke. */
  character: number
  /** The position of the word that contains it. */
  word: number
  /** Whether that word is in a freely spaced script. */
  isFree: boolean
  /** What precedes the letter: nothing, the boundary of two adjacent words, punctuation, or white space. */
  before: 'nothing' | 'border' | 'punctuation' | 'space'
}

interface Chunk {
  words: TypedWord[]
  whole: string
  /** Whether a word of the name must be equal to the chunk, even if the chunk is not complete. */
  mustEqual?: boolean
}

/**
 * A word of a query, a run treated as one word, or several words treated as one because the spaces between them are
 * ignored.
 */
export interface TypedWord extends Word {
  isRun?: boolean
  /** Whether this is a complete short number. */
  isWhole?: boolean
  /** For several words treated as one: the digraph form of the joined words. */
  digraphs?: string
}

/** Words of a name that a word or chunk of a query may match, and the cost. */
interface Place {
  words: readonly number[]
  cost: number
}

export interface TypoRules {
  correctDigits: boolean
  firstLetterStays: boolean
  maxEdits: number
  /** Whether words also match by their digraph forms. */
  countsDigraphs?: boolean
}

/** "A word of 4 to 7 letters may have one edit, and a longer word may have two edits. Shorter words are not edited." */
const MIN_LETTERS_FOR_ONE_EDIT = 4
const MIN_LETTERS_FOR_TWO_EDITS = 8
/** "at least 3 letters (2 for Hangul, Han, and kana)" */
const MIN_LETTERS_INSIDE = 3
const MIN_SYLLABLES_INSIDE = 2

const DIGIT = /\p{N}/u
const DIGRAPH = /ae|oe|ue|aa/
const SYLLABLE = /[가-힣]/
const CONSONANT = /[ㄱ-ㅎ]/
const HAN = /\p{sc=Han}/u
const FIRST_LETTER = /^\p{L}/u
const LAST_LETTER = /\p{L}$/u
const ENDS_WITH_HANGUL = /\p{sc=Hangul}$/u
const SYLLABIC = /^[\p{sc=Hangul}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー]+$/u

/**
 * Splits a spelling into words, chunks, and letters.
 * @param andWords start positions of the words that replace `&`
 */
export function parse(spelled: string, andWords: readonly number[] = []): Parsed {
  const found = wordsOf(spelled)
  return parsedOf(
    found,
    [...found.words.keys()].filter((at) => andWords.includes((found.words[at] as Word).start)),
  )
}

/** @param andWords the positions of the words that stand for `&` */
function parsedOf(found: Words, andWords: number[] = []): Parsed {
  // "A short number … is complete if anything follows it in the query"
  const words = found.words.map((word, at): TypedWord => {
    const isFollowed = found.endsComplete || at < found.words.length - 1
    return isFollowed && SHORT_NUMBER.test(word.folded) ? { ...word, isWhole: true } : word
  })
  return {
    ...found,
    words,
    letters: lettersOf(words, unchanged),
    strokes: lettersOf(words, keystrokes),
    chunks: chunksOf(words),
    andWords,
  }
}

/** "a word that begins with one to five digits (0 to 9)" */
const SHORT_NUMBER = /^[0-9]{1,5}(?![0-9])/

const unchanged = (character: string) => character

/** Returns the concatenation of all folded words. */
export const concatenationOf = ({ words }: { words: readonly Word[] }): string =>
  words.map(({ folded }) => folded).join('')

const spelledConcatenationOf = ({ words }: Words) => words.map(({ spelled }) => spelled).join('')

/**
 * "entries come first if, for each sequence of symbols in the query, the matching name has a word or joined word that
 * begins with that sequence"
 */
export const hasSymbols = (query: Parsed, name: Parsed): boolean =>
  symbolsOf(query).every((symbols) => targetsOf(name).some(({ folded }) => folded.startsWith(symbols)))

/** `exact`: "Its concatenated words equal the query's concatenated words, and the number boundaries agree." */
export const isExact = (query: Parsed, name: Parsed): boolean =>
  concatenationOf(query) === concatenationOf(name) && bordersAgree(query.letters, name.letters, query.andWords)

/** "Entries whose spelled words and symbols … equal those of the query come first." */
export const hasSameSpelling = (query: Parsed, name: Parsed): boolean =>
  query.words.length === name.words.length &&
  query.words.every(({ spelled }, at) => spelled === (name.words[at] as Word).spelled) &&
  symbolsOf(query).sort().join(' ') === symbolsOf(name).sort().join(' ')

const symbolsOf = ({ joined }: Words) =>
  joined.filter(({ symbols }) => symbols !== undefined).map(({ folded }) => folded)

/**
 * `prefix`: "Its concatenated words begin with the query's concatenated words, and the number boundaries and spaces
 * agree."
 */
export const isPrefix = (query: Parsed, name: Parsed, mayLackSpaces = false): boolean =>
  concatenationOf(name).startsWith(concatenationOf(query)) &&
  bordersAgree(query.letters, name.letters, query.andWords) &&
  spacesAgree(query.letters, name.letters, query.endsComplete, mayLackSpaces)

/**
 * "If the query differs from its folded form, or contains Han characters, entries whose spelled words begin with those
 * of the query come first."
 */
export const prefersSpelled = (query: Parsed): boolean =>
  spelledConcatenationOf(query) !== concatenationOf(query) || HAN.test(concatenationOf(query))

/** Whether the spelled words of a name begin with those of the query. */
export const beginsSpelled = (query: Parsed, name: Parsed): boolean =>
  spelledConcatenationOf(name).startsWith(spelledConcatenationOf(query))

/**
 * `hangul`: "The same as `prefix`, but the query's letters are joined into syllables, and the last syllable may be
 * incomplete or contain the initial of the next one."
 */
export const isHangulPrefix = (query: Parsed, name: Parsed): boolean =>
  beginsBySyllables(concatenationOf(query), concatenationOf(name)) &&
  bordersAgree(query.strokes, name.strokes, query.andWords) &&
  spacesAgree(query.strokes, name.strokes, query.endsComplete)

/**
 * `initials`: "The query has a standalone Hangul consonant. With spaces ignored, each character of the query equals
 * the character at the same position in the name, or is the initial consonant of the syllable at that position."
 * @param isComposing whether the last syllable may be incomplete
 * @param from the word of the name at which to start
 */
export function isInitials(query: Parsed, name: Parsed, isComposing: boolean, from = 0): boolean {
  // The folded form of a word joins Hangul letters with the syllable before them, but here, the letters are initials.
  const typed = query.words.map((word) => ({ ...word, folded: fold(word.spelled) }))
  const own = name.words.slice(from)
  const [wanted, text] = [typed, own].map((words) => concatenationOf({ words })) as [string, string]
  if (!hasInitials(wanted) || !fitsInitials(text, wanted, isComposing) || !mayBegin(wanted, name, from)) return false
  // "Number boundaries must agree in all rows of the table"
  return bordersAgree(lettersOf(typed, withSingleConsonants), lettersOf(own, withSingleConsonants))
}

/**
 * `word`: {@link doChunksMatch}, or "The query has several chunks, and the conditions for `prefix` are met, except that
 * the query has boundaries that the name lacks.", or "The name meets the conditions for `initials` if one or more of its
 * first words are ignored."
 */
export function isWordMatch(query: Parsed, name: Parsed): boolean {
  if (doChunksMatch(query, query.chunks, name, false)) return true
  if (query.chunks.length > 1 && isPrefix(query, name, true)) return true
  return name.words.some((_, at) => at > 0 && isInitials(query, name, true, at))
}

/**
 * `word` with digraphs: "each chunk may also match by digraph forms". Returns undefined if the name does not
 * match, and otherwise the place in the order: names that equal the query, names that begin with it, and others.
 */
export function gradeByDigraphs(query: Parsed, name: Parsed): number | undefined {
  const places = query.chunks.map((chunk, at) => {
    const isComplete = (query.endsComplete && at === query.chunks.length - 1) || endsWhole(chunk)
    const all = [...placesOfChunk(chunk, name, isComplete), ...placesByDigraphs(chunk, name, isComplete)]
    return all.map((words) => ({ words, cost: 0 }))
  })
  if (cheapest(places, 0) === undefined) return undefined
  const [typed, own] = [query, name].map(({ words }) => words.map(digraphsOf).join('')) as [string, string]
  return own === typed ? 0 : own.startsWith(typed) ? 1 : 2
}

/** "No part of a query that begins with a digit matches words that begin with decimals" */
const mayBegin = (typed: string, name: Parsed, from: number | undefined): boolean =>
  !isAsciiDigit(typed.slice(0, 1)) || name.words[from as number]?.isDecimals !== true

const endsWhole = ({ words }: Pick<Chunk, 'words'>): boolean => words.at(-1)?.isWhole === true

const digraphsOf = ({ spelled, folded, digraphs }: TypedWord) => digraphs ?? digraphForm(spelled) ?? folded

/** Whether a query or a name has a word with a digraph form. If not, digraphs make no difference. */
export const haveDigraphs = (typed: readonly TypedWord[], name: Parsed): boolean =>
  [...typed, ...name.words].some((word) => digraphsOf(word) !== word.folded)

/**
 * "**One word**, **equal**, and **word by word** also apply if the digraph form of a word of the query matches a
 * word, a joined word, or the digraph form of a word of the name."
 */
function placesByDigraphs({ words }: Chunk, name: Parsed, isComplete: boolean): number[][] {
  const starts = (typed: string, target: string) => (isComplete ? isWhole(typed, target) : begins(typed, target))
  const form = words.map(digraphsOf).join('')
  const forms = name.words.map((word, at) => ({ folded: digraphsOf(word), words: [at] }))
  const places = [...targetsOf(name), ...forms]
    .filter(({ folded }) => folded === form || (words.length === 1 && starts(form, folded)))
    .map((target) => target.words)
    .filter((own) => numbersAgree(words, own, name))
  for (const at of name.words.keys()) {
    const own = name.words.slice(at, at + words.length)
    const isLast = (index: number) => index === words.length - 1
    const matches = (word: Word, index: number) => {
      const target = own[index]
      const compare = isLast(index) ? starts : (typed: string, other: string) => typed === other
      return (
        target !== undefined &&
        (compare(word.folded, target.folded) ||
          compare(digraphsOf(word), target.folded) ||
          compare(digraphsOf(word), digraphsOf(target)))
      )
    }
    if (words.every(matches)) places.push(own.map((_, index) => at + index))
  }
  return places.filter(([from]) => mayBegin(form, name, from))
}

/**
 * `word` with other spaces: "one or two spaces between chunks are ignored", and "a chunk may match several adjacent
 * words of the name".
 * @param mayLackSpaces whether missing spaces are allowed
 */
export const isWordMatchWithOtherSpaces = (
  query: Parsed,
  name: Parsed,
  mayLackSpaces = true,
  countsDigraphs = false,
): boolean =>
  waysToIgnoreSpaces(query.chunks).some((chunks) => doChunksMatch(query, chunks, name, mayLackSpaces, countsDigraphs))

/** "All chunks of the query match, in any order, and no two of them match at the same word of the name." */
function doChunksMatch(
  query: Parsed,
  chunks: readonly Chunk[],
  name: Parsed,
  maySpread: boolean,
  countsDigraphs = false,
): boolean {
  const places = chunks.map((chunk, at) => {
    const endsComplete = (query.endsComplete && at === chunks.length - 1) || endsWhole(chunk)
    const isComplete = endsComplete || chunk.mustEqual === true
    const all = placesOfChunk(chunk, name, isComplete)
    if (countsDigraphs) all.push(...placesByDigraphs(chunk, name, isComplete))
    if (maySpread && query.chunks.includes(chunk)) {
      all.push(...placesOfSpreadWord(chunk, name, endsComplete))
      if (countsDigraphs) all.push(...placesOfSpreadByDigraphs(chunk, name, endsComplete))
    }
    return all.map((words) => ({ words, cost: 0 }))
  })
  return cheapest(places, 0) !== undefined
}

/** Returns the allowed ways to ignore up to two spaces between chunks, each as the resulting chunks. */
function waysToIgnoreSpaces(chunks: readonly Chunk[]): Chunk[][] {
  const spaces = [...chunks.keys()].slice(1)
  const pairs = spaces.flatMap((first) => spaces.filter((second) => second > first).map((second) => [first, second]))
  return [[], ...spaces.map((space) => [space]), ...pairs].flatMap((ignored) => {
    const groups: Chunk[][] = []
    for (const [at, chunk] of chunks.entries()) {
      if (ignored.includes(at)) groups.at(-1)?.push(chunk)
      else groups.push([chunk])
    }
    const joined = groups.map(joinedChunk)
    return joined.every((chunk) => chunk !== undefined) ? [joined] : []
  })
}

/**
 * "The chunks on both sides of an ignored space become a single chunk that counts as one word … Each of the original
 * chunks must be one word without digits. If one of them has only one letter, a word or joined word of the name must be
 * equal to the new chunk … These conditions do not apply if all of the original chunks are in freely spaced scripts."
 */
function joinedChunk(group: readonly Chunk[]): Chunk | undefined {
  const [first, ...others] = group
  if (!first || others.length === 0) return first
  const isFree = group.every(({ whole }) => isFreelySpaced(whole))
  if (!isFree && !group.every(isSingleWord)) return undefined
  const whole = joinedSyllables(group.map((chunk) => chunk.whole).join(''))
  const mustEqual = !isFree && group.some((chunk) => [...chunk.whole].length < 2)
  const digraphs = joinedSyllables(group.flatMap(({ words }) => words.map(digraphsOf)).join(''))
  return { words: [{ ...(first.words[0] as Word), folded: whole, digraphs }], whole, mustEqual }
}

const isSingleWord = ({ words, whole }: Chunk) => words.length === 1 && !DIGIT.test(whole)

/**
 * "A chunk may match several adjacent words of the name. The chunk alone must meet the conditions for `prefix` or
 * `hangul`, as if the name began with these words." "Punctuation between two letters of the name counts as white
 * space." "If one of the matched words is a single letter, it must be the first or the last of them, or next to a
 * digit."
 */
function placesOfSpreadWord(chunk: Chunk, name: Parsed, isComplete: boolean): number[][] {
  const alone = parsedOf({ words: chunk.words, joined: [], endsComplete: isComplete })
  return [...name.words.keys()].flatMap((from) => {
    if (!mayBegin(chunk.whole, name, from)) return []
    const words = name.words.slice(from)
    const textOf = (count: number) => concatenationOf({ ...name, words: words.slice(0, count) })
    const count = [...words.keys()].map((at) => at + 1).find((count) => beginsBySyllables(chunk.whole, textOf(count)))
    if (count === undefined) return []
    const rest = parsedOf({ ...name, words: words.map(withSpaceForPunctuation) })
    if (!isPrefix(alone, rest) && !isHangulPrefix(alone, rest)) return []
    const covered = words.slice(0, count)
    return covered.length < 2 || covered.some(isInnerLetter) ? [] : [covered.map((_, at) => from + at)]
  })
}

/**
 * "the digraph forms of its words are compared with the folded form or the digraph form of each word of the name"
 */
function placesOfSpreadByDigraphs({ words }: Chunk, name: Parsed, isComplete: boolean): number[][] {
  const typed = words.map((word) => ({ ...word, folded: digraphsOf(word) }))
  const chunk = { words: typed, whole: concatenationOf({ words: typed }) }
  return waysToWrite(name.words).flatMap((own) => placesOfSpreadWord(chunk, { ...name, words: own }, isComplete))
}

/** Returns all ways to write the words, each in its folded form or in its digraph form. */
function waysToWrite([first, ...others]: readonly Word[]): Word[][] {
  if (!first) return [[]]
  const forms = [...new Set([first.folded, digraphsOf(first)])]
  return waysToWrite(others).flatMap((rest) => forms.map((folded) => [{ ...first, folded }, ...rest]))
}

/** "Punctuation between two letters of the name counts as white space." */
function withSpaceForPunctuation(word: Word, at: number, words: readonly Word[]): Word {
  const previous = words[at - 1]
  const isBetweenLetters = previous && LAST_LETTER.test(previous.folded) && FIRST_LETTER.test(word.folded)
  const isFree = (previous && isFreelySpaced(previous.folded)) || isFreelySpaced(word.folded)
  return isBetweenLetters && !isFree ? { ...word, gap: 'space' } : word
}

/** "Two limits apply, except in freely spaced scripts" */
function isInnerLetter(word: Word, at: number, words: readonly Word[]): boolean {
  const [before, after] = [words[at - 1]?.folded.slice(-1), words[at + 1]?.folded.charAt(0)]
  if (before === undefined || after === undefined || isAsciiDigit(before) || isAsciiDigit(after)) return false
  return isOneLetter(word)
}

/**
 * Returns the number of edits with which "each word of the query matches a different word of the name", or undefined if
 * more than `maxEdits` are needed.
 */
export function typosIn(words: readonly TypedWord[], name: Parsed, rules: TypoRules): number | undefined {
  const places: Place[][] = []
  for (const group of rules.correctDigits ? words.map((word) => [word]) : withNumbersTogether(words)) {
    const [word] = group as [TypedWord]
    const ofGroup =
      group.length > 1
        ? placesOfNumber(group, name)
        : word.isRun
          ? placesOfRun(word, name, rules)
          : placesOfTypo(word, name, rules)
    if (ofGroup.length === 0) return undefined
    places.push(ofGroup)
  }
  return cheapest(places, rules.maxEdits)
}

/**
 * "words of the query count as a single chunk if only punctuation separates them and there are digits on both sides of
 * it". Returns the words, with those that count as a single chunk grouped.
 */
function withNumbersTogether<T extends Word>(words: readonly T[]): T[][] {
  const groups: T[][] = []
  for (const word of words) {
    const last = groups.at(-1)
    const isInNumber =
      word.gap === 'glue' && isAsciiDigit(last?.at(-1)?.folded.slice(-1) ?? '') && isAsciiDigit(word.folded.slice(0, 1))
    if (last && isInNumber) last.push(word)
    else groups.push([word])
  }
  return groups
}

/** "Such a chunk matches as described … without edits" */
const placesOfNumber = (words: readonly TypedWord[], name: Parsed): Place[] =>
  placesOfChunk({ words: [...words], whole: concatenationOf({ words }) }, name, endsWhole({ words: [...words] })).map(
    (own) => ({ words: own, cost: 0 }),
  )

/**
 * "In kana and in Thai, Lao, Khmer, and Myanmar script … adjacent words of a query that nothing separates are a run."
 * Returns the query "with each run of the query as one word".
 */
export function withRuns(words: readonly Word[]): TypedWord[] {
  const joined: TypedWord[] = []
  for (const word of words) {
    const last = joined.at(-1)
    const isRun = isRunWord(word.folded)
    if (isRun && last?.isRun && last.end === word.start) {
      joined[joined.length - 1] = { ...last, folded: last.folded + word.folded, end: word.end }
    } else joined.push({ ...word, isRun })
  }
  return joined
}

/** Whether a name has a word that begins with a word of a query, possibly after edits. */
export const hasWordWithTypo = (word: Word, name: Parsed, rules: TypoRules): boolean =>
  placesOfTypo(word, name, rules).length > 0

/**
 * "A word of one letter that is glued to a left-out word is left out together with that word, except in freely spaced
 * scripts"
 * @param staying the words that are not left out otherwise
 */
export function withoutGluedLetters(words: readonly Word[], staying: readonly Word[]): Word[] {
  const isLeftOut = (at: number) => !staying.includes(words[at] as Word)
  const isGlued = (at: number) => words[at]?.gap === 'glue'
  const fewer = words.filter((word, at) => {
    const isBesideLeftOut = (isGlued(at) && isLeftOut(at - 1)) || (isGlued(at + 1) && isLeftOut(at + 1))
    return !isLeftOut(at) && !(isOneLetter(word) && isBesideLeftOut)
  })
  return fewer.length === staying.length ? fewer : withoutGluedLetters(words, fewer)
}

/**
 * "one or two of the spaces between them may also be ignored, as in `word`", if "at least one entry has a word that begins
 * with the new chunk" and "the space is not next to a single letter, unless this letter is in a freely spaced script".
 * Returns the words that remain, for each way to ignore spaces.
 */
export function waysToRemain(
  words: readonly Word[],
  staying: readonly Word[],
  isBegun: (typed: Word) => boolean,
): (readonly Word[])[] {
  const chunks = chunksOf(separated(words, staying))
  const isPossible = (chunk: Chunk) => chunks.includes(chunk) || (!chunk.mustEqual && isBegun(chunk.words[0] as Word))
  return waysToIgnoreSpaces(chunks)
    .filter((way) => way.every(isPossible))
    .map((way) => way.flatMap((chunk) => chunk.words))
}

/** Returns the words that remain. A word that was glued to a left-out word before it is no longer glued. */
export const separated = (words: readonly Word[], staying: readonly Word[]): Word[] =>
  staying.map((word) => {
    const isAfterLeftOut = !staying.includes(words[words.indexOf(word) - 1] as Word)
    return isAfterLeftOut && word.gap === 'glue' ? { ...word, gap: 'space' } : word
  })

/** Whether a name has a word that begins with a word of a query. */
export const hasWordBegunBy = (word: TypedWord, name: Parsed): boolean =>
  comparisonsOf(word, name, true).some(({ typed, target }) => begins(typed, target))

const isOneLetter = ({ folded }: Word) => /^\p{L}$/u.test(folded) && !isFreelySpaced(folded)

/** Whether a word of a query has digits. Such words are never left out. */
export const hasDigit = ({ folded }: Word): boolean => DIGIT.test(folded)

/**
 * `infix`: "Each word of the query matches a different word of the name: at its beginning, or anywhere in it if the
 * query's word has at least 3 letters (2 for Hangul, Han, and kana)."
 */
export function isInfix(query: Parsed, name: Parsed, countsDigraphs = false): boolean {
  const places = withNumbersTogether(query.words).map((group) => {
    if (group.length > 1) return placesOfNumber(group, name)
    const [word] = group as [TypedWord]
    const mayCount = countsDigraphs && DIGRAPH.test(digraphsOf(word))
    return comparisonsOf(word, name, mayCount)
      .filter(({ typed, target }) =>
        word.isWhole ? isWhole(typed, target) : begins(typed, target) || isInside(typed, target),
      )
      .filter(({ typed, words }) => mayBegin(typed, name, words[0]))
      .map(({ words }) => ({ words, cost: 0 }))
  })
  return cheapest(places, 0) !== undefined
}

/**
 * Implements "Spaces agree" in docs/matching.md. In a name, there is a boundary between any two words, even if no
 * character separates them, as in `iphone15`.
 */
function spacesAgree(
  query: readonly Letter[],
  name: readonly Letter[],
  endsComplete: boolean,
  mayLackSpaces = false,
): boolean {
  for (let place = 1; place < query.length; place++) {
    const asked = (query[place] as Letter).before
    const [front, back] = [name[place - 1], name[place]] as [Letter, Letter]
    const { before: own, word } = back
    if (front.isFree && back.isFree) continue
    if (isAsciiDigit(front.letter) && isAsciiDigit(back.letter)) continue
    const queryHasBoundary = asked === 'space' || asked === 'punctuation'
    const isOptional = mayLackSpaces && hasTwoLettersOnBothSides(query, place)
    // "The query also covers the rest of the name's word that contains this position."
    if (queryHasBoundary && own === 'nothing' && !isOptional && !reachesEnd(query, name, word)) return false
    if (!queryHasBoundary && own === 'space' && !mayLeaveOutSpace(query, name, place)) return false
  }
  // "If the query ends with a complete word, the name has a boundary at the same position, or ends there."
  const next = name[query.length]
  return !endsComplete || next === undefined || next.before !== 'nothing'
}

/**
 * "Between such a boundary and the next boundary on each side (or the beginning or end of the query), there must be at
 * least two letters"
 */
function hasTwoLettersOnBothSides(query: readonly Letter[], place: number): boolean {
  const isBoundary = ({ before }: Letter) => before === 'space' || before === 'punctuation'
  const start = Math.max(0, query.slice(0, place).findLastIndex(isBoundary))
  const next = query.findIndex((letter, at) => at > place && isBoundary(letter))
  return place - start >= 2 && (next < 0 ? query.length : next) - place >= 2
}

/**
 * Implements "Number boundaries agree" in docs/matching.md, for a name that begins with the query. Also checks that
 * words in place of `&` are whole words of the name.
 * @param andWords the words of the query that replace `&`
 */
function bordersAgree(query: readonly Letter[], name: readonly Letter[], andWords: readonly number[] = []): boolean {
  const isBoundary = ({ before }: Letter) => before !== 'nothing'
  for (let place = 1; place < query.length; place++) {
    const [front, back, own] = [query[place - 1], query[place], name[place]] as [Letter, Letter, Letter]
    if (!isAsciiDigit(front.letter) || !isAsciiDigit(back.letter) || isBoundary(back) === isBoundary(own)) continue
    // "A difference is allowed in two cases: Exactly three digits follow the boundary"
    const rest = (isBoundary(back) ? query : name).slice(place)
    const end = rest.findIndex((letter, at) => !isAsciiDigit(letter.letter) || (at > 0 && isBoundary(letter)))
    const isThousands = (end < 0 ? rest.length : end) === 3
    if (!isThousands && !isInLongNumber(isBoundary(back) ? name : query, place)) return false
  }
  // "The replacement must be a whole word of the name."
  return andWords.every((word) =>
    [query.findIndex((letter) => letter.word === word), endOfWord(query, word)].every((place) => {
      const letter = name[place]
      return place === 0 || letter === undefined || isBoundary(letter)
    }),
  )
}

/** "the two digits are inside a number that has at least six digits and no boundaries" */
function isInLongNumber(letters: readonly Letter[], place: number): boolean {
  const continues = (at: number) =>
    isAsciiDigit((letters[at] as Letter).letter) && (letters[at] as Letter).before === 'nothing'
  let [start, end] = [place, place]
  while (start > 0 && continues(start)) start -= 1
  while (end < letters.length && continues(end)) end += 1
  return isAsciiDigit((letters[start] as Letter).letter) && end - start >= 6
}

const isAsciiDigit = (letter: string) => letter >= '0' && letter <= '9' && letter.length === 1

/**
 * "One of these characters is a digit", or "the name's word before the white space has at least two letters, and the
 * query has at least two more letters from there on", or "the query covers the whole next word of the name".
 */
function mayLeaveOutSpace(query: readonly Letter[], name: readonly Letter[], place: number): boolean {
  const [front, back] = [name[place - 1] as Letter, name[place] as Letter]
  if (DIGIT.test(front.letter) || DIGIT.test(back.letter)) return true
  const lettersBefore = countCharacters(name.filter(({ word }) => word === front.word))
  if (lettersBefore >= 2 && countCharacters(name.slice(place, query.length)) >= 2) return true
  return reachesEnd(query, name, back.word)
}

const countCharacters = (letters: readonly Letter[]) => new Set(letters.map(({ character }) => character)).size

/** Whether a query reaches the last character of a word of the name. "An incomplete syllable counts as a letter." */
function reachesEnd(query: readonly Letter[], name: readonly Letter[], word: number): boolean {
  const [reached, last] = [name[query.length - 1], name[endOfWord(name, word) - 1]] as [Letter, Letter]
  return reached.character >= last.character
}

const endOfWord = (name: readonly Letter[], word: number) => name.findLastIndex((letter) => letter.word === word) + 1

/**
 * Returns the words of a name at which a chunk of a query matches, once for each rule of "How a chunk of a query
 * matches words of a name".
 */
function placesOfChunk({ words, whole }: Chunk, name: Parsed, isComplete: boolean): number[][] {
  const starts = (typed: string, target: string) => (isComplete ? isWhole(typed, target) : begins(typed, target))
  const places: number[][] = []
  for (const target of targetsOf(name)) {
    // "the chunk is one word, and a word or joined word of the name starts with it", or "a word or joined word of the
    // name is equal to the chunk".
    if ((words.length === 1 && starts(whole, target.folded)) || target.folded === whole) places.push(target.words)
  }
  for (const at of name.words.keys()) {
    // "the chunk has several words, and the name has the same words next to each other. The last of these words of the
    // name only has to start with the last word of the chunk."
    const own = name.words.slice(at, at + words.length)
    const isLast = (index: number) => index === words.length - 1
    const matches = (word: Word, index: number) => {
      const target = own[index]?.folded
      return target !== undefined && (isLast(index) ? starts(word.folded, target) : word.folded === target)
    }
    if (words.length > 1 && words.every(matches)) places.push(own.map((_, index) => at + index))
    const spread = placeOfSpread(whole, name, at, isComplete)
    if (spread) places.push(spread)
  }
  return places.filter((own) => numbersAgree(words, own, name) && mayBegin(whole, name, own[0]))
}

/** "A chunk matches a name in each of these cases, if the number boundaries agree" */
const numbersAgree = (words: readonly Word[], own: readonly number[], name: Parsed): boolean =>
  bordersAgree(
    lettersOf(words, unchanged),
    lettersOf(
      own.map((at) => name.words[at] as Word),
      unchanged,
    ),
  )

/**
 * "the concatenation of one or more adjacent words of the name starts with the chunk. One of these conditions must also
 * be met: The chunk and these words of the name consist of letters of freely spaced scripts. The chunk consists of at
 * least six digits, and each of these words of the name begins with a digit." Returns the fewest words, beginning at
 * `from`, that start with the chunk.
 */
function placeOfSpread(whole: string, name: Parsed, from: number, isComplete: boolean): number[] | undefined {
  if (!hasFreeSpaces(whole)) return undefined
  const place: number[] = []
  let text = ''
  for (let at = from; at < name.words.length; at++) {
    const { folded } = name.words[at] as Word
    if (!continuesFreely(whole, folded)) return undefined
    place.push(at)
    text += folded
    if (isComplete ? text === whole : begins(whole, text)) return place
  }
  return undefined
}

/** "If the chunk ends with a digit, the word of the name may end with additional `+` and `#` signs" */
const isWhole = (typed: string, target: string): boolean =>
  target === typed ||
  (isAsciiDigit(typed.slice(-1)) && target.startsWith(typed) && /^[+#]+$/.test(target.slice(typed.length)))

/** "If the last character of a chunk is Hangul, the chunk's letters are joined into syllables." */
function begins(typed: string, target: string): boolean {
  return ENDS_WITH_HANGUL.test(typed) ? beginsBySyllables(typed, target) : target.startsWith(typed)
}

/** "The last syllable may be incomplete or contain the initial of the next one." */
function beginsBySyllables(typed: string, target: string): boolean {
  const joined = joinedSyllables(typed)
  const complete = joined.slice(0, -1)
  if (!target.startsWith(complete)) return false
  const last = keystrokes(joined.slice(complete.length))
  const own = target.charAt(complete.length)
  if (keystrokes(own).startsWith(last)) return true
  const next = last.slice(-1)
  const containsNext = SYLLABLE.test(own) && CONSONANT.test(next) && last === keystrokes(own) + next
  return containsNext && keystrokes(target.charAt(complete.length + 1)).startsWith(next)
}

/** Returns the words and joined words of a name, with the positions of the words that each occupies. */
function targetsOf({ words, joined }: Parsed): { folded: string; words: number[] }[] {
  return [
    ...words.map(({ folded }, at) => ({ folded, words: [at] })),
    ...joined.map(({ folded, first, last }) => ({
      folded,
      words: Array.from({ length: last - first + 1 }, (_, at) => first + at),
    })),
  ]
}

function placesOfTypo(word: TypedWord, name: Parsed, rules: TypoRules): Place[] {
  return comparisonsOf(word, name, rules.countsDigraphs === true).flatMap(({ typed, target, words }) => {
    if (!mayBegin(typed, name, words[0])) return []
    // "Any other complete short number matches only an equal word"
    if (word.isWhole && !rules.correctDigits) return isWhole(typed, target) ? [{ words, cost: 0 }] : []
    const cost = editsOfWord(typed, target, rules)
    return cost === undefined ? [] : [{ words, cost }]
  })
}

/**
 * Returns the strings to compare for a word of a query and a name: the folded forms and, if digraphs count, "The
 * digraph form of a word of the query is then also compared with words, joined words, and the digraph forms of words".
 */
function comparisonsOf(
  word: TypedWord,
  name: Parsed,
  countsDigraphs: boolean,
): { typed: string; target: string; words: number[] }[] {
  const targets = targetsOf(name)
  const folded = targets.map((target) => ({ typed: word.folded, target: target.folded, words: target.words }))
  if (!countsDigraphs) return folded
  const forms = name.words.map((own, at) => ({ folded: digraphsOf(own), words: [at] }))
  const ofForms = [...targets, ...forms].map((target) => ({
    typed: digraphsOf(word),
    target: target.folded,
    words: target.words,
  }))
  return [...folded, ...ofForms]
}

/**
 * "A run matches one or more adjacent words of the name that consist of letters of these scripts. These words are
 * concatenated, and the result is compared with the run as a single word."
 */
function placesOfRun({ folded }: Word, name: Parsed, rules: TypoRules): Place[] {
  return [...name.words.keys()].flatMap((from) => {
    const others = name.words.slice(from)
    const end = others.findIndex((word) => !isRunWord(word.folded))
    const run = end < 0 ? others : others.slice(0, end)
    return run.flatMap((_, at) => {
      const words = run.slice(0, at + 1)
      const cost = editsOfWord(folded, concatenationOf({ words }), rules)
      // "In `firstLetter`, a run may have at most one edit."
      return cost === undefined || (cost > 1 && !rules.firstLetterStays)
        ? []
        : [{ words: words.map((_, own) => from + own), cost }]
    })
  })
}

/**
 * Returns the number of edits after which a word of a query begins a word of a name, or undefined if more are needed
 * than allowed.
 */
function editsOfWord(
  typed: string,
  target: string,
  { correctDigits, firstLetterStays }: TypoRules,
): number | undefined {
  if (begins(typed, target)) return 0
  const [letters, own] = [[...keystrokes(typed)], [...keystrokes(target)]]
  // "Words with digits, in the query or in the name, match only without edits, unless the dataset has `--correct
  // digits`."
  if (letters.length < MIN_LETTERS_FOR_ONE_EDIT || (DIGIT.test(typed + target) && !correctDigits)) return undefined
  if (singularsOf(typed).includes(target)) return 1
  if (firstLetterStays && letters[0] !== own[0]) return undefined
  const maxEdits = letters.length < MIN_LETTERS_FOR_TWO_EDITS ? 1 : 2
  // Only the beginning of the word is compared, because longer prefixes need more than `maxEdits` edits. Words with the
  // same keystrokes but different syllables, such as `간다` and `가-ㄴ다`, count as one edit apart.
  const edits = Math.max(1, editsToBegin(letters, own.slice(0, letters.length + maxEdits)))
  return edits <= maxEdits ? edits : undefined
}

/** "In English plurals, adding `-es` or replacing `-y` with `-ies` counts as one edit." */
function singularsOf(word: string): string[] {
  const singulars: string[] = []
  if (word.endsWith('ies')) singulars.push(`${word.slice(0, -3)}y`)
  if (word.endsWith('es')) singulars.push(word.slice(0, -2))
  return singulars
}

/**
 * Returns the smallest number of edits that turn `typed` into a prefix of `target`. "An edit inserts, deletes, or
 * replaces a letter, or swaps two adjacent letters." Swapped letters are not edited again.
 */
function editsToBegin(typed: readonly string[], target: readonly string[]): number {
  const edits: number[][] = []
  for (let i = 0; i <= typed.length; i++) {
    const row: number[] = []
    edits.push(row)
    for (let j = 0; j <= target.length; j++) {
      if (i === 0 || j === 0) {
        row.push(i + j)
        continue
      }
      const at = (ofTyped: number, ofTarget: number) => edits[ofTyped]?.[ofTarget] as number
      const replaced = at(i - 1, j - 1) + (typed[i - 1] === target[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && typed[i - 1] === target[j - 2] && typed[i - 2] === target[j - 1]
      const swapped = isSwap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped))
    }
  }
  return Math.min(...(edits[typed.length] as number[]))
}

/** "anywhere in it if the query's word has at least 3 letters (2 for Hangul, Han, and kana)" */
function isInside(typed: string, target: string): boolean {
  return isLongInside(typed) && target.includes(typed)
}

const isLongInside = (typed: string) =>
  [...typed].length >= (SYLLABIC.test(typed) ? MIN_SYLLABLES_INSIDE : MIN_LETTERS_INSIDE)

/** "In steps 2 and 3, at least one of the words that remain must be long enough for `infix` or contain a digit." */
export function mayStay(words: readonly Word[]): boolean {
  return !isSingleCharacter(words) && words.some((word) => isLongInside(word.folded) || hasDigit(word))
}

/** "A single letter that is not in a freely spaced script, or a single digit, is never enough" */
export function isSingleCharacter(words: readonly Word[]): boolean {
  return (
    words.length === 1 && words.every((word) => isOneLetter(word) || (hasDigit(word) && [...word.folded].length === 1))
  )
}

/**
 * Finds the cheapest way to assign each item one of its places, without using a word twice.
 * @returns the lowest total cost, or undefined if it is above `limit`
 */
function cheapest(places: readonly (readonly Place[])[], limit: number): number | undefined {
  const words = new Set(places.flat().flatMap((place) => place.words))
  // With fewer words than items, no such way exists, but trying all would take a very long time.
  if (words.size < places.length) return undefined
  const rarestFirst = places.toSorted((a, b) => a.length - b.length)
  return cheapestBeside([], rarestFirst, limit)
}

function cheapestBeside(
  taken: readonly number[],
  [first, ...others]: readonly (readonly Place[])[],
  limit: number,
): number | undefined {
  if (!first) return 0
  let best: number | undefined
  for (const { words, cost } of first) {
    const max = best === undefined ? limit : best - 1
    if (cost > max || words.some((word) => taken.includes(word))) continue
    const rest = cheapestBeside([...taken, ...words], others, max - cost)
    if (rest !== undefined) best = cost + rest
    if (best === 0) break
  }
  return best
}

function lettersOf(words: readonly Word[], form: (character: string) => string): Letter[] {
  let character = -1
  return words.flatMap((word, at) => {
    const previous = words[at - 1]
    const gap = word.gap === 'space' ? 'space' : word.start === previous?.end ? 'border' : 'punctuation'
    const own = [...word.folded].flatMap((whole) => {
      character += 1
      return [...form(whole)].map((letter) => ({ letter, character }))
    })
    const isFree = isFreelySpaced(word.folded)
    return own.map((letter, index) => ({ ...letter, word: at, isFree, before: index === 0 ? gap : 'nothing' }))
  })
}

function chunksOf(words: readonly TypedWord[]): Chunk[] {
  const chunks: Chunk[] = []
  for (const word of words) {
    if (word.gap !== 'glue' || chunks.length === 0) chunks.push({ words: [], whole: '' })
    const chunk = chunks.at(-1) as Chunk
    chunk.words.push(word)
    chunk.whole += word.folded
  }
  return chunks
}
