import type { BinaryText } from '../text/strings.ts'

/**
 * Encodes and decodes the texts and details of entries that are stored in Redis. A block holds entries with consecutive
 * numbers, so the best entries, which occur in most answers, share blocks. A block has its number, one line per entry,
 * and an end mark. No line contains the end mark, so truncation is detected. A line is the text as JSON without quotes,
 * then an optional tab and details.
 */

/** Properties that few entries have, under short names. */
export interface Details {
  /** The weight, if it differs from the score. */
  w?: number
  /** The factor applied to the weight because of the entry's age. */
  r?: number
  /** Set if the entry is pinned. */
  n?: 1
  /** The payload. */
  p?: unknown
}

/**
 * Target size of a block. It is large enough to keep the overhead of Redis keys low, and small enough to read a whole
 * block for one entry.
 */
const BLOCK_BYTES = 1024
const MAX_BLOCK_ENTRIES = 64
const END = '\u0000'
/**
 * Estimated memory of a {@link TextBlock}, in bytes, for each entry and for the block itself. In addition, each line
 * takes twice its length: in the block, and in its suggestion.
 */
const BYTES_PER_ENTRY = 60
const OVERHEAD_BYTES = 300

/** Returns the number of entries per block for an average line length in bytes. */
export function blockEntriesFor(lineBytes: number): number {
  return Math.max(1, Math.min(MAX_BLOCK_ENTRIES, Math.round(BLOCK_BYTES / Math.max(1, lineBytes))))
}

/** Returns how many entries a block of a dataset has. */
export function entriesOfBlock(block: number, { entries, blockEntries }: { entries: number; blockEntries: number }) {
  return Math.min(blockEntries, entries - block * blockEntries)
}

/** Formats the line of an entry. */
export function textLine(text: string, details: Details | undefined): string {
  const json = JSON.stringify(text).slice(1, -1)
  return details ? `${json}\t${JSON.stringify(details)}` : json
}

/** Formats the Redis value of a block. */
export function encodeBlock(block: number, lines: readonly string[]): Buffer {
  return Buffer.from(`${block}\n${lines.join('\n')}${END}`)
}

/** The unparsed parts of a line. */
export interface TextLine {
  /** The text as JSON, without its quotes. */
  text: BinaryText
  /** The details as JSON, or empty if there are none. */
  details: BinaryText
}

/** Characters that JSON strings must escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes control characters
const SPECIAL = /["\\\u0000-\u001f]/

/** The entries of a block, read from Redis. */
export class TextBlock {
  readonly #lines: BinaryText
  /** Where each line starts, and the end of the last one plus 1. */
  readonly #starts: Uint32Array
  /** The suggestions that have been requested so far; null for entries with details. */
  readonly #suggestions: (BinaryText | null)[] = []

  private constructor(lines: BinaryText) {
    this.#lines = lines
    const starts = [0]
    for (let at = lines.indexOf('\n'); at >= 0; at = lines.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#starts = Uint32Array.from([...starts, lines.length + 1])
  }

  /**
   * Decodes the Redis value of a block.
   * @param entries the number of entries in the block
   * @returns undefined if the value is not the encoding of that block, or if a text is malformed
   */
  static decode(block: number, value: Buffer, entries: number): TextBlock | undefined {
    const start = `${block}\n`
    if (value.at(-1) !== 0 || value.toString('latin1', 0, start.length) !== start) return undefined
    const decoded = new TextBlock(value.toString('latin1', start.length, value.length - 1) as BinaryText)
    return decoded.#isValid(entries) ? decoded : undefined
  }

  #isValid(entries: number): boolean {
    if (this.#starts.length !== entries + 1) return false
    for (let position = 0; position < entries; position++) {
      const { text } = this.line(position)
      // The text is copied to the answer unescaped, so it must be valid JSON.
      if (text === '' || (SPECIAL.test(text) && !isJsonText(text))) return false
    }
    return true
  }

  /** Estimated memory, in bytes. */
  get bytes(): number {
    return 2 * this.#lines.length + this.#starts.length * BYTES_PER_ENTRY + OVERHEAD_BYTES
  }

  /**
   * Returns an entry without details as a suggestion in JSON, or null if the entry has details.
   * @param score the score of the entry
   * @throws {Error} if the block has no such line
   */
  suggestion(position: number, score: number): BinaryText | null {
    let suggestion = this.#suggestions[position]
    if (suggestion === undefined) {
      const { text, details } = this.line(position)
      suggestion = details === '' ? (`{"text":"${text}","score":${score}}` as BinaryText) : null
      // Reading a character makes V8 join the parts of the string now. Otherwise, V8 would join them for every answer.
      suggestion?.charCodeAt(0)
      this.#suggestions[position] = suggestion
    }
    return suggestion
  }

  /**
   * Returns the line at a position of the block.
   * @throws {Error} if the block has no such line
   */
  line(position: number): TextLine {
    const end = (this.#starts[position + 1] ?? 0) - 1
    if (end < 0) throw new Error('missing entry in a block of texts')
    const line = this.#lines.slice(this.#starts[position], end) as BinaryText
    const tab = line.indexOf('\t')
    const text = (tab < 0 ? line : line.slice(0, tab)) as BinaryText
    return { text, details: (tab < 0 ? '' : line.slice(tab + 1)) as BinaryText }
  }
}

function isJsonText(text: string): boolean {
  try {
    return typeof JSON.parse(`"${text}"`) === 'string'
  } catch {
    return false
  }
}
