import type { SearchIndex } from '../index/search-index.ts'
import { DECIMALS, JOINED, KIND, SPACED } from '../index/stored-index.ts'
import type { Range } from '../index/string-table.ts'
import { digraphForm } from '../text/digraphs.ts'
import { type Beginning, initials, initialUnit } from '../text/hangul.ts'
import { isLongNumber } from '../text/scripts.ts'
import { isDigit } from '../text/strings.ts'
import { hasSymbol, isJoinable, type Words } from '../text/words.ts'
import { NameSpaces, NO_MATCH } from './name-spaces.ts'
import type { SpacedText } from './reading.ts'
import type { WordSet } from './word-set.ts'

/** Reads the names of an index: their words, and the concatenations of their words. */
export class NameReader {
  readonly index: SearchIndex
  readonly spaces: NameSpaces
  readonly #forward: Uint32Array
  readonly #forwardStarts: Uint32Array
  readonly #units: Uint16Array
  readonly #starts: Uint32Array
  #mostWords: number | undefined

  constructor(index: SearchIndex) {
    this.index = index
    this.spaces = new NameSpaces(index.arrays)
    this.#forward = index.arrays.forward
    this.#forwardStarts = index.arrays.forwardStarts
    this.#units = index.arrays.words.units
    this.#starts = index.arrays.words.starts
  }

  /** The largest number of words in a name, including joined words. The first access scans all names. */
  get mostWords(): number {
    this.#mostWords ??= mostWordsOf(this.index)
    return this.#mostWords
  }

  /** Returns where the words of a name begin in the forward index. */
  start(name: number): number {
    return this.#forwardStarts[name] as number
  }

  /** Returns the end of the words of a name, including joined words. */
  end(name: number): number {
    return this.#forwardStarts[name + 1] as number
  }

  /** Returns the end of the words of a name, excluding joined words. */
  endOfWords(name: number): number {
    let end = this.end(name)
    while (this.isJoined(end - 1)) end -= 1
    return end
  }

  /** Returns the number of the word at a position of the forward index. */
  word(at: number): number {
    return (this.#forward[at] as number) >>> 2
  }

  /** Whether a name has a word of a set, including joined words. If `isNumber` is true, decimals do not count. */
  hasWordOf(name: number, words: WordSet, isNumber = false): boolean {
    const end = this.end(name)
    for (let at = this.start(name); at < end; at++) {
      if (words.has(this.word(at)) && !(isNumber && this.isDecimals(at))) return true
    }
    return false
  }

  /** Whether white space precedes the word at a position of the forward index. */
  isSpaced(at: number): boolean {
    return ((this.#forward[at] as number) & KIND) === SPACED
  }

  isJoined(at: number): boolean {
    return ((this.#forward[at] as number) & KIND) === JOINED
  }

  /** Whether the word at a position of the forward index is the decimals of a number. */
  isDecimals(at: number): boolean {
    return ((this.#forward[at] as number) & KIND) === DECIMALS
  }

  /**
   * Returns the positions of the words that a joined word consists of. If it consists of symbols, returns the position
   * of the first word of the name.
   */
  partsOf(name: number, at: number): Range {
    const joined = this.word(at)
    const end = this.endOfWords(name)
    // A name can contain the same joined word several times.
    let earlier = 0
    for (let other = end; other < at; other++) if (this.word(other) === joined) earlier += 1
    for (let from = this.start(name); from < end; from++) {
      const to = this.#endOfJoined(from, end, joined)
      if (to === NO_MATCH || (to > from + 1 && (this.#isJoinedBefore(name, from) || this.#isJoinedBefore(name, to))))
        continue
      if (earlier-- === 0) return { from, to }
    }
    const first = this.start(name)
    return { from: first, to: first + 1 }
  }

  /** Whether the words before and after a position are in the same run of glued words that form joined words. */
  #isJoinedBefore(name: number, at: number): boolean {
    if (at === this.start(name) || at === this.endOfWords(name)) return false
    if (this.isSpaced(at)) return false
    return [at - 1, at].every((place) => isJoinable(this.index.words.get(this.word(place))))
  }

  /** Returns the end of the words that start at a position and that a joined word replaces, or {@link NO_MATCH}. */
  #endOfJoined(from: number, end: number, joined: number): number {
    const units = this.#units
    const starts = this.#starts
    if (this.#firstUnit(this.word(from)) === DOT && this.#isWithoutDot(this.word(from), joined)) return from + 1
    let own = starts[joined] as number
    const ownEnd = starts[joined + 1] as number
    let at = from
    for (; at < end && own < ownEnd; at++) {
      if (at > from && this.isSpaced(at)) return NO_MATCH
      const word = this.word(at)
      const to = starts[word + 1] as number
      for (let unit = starts[word] as number; unit < to; unit++, own++) {
        if (own === ownEnd || units[unit] !== units[own]) return NO_MATCH
      }
    }
    return own === ownEnd && at > from + 1 ? at : NO_MATCH
  }

  /** Whether a joined word is another word without its leading dot, or with `dot` in place of the dot. */
  #isWithoutDot(word: number, joined: number): boolean {
    const rest = this.index.words.get(word).slice(1)
    const text = this.index.words.get(joined)
    return text === rest || text === `dot${rest}`
  }

  /** Returns a name's words, starting at a position. */
  wordsFrom(name: number, from: number): string[] {
    return Array.from({ length: this.endOfWords(name) - from }, (_, at) => this.index.words.get(this.word(from + at)))
  }

  /** Returns the concatenation of a name's words, starting at a position. */
  concatenation(name: number, from = this.start(name)): string {
    const end = this.endOfWords(name)
    let text = ''
    for (let at = from; at < end; at++) text += this.index.words.get(this.word(at))
    return text
  }

  /**
   * Copies the concatenation of a name's words, starting at a position, truncated to the size of `into`.
   * @returns the number of UTF-16 code units copied
   */
  copyUnits(name: number, from: number, into: Uint16Array): number {
    const end = this.endOfWords(name)
    let count = 0
    for (let at = from; at < end && count < into.length; at++) {
      const word = this.word(at)
      const to = this.#starts[word + 1] as number
      for (let unit = this.#starts[word] as number; unit < to && count < into.length; unit++) {
        into[count++] = this.#units[unit] as number
      }
    }
    return count
  }

  /**
   * Compares the initials of a name's words, starting at a position, with `wanted` by UTF-16 code units. The result is
   * 0 if the initials begin with `wanted`.
   */
  compareInitials(name: number, from: number, wanted: string): number {
    const end = this.endOfWords(name)
    let length = 0
    for (let at = from; at < end; at++) {
      const word = this.word(at)
      const to = this.#starts[word + 1] as number
      for (let unit = this.#starts[word] as number; unit < to; unit++) {
        if (length === wanted.length) return 0
        const initial = initialUnit(this.#units[unit] as number)
        if (initial === undefined) {
          const text = initials(this.concatenation(name, from))
          return text.startsWith(wanted) ? 0 : text < wanted ? -1 : 1
        }
        const difference = initial - wanted.charCodeAt(length++)
        if (difference !== 0) return difference
      }
    }
    return length === wanted.length ? 0 : -1
  }

  /** Returns the concatenation of the spellings of the words. */
  spelledConcatenation(name: number): string {
    const end = this.endOfWords(name)
    let text = ''
    for (let at = this.start(name); at < end; at++) text += this.index.spellingOf(this.word(at))
    return text
  }

  /** Returns the concatenation of the digraph forms of the words. */
  digraphConcatenation(name: number): string {
    const end = this.endOfWords(name)
    let text = ''
    for (let at = this.start(name); at < end; at++) text += this.digraphsOf(this.word(at))
    return text
  }

  /** Returns the digraph form of a word, or the folded form if the word has no digraph form. */
  digraphsOf(word: number): string {
    return digraphForm(this.index.spellingOf(word)) ?? this.index.words.get(word)
  }

  /** Whether the words of a name are spelled like those of a query, and both have the same symbols. */
  isSpelled(name: number, { words, joined }: Words): boolean {
    const start = this.start(name)
    const end = this.endOfWords(name)
    if (end - start !== words.length) return false
    if (!words.every(({ spelled }, at) => this.index.spellingOf(this.word(start + at)) === spelled)) return false
    const wanted = joined.filter(({ symbols }) => symbols !== undefined)
    const own: string[] = []
    for (let at = end; at < this.end(name); at++) own.push(this.index.words.get(this.word(at)))
    return own.filter(hasSymbol).length === wanted.length && wanted.every(({ folded }) => own.includes(folded))
  }

  /**
   * Compares the concatenation of a name with a string by UTF-16 code units. The result is below 0, 0, or above 0, as
   * for sorting.
   */
  compare(name: number, text: string): number {
    const forward = this.#forward
    const units = this.#units
    const starts = this.#starts
    const end = this.end(name)
    let length = 0
    for (let at = this.start(name); at < end; at++) {
      const entry = forward[at] as number
      if ((entry & KIND) === JOINED) break
      const word = entry >>> 2
      const to = starts[word + 1] as number
      for (let unit = starts[word] as number; unit < to; unit++, length++) {
        if (length === text.length) return 1
        const difference = (units[unit] as number) - text.charCodeAt(length)
        if (difference !== 0) return difference
      }
    }
    return length - text.length
  }

  /**
   * Compares the beginning of a name's concatenation with `head` followed by a code unit from `low` to `high`. The
   * result is below 0, 0, or above 0, as for sorting.
   */
  comparePrefix(name: number, { head, low, high }: Beginning): number {
    const forward = this.#forward
    const units = this.#units
    const starts = this.#starts
    const end = this.end(name)
    let length = 0
    for (let at = this.start(name); at < end; at++) {
      const entry = forward[at] as number
      if ((entry & KIND) === JOINED) break
      const word = entry >>> 2
      const to = starts[word + 1] as number
      for (let unit = starts[word] as number; unit < to; unit++, length++) {
        const own = units[unit] as number
        if (length === head.length) return own < low ? -1 : own > high ? 1 : 0
        const difference = own - head.charCodeAt(length)
        if (difference !== 0) return difference
      }
    }
    return -1
  }

  /**
   * Whether the spaces of a name and a query agree. The name must begin with the query. See {@link NameSpaces.agree}.
   */
  spacesAgree(name: number, typed: SpacedText, length: number, optional?: ReadonlySet<number>): boolean {
    return this.spaces.agree(this.start(name), this.endOfWords(name), typed, length, optional)
  }

  /**
   * Whether a name has the boundaries that a query requires: between digits, and around words that replace "&". The
   * name must begin with the query. See {@link NameSpaces.bordersAgree}.
   */
  bordersAgree(name: number, typed: SpacedText): boolean {
    return this.spaces.bordersAgree(this.start(name), this.endOfWords(name), typed)
  }

  #firstUnit(word: number): number {
    return this.#units[this.#starts[word] as number] as number
  }

  /**
   * Returns the end of the consecutive words, starting at `from`, whose concatenation begins with `text` or one of
   * `beginnings`, or equals `text` if it is complete. Used for scripts and numbers in which spaces vary. Returns
   * {@link NO_MATCH} if there are no such words.
   */
  endOfFreelySpaced(
    name: number,
    from: number,
    text: string,
    beginnings: readonly Beginning[],
    isComplete: boolean,
  ): number {
    const end = this.endOfWords(name)
    const heads = [text, ...beginnings.map(({ head }) => head)]
    const isNumber = isLongNumber(text)
    let concatenation = ''
    for (let at = from; at < end; at++) {
      const word = this.word(at)
      if (!(isNumber ? isDigit(this.#firstUnit(word)) : this.spaces.isFreelySpaced(word))) return NO_MATCH
      concatenation += this.index.words.get(word)
      if (isComplete ? concatenation === text : concatenation.startsWith(text)) return at + 1
      if (!isComplete && beginnings.some((beginning) => begins(concatenation, beginning))) return at + 1
      if (!heads.some((head) => head.startsWith(concatenation))) return NO_MATCH
    }
    return NO_MATCH
  }
}

const DOT = 0x2e

/** Whether a string begins with `head` followed by a code unit from `low` to `high`. */
export function begins(text: string, { head, low, high }: Beginning): boolean {
  const unit = text.charCodeAt(head.length)
  return unit >= low && unit <= high && text.startsWith(head)
}

function mostWordsOf({ nameCount, arrays: { forwardStarts } }: SearchIndex): number {
  let most = 0
  for (let name = 0; name < nameCount; name++) {
    const count = (forwardStarts[name + 1] as number) - (forwardStarts[name] as number)
    if (count > most) most = count
  }
  return most
}
