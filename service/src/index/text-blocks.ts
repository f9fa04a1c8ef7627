import type { BinaryText } from '../text/strings.ts'

/**
 * What answers say of entries, as Redis stores it: blocks of entries in the order of their numbers, so that the best entries, which
 * most answers have, share blocks. A block is its number and a line per entry, and ends with a mark that no line has, so that one
 * that was cut off is known. A line is the text as JSON without its quotes; details follow after a tab where there are any.
 */

/** What is known of few entries, under short names. */
export interface Details {
  /** The weight, where the score is not it. */
  w?: number
  /** By what the weight was multiplied because the entry is old. */
  r?: number
  /** Pinned: ranks before all that are not. */
  n?: 1
  /** The payload. */
  p?: unknown
}

/** Bytes that a block should have: large enough that what a key itself takes is little, small enough to be read for one entry. */
const BLOCK_BYTES = 1024
const MAX_BLOCK_ENTRIES = 64
const END = '\u0000'

/** How many entries a block should have, for lines of so many bytes on average. */
export function blockEntriesFor(lineBytes: number): number {
  return Math.max(1, Math.min(MAX_BLOCK_ENTRIES, Math.round(BLOCK_BYTES / Math.max(1, lineBytes))))
}

/** The line of an entry. */
export function textLine(text: string, details: Details | undefined): string {
  const json = JSON.stringify(text).slice(1, -1)
  return details ? `${json}\t${JSON.stringify(details)}` : json
}

/** The value of a block. */
export function encodeBlock(block: number, lines: readonly string[]): Buffer {
  return Buffer.from(`${block}\n${lines.join('\n')}${END}`)
}

/** What a line says; the parts as they stand there. */
export interface TextLine {
  /** The text as JSON, without its quotes. */
  text: BinaryText
  /** JSON; empty if there are none. */
  details: BinaryText
}

/** What does not stand for itself in JSON. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SPECIAL = /["\\\u0000-\u001f]/

/**
 * The lines of a block as one binary string; {@link lineAt} takes one of them.
 * @returns undefined if a value is not what {@link encodeBlock} wrote for that block
 */
export function decodeBlock(block: number, value: Buffer): BinaryText | undefined {
  const start = `${block}\n`
  if (value.at(-1) !== 0 || value.toString('latin1', 0, start.length) !== start) return undefined
  return value.toString('latin1', start.length, value.length - 1) as BinaryText
}

/**
 * The line at a position of a block.
 * @throws {Error} when there is no such line, or it is malformed
 */
export function lineAt(block: BinaryText, position: number): TextLine {
  let start = 0
  for (let left = position; left > 0 && start >= 0; left--) start = block.indexOf('\n', start) + 1 || -1
  if (start < 0) throw new Error('malformed entry in a block of texts')
  const next = block.indexOf('\n', start)
  const end = next < 0 ? block.length : next
  const tab = block.indexOf('\t', start)
  const hasDetails = tab >= 0 && tab < end
  const text = block.slice(start, hasDetails ? tab : end) as BinaryText
  // It goes into the answer as it stands; a value that is not a block could hold anything.
  if (text === '' || (SPECIAL.test(text) && !isJsonText(text))) throw new Error('malformed entry in a block of texts')
  return { text, details: (hasDetails ? block.slice(tab + 1, end) : '') as BinaryText }
}

function isJsonText(text: string): boolean {
  try {
    return typeof JSON.parse(`"${text}"`) === 'string'
  } catch {
    return false
  }
}
