/** Sorted strings in shared memory. They are compared by UTF-16 code units, as JavaScript does. */
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
  readonly from: number
  readonly to: number
}

/** Whether a range contains no positions. */
export const isEmpty = ({ from, to }: Range) => from === to

/**
 * The number of UTF-16 code units in a pair. Ranges are cached for single units and for pairs: at most `MAX_PAIRS` of
 * each.
 */
const PAIR = 2
const MAX_PAIRS = 20_000
/** The ranges of this many recent prefixes are cached, because a search looks up the same prefix several times. */
const MAX_RECENT = 64

/**
 * The branches after prefixes with fewer units than this are cached, because searches for typos visit most of them. At
 * most `MAX_BRANCHES` are cached.
 */
const BRANCHING_UNITS = 4
const MAX_BRANCHES = 10_000

/** The units with which strings continue after a common prefix. */
export interface Branches {
  /** The number of units in the prefix. */
  depth: number
  /** The first string that is longer than the prefix. */
  from: number
  /** The units in ascending order. */
  units: readonly number[]
  /** For each unit, the end of the strings that continue with it. */
  ends: readonly number[]
  /**
   * A mask that rejects most units that are not in the list. For each unit in the list, the bit at position `unit & 31`
   * is set.
   */
  bits: number
  /** For each unit, the branches after it, if they are cached. */
  next: (Branches | undefined)[]
}

/** Looks up strings in a sorted table. */
export class StringTable {
  readonly units: Uint16Array
  readonly starts: Uint32Array
  readonly length: number
  readonly #units = new Map<number, Range>()
  readonly #pairs = new Map<number, Range>()
  readonly #recent = new Map<string, Range>()
  #branches: Branches | undefined
  #branchesLeft = MAX_BRANCHES

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

  /**
   * Compares a string of the table with another string by UTF-16 code units. The result is below 0, 0, or above 0, as
   * for sorting.
   */
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

  /** Returns the range of strings that equal a string. */
  equalTo(wanted: string): Range {
    const { from: first, to: end } = this.#near(wanted)
    const from = this.#firstWhere(first, end, (at) => this.compare(at, wanted) >= 0)
    let to = from
    while (to < end && this.compare(to, wanted) === 0) to += 1
    return { from, to }
  }

  /** Returns the range of strings that begin with `head` followed by a code unit from `low` to `high`. */
  startingWith(head: string, low: number, high: number): Range {
    const { from: first, to: end } = this.#near(head)
    const from = this.#firstWhere(first, end, (at) => this.#comparePrefix(at, head, low) >= 0)
    return { from, to: this.#endOf(from, end, head, high) }
  }

  /** Returns the range of strings with a prefix. An empty prefix matches all strings. */
  withPrefix(prefix: string): Range {
    if (prefix.length <= PAIR) return this.#near(prefix)
    let range = this.#recent.get(prefix)
    if (!range) {
      const last = prefix.charCodeAt(prefix.length - 1)
      range = this.startingWith(prefix.slice(0, -1), last, last)
      if (this.#recent.size === MAX_RECENT) this.#recent.clear()
      this.#recent.set(prefix, range)
    }
    return range
  }

  /**
   * Visits the strings of the table that equal a prefix of `head.slice(from)`, shortest first.
   * @param visit gets the position in `head` at which the strings end, and the range of these equal strings
   * @returns the range of the strings that begin with `head.slice(from)`, followed by a code unit from `low` to `high`
   */
  visitBeginnings(
    head: string,
    low: number,
    high: number,
    from: number,
    visit: (end: number, strings: Range) => void,
  ): Range {
    let range: Range = { from: 0, to: this.length }
    for (let end = from + 1; end <= head.length; end++) {
      const depth = end - from
      const unit = head.charCodeAt(end - 1)
      range = depth <= PAIR ? this.#near(head.slice(from, end)) : this.#narrowed(range, depth - 1, unit, unit)
      if (isEmpty(range)) return range
      let to = range.from
      while (to < range.to && this.lengthOf(to) === depth) to += 1
      if (to > range.from) visit(end, { from: range.from, to })
    }
    return this.#narrowed(range, head.length - from, low, high)
  }

  /** Of strings that share their first `depth` units, returns those whose next unit is from `low` to `high`. */
  #narrowed({ from: first, to: end }: Range, depth: number, low: number, high: number): Range {
    const unitOf = (at: number) =>
      this.lengthOf(at) > depth ? (this.units[(this.starts[at] as number) + depth] as number) : -1
    const from = this.#firstWhere(first, end, (at) => unitOf(at) >= low)
    return { from, to: this.#firstWhere(from, end, (at) => unitOf(at) > high) }
  }

  /** The branches after the empty prefix, that is, the first units of all strings. */
  get branches(): Branches {
    this.#branches ??= this.#findBranches(0, this.length, 0)
    return this.#branches
  }

  /**
   * Returns the branches that follow one of the units of `before`. Returns undefined if the prefix is too long, or if
   * these branches are not cached and the cache is full.
   * @param at the position of the unit
   */
  branchesAfter(before: Branches, at: number): Branches | undefined {
    const depth = before.depth + 1
    if (depth >= BRANCHING_UNITS) return undefined
    let branches = before.next[at]
    if (!branches) {
      if (this.#branchesLeft === 0) return undefined
      this.#branchesLeft -= 1
      branches = this.#findBranches(
        at > 0 ? (before.ends[at - 1] as number) : before.from,
        before.ends[at] as number,
        depth,
      )
      before.next[at] = branches
    }
    return branches
  }

  #findBranches(first: number, end: number, depth: number): Branches {
    const units: number[] = []
    const ends: number[] = []
    let bits = 0
    let from = first
    while (from < end && this.lengthOf(from) === depth) from += 1
    for (let at = from; at < end; ) {
      const unit = this.units[(this.starts[at] as number) + depth] as number
      at = this.#narrowed({ from: at, to: end }, depth, unit, unit).to
      units.push(unit)
      ends.push(at)
      bits |= 1 << (unit & 31)
    }
    return { depth, from, units, ends, bits, next: units.map(() => undefined) }
  }

  /** Returns the range of the strings that begin with a unit. Caches the range. */
  #startingWithUnit(unit: number): Range {
    let range = this.#units.get(unit)
    if (!range) {
      range = this.#narrowed({ from: 0, to: this.length }, 0, unit, unit)
      if (this.#units.size < MAX_PAIRS) this.#units.set(unit, range)
    }
    return range
  }

  /**
   * Compares the beginning of a string with `head` followed by `unit`. The result is below 0, 0, or above 0, as for
   * sorting.
   */
  #comparePrefix(at: number, head: string, unit: number): number {
    const { units, starts } = this
    const start = starts[at] as number
    const length = (starts[at + 1] as number) - start
    for (let place = 0; place < head.length; place++) {
      if (place >= length) return -1
      const difference = (units[start + place] as number) - head.charCodeAt(place)
      if (difference !== 0) return difference
    }
    return length <= head.length ? -1 : (units[start + head.length] as number) - unit
  }

  /**
   * Returns the end of the strings, from `from` on, that begin with `head` followed by a unit of at most `high`. Uses a
   * galloping search, because there are usually few such strings.
   */
  #endOf(from: number, end: number, head: string, high: number): number {
    let low = from
    let step = 1
    while (low + step <= end && this.#comparePrefix(low + step - 1, head, high) <= 0) {
      low += step
      step *= 2
    }
    return this.#firstWhere(low, Math.min(end, low + step - 1), (at) => this.#comparePrefix(at, head, high) > 0)
  }

  /** Returns the range of the strings that begin with the first one or two units of a text. Caches the range. */
  #near(text: string): Range {
    if (text === '') return { from: 0, to: this.length }
    const first = this.#startingWithUnit(text.charCodeAt(0))
    if (text.length < PAIR) return first
    const second = text.charCodeAt(1)
    const key = (text.charCodeAt(0) << 16) | second
    let range = this.#pairs.get(key)
    if (!range) {
      range = this.#narrowed(first, 1, second, second)
      if (this.#pairs.size < MAX_PAIRS) this.#pairs.set(key, range)
    }
    return range
  }

  #firstWhere(from: number, to: number, condition: (at: number) => boolean): number {
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >>> 1
      if (condition(middle)) high = middle
      else low = middle + 1
    }
    return low
  }
}
