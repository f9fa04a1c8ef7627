// Iterators and generators.

// biome-ignore-all lint: Python values can have any type

import { pyIter, pyRange, pyTuple } from './collections.ts'
import { PyError, PyRefusal, pyCatches } from './errors.ts'
import { pyAdd } from './numbers.ts'
import { pyEq, pyRepr, pyTruthy } from './values.ts'

/** A Python iterator. step() returns undefined at the end. */
export class PyIterator {
  step(): any {
    return undefined
  }
  [Symbol.iterator]() {
    return {
      next: () => {
        const value = this.step()
        return { value, done: value === undefined }
      },
    }
  }
}

/** The result of iter(). */
export class PyListIterator extends PyIterator {
  index = 0
  constructor(readonly items: any[]) {
    super()
  }
  override step(): any {
    return this.index < this.items.length ? (this.items[this.index++] ?? null) : undefined
  }
}

/** The result of a function that yields values. */
export class PyGenerator extends PyIterator {
  constructor(readonly generator: Iterator<any>) {
    super()
  }
  override step(): any {
    const { value, done } = this.generator.next()
    return done ? undefined : (value ?? null)
  }
}

/** The result of itertools.cycle(). */
export class PyCycle extends PyIterator {
  readonly isEndless = true
  index = 0
  readonly items: any[]
  constructor(items: any) {
    super()
    this.items = [...pyIter(items)]
  }
  override step(): any {
    return this.items.length > 0 ? (this.items[this.index++ % this.items.length] ?? null) : undefined
  }
}

/** The result of itertools.count(). */
export class PyCount extends PyIterator {
  readonly isEndless = true
  constructor(
    private at = 0,
    readonly by = 1,
  ) {
    super()
  }
  override step(): any {
    this.at += this.by
    return this.at - this.by
  }
}

/** Returns the result of __next__(), or undefined if there are no more items. */
export function pyStepOf(next: () => any): any {
  try {
    return next() ?? null
  } catch (error) {
    if (pyCatches(error, 'StopIteration')) return undefined
    throw error
  }
}

export function pyEach(x: any): Iterable<any> {
  return x instanceof PyIterator ? x : pyIter(x)
}

export function pyNext(x: any, ...otherwise: any[]): any {
  if (!(x instanceof PyIterator)) throw new PyError('TypeError', `${pyRepr(x)} is not an iterator`)
  const value = x.step()
  if (value !== undefined) return value
  if (otherwise.length > 0) return otherwise[0]
  throw new PyError('StopIteration')
}

/** Implements next() for the lines of a streamed response. */
export function pyNextLine(line: any, ...otherwise: any[]): any {
  if (line !== null) return line
  if (otherwise.length > 0) return otherwise[0]
  throw new PyError('StopIteration')
}

/** Implements itertools.islice(). Reads no items from the iterator after `stop`. */
export function pyIslice(x: any, ...bounds: any[]): any[] {
  const [start, stop, step] = bounds.length === 1 ? [0, bounds[0], 1] : [bounds[0] ?? 0, bounds[1], bounds[2] ?? 1]
  const items: any[] = []
  const source = pyEach(x)[Symbol.iterator]()
  for (let i = 0; i < (stop ?? Infinity); i++) {
    const { value, done } = source.next()
    if (done) break
    if (i >= start && (i - start) % step === 0) items.push(value)
  }
  return items
}

export function pyFlat(x: any): any[] {
  return [...pyEach(x)].flatMap((items) => [...pyEach(items)])
}

export function pyPermutations(x: any, length?: any): any[] {
  const items = [...pyEach(x)]
  const choose = (count: number, rest: number[]): number[][] =>
    count === 0
      ? [[]]
      : rest.flatMap((i) =>
          choose(
            count - 1,
            rest.filter((j) => j !== i),
          ).map((more) => [i, ...more]),
        )
  return choose(length ?? items.length, [...items.keys()]).map((chosen) => pyTuple(chosen.map((i) => items[i])))
}

export function pyCombinations(x: any, length: number): any[] {
  const items = [...pyEach(x)]
  const choose = (count: number, first: number): number[][] =>
    count === 0
      ? [[]]
      : pyRange(first, items.length).flatMap((i) => choose(count - 1, i + 1).map((more) => [i, ...more]))
  return choose(length, 0).map((chosen) => pyTuple(chosen.map((i) => items[i])))
}

export function pyZipLongest(fill: any, ...lists: any[]): any[] {
  const all = lists.map((list) => [...pyEach(list)])
  const length = Math.max(0, ...all.map((list) => list.length))
  return pyRange(0, length).map((i) => pyTuple(all.map((list) => (i < list.length ? list[i] : fill))))
}

export function pyRepeat(x: any, times?: any): any[] {
  if (times === undefined) throw new PyRefusal('itertools.repeat() needs the number of times')
  return pyRange(0, times).map(() => x)
}

export function pyPairwise(x: any): any[] {
  const items = [...pyEach(x)]
  return items.slice(1).map((item, i) => pyTuple([items[i], item]))
}

export function pyReduce(combine: any, x: any, ...initial: any[]): any {
  const items = [...initial, ...pyEach(x)]
  if (items.length === 0) throw new PyError('TypeError', 'reduce() of an empty list with no initial value')
  return items.slice(1).reduce((result, item) => combine(result, item), items[0])
}

export function pyAccumulate(x: any, combine: any = pyAdd): any[] {
  const results: any[] = []
  for (const item of pyEach(x)) results.push(results.length === 0 ? item : combine(results.at(-1), item))
  return results
}

export function pyTakewhile(isTaken: any, x: any): any[] {
  const items: any[] = []
  for (const item of pyEach(x)) {
    if (!pyTruthy(isTaken(item))) break
    items.push(item)
  }
  return items
}

export function pyDropwhile(isDropped: any, x: any): any[] {
  const items = [...pyEach(x)]
  const first = items.findIndex((item) => !pyTruthy(isDropped(item)))
  return first < 0 ? [] : items.slice(first)
}

export function pyStarmap(run: any, x: any): any[] {
  return [...pyEach(x)].map((args) => run(...pyIter(args)))
}

export function pyGroupby(x: any, keyOf: any = null): any[] {
  const groups: any[] = []
  for (const item of pyEach(x)) {
    const key = keyOf ? keyOf(item) : item
    const last = groups.at(-1)
    if (last && pyEq(last[0], key)) last[1].push(item)
    else groups.push(pyTuple([key, [item]]))
  }
  return groups
}
