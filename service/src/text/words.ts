import { fold } from './fold.ts'
import { joinedSyllables } from './hangul.ts'
import { HANGUL, UNSPACED } from './scripts.ts'

/** A word of a spelling; see docs/matching.md, "Words". */
export interface Word {
  spelled: string
  /** What other words are compared with. */
  folded: string
  /** From the first UTF-16 unit in the spelling to behind the last. */
  start: number
  end: number
  /** What is before it: nothing, white space, or at most punctuation. */
  gap: 'start' | 'space' | 'glue'
}

/** Glued words as one, such as `tshirt` of `t-shirt`. */
export interface JoinedWord {
  folded: string
  /** The first and last of the words that it is made of, as positions in `words`. */
  first: number
  last: number
}

/** A spelling taken apart. */
export interface Words {
  words: Word[]
  joined: JoinedWord[]
  /** Whether something that is not part of a word follows the last one. */
  endsComplete: boolean
}

/** The longest joined word, in UTF-16 units, and the most words that it is made of. */
const MAX_JOINED_LENGTH = 32
const MAX_JOINED_WORDS = 4

/** Lower-case ASCII letters and digits with single spaces: the most common texts, whose words need no look at scripts. */
const SIMPLE = /^[a-z0-9]+(?: [a-z0-9]+)* ?$/
const SIMPLE_WORD = /[a-z]+|[0-9]+/g
const WORD =
  /(?:(?<![\p{L}\p{M}\p{N}.])\.(?=\p{L}))?[\p{L}\p{M}]+(?:[+#]+(?!\p{L}))?|\p{N}[\p{N}\p{M}]*(?:[+#]+(?!\p{L}))?|\p{So}/gu
/** Where a run of letters is taken apart: between Hangul, the scripts without spaces, and all others. */
const PIECE = new RegExp(`[${UNSPACED}\\p{M}]+|[${HANGUL}\\p{M}]+|[^${UNSPACED}${HANGUL}]+`, 'gu')
const HAS_PIECES = new RegExp(`[${UNSPACED}${HANGUL}]`, 'u')
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u')
/** Segmenters take some katakana and the Han in front of it for one word. */
const KATAKANA_BORDER = /(?<=[^\p{sc=Katakana}ー])(?=\p{sc=Katakana})|(?<=[\p{sc=Katakana}ー])(?=[^\p{sc=Katakana}ー])/u
const LETTERS = /^[\p{L}\p{M}]+$/u
const CHUNK = /[^ ]+/g

const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

/**
 * The words of a spelling. The dataset builder takes the names of entries apart with it, and the service queries.
 * @param spelled see `spelling`
 */
export function wordsOf(spelled: string): Words {
  const words: Word[] = []
  if (SIMPLE.test(spelled)) {
    for (const { 0: word, index } of spelled.matchAll(SIMPLE_WORD)) add(words, spelled, word, word, index)
  } else {
    for (const { 0: run, index } of spelled.matchAll(WORD)) {
      if (HAS_PIECES.test(run)) addPieces(words, spelled, run, index)
      else add(words, spelled, run, fold(run), index)
    }
    if (words.length === 0) {
      for (const { 0: chunk, index } of spelled.matchAll(CHUNK)) add(words, spelled, chunk, fold(chunk) || chunk, index)
    }
  }
  const end = words.at(-1)?.end ?? 0
  return { words, joined: joinedWordsOf(words), endsComplete: words.length > 0 && end < spelled.length }
}

/** Takes a run of letters apart at the borders of scripts, and those without spaces into their words. */
function addPieces(words: Word[], spelled: string, run: string, start: number): void {
  for (const { 0: piece, index } of run.matchAll(PIECE)) {
    if (!IS_UNSPACED.test(piece)) {
      add(words, spelled, piece, joinedSyllables(fold(piece)), start + index)
      continue
    }
    for (const { segment, index: at } of segmenter.segment(piece)) {
      let from = start + index + at
      for (const part of segment.split(KATAKANA_BORDER)) {
        add(words, spelled, part, fold(part), from)
        from += part.length
      }
    }
  }
}

function add(words: Word[], spelled: string, word: string, folded: string, start: number): void {
  // Marks that stand alone fold to nothing.
  if (folded === '') return
  const previous = words.at(-1)
  const gap = previous ? (hasSpace(spelled, previous.end, start) ? 'space' : 'glue') : 'start'
  words.push({ spelled: word, folded, start, end: start + word.length, gap })
}

function hasSpace(spelled: string, from: number, to: number): boolean {
  if (from === to) return false
  const at = spelled.indexOf(' ', from)
  return at >= 0 && at < to
}

function joinedWordsOf(words: readonly Word[]): JoinedWord[] {
  const joined: JoinedWord[] = []
  let first = 0
  for (let at = 0; at <= words.length; at++) {
    const word = words[at]
    if (word && at > first && word.gap === 'glue' && isJoinable(word) && isJoinable(words[first] as Word)) continue
    addJoined(joined, words, first, at - 1)
    first = at
  }
  for (const [at, { folded }] of words.entries()) {
    if (folded.length < 2 || !folded.startsWith('.')) continue
    const rest = folded.slice(1)
    if (rest.startsWith('.')) continue
    joined.push({ folded: rest, first: at, last: at }, { folded: `dot${rest}`, first: at, last: at })
  }
  return joined
}

function addJoined(joined: JoinedWord[], words: readonly Word[], first: number, last: number): void {
  const count = last - first + 1
  if (count < 2 || count > MAX_JOINED_WORDS) return
  let folded = ''
  for (let at = first; at <= last; at++) folded += (words[at] as Word).folded
  if (folded.length <= MAX_JOINED_LENGTH) joined.push({ folded, first, last })
}

const isJoinable = ({ folded }: Word) => LETTERS.test(folded) && !IS_UNSPACED.test(folded)
