import { exceedsCodePoints } from '../text/strings.ts'
import { shorten } from './shorten.ts'

/** One thing that can be suggested. */
export interface Entry {
  /** What the user is shown, in NFC, with every run of white space and control characters made one space. */
  text: string
  /** How much it is wanted, from 0 to {@link MAX_WEIGHT}: entries with larger weights rank higher. */
  weight: number
  /** Any JSON value, returned with the suggestion. */
  payload?: unknown
  /** What it can be filtered and boosted by: names such as `category`, each with its values. */
  contexts?: Record<string, string[]>
  /** Other texts that find it. */
  aliases?: string[]
  /** Ranks before all entries that are not pinned. */
  pinned?: boolean
  /** Is never suggested; if it has contexts, only there. */
  blocked?: boolean
  /** When it was updated, in milliseconds since 1970. */
  updated?: number
}

/** The longest text of an entry, in code points. */
export const MAX_TEXT_LENGTH = 200
/** The largest weight: with larger ones, the ranks of pinned entries could not be told apart. */
export const MAX_WEIGHT = 1e100

const TEXT_TOO_LONG = `the text is longer than ${MAX_TEXT_LENGTH} characters`
/** NFC combines at most this many code points into one. */
const MAX_SHRINK = 4
/** Not U+FEFF, which is invisible and does not separate words. */
const SPACE_OR_CONTROL = /(?:[^\S\uFEFF]|\p{Cc})+/gu
/** Anything but white space, control characters and invisible format characters. */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u
/** Lower-case ASCII with single spaces, as in most datasets: only the length of such a text can be wrong. */
const PLAIN_TEXT = /^[!-@[-~]+(?: [!-@[-~]+)*$/

/** Whether a text is lower-case ASCII with single spaces, and so is its spelling. */
export function isPlain(text: string): boolean {
  return PLAIN_TEXT.test(text)
}

/** Checks the text and the weight of a row; returns the entry, or the reason why the row is left out. */
export function toEntry(text: unknown, weight: unknown): Entry | string {
  if (typeof text !== 'string') return `the text must be a string, got ${shorten(text)}`
  let shown = text
  if (!isPlain(text)) {
    shown = text.replace(SPACE_OR_CONTROL, ' ').trim()
    if (!VISIBLE.test(shown)) return 'the text is empty'
    // Checked before normalizing, which takes quadratic time.
    if (exceedsCodePoints(shown, MAX_SHRINK * MAX_TEXT_LENGTH)) return TEXT_TOO_LONG
    if (hasUndecoded(shown)) return 'the text is not valid UTF-8'
    shown = shown.normalize('NFC')
  }
  if (exceedsCodePoints(shown, MAX_TEXT_LENGTH)) return TEXT_TOO_LONG
  const value = typeof weight === 'number' ? weight : parseWeight(weight)
  if (value === undefined || !Number.isFinite(value) || value < 0) {
    return `the weight must be a number of 0 or more, got ${shorten(weight)}`
  }
  if (value > MAX_WEIGHT) return `the weight must be at most ${MAX_WEIGHT}, got ${shorten(weight)}`
  return { text: shown, weight: value }
}

/** Whether the text holds replacement characters for bytes that could not be decoded, or halves of surrogate pairs. */
export function hasUndecoded(text: string): boolean {
  return text.includes('\uFFFD') || !text.isWellFormed()
}

function parseWeight(weight: unknown): number | undefined {
  // Number('') is 0 and Number('0x10') is 16; nobody means either as a weight.
  return typeof weight === 'string' && /^\s*[+-]?[\d.]/.test(weight) && !/[xob]/i.test(weight)
    ? Number(weight)
    : undefined
}
