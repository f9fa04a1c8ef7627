/**
 * The beginnings of all keys, so that a ranking thread knows without asking Redis which ones there are: what nobody has need not be
 * read, and what was mistyped can be corrected to something that is there.
 *
 * Nodes stand in preorder, each with its character, the node behind its descendants, and how heavy the best entry below it is. A
 * beginning that fewer than `minEntries` keys share is left out, which is 1 unless there would be too many nodes. Keys in a context,
 * of which an entry has as many as it has contexts, have a number of their own: they have the room that the others leave.
 */
import { isInContext } from './alternate-keys.ts'

/** Nodes at most: 7 MB in Redis and in each ranking thread. */
const MAX_NODES = 1_000_000
/** The share of them that keys in contexts may have although there is no room for all others. */
const CONTEXTS_SHARE = 1 / 4
/** Characters of a key that are held. */
const MAX_DEPTH = 40
/** Nodes that are looked at for one correction: a few milliseconds. */
const MAX_VISITS = 50_000
/** Steps for a weight twice as large: all weights up to 2^51 are told apart in one byte. */
const STEPS_PER_DOUBLING = 5
const HEADER_BYTES = 12
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
  const { minEntries, minInContext, length } = sizeFor(lines, maxNodes)
  // Those on the way to the key that is being added may still be taken out.
  const room = length + MAX_DEPTH + 1
  const characters = new Uint16Array(room)
  const ends = new Uint32Array(room)
  const best = new Uint8Array(room)
  /** The nodes of the key that is being added. */
  const path = [0]
  let next = 1
  walk(lines, {
    enter(character) {
      characters[next] = character
      best[next] = 0
      path.push(next)
      next += 1
    },
    end(line) {
      const node = path.at(-1) as number
      best[node] = Math.max(best[node] as number, toStep(weightOf(line)))
    },
    leave(keys, key) {
      const node = path.pop() as number
      const parent = path.at(-1) as number
      best[parent] = Math.max(best[parent] as number, best[node] as number)
      if (keys < (isInContext(key) ? minInContext : minEntries)) next = node
      else ends[node] = next
    },
  })
  ends[0] = next

  const bytes = Buffer.alloc(HEADER_BYTES + NODE_BYTES * next)
  bytes.writeUInt32LE(minEntries, 0)
  bytes.writeUInt32LE(minInContext, 4)
  bytes.writeUInt32LE(next, 8)
  let at = HEADER_BYTES
  for (let node = 0; node < next; node++, at += 4) bytes.writeUInt32LE(ends[node] as number, at)
  for (let node = 0; node < next; node++, at += 2) bytes.writeUInt16LE(characters[node] as number, at)
  bytes.set(best.subarray(0, next), at)
  return bytes
}

/** How many keys have to share a beginning for the nodes to be few enough, and how many nodes that makes with the root. */
function sizeFor(lines: readonly string[], maxNodes: number) {
  /** Nodes by how many keys begin so. */
  const nodes = new Uint32Array(lines.length + 1)
  const inContext = new Uint32Array(lines.length + 1)
  walk(lines, {
    enter() {},
    end() {},
    leave(keys, key) {
      const counts = isInContext(key) ? inContext : nodes
      counts[keys] = (counts[keys] as number) + 1
    },
  })
  const room = maxNodes - 1
  const fitsAll = mostNodes(nodes, room).minKeys === 1
  const reserved = fitsAll ? 0 : mostNodes(inContext, Math.floor(room * CONTEXTS_SHARE)).length
  const others = mostNodes(nodes, room - reserved)
  const contexts = mostNodes(inContext, room - others.length)
  return { minEntries: others.minKeys, minInContext: contexts.minKeys, length: 1 + others.length + contexts.length }
}

/** As many nodes as there is room for, those of most keys first: how many keys each has at least, and how many nodes that are. */
function mostNodes(nodesByKeys: Uint32Array, room: number): { minKeys: number; length: number } {
  let minKeys = nodesByKeys.length
  let length = 0
  while (minKeys > 1 && length + (nodesByKeys[minKeys - 1] as number) <= room) {
    minKeys -= 1
    length += nodesByKeys[minKeys] as number
  }
  return { minKeys, length }
}

/** What happens on the way through the trie, in preorder. */
interface Visitor {
  enter(character: number): void
  /** A key ends at the node that was entered last, and not left. */
  end(line: string): void
  /**
   * @param keys how many began so
   * @param key one of them
   */
  leave(keys: number, key: string): void
}

function walk(lines: readonly string[], { enter, end, leave }: Visitor): void {
  /** Keys below each node of the key before, from the root. */
  const counts = [0]
  const leaveTo = (depth: number) => {
    while (counts.length > depth + 1) {
      const count = counts.pop() as number
      counts[counts.length - 1] = (counts.at(-1) as number) + count
      leave(count, before)
    }
  }
  let before = ''
  for (const line of lines) {
    const key = line.slice(0, Math.min(line.indexOf('\t'), MAX_DEPTH))
    let shared = 0
    while (shared < key.length && key.charCodeAt(shared) === before.charCodeAt(shared)) shared += 1
    leaveTo(shared)
    for (let depth = shared; depth < key.length; depth++) {
      enter(key.charCodeAt(depth))
      counts.push(0)
    }
    counts[counts.length - 1] = (counts.at(-1) as number) + 1
    end(line)
    before = key
  }
  leaveTo(0)
}

const toStep = (weight: number) => Math.min(255, Math.round(STEPS_PER_DOUBLING * Math.log2(1 + weight)))

/** What {@link encodeTrie} wrote, to be asked. */
export class PrefixTrie {
  /** Whether it holds the beginnings of all keys, as far as they go, and of all in contexts. */
  readonly #hasAll: boolean
  readonly #hasAllInContexts: boolean
  readonly #ends: Uint32Array
  readonly #characters: Uint16Array
  readonly #best: Uint8Array
  /** The root may have thousands of children. */
  readonly #first = new Map<number, number>()

  /** @throws {Error} when the bytes are not what `encodeTrie` writes */
  constructor(bytes: Buffer) {
    const length = bytes.length < HEADER_BYTES ? 0 : bytes.readUInt32LE(8)
    if (length === 0 || bytes.length !== HEADER_BYTES + NODE_BYTES * length) {
      throw new Error("the dataset's trie is not whole")
    }
    this.#hasAll = bytes.readUInt32LE(0) === 1
    this.#hasAllInContexts = bytes.readUInt32LE(4) === 1
    // A copy, as typed arrays have to begin at a multiple of their size.
    const nodes = new Uint8Array(bytes.subarray(HEADER_BYTES)).buffer
    this.#ends = new Uint32Array(nodes, 0, length)
    this.#characters = new Uint16Array(nodes, 4 * length, length)
    this.#best = new Uint8Array(nodes, 6 * length, length)
    if (!isNested(this.#ends)) throw new Error("the dataset's trie is not one")
    for (let child = 1; child < length; child = this.#ends[child] as number) {
      this.#first.set(this.#characters[child] as number, child)
    }
  }

  /** Whether keys begin so: yes, no, or maybe where the trie does not hold all. */
  has(prefix: string): 'yes' | 'no' | 'maybe' {
    const held = prefix.slice(0, MAX_DEPTH)
    if (this.#find(held) === undefined) return this.#isWhole(prefix) ? 'no' : 'maybe'
    return held.length === prefix.length ? 'yes' : 'maybe'
  }

  /** Whether it holds at least the next character of all keys that begin so. */
  knowsAll(prefix: string): boolean {
    return this.#isWhole(prefix) && prefix.length < MAX_DEPTH
  }

  /**
   * What was typed with so many edits at most, each an insertion, a deletion, a substitution, or a transposition of neighbours
   * (optimal string alignment); the first character stays. Those with fewer edits come first, then the heavier ones.
   * @param form what stands in front of the typed text in the keys that are meant
   * @param minWeight of the best entry that begins with a correction
   */
  corrections(form: string, typed: string, maxEdits: number, limit: number, minWeight = 0): Correction[] {
    const start = this.#find(form + typed.charAt(0))
    if (start === undefined) return []
    const found: { prefix: string; edits: number; isPart: boolean; best: number }[] = []
    const letters = codesOf(typed, 0, typed.length)
    const width = letters.length
    // rows[depth][length]: edits between what stands between the first character and the node, and so much of what was typed.
    const rows = [firstRow(width)]
    const path: number[] = []
    let visits = 0
    const minBest = toStep(minWeight)
    const isWhole = this.#isWhole(form)

    const visit = (node: number, depth: number, fewest: number) => {
      const edits = (rows[depth] as Uint8Array)[width - 1] as number
      const end = this.#ends[node] as number
      const best = this.#best[node] as number
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
        if (edits > maxEdits && (!isWhole || form.length + 1 + depth >= MAX_DEPTH)) add(true)
        return
      }
      for (let child = node + 1; child < end; child = this.#ends[child] as number) {
        if ((this.#best[child] as number) < minBest) continue
        const character = this.#characters[child] as number
        if (visits > MAX_VISITS) break
        visits += 1
        path.push(character)
        rows[depth + 1] ??= new Uint8Array(width)
        const fewestBelow = fillRow(rows, depth + 1, path, letters, maxEdits)
        if (fewestBelow <= maxEdits) visit(child, depth + 1, fewestBelow)
        path.pop()
      }
    }
    visit(start, 0, 0)
    found.sort((a, b) => a.edits - b.edits || Number(a.isPart) - Number(b.isPart) || b.best - a.best)
    return withoutContained(found, limit)
  }

  #isWhole(prefix: string): boolean {
    return isInContext(prefix) ? this.#hasAllInContexts : this.#hasAll
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

/** Whether every node ends behind itself and within its parent: else a way through the trie might never end. */
function isNested(ends: Uint32Array): boolean {
  if (ends[0] !== ends.length) return false
  /** Where those end that the node may be below, the innermost last. */
  const open = [ends.length]
  for (let node = 0; node < ends.length; node++) {
    while (open.at(-1) === node) open.pop()
    const end = ends[node] as number
    if (end <= node || end > (open.at(-1) as number)) return false
    open.push(end)
  }
  return true
}

/** The UTF-16 code units of a part of a text. */
function codesOf(text: string, from: number, end: number): number[] {
  const codes: number[] = []
  for (let at = from; at < end; at++) codes.push(text.charCodeAt(at))
  return codes
}

/** More edits than are ever asked for. */
const MANY = 100

const firstRow = (width: number) => Uint8Array.from({ length: width }, (_, at) => Math.min(at, MANY))

/**
 * Fills the row of one more character, `path[depth - 1]`, as far as there can be so few edits; all else is {@link MANY}.
 * @returns the fewest edits in it
 */
function fillRow(
  rows: readonly Uint8Array[],
  depth: number,
  path: readonly number[],
  letters: readonly number[],
  maxEdits: number,
): number {
  const [row, above] = [rows[depth] as Uint8Array, rows[depth - 1] as Uint8Array]
  const beforeAbove = depth > 1 ? rows[depth - 2] : undefined
  const character = path[depth - 1] as number
  const characterBefore = path[depth - 2]
  const last = Math.min(row.length - 1, depth + maxEdits)
  const first = Math.max(1, depth - maxEdits)
  row[first - 1] = first === 1 ? depth : MANY
  let fewest = row[first - 1] as number
  for (let at = first; at <= last; at++) {
    const letter = letters[at]
    let edits = (above[at - 1] as number) + (letter === character ? 0 : 1)
    const inserted = (above[at] as number) + 1
    if (inserted < edits) edits = inserted
    const left = (row[at - 1] as number) + 1
    if (left < edits) edits = left
    if (beforeAbove && at > 1 && letters[at - 1] === character && letter === characterBefore) {
      const transposed = (beforeAbove[at - 2] as number) + 1
      if (transposed < edits) edits = transposed
    }
    row[at] = edits
    if (edits < fewest) fewest = edits
  }
  // The next row looks one further, and the last of all is what counts.
  if (last + 1 < row.length) row[last + 1] = MANY
  if (last < row.length - 1) row[row.length - 1] = MANY
  return fewest
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

/**
 * The fewest edits, the first character staying, between what was typed and a beginning of a key, and how long that is: of several
 * the one whose length is nearest to that of what was typed, and of two such the longer.
 * @returns nothing where more edits than that are needed
 */
export function prefixEdits(
  key: string,
  typed: string,
  maxEdits: number,
): { edits: number; length: number } | undefined {
  if (key.charAt(0) !== typed.charAt(0)) return undefined
  const letters = codesOf(typed, 0, typed.length)
  const path = codesOf(key, 1, Math.min(key.length, typed.length + maxEdits))
  const rows: Uint8Array[] = [firstRow(letters.length)]
  let fewest = { edits: letters.length - 1, length: 1 }
  for (let depth = 1; depth <= path.length; depth++) {
    // What is left in one of three rows before is not read.
    rows[depth] = depth > 3 ? (rows[depth - 3] as Uint8Array) : new Uint8Array(letters.length)
    if (fillRow(rows, depth, path, letters, maxEdits) > maxEdits) break
    const edits = (rows[depth] as Uint8Array)[letters.length - 1] as number
    const isNearer = Math.abs(depth + 1 - typed.length) <= Math.abs(fewest.length - typed.length)
    if (edits < fewest.edits || (edits === fewest.edits && isNearer)) fewest = { edits, length: depth + 1 }
  }
  return fewest.edits <= maxEdits ? fewest : undefined
}
