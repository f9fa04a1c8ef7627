// Integers and floats.

// biome-ignore-all lint: Python values can have any type

import { pyLike, pyRange, pyTuple } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyDigit, pyText } from './texts.ts'
import { pyHas, pyRepr } from './values.ts'

export function pyAdd(x: any, y: any): any {
  if (Array.isArray(x) && Array.isArray(y)) return pyLike(x, [...x, ...y])
  if (typeof x === 'string' && typeof y === 'string') return x + y
  if (pyHas(x, 'plus')) return x.plus(y)
  return pyResult(pyNumber(x) + pyNumber(y), x, y)
}

export function pySubtract(x: any, y: any): any {
  if (pyHas(x, 'minus')) return x.minus(y)
  if (x instanceof Set) return pyBitwise('-', x, y)
  return pyResult(pyNumber(x) - pyNumber(y), x, y)
}

export function pyNegate(x: any): any {
  return pyResult(-pyNumber(x), x)
}

export function pyAbs(x: any): any {
  return pyResult(Math.abs(pyNumber(x)), x)
}

export function pyPower(x: any, y: any): any {
  const power = pyNumber(x) ** pyNumber(y)
  return y < 0 ? pyFloatOf(power) : pyResult(power, x, y)
}

export function pyMultiply(x: any, y: any): any {
  if (typeof x === 'string') return x.repeat(Math.max(0, y))
  if (Array.isArray(x))
    return pyLike(
      x,
      pyRange(0, y).flatMap(() => x),
    )
  return typeof y === 'string' || Array.isArray(y) ? pyMultiply(y, x) : pyResult(pyNumber(x) * pyNumber(y), x, y)
}

/** Returns a float. A whole float becomes an object, because JavaScript would write it like an integer. */
export function pyFloatOf(x: number): any {
  if (!Number.isInteger(x)) return x
  const refuse = () => {
    throw new PyRefusal(`JavaScript writes ${pyFloatText(x)} as ${x}: use data=json.dumps(…)`)
  }
  return Object.defineProperties(new Number(x), { asText: { value: () => pyFloatText(x) }, toJSON: { value: refuse } })
}

/** Returns the result of an operation, which is a float if an operand is a float. */
export function pyResult(result: number, ...operands: any[]): any {
  if (operands.some((x) => x instanceof Number || (typeof x === 'number' && !Number.isInteger(x))))
    return pyFloatOf(result)
  // In JavaScript, a power of integers may be Infinity, which pyInteger() accepts. Pass 2^53 instead, which it refuses.
  return pyInteger(result === Infinity || result === -Infinity ? 2 ** 53 : result)
}

/** Refuses integers that JavaScript may have rounded. Returns all other values. */
export function pyInteger(x: any): any {
  if (Number.isInteger(x) && !Number.isSafeInteger(x))
    throw new PyRefusal('the integer is larger than 2^53, the limit of JavaScript: use strings')
  return x
}

export function pyNumber(x: any): number {
  if (typeof x !== 'number' && typeof x !== 'boolean' && !(x instanceof Number))
    throw new PyError('TypeError', `${pyRepr(x)} is not a number`)
  return Number(pyInteger(x))
}

/** Converts a number of seconds to the form that k6/x/locust accepts. */
export function pySeconds(x: any): number | undefined {
  return (x ?? null) === null ? undefined : pyNumber(x)
}

export function pyDivide(x: any, y: any): number {
  if (pyNumber(y) === 0) throw new PyError('ZeroDivisionError', 'division by zero')
  return pyNumber(x) / Number(y)
}

/**
 * Divides with rounding down, and returns the quotient and the remainder. The remainder is exact, but x / y may be
 * rounded up to a whole number. Therefore, the quotient is computed from the remainder, as in Python.
 */
export function pyQuotient(x: any, y: any): [number, number] {
  pyDivide(x, y)
  const [a, b] = [Number(x), Number(y)]
  let rest = a % b
  let quotient = (a - rest) / b
  if (rest === 0) rest = b < 0 ? -0 : 0
  else if (rest < 0 !== b < 0) {
    rest += b
    quotient -= 1
  }
  const floor = Math.floor(quotient)
  return [quotient - floor > 0.5 ? floor + 1 : floor, rest]
}

export function pyFloorDivide(x: any, y: any): any {
  return pyResult(pyQuotient(x, y)[0], x, y)
}

export function pyModulo(x: any, y: any): any {
  return pyResult(pyQuotient(x, y)[1], x, y)
}

/** Formats a number with the given number of decimals. Rounds halves to even, as in Python. */
export function pyFixed(x: number, digits: number): string {
  const exact = x.toFixed(Math.min(100, digits + 40))
  const end = exact.indexOf('.') + 1 + digits
  const kept = exact.slice(0, digits === 0 ? end - 1 : end)
  const isTie = /^50*$/.test(exact.slice(end))
  return isTie && '02468'.includes(kept.slice(-1)) ? kept : x.toFixed(digits)
}

/** Rounds halves to even. Without `digits`, the result is an integer. */
export function pyRound(x: any, digits?: any): number {
  if (typeof x !== 'number') return pyRound(pyNumber(x), digits)
  if ((digits ?? null) === null) return pyInteger(pyRound(x, 0))
  if (digits < 0) return pyRound(x / 10 ** -digits, 0) * 10 ** -digits
  if (digits > 0) return Number.isInteger(x) ? x : Number(pyFixed(x, digits))
  const floor = Math.floor(x)
  if (x - floor === 0.5) return floor % 2 === 0 ? floor : floor + 1
  return Math.round(x)
}

export function pyFloor(x: any): number {
  return pyInteger(Math.floor(pyNumber(x)))
}

export function pyCeil(x: any): number {
  return pyInteger(Math.ceil(pyNumber(x)))
}

export function pyTrunc(x: any): number {
  return pyInteger(Math.trunc(pyNumber(x)))
}

/** Rounds a number of unknown type to `digits` decimals. An integer stays an integer, and a float stays a float. */
export function pyRoundAny(x: any, digits: number): any {
  return pyResult(pyRound(pyNumber(x), digits), x)
}

export function pyInt(x: any): number {
  if (typeof x === 'string') {
    const digits = [...x].map((letter) => (pyDigit(letter) < 0 ? letter : pyDigit(letter))).join('')
    if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(digits))
      throw new PyError('ValueError', `invalid literal for int() with base 10: ${pyRepr(x)}`)
    return pyInteger(Number(digits.replaceAll('_', '')))
  }
  return pyInteger(Math.trunc(pyNumber(x)))
}

/** Implements int(text, base). */
export function pyIntOf(x: any, base: number): number {
  const text = pyText(x).trim().toLowerCase().replaceAll('_', '')
  const prefix = { 2: '0b', 8: '0o', 16: '0x' }[base] ?? ''
  const [, sign, digits = ''] = new RegExp(`^([+-]?)(?:${prefix})?([0-9a-z]+)$`).exec(text) ?? []
  const isValid = digits !== '' && [...digits].every((digit) => Number.parseInt(digit, 36) < base)
  if (!isValid) throw new PyError('ValueError', `invalid literal for int() with base ${base}: ${pyRepr(x)}`)
  return pyInteger(Number.parseInt(digits, base) * (sign === '-' ? -1 : 1))
}

/** Implements the operators &, |, ^, <<, and >> for integers, and &, |, ^, and - for sets. */
export function pyBitwise(operator: string, x: any, y: any): any {
  if (x instanceof Set && y instanceof Set) {
    const [onlyX, both, onlyY] = [
      [...x].filter((item) => !y.has(item)),
      [...x].filter((item) => y.has(item)),
      [...y].filter((item) => !x.has(item)),
    ]
    const items: Record<string, any[]> = { '&': both, '-': onlyX, '|': [...x, ...onlyY], '^': [...onlyX, ...onlyY] }
    return new (x.constructor as any)(items[operator])
  }
  const isInteger = (value: any) => Number.isInteger(value) || typeof value === 'boolean'
  if (!isInteger(x) || !isInteger(y)) throw new PyError('TypeError', `unsupported operand types for ${operator}`)
  const [a, b] = [BigInt(Number(x)), BigInt(Number(y))]
  if ((operator === '<<' || operator === '>>') && b < 0n) throw new PyError('ValueError', 'negative shift count')
  const results: Record<string, () => bigint> = {
    '&': () => a & b,
    '|': () => a | b,
    '^': () => a ^ b,
    '<<': () => a << b,
    '>>': () => a >> b,
  }
  const result = Number((results[operator] as () => bigint)())
  return typeof x === 'boolean' && typeof y === 'boolean' && '&|^'.includes(operator) ? result === 1 : pyInteger(result)
}

export function pyFloat(x: any): number {
  const special = typeof x === 'string' && /^\s*([+-]?)(?:(inf|infinity)|nan)\s*$/i.exec(x)
  if (special) return special[2] === undefined ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
  if (typeof x !== 'string') return pyNumber(x)
  const digits = x.replace(/(\d)_(?=\d)/g, '$1')
  if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(digits)) {
    throw new PyError('ValueError', `could not convert string to float: ${pyRepr(x)}`)
  }
  return Number(digits)
}

/** Returns the text of a float as in Python, where even a whole float has a decimal point. */
export function pyFloatText(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < 1e16) return Object.is(x, -0) ? '-0.0' : `${x}.0`
  if (Number.isFinite(x) && Math.abs(x) >= 1e-4 && Math.abs(x) < 1e16) return String(x)
  if (Number.isFinite(x)) return x.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf'
}

export function pyLog(x: any, base?: any): number {
  return base === undefined ? Math.log(x) : Math.log(x) / Math.log(base)
}

export function pyInBase(x: any, base: number, prefix: string): string {
  return `${x < 0 ? '-' : ''}${prefix}${Math.abs(pyNumber(x)).toString(base)}`
}

export function pyHex(x: any): string {
  return pyInBase(x, 16, '0x')
}

export function pyOct(x: any): string {
  return pyInBase(x, 8, '0o')
}

export function pyBin(x: any): string {
  return pyInBase(x, 2, '0b')
}

export function pyOrd(letter: any): number {
  if ([...pyText(letter)].length !== 1) throw new PyError('TypeError', 'ord() needs one character')
  return letter.codePointAt(0)
}

export function pyChr(x: any): string {
  return String.fromCodePoint(pyNumber(x))
}

export function pyDivmod(x: any, y: any): any[] {
  return pyTuple([pyFloorDivide(x, y), pyModulo(x, y)])
}
