/** Sorted strings in shared memory, as UTF-16 units so that they compare as JavaScript compares strings. */
export interface StringTableArrays {
  units: Uint16Array<SharedArrayBuffer>
  /** Where each string begins; one more than strings. */
  starts: Uint32Array<SharedArrayBuffer>
}

/** Puts strings into shared memory in their order. */
export function tableOf(strings: readonly string[]): StringTableArrays {
  const starts = new Uint32Array(new SharedArrayBuffer(4 * (strings.length + 1)))
  let length = 0
  for (const [at, string] of strings.entries()) {
    length += string.length
    starts[at + 1] = length
  }
  const units = new Uint16Array(new SharedArrayBuffer(2 * length))
  let at = 0
  for (const string of strings) {
    for (let unit = 0; unit < string.length; unit++) units[at++] = string.charCodeAt(unit)
  }
  return { units, starts }
}

/** Positions of a table from the first to before the end. */
export interface Range {
  from: number
  to: number
}

/** Reads sorted strings. */
export class StringTable {
  readonly units: Uint16Array
  readonly starts: Uint32Array
  readonly length: number

  constructor({ units, starts }: StringTableArrays) {
    this.units = units
    this.starts = starts
    this.length = starts.length - 1
  }

  get(at: number): string {
    return String.fromCharCode(...this.units.subarray(this.starts[at] as number, this.starts[at + 1] as number))
  }

  lengthOf(at: number): number {
    return (this.starts[at + 1] as number) - (this.starts[at] as number)
  }

  /** Below 0, 0, or above 0, as a string is before, equal to, or after another by UTF-16 units. */
  compare(at: number, other: string): number {
    const { units, starts } = this
    const start = starts[at] as number
    const length = (starts[at + 1] as number) - start
    const shared = length < other.length ? length : other.length
    for (let unit = 0; unit < shared; unit++) {
      const difference = (units[start + unit] as number) - other.charCodeAt(unit)
      if (difference !== 0) return difference
    }
    return length - other.length
  }

  /** The strings equal to one; those that are equal stand side by side. */
  equalTo(wanted: string): Range {
    const from = this.#first((at) => this.compare(at, wanted) >= 0)
    let to = from
    while (to < this.length && this.compare(to, wanted) === 0) to += 1
    return { from, to }
  }

  /** The strings that begin with a text; whose next unit after `head` is from `low` to `high`. */
  startingWith(head: string, low: number, high: number): Range {
    const first = head + String.fromCharCode(low)
    const from = this.#first((at) => this.compare(at, first) >= 0)
    const isAfter = (at: number) => this.#comparePrefix(at, head, high) > 0
    return { from, to: this.#first(isAfter, from) }
  }

  /** The strings that have a prefix; all for an empty one. */
  withPrefix(prefix: string): Range {
    if (prefix === '') return { from: 0, to: this.length }
    const last = prefix.charCodeAt(prefix.length - 1)
    return this.startingWith(prefix.slice(0, -1), last, last)
  }

  /** Compares what a string begins with: `head` and a unit of at most `high`. */
  #comparePrefix(at: number, head: string, high: number): number {
    const { units, starts } = this
    const start = starts[at] as number
    const length = (starts[at + 1] as number) - start
    for (let unit = 0; unit < head.length; unit++) {
      if (unit >= length) return -1
      const difference = (units[start + unit] as number) - head.charCodeAt(unit)
      if (difference !== 0) return difference
    }
    if (length <= head.length) return -1
    return (units[start + head.length] as number) > high ? 1 : 0
  }

  #first(isIt: (at: number) => boolean, from = 0): number {
    let low = from
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isIt(middle)) high = middle
      else low = middle + 1
    }
    return low
  }
}
