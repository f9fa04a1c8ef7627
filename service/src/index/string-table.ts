/** Sorted strings in shared memory. They are compared by UTF-16 units, as JavaScript does. */
export interface StringTableArrays {
  units: Uint16Array<SharedArrayBuffer>
  /** The start of each string, followed by the end of the last one. */
  starts: Uint32Array<SharedArrayBuffer>
}

/** Copies sorted strings to shared memory. */
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

/** Positions from `from` up to, but not including, `to`. */
export interface Range {
  from: number
  to: number
}

/** Whether a range contains no positions. */
export const isEmpty = ({ from, to }: Range) => from === to

/** Looks up strings in a sorted table. */
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

  /** Compares a string with another by UTF-16 units. The result is below 0, 0, or above 0, as for sorting. */
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

  /** Returns the range of strings that equal a text. */
  equalTo(wanted: string): Range {
    const from = this.#first((at) => this.compare(at, wanted) >= 0)
    let to = from
    while (to < this.length && this.compare(to, wanted) === 0) to += 1
    return { from, to }
  }

  /** Returns the range of strings that begin with `head` followed by a unit from `low` to `high`. */
  startingWith(head: string, low: number, high: number): Range {
    const first = head + String.fromCharCode(low)
    const from = this.#first((at) => this.compare(at, first) >= 0)
    const isAfter = (at: number) => this.#comparePrefix(at, head, high) > 0
    return { from, to: this.#first(isAfter, from) }
  }

  /** Returns the range of strings with a prefix. An empty prefix matches all strings. */
  withPrefix(prefix: string): Range {
    if (prefix === '') return { from: 0, to: this.length }
    const last = prefix.charCodeAt(prefix.length - 1)
    return this.startingWith(prefix.slice(0, -1), last, last)
  }

  /**
   * Returns a positive number if a string comes after all strings that begin with `head` and a unit of at most `high`,
   * otherwise 0 or a negative number.
   */
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
