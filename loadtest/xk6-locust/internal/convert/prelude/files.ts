// Files and CSV.

// biome-ignore-all lint: Python values can have any type

import encoding from 'k6/encoding'
import { pyDict, pyIter } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { PyIterator, PyListIterator } from './iterators.ts'
import { pyText } from './texts.ts'
import { pyRepr } from './values.ts'

/** Splits a text into lines that end with \n, \r\n, or \r. The lines keep their line breaks. */
export function pyLinesOf(text: string): string[] {
  if (text.replaceAll('\r\n', '\n').includes('\r')) return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+/g) ?? []
  // Strings as separators are much faster than regular expressions.
  const lines = text.split('\n')
  const last = lines.pop()
  return [...lines.map((line) => `${line}\n`), ...(last ? [last] : [])]
}

/** A Python text file. Line breaks become \n unless `isRaw` is set. */
export class PyFile extends PyIterator {
  // The text is split only once, because in k6, matching from the middle of a text takes as long as from its beginning.
  private lines?: string[]
  private position = 0
  private readonly text: string
  constructor(
    text: string,
    readonly name: string,
    hasMark = false,
    isRaw = false,
  ) {
    super()
    const content = hasMark ? text.replace(/^\ufeff/, '') : text
    this.text = isRaw ? content : content.replace(/\r\n?/g, '\n')
  }
  override step(): any {
    this.lines ??= pyLinesOf(this.text)
    return this.lines[this.position] === undefined ? undefined : this.lines[this.position++]
  }
  readline(): string {
    return this.step() ?? ''
  }
  readlines(): string[] {
    return [...this]
  }
  read(): string {
    const rest = this.position === 0 ? this.text : this.readlines().join('')
    this.position = Infinity
    return rest
  }
  rewind(): void {
    this.position = 0
  }
  close(): void {}
}

/** Returns x if it is a text file. Otherwise, throws an AttributeError, as a call to a method of a file does in Python. */
export function pyFileOf(x: any): PyFile {
  if (!(x instanceof PyFile)) throw new PyError('AttributeError', `${pyRepr(x)} is not a text file`)
  return x
}

/**
 * A file that was opened in binary mode, or bytes in memory without a name. As in Python, a second read() returns no
 * bytes.
 */
export class PyUpload {
  private isRead = false
  constructor(
    private readonly content: ArrayBuffer,
    readonly name = '',
  ) {}
  read(): ArrayBuffer {
    const isRead = this.isRead
    this.isRead = true
    return isRead ? new ArrayBuffer(0) : this.content
  }
  rewind(): void {
    this.isRead = false
  }
  getvalue(): ArrayBuffer {
    return this.content
  }
  close(): void {}
}

/** Joins bytes. Each part may be a text, which is encoded in UTF-8. */
export function pyBytes(...parts: any[]): ArrayBuffer {
  const all = parts.map(
    (part) => new Uint8Array(typeof part === 'string' ? encoding.b64decode(encoding.b64encode(part)) : part),
  )
  const joined = new Uint8Array(all.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of all) {
    joined.set(part, at)
    at += part.length
  }
  return joined.buffer
}

/** Calls open(), and returns null if it throws an error, as it does for a missing file. */
export function pyOpenIfAny(open: () => any): any {
  try {
    return open()
  } catch {
    return null
  }
}

/** Returns the content of the file at a path. Refuses a path that is not a key of `contents`. */
export function pyContent(contents: any, path: any): any {
  if (!Object.hasOwn(contents, path)) throw new PyRefusal(`the script has not opened ${pyRepr(path)}`)
  return contents[path]
}

/** Returns x, the content of a file. Throws a FileNotFoundError if x is null because the file is missing. */
export function pyExisting(x: any, path: string): any {
  if (x === null) throw new PyError('FileNotFoundError', `[Errno 2] No such file or directory: ${pyRepr(path)}`)
  return x
}

/** The result of csv.reader(). A quoted field may contain line breaks. */
export class PyReader extends PyIterator {
  readonly lines: any
  constructor(
    lines: any,
    readonly delimiter: string,
    readonly quote: string,
  ) {
    super()
    this.lines = lines instanceof PyIterator ? lines : new PyListIterator(pyIter(lines))
  }
  override step(): any {
    let line = this.lines.step()
    if (line === undefined) return undefined
    const row: string[] = []
    for (let at = 0; ; ) {
      const parts: string[] = []
      let isQuoted = line[at] === this.quote
      if (isQuoted) at++
      while (isQuoted) {
        const end = line.indexOf(this.quote, at)
        const isDoubled = end >= 0 && line[end + 1] === this.quote
        parts.push(end < 0 ? line.slice(at) : line.slice(at, isDoubled ? end + 1 : end))
        at = isDoubled ? end + 2 : end + 1
        if (end < 0) line = this.lines.step()
        isQuoted = isDoubled || (end < 0 && line !== undefined)
      }
      line ??= ''
      const end = line.indexOf(this.delimiter, at)
      const [rest = ''] = line.slice(at, end < 0 ? line.length : end).split(/[\r\n]/, 1)
      const isLast = end < 0 || at + rest.length < end
      if (isLast && row.length === 0 && parts.length === 0 && rest === '') return row
      row.push(parts.join('') + rest)
      if (isLast) return row
      at = end + 1
    }
  }
}

/** The result of csv.DictReader(). */
export class PyDictReader extends PyIterator {
  constructor(
    readonly rows: any,
    public names: any,
  ) {
    super()
  }
  override step(): any {
    this.names ??= this.rows.step()
    let row = this.rows.step()
    while (row?.length === 0) row = this.rows.step()
    if (row === undefined) return undefined
    if (row.length > this.names.length) throw new PyRefusal('the row has more fields than the first row')
    return pyDict(this.names.map((name: any, i: number) => [name, row[i] ?? null]))
  }
}

/** Adds bytes to a hash, and returns the hash. */
export function pyHash(hash: any, bytes: any): any {
  hash.update(bytes)
  return hash
}

/** Decodes bytes in UTF-8. */
export function pyDecode(bytes: ArrayBuffer): string {
  const codes = [...new Uint8Array(bytes)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
  try {
    return decodeURIComponent(codes.join(''))
  } catch {
    throw new PyError('UnicodeDecodeError', "'utf-8' codec can't decode these bytes", 'ValueError')
  }
}

/** Decodes Base64. As in Python, characters outside of the alphabet have no effect. */
export function pyB64decode(text: any, isUrlsafe: boolean): ArrayBuffer {
  const standard = isUrlsafe ? pyText(text).replaceAll('-', '+').replaceAll('_', '/') : pyText(text)
  const letters = standard.replace(/[^A-Za-z0-9+/=]/g, '')
  const digits = letters.replace(/=.*$/, '')
  const missing = (4 - (digits.length % 4)) % 4
  if (missing === 3 || letters.length - digits.length < missing)
    throw new PyError('binascii.Error', 'Incorrect padding', 'ValueError')
  return encoding.b64decode(digits, 'rawstd')
}
