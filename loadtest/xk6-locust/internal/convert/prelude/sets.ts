// Sets.

// biome-ignore-all lint: Python values can have any type

import { PyError } from './errors.ts'
import { pyHashOfKey } from './maps.ts'

/** A set whose items are compared as in Python: tuples with the same items are equal, and so are 1, 1.0, and True. */
export class PySet extends Set<any> {
  readonly byHash = new Map<any, any>()
  constructor(items: Iterable<any> = []) {
    super()
    for (const item of items) this.add(item)
  }
  override has(item: any): boolean {
    return this.byHash.has(pyHashOfKey(item))
  }
  override add(item: any): this {
    if (this.has(item)) return this
    this.byHash.set(pyHashOfKey(item), item)
    return super.add(item)
  }
  override delete(item: any): boolean {
    const hash = pyHashOfKey(item)
    const isDeleted = super.delete(this.byHash.get(hash))
    return this.byHash.delete(hash) && isDeleted
  }
  override clear(): void {
    this.byHash.clear()
    super.clear()
  }
  toJSON(): any {
    throw new PyError('TypeError', 'Object of type set is not JSON serializable')
  }
}
