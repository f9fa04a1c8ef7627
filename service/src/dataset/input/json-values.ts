/** Splits a JSON document into the values of its array, without parsing them. */
import { DatasetError } from '../dataset-error.ts'
import { MAX_LINE_LENGTH } from './lines.ts'

const TOO_LONG = `the JSON value is longer than ${MAX_LINE_LENGTH} characters: write each entry as its own object`

const NEWLINE = 0x0a
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
/** In joined files, byte order marks may precede values. */
const BYTE_ORDER_MARK = 0xfeff

/**
 * Called for each value, either with its text (which may be invalid JSON) or with the reason why it is left out. `line`
 * is the number of its first line, and `element` its number in the array. Both start at 1.
 */
export type TakeValue = (value: { json: string } | { reason: string }, line: number, element?: number) => void

/**
 * Splits an array, or a sequence of values, into its values. A value ends when its brackets are closed, so most errors
 * inside a value do not affect the next values. Only one value, of at most {@link MAX_LINE_LENGTH} characters, is kept
 * in memory.
 */
export class JsonValueSplitter {
  private readonly take: TakeValue
  private line = 1
  /** The line on which the current array starts. Undefined outside of an array. */
  private arrayLine: number | undefined
  private valueLine = 0
  /** Number of complete values of the array. */
  private elements = 0
  /** The kind of the current value. Bare values are numbers, `true`, `false`, `null`, and invalid values. */
  private kind: 'none' | 'nested' | 'string' | 'bare' = 'none'
  private depth = 0
  private inString = false
  private isEscaped = false
  /** The beginning of the current value, from previous chunks. */
  private kept = ''
  private length = 0

  constructor(take: TakeValue) {
    this.take = take
  }

  /** @param text the next part of the document, with `\n` line endings */
  push(text: string): void {
    let start = 0
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === NEWLINE) this.line += 1
      if (this.kind === 'bare' && isDelimiter(code)) this.finish(text.slice(start, at))
      if (this.kind === 'none') {
        if (this.begin(code)) start = at
      } else if (this.kind !== 'bare' && this.closes(code)) {
        this.finish(text.slice(start, at + 1))
      }
    }
    if (this.kind !== 'none') this.keep(text.slice(start))
  }

  /** @throws {DatasetError} if a value or the array is not closed */
  end(): void {
    if (this.kind === 'bare') this.finish('')
    if (this.kind !== 'none')
      throw new DatasetError(`the JSON value that starts on line ${this.valueLine} is not closed`)
    if (this.arrayLine !== undefined) {
      throw new DatasetError(
        `the JSON array that starts on line ${this.arrayLine} is not closed; the file may be truncated`,
      )
    }
  }

  /** Reads a character between values. Returns whether it starts a value. */
  private begin(code: number): boolean {
    if (code <= SPACE || code === COMMA || code === BYTE_ORDER_MARK) return false
    if (code === OPEN_BRACKET && this.arrayLine === undefined) {
      this.arrayLine = this.line
      this.elements = 0
      return false
    }
    if (code === CLOSE_BRACKET && this.arrayLine !== undefined) {
      this.arrayLine = undefined
      return false
    }
    this.valueLine = this.line
    this.inString = code === QUOTE
    this.depth = 0
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      this.kind = 'nested'
      this.depth = 1
    } else this.kind = this.inString ? 'string' : 'bare'
    return true
  }

  /** Reads a character inside a value. Returns whether it ends the value. */
  private closes(code: number): boolean {
    if (this.inString) {
      if (this.isEscaped) this.isEscaped = false
      else if (code === BACKSLASH) this.isEscaped = true
      else if (code === QUOTE) {
        this.inString = false
        return this.kind === 'string'
      }
      return false
    }
    if (code === QUOTE) this.inString = true
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.depth += 1
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      this.depth -= 1
      return this.depth === 0
    }
    return false
  }

  private keep(part: string): void {
    this.length += part.length
    if (this.kept.length < MAX_LINE_LENGTH) this.kept += part.slice(0, MAX_LINE_LENGTH - this.kept.length)
  }

  private finish(part: string): void {
    this.keep(part)
    const value =
      this.length > MAX_LINE_LENGTH ? { reason: innerArrayHint(this.kept) ?? TOO_LONG } : { json: this.kept }
    this.kind = 'none'
    this.kept = ''
    this.length = 0
    this.elements += 1
    this.take(value, this.valueLine, this.arrayLine === undefined ? undefined : this.elements)
  }
}

/** An object with an array of objects at any depth. `name` is the key of the first such array. */
const INNER_ARRAY = /^\{.*?"(?<name>[^"\\]{1,64})"\s*:\s*\[\s*\{/s
/** Like {@link INNER_ARRAY}, but the first object in the array has a text. */
const INNER_ENTRIES = /^\{.*?"(?<name>[^"\\]{1,64})"\s*:\s*\[\s*\{[^{}[\]]*"text"\s*:/s
/** Fields of entries that may contain arrays of objects. */
const OWN_ARRAYS = ['payload', 'aliases']

/**
 * Returns advice for an object that is not an entry, but has an array that may contain the entries. Returns undefined
 * if there is no such array.
 */
export function innerArrayHint(json: string): string | undefined {
  const found = INNER_ARRAY.exec(json)
  const first = found?.groups?.name
  if (first === undefined || OWN_ARRAYS.includes(first) || /"text"\s*:/.test(found?.[0] ?? '')) return undefined
  const name = INNER_ENTRIES.exec(json)?.groups?.name ?? first
  return `it is not an entry, but has an array ${JSON.stringify(name)}: if this array contains the entries, the file must contain only this array`
}

/** Whether a character ends a bare value, such as a number. */
function isDelimiter(code: number): boolean {
  return (
    code <= SPACE ||
    code === COMMA ||
    code === QUOTE ||
    code === OPEN_BRACKET ||
    code === CLOSE_BRACKET ||
    code === OPEN_BRACE
  )
}
