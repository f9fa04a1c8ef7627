/**
 * The beginnings of all keys, so that a ranking thread knows without asking Redis which ones there are: what nobody has need not be
 * read, and what was mistyped can be corrected to something that is there.
 *
 * Nodes stand in preorder, each with its character, the node behind its descendants, and how heavy the best entry below it is. A
 * beginning that fewer than `minEntries` entries share is left out, which is 1 unless there would be too many nodes.
 */

/** Nodes at most: 7 MB in Redis and in each ranking thread. */
const MAX_NODES = 1_000_000
/** Characters of a key that are held. */
const MAX_DEPTH = 40
/** Steps for a weight twice as large: all weights up to 2^51 are told apart in one byte. */
const STEPS_PER_DOUBLING = 5
const HEADER_BYTES = 8
const NODE_BYTES = 7

/** A correction of what was typed. */
export interface Correction {
  prefix: string
  edits: number
  /** Whether keys that begin with it still have to be compared: the trie ends here. */
  isPart: boolean
}

/** Builds the trie of sorted lines that begin with a key and a tab. */
export function encodeTrie(lines: readonly string[], weightOf: (line: string) => number, maxNodes = MAX_NODES): Buffer {
  const nodes = new Nodes(maxNodes)
  let minEntries = 1
  for (;;) {
    const filled = nodes.fill(lines, weightOf, minEntries)
    if (filled === 1) return nodes.encode(minEntries)
    // There are about as many times fewer nodes.
    minEntries *= Math.max(2, Math.ceil(1 / filled))
  }
}

/** The nodes while they are gathered. */
class Nodes {
  readonly #characters: Uint16Array
  readonly #ends: Uint32Array
  readonly #best: Uint8Array
  readonly #max: number
  #length = 0

  constructor(max: number) {
    // Those on the way to the key before, and to one more, may still be taken out.
    const room = max + 2 * (MAX_DEPTH + 1)
    this.#characters = new Uint16Array(room)
    this.#ends = new Uint32Array(room)
    this.#best = new Uint8Array(room)
    this.#max = max
  }

  /** Takes in what enough entries share; returns for which part of the lines there was room. */
  fill(lines: readonly string[], weightOf: (line: string) => number, minEntries: number): number {
    /** The nodes of the key before, from the root, and the entries counted below each. */
    const path = [0]
    const counts = [0]
    this.#length = 1
    this.#best.fill(0)
    const leave = (depth: number) => {
      while (path.length > depth) {
        const node = path.pop() as number
        const count = counts.pop() as number
        const parent = path.at(-1)
        if (parent !== undefined) {
          counts[counts.length - 1] = (counts.at(-1) as number) + count
          this.#best[parent] = Math.max(this.#best[parent] as number, this.#best[node] as number)
        }
        if (count < minEntries && node > 0) {
          this.#best.fill(0, node, this.#length)
          this.#length = node
        } else this.#ends[node] = this.#length
      }
    }
    let before = ''
    for (const [at, line] of lines.entries()) {
      const key = line.slice(0, Math.min(line.indexOf('\t'), MAX_DEPTH))
      let shared = 0
      while (shared < key.length && shared < before.length && key.charCodeAt(shared) === before.charCodeAt(shared))
        shared += 1
      leave(shared + 1)
      if (this.#length > this.#max + MAX_DEPTH + 1) return at / lines.length
      for (let depth = shared; depth < key.length; depth++) {
        this.#characters[this.#length] = key.charCodeAt(depth)
        path.push(this.#length)
        counts.push(0)
        this.#length += 1
      }
      counts[counts.length - 1] = (counts.at(-1) as number) + 1
      const node = path.at(-1) as number
      this.#best[node] = Math.max(this.#best[node] as number, toStep(weightOf(line)))
      before = key
    }
    leave(0)
    return this.#length <= this.#max ? 1 : 0.5
  }

  encode(minEntries: number): Buffer {
    const bytes = Buffer.alloc(HEADER_BYTES + NODE_BYTES * this.#length)
    bytes.writeUInt32LE(minEntries, 0)
    bytes.writeUInt32LE(this.#length, 4)
    let at = HEADER_BYTES
    for (let node = 0; node < this.#length; node++, at += 4) bytes.writeUInt32LE(this.#ends[node] as number, at)
    for (let node = 0; node < this.#length; node++, at += 2) bytes.writeUInt16LE(this.#characters[node] as number, at)
    bytes.set(this.#best.subarray(0, this.#length), at)
    return bytes
  }
}

const toStep = (weight: number) => Math.min(255, Math.round(STEPS_PER_DOUBLING * Math.log2(1 + weight)))

/** What {@link encodeTrie} wrote, to be asked. */
export class PrefixTrie {
  readonly #minEntries: number
  readonly #ends: Uint32Array
  readonly #characters: Uint16Array
  readonly #best: Uint8Array
  /** The root may have thousands of children. */
  readonly #first = new Map<number, number>()

  /** @throws {Error} when the bytes are not what `encodeTrie` writes */
  constructor(bytes: Buffer) {
    const length = bytes.length < HEADER_BYTES ? -1 : bytes.readUInt32LE(4)
    if (bytes.length !== HEADER_BYTES + NODE_BYTES * length) throw new Error("the dataset's trie is not whole")
    this.#minEntries = bytes.readUInt32LE(0)
    // A copy, as typed arrays have to begin at a multiple of their size.
    const nodes = new Uint8Array(bytes.subarray(HEADER_BYTES)).buffer
    this.#ends = new Uint32Array(nodes, 0, length)
    this.#characters = new Uint16Array(nodes, 4 * length, length)
    this.#best = new Uint8Array(nodes, 6 * length, length)
    for (let child = 1; child < length; child = this.#ends[child] as number) {
      this.#first.set(this.#characters[child] as number, child)
    }
  }

  /** Whether keys begin so: yes, no, or maybe where the trie does not hold all. */
  has(prefix: string): 'yes' | 'no' | 'maybe' {
    const held = prefix.slice(0, MAX_DEPTH)
    if (this.#find(held) === undefined) return this.#minEntries === 1 ? 'no' : 'maybe'
    return held.length === prefix.length ? 'yes' : 'maybe'
  }

  /**
   * What was typed with so many edits at most, each an insertion, a deletion, a substitution, or a transposition of neighbours
   * (optimal string alignment); the first character stays. Those with fewer edits come first, then the heavier ones.
   * @param form what stands in front of the typed text in the keys that are meant
   */
  corrections(form: string, typed: string, maxEdits: number, limit: number): Correction[] {
    const start = this.#find(form + typed.charAt(0))
    if (start === undefined) return []
    const found: { prefix: string; edits: number; isPart: boolean; best: number }[] = []
    const letters = Array.from({ length: typed.length }, (_, at) => typed.charCodeAt(at))
    const width = letters.length
    // rows[depth][length]: edits between what stands between the first character and the node, and so much of what was typed.
    const rows = [Uint8Array.from({ length: width }, (_, at) => at)]
    const path: number[] = []

    const visit = (node: number, depth: number) => {
      const row = rows[depth] as Uint8Array
      const edits = row[width - 1] as number
      const end = this.#ends[node] as number
      const best = this.#best[node] as number
      const fewest = Math.min(...row)
      if (fewest > maxEdits) return
      const add = (isPart: boolean) =>
        found.push({
          prefix: form + typed.charAt(0) + String.fromCharCode(...path),
          edits: isPart ? fewest : edits,
          isPart,
          best,
        })
      if (edits <= maxEdits) add(false)
      // Whatever follows adds edits, unless less of what was typed fits better.
      if (fewest >= edits) return
      if (end === node + 1) {
        if (edits > maxEdits && this.#mayGoOn(form.length + 1 + depth)) add(true)
        return
      }
      for (let child = node + 1; child < end; child = this.#ends[child] as number) {
        const character = this.#characters[child] as number
        path.push(character)
        rows[depth + 1] ??= new Uint8Array(width)
        fillRow(rows, depth + 1, path, letters)
        visit(child, depth + 1)
        path.pop()
      }
    }
    visit(start, 0)
    found.sort((a, b) => a.edits - b.edits || Number(a.isPart) - Number(b.isPart) || b.best - a.best)
    return withoutContained(found, limit)
  }

  #mayGoOn(depth: number): boolean {
    return this.#minEntries > 1 || depth >= MAX_DEPTH
  }

  #find(prefix: string): number | undefined {
    if (prefix === '') return 0
    let node = this.#first.get(prefix.charCodeAt(0))
    for (let at = 1; at < prefix.length && node !== undefined; at++) node = this.#child(node, prefix.charCodeAt(at))
    return node
  }

  #child(node: number, character: number): number | undefined {
    const end = this.#ends[node] as number
    for (let child = node + 1; child < end; child = this.#ends[child] as number) {
      if (this.#characters[child] === character) return child
    }
    return undefined
  }
}

/** The row of one more character, `path[depth - 1]`. */
function fillRow(rows: Uint8Array[], depth: number, path: readonly number[], letters: readonly number[]): void {
  const [row, above] = [rows[depth] as Uint8Array, rows[depth - 1] as Uint8Array]
  const character = path[depth - 1] as number
  row[0] = depth
  for (let at = 1; at < row.length; at++) {
    const isSame = letters[at] === character
    let edits = Math.min(
      (above[at] as number) + 1,
      (row[at - 1] as number) + 1,
      (above[at - 1] as number) + (isSame ? 0 : 1),
    )
    if (depth > 1 && at > 1 && letters[at - 1] === character && letters[at] === path[depth - 2]) {
      edits = Math.min(edits, ((rows[depth - 2] as Uint8Array)[at - 2] as number) + 1)
    }
    row[at] = edits
  }
}

/** The first ones, without those that only go on where another ends that needs no more edits. */
function withoutContained(sorted: readonly Correction[], limit: number): Correction[] {
  const kept: Correction[] = []
  for (const { prefix, edits, isPart } of sorted) {
    if (kept.length === limit) break
    // An edit may part a surrogate pair.
    if (!prefix.isWellFormed()) continue
    if (!kept.some((other) => !other.isPart && prefix.startsWith(other.prefix))) kept.push({ prefix, edits, isPart })
  }
  return kept
}

/** The fewest edits, the first character staying, between what was typed and a beginning of a key, and how long that is. */
export function prefixEdits(key: string, typed: string): { edits: number; length: number } | undefined {
  if (key.charAt(0) !== typed.charAt(0)) return undefined
  const letters = Array.from({ length: typed.length }, (_, at) => typed.charCodeAt(at))
  const path = Array.from({ length: Math.min(key.length, 2 * typed.length) - 1 }, (_, at) => key.charCodeAt(at + 1))
  const rows = [Uint8Array.from({ length: letters.length }, (_, at) => at)]
  let fewest = { edits: letters.length - 1, length: 1 }
  for (let depth = 1; depth <= path.length; depth++) {
    rows[depth] = new Uint8Array(letters.length)
    fillRow(rows, depth, path, letters)
    const edits = (rows[depth] as Uint8Array)[letters.length - 1] as number
    if (edits < fewest.edits) fewest = { edits, length: depth + 1 }
  }
  return fewest
}
