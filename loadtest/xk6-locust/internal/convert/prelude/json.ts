// JSON as Python writes it.

// biome-ignore-all lint: Python values can have any type

import { pySorted } from './collections.ts'
import { PyError } from './errors.ts'
import { pyFloatText, pyInteger } from './numbers.ts'
import { pyIsDict, pyRepr } from './values.ts'

/** Formats JSON like json.dumps: with spaces after separators, and with escapes for non-ASCII letters. */
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
    const fields = typeof value?.toJSON === 'function' && !value.isMap ? value.toJSON() : value
    if (Array.isArray(fields))
      return enclose(
        '[',
        fields.map((item) => format(item, depth + 1)),
        ']',
        depth,
      )
    if (fields?.isMap || pyIsDict(fields)) {
      const items = fields.isMap ? fields.items() : Object.entries(fields)
      const parts = (isSorted ? pySorted(items, ([key]: any) => key) : items).map(
        ([key, item]: any) => format(pyJsonKey(key), 0) + colon + format(item, depth + 1),
      )
      return enclose('{', parts, '}', depth)
    }
    if (fields === null || fields === undefined) return 'null'
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
  else if (x?.isMap) x.values().forEach(pyExact)
  else if (pyIsDict(x)) Object.values(x).forEach(pyExact)
  return pyInteger(x)
}
