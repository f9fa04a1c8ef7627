// Iterators and generators.

// biome-ignore-all lint: the values of Python have any type

import { pyIter } from './collections.ts'
import { PyError } from './errors.ts'
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
