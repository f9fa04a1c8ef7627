// JSON as Python writes it.

// biome-ignore-all lint: Python values can have any type

import { pySorted } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyDecode } from './files.ts'
import { pyFloatText, pyInteger } from './numbers.ts'
import { pyHas, pyIsDict, pyIsMap, pyRepr } from './values.ts'

/** Implements json.loads(). The error for invalid JSON has the given base class. */
export function pyLoads(x: any, base = 'JSONDecodeError'): any {
  const text = x instanceof ArrayBuffer ? pyDecode(x) : x
  if (typeof text !== 'string')
    throw new PyError(
      'TypeError',
      `the JSON object must be str, bytes or bytearray, not ${(x ?? null) === null ? 'NoneType' : pyRepr(x)}`,
    )
  try {
    return JSON.parse(text)
  } catch {
    throw new PyError('JSONDecodeError', pyJsonError(text), base)
  }
}

/** Returns the message of Python's error for a text that is not JSON. */
export function pyJsonError(text: string): string {
  const literal = /null|true|false|NaN|-?Infinity|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
  let at = 0
  const is = (letter: string) => text.charAt(at) === letter
  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  const expect = (letter: string) => (is(letter) ? '' : `Expecting '${letter}' delimiter`)
  const space = () => skip(/[ \t\n\r]*/y)
  const scanString = (): string => {
    const start = at
    skip(/"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*/y)
    if (skip(/"/y)) return ''
    const [letter, escape] = [text.charAt(at), text.charAt(at + 1)]
    if (letter === '\\' && escape !== '') {
      if (escape !== 'u') return 'Invalid \\escape'
      at++
      return 'Invalid \\uXXXX escape'
    }
    if (letter !== '' && letter !== '\\') return 'Invalid control character at'
    at = start
    return 'Unterminated string starting at'
  }
  const scanItems = (end: string, scanItem: () => string): string => {
    at++
    space()
    while (!is(end)) {
      const error = scanItem()
      if (error) return error
      space()
      if (is(end)) break
      if (!is(',')) return expect(',')
      at++
      space()
      if (is(end)) return scanItem()
    }
    at++
    return ''
  }
  const scanField = (): string => {
    if (!is('"')) return 'Expecting property name enclosed in double quotes'
    const error = scanString()
    if (error) return error
    space()
    if (!is(':')) return expect(':')
    at++
    space()
    return scan()
  }
  const scan = (): string => {
    if (is('"')) return scanString()
    if (is('{')) return scanItems('}', scanField)
    if (is('[')) return scanItems(']', scan)
    return skip(literal) ? '' : 'Expecting value'
  }
  space()
  let error = scan()
  if (!error) {
    space()
    if (at === text.length) throw new PyRefusal('NaN and Infinity in JSON are not supported')
    error = 'Extra data'
  }
  const before = [...text.slice(0, at)]
  const line = before.filter((letter) => letter === '\n').length + 1
  return `${error}: line ${line} column ${before.length - before.lastIndexOf('\n')} (char ${before.length})`
}

/** Formats JSON like json.dumps: by default with spaces after separators, and with escapes for non-ASCII letters. */
export function pyDumps(x: any, options: any = {}): string {
  const { isSorted = false, isASCII = true, indent = null } = options
  const [separator, colon] = options.separators ?? [indent === null ? ', ' : ',', ': ']
  const enclose = (open: string, parts: string[], close: string, depth: number) => {
    if (indent === null || parts.length === 0) return open + parts.join(separator) + close
    const start = (level: number) => `\n${' '.repeat(indent * level)}`
    return open + start(depth + 1) + parts.join(separator + start(depth + 1)) + start(depth) + close
  }
  const format = (value: any, depth: number): string => {
    if (value instanceof Number) return pyFloatText(Number(value))
    const fields = pyHas(value, 'toJSON') && !pyIsMap(value) ? value.toJSON() : value
    if (Array.isArray(fields))
      return enclose(
        '[',
        fields.map((item) => format(item, depth + 1)),
        ']',
        depth,
      )
    if (pyIsMap(fields) || pyIsDict(fields)) {
      const items = pyIsMap(fields) ? fields.items() : Object.entries(fields)
      const parts = (isSorted ? pySorted(items, ([key]: any) => key) : items).map(
        ([key, item]: any) => format(pyJsonKey(key), 0) + colon + format(item, depth + 1),
      )
      return enclose('{', parts, '}', depth)
    }
    if (fields === null || fields === undefined) return 'null'
    if (typeof fields === 'object') throw new PyError('TypeError', `${pyRepr(fields)} is not JSON serializable`)
    const escape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
    const text = JSON.stringify(pyInteger(fields))
    return isASCII ? text.replace(/[\u007f-\uffff]/g, escape) : text
  }
  return format(x, 0)
}

/** Converts a key of a dict to text, like json.dumps. */
export function pyJsonKey(key: any): string {
  if (typeof key === 'string') return key
  if (Array.isArray(key) || (typeof key === 'object' && key !== null && !(key instanceof Number)))
    throw new PyError('TypeError', `keys must be str, int, float, bool or None, not ${pyRepr(key)}`)
  return (key ?? null) === null ? 'null' : typeof key === 'boolean' ? String(key) : pyRepr(key)
}

/** Returns x. Refuses values that contain an integer that JavaScript may have rounded. */
export function pyExact(x: any): any {
  if (Array.isArray(x)) x.forEach(pyExact)
  else if (pyIsMap(x)) x.values().forEach(pyExact)
  else if (pyIsDict(x)) Object.values(x).forEach(pyExact)
  return pyInteger(x)
}
