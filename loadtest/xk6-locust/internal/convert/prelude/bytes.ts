// Bytes that are stored as the text that they encode in UTF-8.

// biome-ignore-all lint: Python values can have any type

import { PyRefusal } from './errors.ts'
import { pyBytes, pyDecode } from './files.ts'
import { pyText } from './texts.ts'

/** Implements len() of bytes. */
export function pyByteLength(x: any): number {
  const text = pyText(x)
  return /[^\x00-\x7f]/.test(text) ? pyBytes(text).byteLength : text.length
}

/** Implements hex() of bytes. */
export function pyBytesHex(x: any): string {
  const bytes = pyBytes(typeof x === 'string' || x instanceof ArrayBuffer ? x : pyText(x))
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Implements a slice of bytes. Refuses a slice that is not UTF-8 text. */
export function pyByteSlice(x: any, low: any, high: any): string {
  const text = pyText(x)
  if (!/[^\x00-\x7f]/.test(text)) return text.slice(low ?? 0, high ?? text.length)
  try {
    return pyDecode(pyBytes(text).slice(low ?? 0, high ?? undefined))
  } catch {
    throw new PyRefusal('a slice of bytes that is not UTF-8 text is not supported')
  }
}
