// Random numbers and choices.

// biome-ignore-all lint: Python values can have any type

import { pyAt, pyIter, pyLen, pyRange } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyNumber } from './numbers.ts'
import { pyText } from './texts.ts'
import { pyRepr } from './values.ts'

export function pyRandint(low: number, high: number): number {
  if (high < low) throw new PyError('ValueError', 'the range is empty')
  return low + Math.floor(Math.random() * (high - low + 1))
}

export function pyUniform(low: any, high: any): number {
  return pyNumber(low) + (pyNumber(high) - pyNumber(low)) * Math.random()
}

export function pyChoice(x: any): any {
  if (!Array.isArray(x) && typeof x !== 'string') throw new PyError('TypeError', `${pyRepr(x)} is not a list`)
  if (x.length === 0) throw new PyError('IndexError', 'cannot choose from an empty list')
  return pyAt(x, pyRandint(0, pyLen(x) - 1))
}

export function pyChoices(x: any, weights?: any, cumulative?: any, count = 1): any[] {
  const items = pyIter(x)
  if ((weights ?? cumulative ?? null) === null) return pyRange(0, count).map(() => pyChoice(items))
  let sum = 0
  const ends = cumulative ?? weights.map((weight: number) => (sum += weight))
  if (ends.length !== items.length || !(ends.at(-1) > 0)) throw new PyError('ValueError', 'the weights are not valid')
  return pyRange(0, count).map(() => {
    const at = Math.random() * ends.at(-1)
    return items[ends.findIndex((end: number) => at < end)]
  })
}

export function pyShuffle(list: any[]): any {
  for (let i = list.length - 1; i > 0; i--) {
    const j = pyRandint(0, i)
    ;[list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

export function pySample(x: any, count: number): any[] {
  const items = [...pyIter(x)]
  if (count > items.length || count < 0) throw new PyError('ValueError', 'the sample is larger than the list')
  for (let i = 0; i < count; i++) {
    const j = pyRandint(i, items.length - 1)
    ;[items[i], items[j]] = [items[j], items[i]]
  }
  return items.slice(0, count)
}

/** Returns a normally distributed random number. */
export function pyGauss(mean: number, deviation: number): number {
  return mean + deviation * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}

/** Returns the text of a UUID that is written with or without hyphens. */
export function pyUuidOf(x: any): string {
  const digits = pyText(x)
    .replace(/^urn:uuid:|[{}-]/g, '')
    .toLowerCase()
  if (!/^[0-9a-f]{32}$/.test(digits)) throw new PyError('ValueError', 'badly formed hexadecimal UUID string')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

export function pyUuid4(): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (letter) =>
    (letter === 'x' ? pyRandint(0, 15) : pyRandint(8, 11)).toString(16),
  )
}

export function pyRandomBytes(length: number): ArrayBuffer {
  return Uint8Array.from({ length }, () => pyRandint(0, 255)).buffer
}

export function pyTriangular(low = 0, high = 1, mode: any = (low + high) / 2): number {
  const at = Math.random()
  const share = high === low ? 0 : ((mode ?? (low + high) / 2) - low) / (high - low)
  return at < share
    ? low + (high - low) * Math.sqrt(at * share)
    : high - (high - low) * Math.sqrt((1 - at) * (1 - share))
}

export function pyLognormal(mean: number, deviation: number): number {
  return Math.exp(pyGauss(mean, deviation))
}

export function pyPareto(shape: number): number {
  return (1 - Math.random()) ** (-1 / shape)
}

export function pyWeibull(scale: number, shape: number): number {
  return scale * (-Math.log(1 - Math.random())) ** (1 / shape)
}

export function pyBits(count: number): number {
  if (count > 53) throw new PyRefusal('JavaScript has no integers of more than 53 bits')
  return Math.floor(Math.random() * 2 ** count)
}

/** Returns the digits of a random integer with any number of bits. */
export function pyRandomDigits(count: number, base: number): string {
  const bits = Array.from({ length: count }, () => pyRandint(0, 1)).join('')
  return BigInt(`0b${bits}`).toString(base)
}

/** Returns a UUID of version 1, but with random parts instead of the time. */
export function pyUuid1(): string {
  const text = pyUuid4()
  return `${text.slice(0, 14)}1${text.slice(15)}`
}

export function pyTokenUrlsafe(length: any = 32): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return pyChoices(letters, undefined, undefined, Math.ceil(((length ?? 32) * 4) / 3)).join('')
}
