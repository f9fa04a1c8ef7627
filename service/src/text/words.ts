import { fold } from './fold.ts'
import { joinedSyllables } from './hangul.ts'
import { uniformJapanese } from './japanese.ts'
import { HANGUL, UNSPACED } from './scripts.ts'
import { exceedsCodePoints } from './strings.ts'

/** A word of a spelling. See "Words" in docs/matching.md. */
export interface Word {
  spelled: string
  /** The folded form, which is compared with other words. */
  folded: string
  /** The range in the spelling, in UTF-16 code units. The end is exclusive. */
  start: number
  end: number
  /** Whether white space (`space`) or none (`glue`) precedes the word. The first word has `start`. */
  gap: 'start' | 'space' | 'glue'
  /** Whether the word is the decimals of a number, such as the `5` of `2,5`. */
  isDecimals?: boolean
}

/**
 * A joined word, as defined in docs/matching.md: several glued words, such as `tshirt` for `t-shirt`, another form of a
 * word with a dot, such as `dotnet` for `.net`, or symbols that are not a word, such as `∞`.
 */
export interface JoinedWord {
  folded: string
  /** The positions in `words` of the first and last word that the joined word replaces. Both are 0 for symbols. */
  first: number
  last: number
  /** For symbols, their range in the spelling, in UTF-16 code units. */
  symbols?: { start: number; end: number }
}

/** The words of a spelling. */
export interface Words {
  words: Word[]
  joined: JoinedWord[]
  /** Whether anything that is not part of a word follows the last word. */
  endsComplete: boolean
}

/** Maximum length of a joined word, in code points, and the maximum number of words that it consists of. */
const MAX_JOINED_LENGTH = 32
const MAX_JOINED_WORDS = 4

/**
 * Lower-case ASCII letters and digits with single spaces. Many texts are of this kind, and their words can be found
 * faster.
 */
const SIMPLE = /^[a-z0-9]+(?: [a-z0-9]+)* ?$/
const WORD =
  /(?:(?<![\p{L}\p{M}\p{N}.])\.(?=\p{L}))?[\p{L}\p{M}]+(?:[+#]+(?!\p{L}))?|\p{N}[\p{N}\p{M}]*(?:[+#]+(?!\p{L}))?|(?![©®°])\p{So}/gu
/** The parts of a run of letters: Hangul, scripts without spaces, and all other scripts. */
const PIECE = new RegExp(`[${UNSPACED}\\p{M}]+|[${HANGUL}\\p{M}]+|[^${UNSPACED}${HANGUL}]+`, 'gu')
/** A run of letters that may have several pieces. The digits of scripts without spaces are not letters. */
const HAS_PIECES = new RegExp(`^(?!\\p{N}).*[${UNSPACED}${HANGUL}]`, 'u')
const HAS_DOT_OR_SIGN = /[.+#]/
const DOT_LETTERS_SIGNS = /^(\.?)(.*?)([+#]*)$/u
const IS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u')
/** The boundaries of katakana, which `Intl.Segmenter` sometimes misses after Han. */
const KATAKANA_BOUNDARY =
  /(?<=[^\p{sc=Katakana}ー])(?=\p{sc=Katakana})|(?<=[\p{sc=Katakana}ー])(?=[^\p{sc=Katakana}ー])/u
/**
 * The boundaries of particles and prefixes that `Intl.Segmenter` sometimes joins with the Han after them: の|森, お|茶,
 * 女|の|子, 自由|が|丘. A single Han character at the end, as in あざみ|野 and ひばり|が|丘, is a word as well.
 */
const PARTICLE_BOUNDARY =
  /(?<=(?:^|[\p{sc=Katakana}ー])\p{sc=Hiragana})(?=\p{sc=Han})|(?<=\p{sc=Han}[のがと])(?=\p{sc=Han})|(?<=\p{sc=Han})(?=[のがと]\p{sc=Han})|(?<=\p{sc=Hiragana})(?=[のがと]?\p{sc=Han}$)/u
const KANA_BOUNDARY = new RegExp(`${KATAKANA_BOUNDARY.source}|${PARTICLE_BOUNDARY.source}`, 'u')
/**
 * Symbols that are not words: `©`, `®`, `°`, and all non-ASCII mathematical and currency symbols, such as ∞, →, and €.
 */
const SYMBOL = /(?!\p{ASCII})[\p{Sm}\p{Sc}©®°]/u
const SYMBOLS = new RegExp(`(?:${SYMBOL.source})+`, 'gu')
/**
 * A number with one or two decimals, up to its separator. Numbers with more separators are excluded, because they may be
 * dates, versions, or addresses.
 */
const DECIMAL_NUMBER = /(?<![\p{N}\p{M}]|\p{N}[.,])\p{Nd}+[.,](?=\p{Nd}{1,2}(?![\p{N}\p{M}+#]|[.,]\p{N}))/gu
const LETTERS = /^[\p{L}\p{M}]+$/u
const CHUNK = /[^ ]+/g
const SPACE = 0x20
const NINE = 0x39

const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

/**
 * Splits a spelling into words. The dataset builder uses it for the names of entries, and the service for queries.
 * @param spelled a spelling, as returned by `spelling`
 */
export function wordsOf(spelled: string): Words {
  if (SIMPLE.test(spelled)) return { words: simpleWordsOf(spelled), joined: [], endsComplete: spelled.endsWith(' ') }
  const words: Word[] = []
  let uniform: string | undefined
  for (const { 0: run, index } of spelled.matchAll(WORD)) {
    if (HAS_PIECES.test(run)) {
      uniform ??= uniformJapanese(spelled)
      addPieces(words, spelled, uniform, run, index)
    } else add(words, spelled, run, fold(run), index)
  }
  if (words.length === 0) {
    for (const { 0: chunk, index } of spelled.matchAll(CHUNK)) add(words, spelled, chunk, fold(chunk), index)
  }
  markDecimals(words, spelled)
  const end = words.at(-1)?.end ?? 0
  const joined = [...joinedWordsOf(words), ...symbolsOf(words, spelled)]
  return { words, joined, endsComplete: words.length > 0 && end < spelled.length }
}

/** Splits a {@link SIMPLE} spelling into runs of letters and runs of digits. */
function simpleWordsOf(spelled: string): Word[] {
  const words: Word[] = []
  let gap: Word['gap'] = 'start'
  let start = 0
  let before = kindAt(spelled, 0)
  for (let at = 1; at <= spelled.length; at++) {
    const kind = kindAt(spelled, at)
    if (kind === before) continue
    if (before !== 'space') {
      const word = spelled.slice(start, at)
      words.push({ spelled: word, folded: word, start, end: at, gap })
      gap = kind === 'space' ? 'space' : 'glue'
    }
    start = at
    before = kind
  }
  return words
}

/** Returns the kind of a character of a {@link SIMPLE} spelling. The end of the spelling counts as a space. */
function kindAt(spelled: string, at: number): 'space' | 'digit' | 'letter' {
  const unit = at < spelled.length ? spelled.charCodeAt(at) : SPACE
  return unit === SPACE ? 'space' : unit <= NINE ? 'digit' : 'letter'
}

/**
 * Splits a run of letters where it changes between Hangul, a script without spaces, and any other script. Splits text in
 * scripts without spaces into words. A dot at the start of the run belongs to the first word, and signs at its end, such
 * as `+`, belong to the last.
 * @param uniform the spelling, as returned by `uniformJapanese`
 */
function addPieces(words: Word[], spelled: string, uniform: string, run: string, start: number): void {
  if (!HAS_DOT_OR_SIGN.test(run)) {
    addLetters(words, spelled, uniform, run, start)
    return
  }
  const first = words.length
  const [, dot, letters, signs] = DOT_LETTERS_SIGNS.exec(run) as unknown as [string, string, string, string]
  addLetters(words, spelled, uniform, letters, start + dot.length)
  extend(words[first] as Word, dot, '')
  extend(words.at(-1) as Word, '', signs)
}

function extend(word: Word, before: string, after: string): void {
  word.spelled = before + word.spelled + after
  word.folded = before + word.folded + after
  word.start -= before.length
  word.end += after.length
}

function addLetters(words: Word[], spelled: string, uniform: string, letters: string, start: number): void {
  for (const { 0: piece, index } of letters.matchAll(PIECE)) {
    if (!IS_UNSPACED.test(piece)) {
      add(words, spelled, piece, joinedSyllables(fold(piece)), start + index)
      continue
    }
    for (const { segment, index: at } of segmenter.segment(piece)) {
      let from = start + index + at
      for (const part of segment.split(KANA_BOUNDARY)) {
        add(words, spelled, part, fold(uniform.slice(from, from + part.length)), from)
        from += part.length
      }
    }
  }
}

function add(words: Word[], spelled: string, word: string, folded: string, start: number): void {
  const previous = words.at(-1)
  const gap = previous ? (hasSpace(spelled, previous.end, start) ? 'space' : 'glue') : 'start'
  words.push({ spelled: word, folded, start, end: start + word.length, gap })
}

function markDecimals(words: readonly Word[], spelled: string): void {
  for (const { 0: number, index } of spelled.matchAll(DECIMAL_NUMBER)) {
    const decimals = words.find(({ start }) => start === index + number.length)
    if (decimals) decimals.isDecimals = true
  }
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
    if (
      word &&
      at > first &&
      word.gap === 'glue' &&
      isJoinable(word.folded) &&
      isJoinable((words[first] as Word).folded)
    )
      continue
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

/** Whether a text has a symbol that is not a word. See `symbols` in {@link JoinedWord}. */
export const hasSymbol = (text: string) => SYMBOL.test(text)

/** Returns the distinct sequences of symbols outside of words. */
function symbolsOf(words: readonly Word[], spelled: string): JoinedWord[] {
  if (!hasSymbol(spelled)) return []
  const symbols = new Map<string, JoinedWord>()
  for (const { 0: found, index: start } of spelled.matchAll(SYMBOLS)) {
    const folded = fold(found)
    const end = start + found.length
    if (symbols.has(folded) || words.some((word) => word.start < end && start < word.end)) continue
    symbols.set(folded, { folded, first: 0, last: 0, symbols: { start, end } })
  }
  return [...symbols.values()]
}

function addJoined(joined: JoinedWord[], words: readonly Word[], first: number, last: number): void {
  const count = last - first + 1
  if (count < 2 || count > MAX_JOINED_WORDS) return
  let folded = ''
  for (let at = first; at <= last; at++) folded += (words[at] as Word).folded
  if (!exceedsCodePoints(folded, MAX_JOINED_LENGTH)) joined.push({ folded, first, last })
}

/** Whether a word can be part of a joined word, given its folded form. */
export const isJoinable = (folded: string) => LETTERS.test(folded) && !IS_UNSPACED.test(folded)
