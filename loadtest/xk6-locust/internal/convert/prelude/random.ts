// Random numbers and choices.

// biome-ignore-all lint: the values of Python have any type

import { pyAt, pyIter, pyLen, pyRange } from './collections.ts'
import { PyError } from './errors.ts'
import { pyRepr } from './values.ts'

export function pyRandint(low: number, high: number): number {
  if (high < low) throw new PyError('ValueError', 'the range is empty')
  return low + Math.floor(Math.random() * (high - low + 1))
}

export function pyChoice(x: any): any {
  if (!Array.isArray(x) && typeof x !== 'string') throw new PyError('TypeError', `${pyRepr(x)} is not a list`)
  if (x.length === 0) throw new PyError('IndexError', 'cannot choose from an empty list')
  return pyAt(x, pyRandint(0, pyLen(x) - 1))
}

export function pyChoices(x: any, weights?: any, cumulative?: any, count = 1): any[] {
  const items = pyIter(x)
  let sum = 0
  const ends = cumulative ?? (weights ?? items.map(() => 1)).map((weight: number) => (sum += weight))
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
  const items = pyShuffle([...pyIter(x)])
  if (count > items.length || count < 0) throw new PyError('ValueError', 'the sample is larger than the list')
  return items.slice(0, count)
}

/** Returns a number with a normal distribution. */
export function pyGauss(mean: number, deviation: number): number {
  return mean + deviation * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}

export function pyUuid4(): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (letter) =>
    (letter === 'x' ? pyRandint(0, 15) : pyRandint(8, 11)).toString(16),
  )
}

/** Returns random bytes. */
export function pyRandomBytes(length: number): ArrayBuffer {
  return Uint8Array.from({ length }, () => pyRandint(0, 255)).buffer
}
