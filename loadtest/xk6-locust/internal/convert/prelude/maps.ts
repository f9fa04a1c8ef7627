// Dicts with keys of any type, and counters.

// biome-ignore-all lint: Python values can have any type

import { pyDictOf, pyItemsOf, pySet, pySorted, pyTuple, pyUnnamed } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyEach } from './iterators.ts'
import { pyAdd, pyNegate, pySubtract } from './numbers.ts'
import { pyEq, pyHas, pyIsDict, pyIsMap, pyLess, pyRepr, pyStr } from './values.ts'

/** Returns a value that is the same for all keys that are equal in Python, such as 1, 1.0, and True. */
export function pyHashOfKey(key: any): any {
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'number' || typeof key === 'boolean' || key instanceof Number) return Number(key)
  if (pyUnnamed(key) !== key) return pyHashOfKey(pyUnnamed(key))
  if (Array.isArray(key)) return JSON.stringify(key.map(pyHashOfKey))
  if (key instanceof Set || pyIsDict(key) || pyIsMap(key)) throw new PyError('TypeError', `unhashable: ${pyRepr(key)}`)
  if (pyHas(key, 'date') && key.date instanceof Date)
    return JSON.stringify([key.constructor.name, key.zone, key.date.getTime()])
  if (pyHas(key, 'pyFields')) return JSON.stringify([key.constructor.name, pyHashOfKey(Object.values(key.pyFields()))])
  return key ?? null
}

/**
 * A dict whose keys may have any type. A plain JavaScript object turns all keys into strings, and moves keys that look
 * like integers to the front.
 */
export class PyMap {
  readonly isMap = true
  readonly pairs = new Map<any, [any, any]>()
  constructor(
    pairs: Iterable<any> = [],
    readonly factory?: () => any,
  ) {
    for (const [key, value] of pairs) this.setItem(key, value)
  }
  get size(): number {
    return this.pairs.size
  }
  [Symbol.iterator]() {
    return this.keys()[Symbol.iterator]()
  }
  keys(): any[] {
    return [...this.pairs.values()].map(([key]) => key)
  }
  values(): any[] {
    return [...this.pairs.values()].map(([, value]) => value)
  }
  items(): any[] {
    return [...this.pairs.values()].map(([key, value]) => pyTuple([key, value]))
  }
  hasItem(key: any): boolean {
    return this.pairs.has(pyHashOfKey(key))
  }
  getItem(key: any): any {
    const pair = this.pairs.get(pyHashOfKey(key))
    if (pair) return pair[1]
    if (!this.factory) throw new PyError('KeyError', pyRepr(key))
    const value = this.factory()
    this.setItem(key, value)
    return value
  }
  setItem(key: any, value: any): void {
    const hash = pyHashOfKey(key)
    const pair = this.pairs.get(hash)
    if (pair) pair[1] = value
    else this.pairs.set(hash, [key, value])
  }
  deleteItem(key: any): void {
    if (!this.pairs.delete(pyHashOfKey(key))) throw new PyError('KeyError', pyRepr(key))
  }
  clear(): void {
    this.pairs.clear()
  }
  copy(): any {
    return new PyMap(this.items(), this.factory)
  }
  deepcopy(copyOf: (x: any) => any): any {
    const copy = this.copy()
    for (const pair of copy.pairs.values()) pair[1] = copyOf(pair[1])
    return copy
  }
  equals(x: any): boolean {
    if (!pyIsMapping(x)) return false
    const items = pyPairs(x)
    return (
      items.length === this.size &&
      items.every(([key, value]: any) => this.hasItem(key) && pyEq(this.getItem(key), value))
    )
  }
  update(x: any): void {
    for (const [key, value] of pyPairsOf(x)) this.setItem(key, value)
  }
  asText(): string {
    const items = this.items().map(([key, value]) => `${pyRepr(key)}: ${pyRepr(value)}`)
    return `{${items.join(', ')}}`
  }
  toJSON(): any {
    return pyPlain(this)
  }
}

/** The result of collections.Counter(). */
export class PyCounter extends PyMap {
  constructor(x: any = []) {
    super()
    this.update(x)
  }
  override getItem(key: any): any {
    return this.hasItem(key) ? super.getItem(key) : 0
  }
  override deleteItem(key: any): void {
    if (this.hasItem(key)) super.deleteItem(key)
  }
  override copy(): any {
    return new PyCounter(this)
  }
  /** Adds the counts of a dict, or counts items. */
  override update(x: any): void {
    this.count(x, pyAdd)
  }
  subtract(x: any): void {
    this.count(x, pySubtract)
  }
  count(x: any, combine: (x: any, y: any) => any): void {
    const pairs = pyIsMapping(x) ? pyPairs(x) : [...pyEach(x)].map((key) => [key, 1])
    for (const [key, value] of pairs) this.setItem(key, combine(this.getItem(key), value))
  }
  mostCommon(count: any = null): any[] {
    return pySorted(this.items(), ([, value]: any) => pyNegate(value)).slice(0, count ?? undefined)
  }
  elements(): any[] {
    return this.items().flatMap(([key, value]) => Array.from({ length: Math.max(0, Number(value)) }, () => key))
  }
  /** Returns a counter that contains only the counts above 0. */
  positive(): PyCounter {
    const counter = new PyCounter()
    for (const [key, value] of this.items()) if (pyLess(0, value, false)) counter.setItem(key, value)
    return counter
  }
  plus(x: any): PyCounter {
    const sum = this.copy()
    sum.update(pyCounterOf(x))
    return sum.positive()
  }
  minus(x: any): PyCounter {
    const difference = this.copy()
    difference.subtract(pyCounterOf(x))
    return difference.positive()
  }
  override asText(): string {
    const items = this.mostCommon().map(([key, value]) => `${pyRepr(key)}: ${pyRepr(value)}`)
    return items.length === 0 ? 'Counter()' : `Counter({${items.join(', ')}})`
  }
}

/** Returns x if it is a counter. Otherwise, throws an AttributeError, as a call to a counter's method does in Python. */
export function pyCounterOf(x: any): PyCounter {
  if (!(x instanceof PyCounter)) throw new PyError('AttributeError', `${pyRepr(x)} is not a counter`)
  return x
}

/** Whether x is a dict: a plain JavaScript object or a PyMap. */
export function pyIsMapping(x: any): boolean {
  return pyIsDict(x) || pyIsMap(x)
}

export function pyKeys(x: any): any[] {
  return pyIsMap(x) ? x.keys() : Object.keys(pyDictOf(x))
}

export function pyValues(x: any): any[] {
  return pyIsMap(x) ? x.values() : Object.values(pyDictOf(x))
}

export function pyPairs(x: any): any[] {
  return pyIsMap(x) ? x.items() : pyItemsOf(pyDictOf(x))
}

/** Returns the items of a dict, or of a list of pairs. */
export function pyPairsOf(x: any): any[] {
  return pyIsMapping(x) ? pyPairs(x) : [...pyEach(x)]
}

/** Creates a dict from a dict or pairs: a plain JavaScript object if all keys are plain, or else a PyMap. */
export function pyDictFrom(x: any): any {
  const pairs = pyPairsOf(x)
  return pairs.every(([key]) => pyIsPlainKey(key)) ? Object.fromEntries(pairs) : new PyMap(pairs)
}

/** Whether plain JavaScript objects keep the type and the order of a key. */
export function pyIsPlainKey(key: any): boolean {
  return typeof key === 'string' && !/^(0|[1-9]\d*)$/.test(key) && key !== '__proto__'
}

/** Implements dict.update(). */
export function pyUpdate(x: any, y: any): void {
  if (pyIsMap(x)) x.update(y)
  else for (const [key, value] of pyPairsOf(y)) pySet(pyDictOf(x), key, value)
}

/** Implements `x | y` for dicts. */
export function pyMerge(x: any, y: any): any {
  return pyDictFrom([...pyPairs(x), ...pyPairs(y)])
}

/** Returns a plain JavaScript object for a dict. All other values stay as they are. */
export function pyPlain(x: any): any {
  if (!pyIsMap(x)) return x
  const pairs = x.items().map(([key, value]: any) => [typeof key === 'string' ? key : pyStr(key), value])
  const wrong = pairs.find(([key]: any) => !pyIsPlainKey(key))
  if (wrong) throw new PyRefusal(`JavaScript does not keep the order of the key ${pyRepr(wrong[0])}`)
  return Object.fromEntries(pairs)
}
