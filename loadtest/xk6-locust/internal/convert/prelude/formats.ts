// Formats of values.

// biome-ignore-all lint: Python values can have any type

import { pyAt } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyFixed, pyFloatText } from './numbers.ts'
import { pyText } from './texts.ts'
import { pyRepr, pyStr } from './values.ts'

/** Formats a value as Python's format() does. */
export function pyFormat(x: any, spec: string): string {
  const parts = /^(?:(.)?([<>^=]))?([+ -])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([dsfFxXobeEgG%])?$/u.exec(spec)
  if (!parts) throw new PyError('ValueError', `unknown format ${pyRepr(spec)}`)
  const [, fill, align, sign = '', alternate, zero, width = '0', group, precision, type] = parts
  if (typeof x === 'boolean' && spec !== '' && type !== 's') x = Number(x)
  const isNumber = (typeof x === 'number' || x instanceof Number) && type !== 's'
  const digits = precision === undefined ? undefined : Number(precision)
  let [prefix, text] = ['', '']
  if (isNumber) {
    const number = Number(x)
    prefix = number < 0 || Object.is(number, -0) ? '-' : sign.replace('-', '')
    if (alternate && /[xXob]/.test(type ?? '')) prefix += `0${type}`
    text = pyFormatNumber(Math.abs(number), x instanceof Number || !Number.isInteger(x), type, digits)
    if (group && zero) throw new PyRefusal(`the format ${pyRepr(spec)} is not supported`)
    const count = /[xXob]/.test(type ?? '') ? 4 : 3
    const groups = new RegExp(`\\B(?=(\\w{${count}})+$)`, 'g')
    if (group) text = text.replace(/^[0-9a-fA-F]+/, (whole) => whole.replace(groups, group))
  } else if (type && type !== 's') throw new PyError('ValueError', `unknown format code ${pyRepr(type)}`)
  else text = [...pyStr(x)].slice(0, digits).join('')
  const missing = Math.max(0, Number(width) - prefix.length - [...text].length)
  const side = align ?? (isNumber ? (zero ? '=' : '>') : '<')
  const letter = fill ?? (zero ? '0' : ' ')
  if (side === '=') return prefix + letter.repeat(missing) + text
  const before = { '<': 0, '>': missing, '^': Math.floor(missing / 2) }[side] ?? 0
  return letter.repeat(before) + prefix + text + letter.repeat(missing - before)
}

/** Implements str.format() of a string that is not a literal. */
export function pyFormatOf(x: any, args: any[], keywords: any): string {
  let next = 0
  const format = (whole: string, field?: string, conversion?: string, spec = ''): string => {
    if (whole === '{{' || whole === '}}') return whole.charAt(0)
    if (field === undefined) throw new PyError('ValueError', `Single '${whole}' encountered in format string`)
    if (/[.[]/.test(field)) throw new PyRefusal(`the field ${whole} of a format is not supported`)
    const index = field === '' ? next++ : Number(field)
    if (index >= args.length)
      throw new PyError('IndexError', `Replacement index ${index} out of range for positional args tuple`)
    const value = Number.isNaN(index) ? pyAt(keywords, field) : args[index]
    const text = conversion === 'r' ? pyRepr(value) : conversion === 's' || spec === '' ? pyStr(value) : value
    return spec === '' ? text : pyFormat(text, spec)
  }
  return pyText(x).replace(/\{\{|\}\}|\{([^{}!:]*)(?:!([rs]))?(?::([^{}]*))?\}|[{}]/g, format)
}

/** Formats a number that is not negative. */
export function pyFormatNumber(x: number, isFloat: boolean, type?: string, digits?: number): string {
  if (!Number.isFinite(x)) return pyFloatText(x)
  switch (type) {
    case 'f':
    case 'F':
      return pyFixed(x, digits ?? 6)
    case '%':
      return `${pyFixed(x * 100, digits ?? 6)}%`
    case 'e':
      return pyExponential(x, digits ?? 6)
    case 'E':
      return pyExponential(x, digits ?? 6).toUpperCase()
    case 'g':
      return pyGeneral(x, Math.max(1, digits ?? 6), true)
    case 'G':
      return pyGeneral(x, Math.max(1, digits ?? 6), true).toUpperCase()
  }
  if (isFloat && type === undefined)
    return digits === undefined ? pyFloatText(x) : pyGeneral(x, Math.max(1, digits), false)
  if (isFloat) throw new PyError('ValueError', `unknown format code '${type}' for object of type 'float'`)
  if (digits !== undefined) throw new PyError('ValueError', 'Precision not allowed in integer format specifier')
  const text = x.toString({ x: 16, X: 16, o: 8, b: 2 }[type ?? ''] ?? 10)
  return type === 'X' ? text.toUpperCase() : text
}

/** Formats a number with an exponent. Rounds halves to even. */
export function pyExponential(x: number, digits: number): string {
  let [mantissa = '', exponent = ''] = x.toExponential(digits).split('e')
  const [exact = ''] = x.toExponential(Math.min(100, digits + 40)).split('e')
  const end = digits === 0 ? 1 : digits + 2
  const isTie = /^\.?50*$/.test(exact.slice(end))
  if (isTie && '02468'.includes(exact.charAt(end - 1))) mantissa = exact.slice(0, end)
  return `${mantissa}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`
}

/** Implements the format g if `isShort` is true, or else the format of floats with a precision but without a type. */
export function pyGeneral(x: number, digits: number, isShort: boolean): string {
  const [mantissa = '', exponent = ''] = pyExponential(x, digits - 1).split('e')
  const trim = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
  const power = x === 0 ? 0 : Number(exponent)
  if (power < -4 || power >= digits - (isShort ? 0 : 1)) return `${trim(mantissa)}e${exponent}`
  const text = trim(pyFixed(x, digits - 1 - power))
  return isShort || text.includes('.') ? text : `${text}.0`
}
