import { digraphForm } from '../text/digraphs.ts'
import { fold } from '../text/fold.ts'
import {
  type Beginning,
  composedBeginnings,
  joinedSyllables,
  keystrokes,
  withSingleConsonants,
} from '../text/hangul.ts'
import { hasFreeSpaces, isFreelySpaced, isShortNumber } from '../text/scripts.ts'
import { spelling } from '../text/spelling.ts'
import { isBetweenDigits, TWO_DIGITS } from '../text/strings.ts'
import { variantsOf } from '../text/variants.ts'
import { type Word, type Words, wordsOf } from '../text/words.ts'

/** A part of a query that contains no white space, split into words. */
export interface Chunk {
  words: readonly string[]
  /** The digraph form of each word, or the folded form if the word has no digraph form. See `digraphForm`. */
  digraphs: readonly string[]
  /** The concatenation of the folded words. */
  text: string
  /** Whether the last word is complete, so that words of names must equal it instead of only beginning with it. */
  isComplete: boolean
  /** For each position of `text`, whether punctuation precedes it. */
  hasBoundary: readonly boolean[]
  /** Whether spaces within the chunk may vary. See `hasFreeSpaces`. */
  hasFreeSpaces: boolean
}

/** Concatenated words, and what separates them. */
export interface SpacedText {
  /** The concatenation of the folded words. */
  text: string
  /** For each position of `text`, whether white space or punctuation precedes it. */
  hasBoundary: readonly boolean[]
  /** Positions of the syllables of `text` whose letters the query separates by white space or punctuation. */
  splitSyllables?: readonly number[]
  /** Whether the last word is complete. */
  endsComplete: boolean
  /** Positions of `text` where a name must have a boundary: around each word that replaces `&`. */
  borders: readonly number[]
}

/** The numbers in a text, and the boundaries in and around them. */
export type Numbers = Pick<SpacedText, 'text' | 'hasBoundary' | 'borders'>

/** A word of a query, as it is compared with words of names. */
export interface TypedWord {
  folded: string
  /** The digraph form, or the folded form if there is none. Undefined if digraph forms are not used. */
  digraphs?: string
  /** Whether this is a complete short number, so that words of names must equal it. See `isShortNumber`. */
  isWhole?: boolean
  /** The words that this word stands for, if it stands for several, as in `1.5`. */
  number?: Chunk
}

/** One interpretation of a query, split into words and chunks. */
export interface Reading extends Words, SpacedText {
  spelled: string
  chunks: readonly Chunk[]
  /** The concatenation of the spelled words. */
  spelledText: string
  /** Whether this is another spelling of the query. See `variantsOf`. */
  isVariant: boolean
}

/**
 * Splits a spelling into words and chunks.
 * @param andWords start positions of the words that replace `&`
 */
export function readingOf(spelled: string, andWords: ReadonlySet<number> = new Set()): Reading {
  const parts = wordsOf(spelled)
  const { words, endsComplete } = parts
  let text = ''
  let spelledText = ''
  const borders: number[] = []
  for (const word of words) {
    if (andWords.has(word.start)) borders.push(text.length, text.length + word.folded.length)
    text += word.folded
    spelledText += word.spelled
  }
  const hasBoundary = boundariesOf(words, endsComplete)
  return { ...parts, spelled, chunks: chunksOf(parts), text, spelledText, hasBoundary, borders, isVariant: false }
}

function boundariesOf(words: readonly Word[], endsComplete: boolean): boolean[] {
  const hasBoundary: boolean[] = []
  let length = 0
  for (const [at, { folded, start }] of words.entries()) {
    if (at > 0 && (words[at - 1] as Word).end < start) hasBoundary[length] = true
    length += folded.length
  }
  if (endsComplete) hasBoundary[length] = true
  return hasBoundary
}

/** Converts a text to a `Beginning`, which matches all names that begin with the text. */
export function beginningOf({ text }: Pick<SpacedText, 'text'>): Beginning {
  const unit = text.charCodeAt(text.length - 1)
  return { head: text.slice(0, -1), low: unit, high: unit }
}

/**
 * Joins the Hangul letters of a text into syllables, and returns the beginnings of names that match the syllables. The
 * last syllable may be incomplete. The beginnings do not necessarily cover names that begin with the text itself.
 */
export function syllableBeginnings(typed: SpacedText): { joined: SpacedText; beginnings: Beginning[] } {
  const joined = withJoinedSyllables(typed)
  // If the last word is complete, no more keystrokes can continue its last syllable.
  const isComplete = ({ head, low, high }: Beginning) =>
    low === high && keystrokes(head + String.fromCharCode(low)) === keystrokes(joined.text)
  const beginnings = composedBeginnings(joined.text).filter((one) => !joined.endsComplete || isComplete(one))
  // If the query separates the letters of a syllable, names that begin with the joined text also match.
  if (joined !== typed) beginnings.push(beginningOf(joined))
  return { joined, beginnings }
}

/**
 * Joins the Hangul letters of a whole text into syllables, regardless of its spaces: `ㅅ ㅏ과` becomes 사과. Returns the
 * same object if it contains no such letters.
 */
function withJoinedSyllables(typed: SpacedText): SpacedText {
  const text = joinedSyllables(typed.text)
  if (text === typed.text) return typed
  const hasBoundary: boolean[] = []
  const splitSyllables: number[] = []
  let strokes = 0
  for (let at = 0, own = 0, ownStrokes = 0; at <= text.length; at++) {
    for (; ownStrokes < strokes; own++) {
      if (typed.hasBoundary[own] && ownStrokes > strokes - keystrokes(text.charAt(at - 1)).length)
        splitSyllables.push(at - 1)
      ownStrokes += keystrokes(typed.text.charAt(own)).length
    }
    if (ownStrokes === strokes && typed.hasBoundary[own]) hasBoundary[at] = true
    strokes += keystrokes(text.charAt(at)).length
  }
  return { ...typed, text, hasBoundary, ...(splitSyllables.length > 0 && { splitSyllables }) }
}

/** Returns the digraph form of a word, or the folded form if the word has no digraph form. */
export const digraphsOf = ({ spelled, folded }: Pick<Word, 'spelled' | 'folded'>): string =>
  digraphForm(spelled) ?? folded

/** Returns a word of a query that is also compared by its digraph form. */
export const typedWord = (word: Word): TypedWord => ({ folded: word.folded, digraphs: digraphsOf(word) })

/** Returns a string that is the same only for equal words. */
export function keyOf({ folded, digraphs, isWhole = false, number }: TypedWord): string {
  if (isWhole) return `${number?.words.join('.') ?? folded}\t`
  if (number) return number.words.join('.')
  return digraphs === undefined ? folded : `${folded}\n${digraphs}`
}

/**
 * Returns the letters of a query as initials. Unlike in folded words, they are not joined with the syllables before
 * them.
 */
export const typedInitials = ({ words }: Pick<Words, 'words'>): string =>
  words.map(({ spelled }) => fold(spelled)).join('')

/**
 * Returns the numbers of a query of initials, after splitting joined consonants by {@link withSingleConsonants}.
 * Returns undefined if the query has no adjacent digits.
 */
export function numbersOfInitials({ words, text }: Pick<Reading, 'words' | 'text'>): Numbers | undefined {
  if (!TWO_DIGITS.test(text)) return undefined
  const letters = words.map((word) => ({ ...word, folded: withSingleConsonants(fold(word.spelled)) }))
  const hasBoundary = boundariesOf(letters, false)
  return { text: letters.map(({ folded }) => folded).join(''), hasBoundary, borders: [] }
}

/** Returns the same word, without its digraph form. */
export const withoutDigraphs = <T extends TypedWord>(word: T): T => ({ ...word, digraphs: undefined })

/**
 * Returns the words of chunks as they are compared with words of names.
 * @param keepsNumbers whether words stay together if only punctuation separates their digits, as in `1.5`, and complete
 *   short numbers must be equal to words of names
 */
export const typedWordsOf = (chunks: readonly Chunk[], keepsNumbers: boolean): TypedWord[] =>
  chunks.flatMap((chunk) => typedWordsIn(chunk, keepsNumbers))

function typedWordsIn({ words, digraphs, text, isComplete, hasBoundary }: Chunk, keepsNumbers: boolean): TypedWord[] {
  const typed: TypedWord[] = []
  let from = 0
  for (let first = 0, end = 1; first < words.length; first = end++) {
    let to = from + (words[first] as string).length
    while (keepsNumbers && end < words.length && hasBoundary[to] && isBetweenDigits(text, to))
      to += (words[end++] as string).length
    const folded = text.slice(from, to)
    const isFollowed = isComplete || end < words.length
    const isWhole = keepsNumbers && isFollowed && isShortNumber(words[end - 1] as string)
    if (end === first + 1) typed.push({ folded, digraphs: digraphs[first] as string, ...(isWhole && { isWhole }) })
    else {
      const own = words.slice(first, end)
      const spaces = { hasBoundary: hasBoundary.slice(from, to), hasFreeSpaces: hasFreeSpaces(folded) }
      const number = { words: own, digraphs: own, text: folded, isComplete: isWhole, ...spaces }
      typed.push({ folded, digraphs: folded, ...(isWhole && { isWhole }), number })
    }
    from = to
  }
  return typed
}

/**
 * Groups words into chunks.
 * @param isLast whether a word is the last word of the query
 */
export function chunksOf(
  { words, endsComplete }: Pick<Words, 'words' | 'endsComplete'>,
  isLast = (word: Word) => word === words.at(-1),
): Chunk[] {
  const chunks: Chunk[] = []
  let start = 0
  for (let end = 1; end <= words.length; end++) {
    if (words[end]?.gap === 'glue') continue
    const own = words.slice(start, end)
    const folded = own.map((word) => word.folded)
    const text = folded.join('')
    const last = words[end - 1] as Word
    const isComplete = isLast(last) ? endsComplete : isShortNumber(last.folded)
    const hasBoundary = boundariesOf(own, isComplete)
    const digraphs = own.map(digraphsOf)
    chunks.push({ words: folded, digraphs, text, isComplete, hasBoundary, hasFreeSpaces: hasFreeSpaces(text) })
    start = end
  }
  return chunks
}

/** Returns the reading of a query that matches {@link SINGLE_WORD}. Such a query needs no splitting. */
function singleWord(word: string): Reading {
  const words = [word]
  const chunk = {
    words,
    digraphs: words,
    text: word,
    isComplete: false,
    hasBoundary: [],
    hasFreeSpaces: isFreelySpaced(word),
  }
  return {
    words: [{ spelled: word, folded: word, start: 0, end: word.length, gap: 'start' }],
    joined: [],
    endsComplete: false,
    spelled: word,
    chunks: [chunk],
    text: word,
    spelledText: word,
    hasBoundary: [],
    borders: [],
    isVariant: false,
  }
}

/** Minimum number of letters on each side of an ignored space. */
const MIN_LETTERS_BESIDE_SPACE = 2

/** Whether a string next to an ignored space has enough letters. */
export const hasEnoughLetters = (text: string) => [...text].length >= MIN_LETTERS_BESIDE_SPACE

/**
 * Returns the positions of those boundaries of a reading that names may lack under the rule for `word` in
 * docs/matching.md. There are at least two letters between such a boundary and each of its neighboring boundaries.
 */
export function optionalBoundaries({ text, hasBoundary }: Reading): ReadonlySet<number> {
  const ends = [...hasBoundary.keys()].filter((at) => hasBoundary[at] && at > 0 && at < text.length)
  const isLong = (from: number, to: number) => hasEnoughLetters(text.slice(from, to))
  return new Set(ends.filter((end, at) => isLong(ends[at - 1] ?? 0, end) && isLong(end, ends[at + 1] ?? text.length)))
}

/** Words that mean `&` in several languages. */
const AND_WORDS = ['and', 'und', 'et', 'y', 'e', 'en', 'och', 'og', 'и', 've']
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
/** The most common queries: one word that equals its spelling and its folded form. */
const SINGLE_WORD = /^(?:[a-z]+|[가-힣]+)$/

/**
 * Returns the interpretations of a query: the unchanged query, the query without words that mean `&`, variants of both,
 * and the query with such words in place of `&`. The last kind has `borders`, and is compared only with the beginnings
 * of names.
 */
export function readingsOf(query: string): Reading[] {
  if (SINGLE_WORD.test(query)) return [singleWord(query)]
  const spelled = spelling(query)
  if (SINGLE_WORD.test(spelled)) return [singleWord(spelled)]
  const without = withoutInnerAnd(spelled)
  const plain = without === spelled ? [spelled] : [spelled, without]
  const variants = plain.flatMap(variantsOf).map((text) => ({ ...readingOf(text), isVariant: true }))
  const readings = [...plain.map((text) => readingOf(text)), ...variants, ...withAndWords(spelled)]
  return readings.filter(({ words }) => words.length > 0)
}

function withoutInnerAnd(spelled: string): string {
  const chunks = spelled.split(' ')
  const last = chunks.findLastIndex((chunk) => chunk !== '')
  return chunks.filter((chunk, at) => at === 0 || at >= last || !AND_WORDS.includes(chunk)).join(' ')
}

/** Returns readings in which every `&` after the first letter or digit is replaced by a word. */
function withAndWords(spelled: string): Reading[] {
  const from = spelled.search(LETTER_OR_DIGIT)
  const [first, ...others] = from < 0 ? [] : spelled.slice(from).split('&')
  if (first === undefined || others.length === 0) return []
  return AND_WORDS.map((word) => {
    let text = spelled.slice(0, from) + first
    const starts = new Set<number>()
    for (const piece of others) {
      text = `${text.trimEnd()} `
      starts.add(text.length)
      text += `${word} ${piece.trimStart()}`
    }
    return readingOf(text, starts)
  })
}
