import { exceedsCodePoints, MAX_NFC_SHRINK } from '../text/strings.ts'
import { shorten } from './shorten.ts'

/** An entry that can be suggested. */
export interface Entry {
  /** The text that the user sees, in NFC. Each run of white space and control characters is one space. */
  text: string
  /** Importance from 0 to {@link MAX_WEIGHT}. Entries with larger weights rank higher. */
  weight: number
  /** Any JSON value, returned with the suggestion. */
  payload?: unknown
  /** Contexts for filtering and boosting: names such as `category`, each with its values. */
  contexts?: Record<string, string[]>
  /** Other texts by which the entry is found. */
  aliases?: string[]
  /** Whether the entry ranks before all unpinned entries with the same kind of match. */
  pinned?: boolean
  /**
   * Blocks all entries that are spelled like this text or one of its aliases. If this entry has contexts, blocks them
   * only in those contexts.
   */
  blocked?: boolean
  /** Time of the last update, in milliseconds since 1970. */
  updated?: number
}

/** Maximum length of an entry's text, in code points. */
export const MAX_TEXT_LENGTH = 200
/** Maximum weight. It keeps boosted scores and the sum of all scores finite. */
export const MAX_WEIGHT = 1e100

const TEXT_TOO_LONG = `the text is longer than ${MAX_TEXT_LENGTH} characters`
/** White space and control characters. Excludes U+FEFF, which is invisible and does not separate words. */
const SPACE_OR_CONTROL = /(?:[^\S\uFEFF]|\p{Cc})+/gu
/** Any character except white space, control characters, and invisible format characters. */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u
/** Lower-case ASCII with single spaces, as in many datasets. Such a text needs no check except for its length. */
const PLAIN_TEXT = /^[!-@[-~]+(?: [!-@[-~]+)*$/

/** A number with thousands separators, such as 1,234,567, 12,34,567, or 1.234,5. */
const SEPARATED = /^\s*\d{1,3}(?:[\s.,'’_]\d{2,3})*[\s.,'’_]\d{3}(?:[.,]\d+)?\s*$/
const DECIMAL_COMMA = /^\s*[+-]?\d*,\d+\s*$/
/** A number with a currency or a unit, such as $12.50, 3 €, 12%, or 1.5k. */
const WITH_UNIT = /^\s*(?:\p{Sc}\s*[\d.,]+|[\d.,]+\s*(?:\p{Sc}|%|\p{L}{1,3}))\s*$/u

/** Whether a text is lower-case ASCII with single spaces. Its spelling can differ from the text only in backticks. */
export function isPlain(text: string): boolean {
  return PLAIN_TEXT.test(text)
}

/** Checks the text and the weight of a row. Returns the entry, or the reason why the row is left out. */
export function toEntry(text: unknown, weight: unknown): Entry | string {
  if (typeof text !== 'string') return `the text must be a string, got ${shorten(text)}`
  let shown = text
  if (!isPlain(text)) {
    shown = text.replace(SPACE_OR_CONTROL, ' ').trim()
    if (!VISIBLE.test(shown)) return 'the text is empty'
    // Check the length first, because normalizing takes quadratic time.
    if (exceedsCodePoints(shown, MAX_NFC_SHRINK * MAX_TEXT_LENGTH)) return TEXT_TOO_LONG
    if (hasUndecoded(shown)) return 'the text is not valid UTF-8'
    shown = shown.normalize('NFC')
  }
  if (exceedsCodePoints(shown, MAX_TEXT_LENGTH)) return TEXT_TOO_LONG
  const value = typeof weight === 'number' ? weight : parseWeight(weight)
  if (value === undefined || !(value >= 0)) {
    return `the weight must be a number that is at least 0${weightRule(weight)}, got ${shorten(weight)}`
  }
  if (value > MAX_WEIGHT) return `the weight must be at most ${MAX_WEIGHT}, got ${shorten(weight)}`
  return { text: shown, weight: value }
}

/** Returns the rule that a weight breaks, as part of a sentence. */
function weightRule(weight: unknown): string {
  if (typeof weight !== 'string') return ''
  if (SEPARATED.test(weight)) return ', without thousands separators'
  if (DECIMAL_COMMA.test(weight)) return ', with a dot as the decimal mark'
  return WITH_UNIT.test(weight) ? ', without a currency or a unit' : ''
}

/** Whether the text contains replacement characters for bytes that could not be decoded, or lone surrogates. */
export function hasUndecoded(text: string): boolean {
  return text.includes('\uFFFD') || !text.isWellFormed()
}

function parseWeight(weight: unknown): number | undefined {
  // Number('') is 0 and Number('0x10') is 16, but neither is a valid weight.
  return typeof weight === 'string' && /^\s*[+-]?[\d.]/.test(weight) && !/[xob]/i.test(weight)
    ? Number(weight)
    : undefined
}
