// Lists, tuples, dicts, and queues.

// biome-ignore-all lint: Python values can have any type

import { PyError, PyRefusal } from './errors.ts'
import { pyEach } from './iterators.ts'
import { pyAdd, pyInteger, pyModulo } from './numbers.ts'
import { pyCount, pyLetters, pyUnitIndex } from './texts.ts'
import { pyEq, pyHas, pyIn, pyIsDict, pyIsMap, pyLess, pyRepr, pyTypeOf } from './values.ts'

/** Marks an array as a tuple: its text differs from that of a list, and it never equals a list. */
export function pyTuple(items: any[]): any[] {
  return Object.defineProperty(items, Symbol.for('tuple'), { value: true })
}

export function pyIsTuple(x: any): boolean {
  return Array.isArray(x) && (x as any)[Symbol.for('tuple')] === true
}

/** Returns a named tuple as a plain tuple. All other values stay as they are. */
export function pyUnnamed(x: any): any {
  return pyHas(x, 'pyFields') && Symbol.iterator in x ? pyTuple([...x]) : x
}

/** Marks `items` as a tuple if `x`, the object that contained them, is a tuple. */
export function pyLike(x: any, items: any[]): any[] {
  return pyIsTuple(x) ? pyTuple(items) : items
}

/** Returns the items of a dict as tuples. */
export function pyItemsOf(x: any): any[] {
  return Object.entries<any>(x).map(pyTuple)
}

/** Implements `x += y`. A list is changed in place. */
export function pyAddTo(x: any, y: any): any {
  if (!Array.isArray(x) || pyIsTuple(x)) return pyAdd(x, y)
  x.push(...pyIter(y))
  return x
}

/** Reads a field of a dict. Ignores the fields that every JavaScript object has. */
export function pyField(dict: any, key: any): any {
  if (typeof key !== 'string') return undefined
  const value = dict[key]
  return value === (Object.prototype as any)[key] ? undefined : value
}

export function pyAt(object: any, key: any): any {
  const x = pyUnnamed(object)
  if (typeof x === 'string' || Array.isArray(x)) {
    if (!Number.isInteger(key)) {
      const kind = pyTypeOf(x) === 'str' ? 'string' : pyTypeOf(x)
      throw new PyError(
        'TypeError',
        `${kind} indices must be integers${kind === 'string' ? ', not' : ' or slices, not'} ${kind === 'string' ? `'${pyTypeOf(key)}'` : pyTypeOf(key)}`,
      )
    }
    const isNear = typeof x === 'string' && x.length >= 100 && Math.abs(key) < 1000
    const at = isNear ? pyUnitIndex(x, key) : undefined
    if (at !== undefined && at < x.length) return String.fromCodePoint((x as string).codePointAt(at) as number)
    const letters = typeof x === 'string' ? pyLetters(x) : x
    const index = key < 0 ? key + letters.length : key
    if (index < 0 || index >= letters.length) {
      throw new PyError('IndexError', `${typeof x === 'string' ? 'string' : pyTypeOf(x)} index out of range`)
    }
    return pyInteger(letters[index])
  }
  if (pyIsMap(x)) return pyInteger(x.getItem(key))
  if (pyHas(x, 'group')) return x.group(key)
  if (!pyIsDict(x)) throw new PyError('TypeError', `'${pyTypeOf(x)}' object is not subscriptable`)
  const value = pyField(x, key)
  const factory = value === undefined && x[Symbol.for('factory')]
  if (factory) return (x[pyKey(key)] = factory())
  if (value === undefined) throw new PyError('KeyError', pyRepr(key))
  return pyInteger(value)
}

/** Implements defaultdict(). */
export function pyDefaultDict(factory: () => any): any {
  return Object.defineProperty({}, Symbol.for('factory'), { value: factory })
}

export function pySlice(object: any, low: any, high: any): any {
  const x = pyUnnamed(object)
  if (typeof x === 'string' && x.length >= 100 && Math.abs(low ?? 0) < 1000 && Math.abs(high ?? 0) < 1000) {
    const indexOf = (bound: number) => pyUnitIndex(x, bound) ?? (bound < 0 ? 0 : x.length)
    return x.slice(indexOf(low ?? 0), high === null ? x.length : indexOf(high))
  }
  const items = typeof x === 'string' ? pyLetters(x) : x
  if (!Array.isArray(items)) throw new PyError('TypeError', `${pyRepr(x)} has no slices`)
  const part = items.slice(low ?? 0, high ?? items.length)
  return typeof x === 'string' ? part.join('') : pyLike(x, part)
}

/** Implements slices with a step. */
export function pyStep(x: any, low: any, high: any, step: any): any {
  const items = pySlice(typeof x === 'string' ? pyLetters(x) : x, null, null)
  if (!Number.isInteger(step) || step === 0)
    throw new PyError('ValueError', 'the step of a slice must be an integer other than 0')
  const [first, last] = step > 0 ? [0, items.length] : [-1, items.length - 1]
  const clamp = (bound: any, otherwise: number) =>
    bound === null ? otherwise : Math.min(last, Math.max(first, bound < 0 ? bound + items.length : bound))
  const part = pyRange(clamp(low, step > 0 ? first : last), clamp(high, step > 0 ? last : first), step).map(
    (i) => items[i],
  )
  return typeof x === 'string' ? part.join('') : pyLike(x, part)
}

/** Returns a new key for a dict. Refuses keys whose type or order JavaScript does not keep. */
export function pyKey(key: any): string {
  if (typeof key !== 'string' || /^(0|[1-9]\d*)$/.test(key) || key === '__proto__') {
    throw new PyRefusal(`JavaScript does not keep the order of the key ${pyRepr(key)}`)
  }
  return key
}

export function pySet(x: any, key: any, value: any): void {
  if (Array.isArray(x)) {
    const index = key < 0 ? key + x.length : key
    if (!Number.isInteger(index) || index < 0 || index >= x.length)
      throw new PyError('IndexError', 'list assignment index out of range')
    x[index] = value
  } else if (pyIsMap(x)) x.setItem(key, value)
  else pyDictOf(x)[Object.hasOwn(x, key) ? key : pyKey(key)] = value
}

export function pyDelete(x: any, key: any): void {
  if (pyIsMap(x)) return x.deleteItem(key)
  pyAt(x, key)
  if (Array.isArray(x)) x.splice(key, 1)
  else delete x[key]
}

/** Implements dict.popitem(). */
export function pyPopitem(x: any): any[] {
  const key = pyIter(pyIsMap(x) ? x : pyDictOf(x)).at(-1)
  if (key === undefined) throw new PyError('KeyError', "'popitem(): dictionary is empty'")
  return pyTuple([key, pyPop(x, key)])
}

/** Implements count() of a string or a list. */
export function pyCountOf(x: any, item: any): number {
  return typeof x === 'string' ? pyCount(x, item) : pyList(x).filter((other) => pyEq(other, item)).length
}

/** Implements issubset(), issuperset(), and isdisjoint() of sets. */
export function pySetTest(method: string, x: any, y: any): boolean {
  if (method === 'isdisjoint') return ![...x].some((item) => y.has(item))
  return method === 'issubset' ? [...x].every((item) => y.has(item)) : [...y].every((item: any) => x.has(item))
}

/** Removes all items of a list, a set, or a dict. */
export function pyClear(x: any): void {
  if (Array.isArray(x)) x.splice(0)
  else if (x instanceof Set || pyIsMap(x)) x.clear()
  else for (const key of Object.keys(pyDictOf(x))) delete x[key]
}

export function pyDict(pairs: Iterable<any>): any {
  const dict: any = {}
  for (const [key, value] of pairs) dict[pyKey(key)] = value
  return dict
}

export function pyDictCopy(x: any): any {
  if (pyIsMap(x)) return x.copy()
  return pyIsDict(x) ? { ...x } : pyDict(pyEach(x))
}

export function pyIter(x: any): any[] {
  if (Array.isArray(x)) return x
  if (pyHas(x, 'isEndless')) throw new PyRefusal('an endless iterator cannot become a list')
  if (typeof x === 'string' || typeof x?.[Symbol.iterator] === 'function') return [...x]
  if (pyIsDict(x)) return Object.keys(x)
  throw new PyError('TypeError', `'${pyTypeOf(x)}' object is not iterable`)
}

export function pyUnpack(x: any, count: number): any[] {
  const items = pyIter(x)
  if (items.length !== count) throw new PyError('ValueError', `expected ${count} values, got ${items.length}`)
  return items
}

/**
 * Unpacks values to variables: the first `before` values, a list of the values in between, and the last `after` values.
 */
export function pyUnpackRest(x: any, before: number, after: number): any[] {
  const items = pyIter(x)
  const end = items.length - after
  if (end < before) throw new PyError('ValueError', `expected at least ${before + after} values, got ${items.length}`)
  return [...items.slice(0, before), items.slice(before, end), ...items.slice(end)]
}

export function pyLen(x: any): number {
  return pyIter(x).length
}

export function pyRange(start: number, stop: number, step = 1): number[] {
  const numbers: number[] = []
  if (step === 0) throw new PyError('ValueError', 'range() with a step of 0')
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) numbers.push(i)
  return numbers
}

export function pyZip(...lists: any[]): any[][] {
  const all = lists.map(pyIter)
  return pyRange(0, Math.min(...all.map((list) => list.length))).map((i) => pyTuple(all.map((list) => list[i])))
}

/** Returns x if it is a list. Otherwise, throws an AttributeError, as a call to a list method does in Python. */
export function pyList(x: any): any[] {
  if (!Array.isArray(x)) throw new PyError('AttributeError', `${pyRepr(x)} is not a list`)
  return x
}

/** Returns x if it is a dict. Otherwise, throws an AttributeError, as a call to a dict method does in Python. */
export function pyDictOf(x: any): any {
  if (!pyIsDict(x)) throw new PyError('AttributeError', `${pyRepr(x)} is not a dict`)
  return x
}

export function pyGet(x: any, key: any, otherwise: any = null): any {
  if (pyIsMap(x)) return x.hasItem(key) ? pyInteger(x.getItem(key)) : otherwise
  return pyInteger(pyField(pyDictOf(x), key)) ?? (pyIn(key, x) ? null : otherwise)
}

export function pyPop(x: any, ...args: any[]): any {
  if (Array.isArray(x)) {
    if (x.length === 0) throw new PyError('IndexError', 'pop from empty list')
    const [index = -1] = args
    pyAt(x, index)
    return x.splice(index, 1)[0]
  }
  if (!pyIn(args[0], x)) {
    if (args.length > 1) return args[1]
    throw new PyError('KeyError', pyRepr(args[0]))
  }
  const value = pyAt(x, args[0])
  pyDelete(x, args[0])
  return value
}

export function pyIndex(list: any[], item: any): number {
  const index = list.findIndex((other) => pyEq(other, item))
  if (index < 0) throw new PyError('ValueError', `${pyRepr(item)} is not in the list`)
  return index
}

export function pySorted(x: any, key?: any, reverse = false): any[] {
  const keyOf = key ?? ((item: any) => item)
  const pairs = pyIter(x).map((item) => [keyOf(item), item])
  const sign = reverse ? -1 : 1
  pairs.sort(([a], [b]) => (pyLess(a, b, false) ? -sign : pyLess(b, a, false) ? sign : 0))
  return pairs.map(([, item]) => item)
}

/** Implements list.sort(). */
export function pySort(list: any, key?: any, reverse = false): void {
  list.splice(0, Infinity, ...pySorted(list, key, reverse))
}

/** Implements list.remove(). */
export function pyRemove(x: any, item: any): void {
  pyList(x).splice(pyIndex(x, item), 1)
}

export function pySum(x: any, start = 0): any {
  return pyIter(x).reduce((sum, item) => pyAdd(sum, item), start)
}

export function pyMin(...args: any[]): any {
  const [first, ...rest] = args.length === 1 ? pyIter(args[0]) : args
  if (first === undefined) throw new PyError('ValueError', 'the list is empty')
  return rest.reduce((min, item) => (pyLess(item, min, false) ? item : min), first)
}

export function pyMax(...args: any[]): any {
  const [first, ...rest] = args.length === 1 ? pyIter(args[0]) : args
  if (first === undefined) throw new PyError('ValueError', 'the list is empty')
  return rest.reduce((max, item) => (pyLess(max, item, false) ? item : max), first)
}

/**
 * Returns the first item with the smallest key, or with the largest key if the sign is negative. `otherwise` may contain
 * the result for an empty list.
 */
export function pyExtreme(x: any, key: any, sign: number, ...otherwise: any[]): any {
  const [first, ...rest] = pyIter(x).map((item) => [key(item), item])
  if (first === undefined && otherwise.length > 0) return otherwise[0]
  if (first === undefined) throw new PyError('ValueError', 'the list is empty')
  const isBetter = (a: any, b: any) => (sign > 0 ? pyLess(a, b, false) : pyLess(b, a, false))
  return rest.reduce((best, pair) => (isBetter(pair[0], best[0]) ? pair : best), first)[1]
}

export function pySetDefault(dict: any, key: any, value: any): any {
  if (!pyIn(key, dict)) pySet(dict, key, value)
  return pyAt(dict, key)
}

/** The result of collections.deque(). If a deque is full, an addition at one end drops the item at the other end. */
export class PyDeque extends Array {
  static override get [Symbol.species]() {
    return Array
  }
  readonly maxlen: any
  constructor(items: any = [], maxlen: any = null) {
    super()
    Object.defineProperty(this, 'maxlen', { value: maxlen })
    this.push(...pyEach(items))
  }
  override push(...items: any[]): number {
    for (const item of items) {
      super.push(item)
      if (this.length > (this.maxlen ?? Infinity)) this.shift()
    }
    return this.length
  }
  override unshift(...items: any[]): number {
    for (const item of items) {
      super.unshift(item)
      if (this.length > (this.maxlen ?? Infinity)) super.pop()
    }
    return this.length
  }
  rotate(steps = 1): void {
    const count = this.length === 0 ? 0 : pyModulo(steps, this.length)
    this.splice(0, 0, ...this.splice(this.length - count))
  }
  count(item: any): number {
    return this.filter((other) => pyEq(other, item)).length
  }
  asText(): string {
    return `deque(${pyRepr([...this])}${this.maxlen === null ? '' : `, maxlen=${this.maxlen}`})`
  }
  toJSON(): any {
    throw new PyError('TypeError', 'Object of type deque is not JSON serializable')
  }
}

/** The result of queue.Queue(). */
export class PyQueue {
  readonly items: any[] = []
  put(item: any): void {
    this.items.push(item)
  }
  take(): any {
    if (this.items.length === 0) throw new PyError('Empty', '')
    return this.items.shift()
  }
}

/** Waits until a queue contains an item, and takes it from the queue. */
export async function pyTake(queue: PyQueue, pause: () => Promise<any>): Promise<any> {
  while (queue.items.length === 0) await pause()
  return queue.take()
}

export function pyProduct(...lists: any[][]): any[][] {
  return lists
    .reduce((rows: any[][], list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]])
    .map(pyTuple)
}
