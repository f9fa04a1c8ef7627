const MAX_WORD_EDITS = 2
/** A distance that exceeds any limit, and that can still be incremented without overflowing a byte. */
const FAR = 100

/**
 * A table of edit distances (optimal string alignment) between a typed text and a path, which is a sequence of letters.
 * Row n compares the first n letters of the path with every beginning of the text. Only distances between beginnings of
 * about the same length are computed, because all others are too large. Reuse an object, because allocating its memory
 * takes as long as a search.
 */
export class EditRows {
  /** The letters of the typed text. */
  #typed = new Uint32Array(0)
  /** The positions of the letters of the typed text, in UTF-16 code units, followed by the end of the text. */
  #starts = new Uint32Array(1)
  #path = new Uint32Array(0)
  #rows = new Uint8Array(0)
  #length = 0
  #edits = 0
  /** The length of a row. */
  #width = 0

  /**
   * Starts again with an empty path.
   * @param edits the maximum distance, at most {@link MAX_WORD_EDITS}
   */
  begin(typed: string, edits: number): void {
    if (this.#typed.length < typed.length) this.#allocate(typed.length)
    let length = 0
    for (let at = 0; at < typed.length; length++) {
      const letter = typed.codePointAt(at) as number
      this.#typed[length] = letter
      at += letter > 0xffff ? 2 : 1
      this.#starts[length + 1] = at
    }
    this.#length = length
    this.#edits = edits
    this.#width = length + 1
    for (let at = 0; at <= length; at++) this.#rows[at] = at <= edits ? at : FAR
  }

  #allocate(length: number): void {
    const depth = length + MAX_WORD_EDITS + 1
    this.#typed = new Uint32Array(length)
    this.#starts = new Uint32Array(length + 1)
    this.#path = new Uint32Array(depth)
    this.#rows = new Uint8Array((depth + 1) * (length + 1))
  }

  /** Returns a letter of the typed text. */
  letter(at: number): number {
    return this.#typed[at] as number
  }

  /** Returns the position of a letter in the typed text, in UTF-16 code units. */
  start(at: number): number {
    return this.#starts[at] as number
  }

  /**
   * Adds a letter after the first `depth` letters of the path.
   * @returns the smallest distance in the new row. If it equals the maximum distance, no edits are left, so the rest of
   *   the typed text must follow exactly; see {@link isRest}.
   */
  add(depth: number, letter: number): number {
    const typed = this.#typed
    const rows = this.#rows
    const length = this.#length
    const edits = this.#edits
    const row = depth * this.#width
    const before = row - this.#width
    const next = row + this.#width
    const last = depth > 0 ? (this.#path[depth - 1] as number) : -1
    this.#path[depth] = letter
    const from = Math.max(1, depth + 1 - edits)
    const to = Math.min(length, depth + 1 + edits)
    if (from > to) return FAR
    const first = from === 1 && depth < edits ? depth + 1 : FAR
    // Set the distances before and after the computed ones, because the computation of the next row reads them.
    rows[next + from - 1] = first
    if (to < length) rows[next + to + 1] = FAR
    let smallest = first
    for (let at = from; at <= to; at++) {
      const own = typed[at - 1] as number
      let distance = (rows[row + at - 1] as number) + (own === letter ? 0 : 1)
      distance = Math.min(distance, (rows[row + at] as number) + 1, (rows[next + at - 1] as number) + 1)
      if (own === last && at > 1 && typed[at - 2] === letter) {
        distance = Math.min(distance, (rows[before + at - 2] as number) + 1)
      }
      rows[next + at] = distance
      if (distance < smallest) smallest = distance
    }
    return smallest
  }

  /** Whether the first `depth` letters of the path are within the maximum distance of the whole typed text. */
  isNear(depth: number): boolean {
    if (Math.abs(this.#length - depth) > this.#edits) return false
    return (this.#rows[depth * this.#width + this.#length] as number) <= this.#edits
  }

  /**
   * For the first `depth` letters of the path, returns the position of the first letter in the typed text at which its
   * unmatched rest can begin.
   */
  firstRest(depth: number): number {
    return Math.max(0, depth - this.#edits)
  }

  /** Like {@link firstRest}, but returns the position of the last letter at which the rest can begin. */
  lastRest(depth: number): number {
    return Math.min(this.#length - 1, depth + this.#edits)
  }

  /** Whether the typed text from letter `at` on may follow the path if no edits are left. */
  isRest(depth: number, at: number): boolean {
    return this.#rows[depth * this.#width + at] === this.#edits
  }

  /**
   * Whether the last letter of the path may be letter `at` of the typed text, swapped with the letter before it. Then,
   * if no edits are left, letter `at - 1` and the text from letter `at + 1` on may follow the path.
   */
  isSwappedRest(depth: number, at: number): boolean {
    if (depth === 0 || at === 0 || this.#typed[at] !== this.#path[depth - 1]) return false
    return (this.#rows[(depth - 1) * this.#width + at - 1] as number) < this.#edits
  }
}
