/**
 * How a dataset lies in Redis, for the builder that writes it and the ranking workers that read it.
 *
 * Every entry has a line under its own key, and under each of its {@link FORMS alternate keys}. Lines are sorted by key and cut into
 * blocks of {@link BLOCK_ENTRIES}, one Redis string each. A prefix that spans at most {@link MAX_BLOCKS_PER_QUERY} blocks is answered
 * from those; the few prefixes that span more have a ready list of their {@link TOP_ENTRIES} best. The workers hold the first key of
 * every block, so any prefix is one round trip.
 *
 *     autocomplete:current           the version in use
 *     autocomplete:<version>:meta    {"format","version","entries","blocks","hasAliases","meanWeight"}
 *     autocomplete:<version>:index   the first key of each block, by key
 *     autocomplete:<version>:trie    the beginnings of all keys; see prefix-trie.ts
 *     autocomplete:<version>:block:N lines of block N, by key
 *     autocomplete:<version>:top:P   lines of the best entries with the prefix P, best first; with none the best of all
 *
 * A line of a block or list is `key<TAB>rank`, `<TAB>text` behind it where the text is not the key, and `<TAB>details` where there is
 * more to say. Lines are parted by `<LF>`, and the last one is followed by `<NUL>`.
 */
import { exceedsCodePoints } from '../text.ts'
import { withoutForm } from './alternate-keys.ts'

/** Changes whenever a reader of the old layout would misread the new one. */
export const FORMAT = 3
export const BLOCK_ENTRIES = 64
export const MAX_BLOCKS_PER_QUERY = 2
/** As many as a query may ask for (`limit`). */
export const TOP_ENTRIES = 50
/** The longest normalized prefix that may be asked for, in code points: longer ones have no ready list, however many entries have them. */
export const MAX_PREFIX_LENGTH = 64

export const CURRENT_KEY = 'autocomplete:current'
export const metaKey = (version: string) => `autocomplete:${version}:meta`
export const indexKey = (version: string) => `autocomplete:${version}:index`
export const trieKey = (version: string) => `autocomplete:${version}:trie`
export const blockKey = (version: string, block: number) => `autocomplete:${version}:block:${block}`
export const topKey = (version: string, prefix: string) => `autocomplete:${version}:top:${prefix}`

/** What `autocomplete:<version>:meta` holds. */
export interface DatasetMeta {
  format: number
  /** The first 16 hexadecimal digits of the SHA-256 of format and entries. */
  version: string
  entries: number
  blocks: number
  /** Whether an entry may have two lines that begin alike. */
  hasAliases: boolean
  /** The mean weight of all entries. */
  meanWeight: number
}

/** A line, taken apart. */
export interface Line {
  key: string
  text: string
  /** By what entries are sorted, the largest first: the weight, unless the details say what it is made of. */
  rank: number
  details?: Details
}

/** What is known of few entries, under short names as every line repeats them; written in this order. */
export interface Details {
  /** The weight, where the rank is not it. */
  w?: number
  /** By what the weight was multiplied because the entry is old. */
  r?: number
  /** Pinned: ranks before all that are not. */
  n?: 1
  /** The payload. */
  p?: unknown
  /** The contexts, each name with its values. */
  c?: Record<string, string[]>
}

/** Whether details say no more than the contexts, which most answers need not know. */
export const areOnlyContexts = (details: string) => details.startsWith('{"c":')

/** Writes one line of a block or list, without its end. */
export function encodeLine({ key, text, rank, details }: Line): string {
  const parts: (string | number)[] = [key, rank]
  if (details) parts.push(text === key ? '' : text, JSON.stringify(details))
  else if (text !== key) parts.push(text)
  // A template would leave a rope of its parts, which takes more memory and is slow to compare.
  return parts.join('\t')
}

/** Reads what {@link encodeLine} wrote. */
export function decodeLine(line: string): Line {
  const { key, text, rank, details } = partsOf(line)
  return {
    key,
    text,
    rank: Number(rank),
    ...(details !== '' && { details: JSON.parse(details) as Details }),
  }
}

/** What a line says, as it is written there; no details are ''. */
export function partsOf(line: string): { key: string; text: string; rank: string; details: string } {
  const keyEnd = line.indexOf('\t')
  const rankEnd = line.indexOf('\t', keyEnd + 1)
  const key = line.slice(0, keyEnd)
  if (rankEnd < 0) return { key, text: key, rank: line.slice(keyEnd + 1), details: '' }
  const rank = line.slice(keyEnd + 1, rankEnd)
  const textEnd = line.indexOf('\t', rankEnd + 1)
  if (textEnd < 0) return { key, text: line.slice(rankEnd + 1), rank, details: '' }
  return {
    key,
    text: textEnd === rankEnd + 1 ? key : line.slice(rankEnd + 1, textEnd),
    rank,
    details: line.slice(textEnd + 1),
  }
}

/** The last byte of a value of lines. No line holds it, so that one that is cut off, wherever it is, lacks it. */
const END = '\u0000'

/** The value of a block, a list or the index. */
export function encodeLines(lines: readonly string[]): string {
  return lines.join('\n') + END
}

/**
 * The lines in what {@link encodeLines} wrote; nothing when it is cut off.
 * @param encoding a binary string where nothing is said: taking UTF-8 apart would cost more than ranking, and the bytes are what is sent on
 */
export function decodeLines(value: Buffer, encoding: 'latin1' | 'utf8' = 'latin1'): string | undefined {
  return value.at(-1) === END.charCodeAt(0) ? value.toString(encoding, 0, value.length - END.length) : undefined
}

const TAB = 9
const NEWLINE = 10
const ZERO = 48
const NINE = 57
/** As many digits as a number holds exactly, and as JavaScript writes one in at most. */
const MAX_EXACT_DIGITS = 15
const MAX_NUMBER_LENGTH = 25

/** The rank in the line that starts at `start`, without taking the line apart. */
export function rankIn(lines: string, start: number): number {
  const from = lines.indexOf('\t', start) + 1
  let rank = 0
  for (let at = from; at - from <= MAX_EXACT_DIGITS; at++) {
    const code = lines.charCodeAt(at)
    if (code >= ZERO && code <= NINE) rank = rank * 10 + (code - ZERO)
    else if (code === TAB || code === NEWLINE || at === lines.length) return rank
    else break
  }
  // A fraction, an exponent, or many digits.
  return Number(/[^\t\n]*/.exec(lines.slice(from, from + MAX_NUMBER_LENGTH))?.[0])
}

/** The index of the first of `length` positions for which `isAfter` holds; it must hold from there on. */
export function lowerBound(length: number, isAfter: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAfter(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** Blocks from the first to before the end. */
export interface BlockRange {
  first: number
  end: number
}

/** The blocks that can hold keys with the prefix, given the first key of every block. */
export function blocksOfPrefix(firstKeys: readonly string[], prefix: string): BlockRange {
  const key = (index: number) => firstKeys[index] as string
  const start = lowerBound(firstKeys.length, (index) => key(index) >= prefix)
  const end = lowerBound(firstKeys.length, (index) => key(index) > prefix && !key(index).startsWith(prefix))
  // The block before may end with such keys.
  return { first: Math.max(0, start - 1), end }
}

/** The blocks that can hold the key. */
export function blocksOfKey(firstKeys: readonly string[], wanted: string): BlockRange {
  const key = (index: number) => firstKeys[index] as string
  const start = lowerBound(firstKeys.length, (index) => key(index) >= wanted)
  return { first: Math.max(0, start - 1), end: lowerBound(firstKeys.length, (index) => key(index) > wanted) }
}

/** Whether the prefix has a ready list because it spans too many blocks. */
export function hasTopList({ first, end }: BlockRange): boolean {
  return end - first > MAX_BLOCKS_PER_QUERY
}

/** Whether a prefix may be asked for: what stands in it behind context and form is not too long, and parts no surrogate pair. */
export function isAskable(prefix: string): boolean {
  return prefix.isWellFormed() && !exceedsCodePoints(withoutForm(prefix), MAX_PREFIX_LENGTH)
}
