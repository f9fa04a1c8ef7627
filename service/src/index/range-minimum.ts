/**
 * Finds the smallest numbers in a range of an array, in ascending order, without scanning the range. It uses a segment
 * tree over the minima of blocks. Gog, Pibiri, and Venturini (SIGIR 2020) answer prefix queries this way: entries are
 * sorted lexicographically, and the best entries have the smallest numbers.
 */

/** Values per leaf. Larger leaves take less memory but more time. */
const BLOCK = 32
const NONE = 0xffffffff

/** Returns the length of the array that {@link fillMinima} needs for the given number of values. */
export function minimaLength(values: number): number {
  return 2 * Math.ceil(values / BLOCK)
}

/**
 * Fills the tree. `minima[node]` is the minimum of the node's children, `2 * node` and `2 * node + 1`. Leaves are
 * blocks of values.
 */
export function fillMinima(values: Uint32Array, minima: Uint32Array): void {
  const blocks = minima.length / 2
  for (let block = 0; block < blocks; block++) {
    minima[blocks + block] = minimumAbove(values, block * BLOCK, Math.min(values.length, (block + 1) * BLOCK), -1)
  }
  for (let node = blocks - 1; node > 0; node--) {
    minima[node] = Math.min(minima[2 * node] as number, minima[2 * node + 1] as number)
  }
}

/**
 * Returns the smallest value that exceeds `above`, from position `from` up to, but not including, `to`. Returns
 * {@link NONE} if there is no such value.
 */
function minimumAbove(values: Uint32Array, from: number, to: number, above: number): number {
  let smallest = NONE
  for (let at = from; at < to; at++) {
    const value = values[at] as number
    if (value < smallest && value > above) smallest = value
  }
  return smallest
}

/** Iterates over the distinct values of a range in ascending order. Each step takes logarithmic time. */
export class AscendingValues {
  readonly #values: Uint32Array
  readonly #minima: Uint32Array
  /** A heap with a key for each part of the range: the smallest value of the part that has not been returned yet. */
  readonly #keys: number[] = []
  /** For each key, the part: a node of the tree, or `-1 - from` for the values of a leaf from position `from` on. */
  readonly #parts: number[] = []
  readonly #end: number
  #previous = -1

  /** Iterates over the values from position `from` up to, but not including, `to`. */
  constructor(values: Uint32Array, minima: Uint32Array, from: number, to: number) {
    this.#values = values
    this.#minima = minima
    this.#end = to
    const firstWhole = Math.ceil(from / BLOCK)
    const endWhole = Math.floor(to / BLOCK)
    if (firstWhole >= endWhole) {
      for (let at = from; at < to; at = this.#endOfBlock(at)) this.#pushValues(at, -1)
      return
    }
    if (from < firstWhole * BLOCK) this.#pushValues(from, -1)
    if (endWhole * BLOCK < to) this.#pushValues(endWhole * BLOCK, -1)
    const blocks = minima.length / 2
    let left = blocks + firstWhole
    let right = blocks + endWhole
    for (; left < right; left >>= 1, right >>= 1) {
      if (left & 1) this.#push(minima[left] as number, left++)
      if (right & 1) this.#push(minima[--right] as number, right)
    }
  }

  /** Returns the next value, or -1 at the end. */
  next(): number {
    const previous = this.#previous
    // Several blocks can contain the same value.
    do this.#previous = this.#take()
    while (this.#previous === previous && previous >= 0)
    return this.#previous
  }

  /** Returns the smallest value that is left, and removes it from one part of the range. Returns -1 at the end. */
  #take(): number {
    const parts = this.#parts
    const blocks = this.#minima.length / 2
    for (;;) {
      const key = this.#keys[0]
      if (key === undefined) return -1
      const part = parts[0] as number
      if (part < 0 || part >= blocks) {
        const from = part < 0 ? -1 - part : (part - blocks) * BLOCK
        this.#replaceFirst(minimumAbove(this.#values, from, this.#endOfBlock(from), key), -1 - from)
        return key
      }
      // The child with the same minimum replaces its parent, so the heap stays in order.
      const left = 2 * part
      const smaller = this.#minima[left] === key ? left : left + 1
      parts[0] = smaller
      this.#push(this.#minima[smaller ^ 1] as number, smaller ^ 1)
    }
  }

  #endOfBlock(from: number): number {
    return Math.min(this.#end, (Math.floor(from / BLOCK) + 1) * BLOCK)
  }

  #pushValues(from: number, above: number): void {
    const key = minimumAbove(this.#values, from, this.#endOfBlock(from), above)
    if (key !== NONE) this.#push(key, -1 - from)
  }

  #push(key: number, part: number): void {
    const keys = this.#keys
    const parts = this.#parts
    let at = keys.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((keys[parent] as number) <= key) break
      keys[at] = keys[parent] as number
      parts[at] = parts[parent] as number
      at = parent
    }
    keys[at] = key
    parts[at] = part
  }

  /** Replaces the first part with one that has an equal or larger key, or removes it if the key is {@link NONE}. */
  #replaceFirst(newKey: number, newPart: number): void {
    const keys = this.#keys
    const parts = this.#parts
    let key = newKey
    let part = newPart
    if (newKey === NONE) {
      key = keys.pop() as number
      part = parts.pop() as number
    }
    const { length } = keys
    if (length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && (keys[child + 1] as number) < (keys[child] as number)) child += 1
      if ((keys[child] as number) >= key) break
      keys[at] = keys[child] as number
      parts[at] = parts[child] as number
      at = child
    }
    keys[at] = key
    parts[at] = part
  }
}
