// Iterators and generators.

// biome-ignore-all lint: the values of Python have any type

import { pyIter, pyRange, pyTuple } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyRepr } from './values.ts'

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
