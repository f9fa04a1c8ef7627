import { hasHangul, initials } from '../text/hangul.ts'
import { isRunWord } from '../text/scripts.ts'
import { compareCodeUnits, sortedOrder } from '../text/strings.ts'
import { type Word, wordsOf } from '../text/words.ts'
import { DECIMALS, JOINED, KIND, SPACED, type StoredIndex, unitOf } from './stored-index.ts'

/** The properties of an entry that the index contains. */
export interface IndexedEntry {
  /** The spelling of the text, then the spellings of the aliases. Each has at least one word. */
  names: readonly string[]
  score: number
  isPinned: boolean
  /** Contexts as `name:value`, without duplicates. Entries with equal contexts may share an array. */
  contexts: readonly string[]
}

/** The tables of initials and runs store positions in one byte, so they omit the words from this position on. */
const MAX_POSITION = 255

/**
 * Builds the index of a dataset.
 * @param entries the best entry first, which gets number 0
 */
export function buildIndex(entries: Iterable<IndexedEntry>): StoredIndex {
  return new IndexBuilder(entries).build()
}

class IndexBuilder {
  readonly #entries: Iterable<IndexedEntry>
  /**
   * The number of each word, by its spelling and folded form. Words are numbered in the order in which they first
   * occur.
   */
  readonly #found = new Map<string, number>()
  readonly #spelled: string[] = []
  readonly #folded: string[] = []
  readonly #forward = new GrowingUint32()
  readonly #forwardStarts = new GrowingUint32()
  readonly #entryOf = new GrowingUint32()
  readonly #scores: number[] = []
  readonly #setOf = new GrowingUint32()
  readonly #sets = new Map<string, number>()
  /**
   * The number of the set for each array of contexts. This is a cache, because most entries share the same few arrays.
   */
  readonly #setOfArray = new Map<readonly string[], number>()
  /** The concatenated words of each name. */
  readonly #concatenations: string[] = []
  readonly #initials: { initials: string; name: number; position: number }[] = []
  /** For each word of a run, the part of the run from this word on, the name, and the position of the word. */
  readonly #runs: string[] = []
  readonly #runNames = new GrowingUint32()
  readonly #runPositions = new GrowingUint32()
  /** The first entry with each spelling. Later entries are in `#sameSpelling`. */
  readonly #firstOf = new Map<string, number>()
  readonly #sameSpelling: [entry: number, first: number][] = []
  #pinnedCount = 0
  #hasContexts = false

  constructor(entries: Iterable<IndexedEntry>) {
    this.#entries = entries
  }

  build(): StoredIndex {
    for (const entry of this.#entries) this.#add(entry)
    this.#forwardStarts.push(this.#forward.length)
    const entryCount = this.#scores.length
    const nameCount = this.#entryOf.length
    const order = this.#sortWords()
    const words = Array.from(order, (found) => this.#folded[found] as string)
    const spelledIds = Uint32Array.from(order.keys()).filter((word) => {
      const found = order[word] as number
      return this.#spelled[found] !== this.#folded[found]
    })
    this.#sameSpelling.sort(([a], [b]) => a - b)
    return {
      entryCount,
      nameCount,
      pinnedCount: this.#pinnedCount,
      words,
      spelledIds,
      spelledTexts: Array.from(spelledIds, (word) => this.#spelled[order[word] as number] as string),
      forwardStarts: this.#forwardStarts.done(),
      forward: this.#renumbered(order),
      lexicographic: sortedOrder(this.#concatenations),
      scores: Float64Array.from(this.#scores),
      entryOf: nameCount > entryCount ? this.#entryOf.done() : undefined,
      sameSpelling: Uint32Array.from(this.#sameSpelling, ([entry]) => entry),
      firstSpelled: Uint32Array.from(this.#sameSpelling, ([, first]) => first),
      ...this.#contextArrays(),
      ...this.#initialArrays(),
      ...this.#runArrays(),
    }
  }

  #add({ names, score, isPinned, contexts }: IndexedEntry): void {
    const entry = this.#scores.push(score) - 1
    if (isPinned) this.#pinnedCount += 1
    for (const name of names) this.#addName(name, entry)
    this.#addSpelling(names[0] as string, entry)
    this.#hasContexts ||= contexts.length > 0
    let set = this.#setOfArray.get(contexts)
    if (set === undefined) {
      set = this.#setNumber([...contexts].sort().join('\n'))
      this.#setOfArray.set(contexts, set)
    }
    this.#setOf.push(set)
  }

  #setNumber(key: string): number {
    const set = this.#sets.get(key) ?? this.#sets.size
    this.#sets.set(key, set)
    return set
  }

  #addSpelling(spelled: string, entry: number): void {
    const first = this.#firstOf.get(spelled)
    if (first === undefined) {
      this.#firstOf.set(spelled, entry)
      return
    }
    this.#sameSpelling.push([entry, first])
  }

  #addName(name: string, entry: number): void {
    const number = this.#entryOf.length
    this.#entryOf.push(entry)
    this.#forwardStarts.push(this.#forward.length)
    const { words, joined } = wordsOf(name)
    let concatenation = ''
    for (const { spelled, folded, gap, isDecimals } of words) {
      const kind = isDecimals ? DECIMALS : gap === 'space' ? SPACED : 0
      this.#forward.push(unitOf(this.#wordNumber(spelled, folded), kind))
      concatenation += folded
    }
    for (const { folded } of joined) this.#forward.push(unitOf(this.#wordNumber(folded, folded), JOINED))
    this.#concatenations.push(concatenation)
    this.#addRuns(words, number)
    if (!hasHangul(concatenation)) return
    let start = 0
    for (const [position, { folded }] of words.slice(0, MAX_POSITION).entries()) {
      this.#initials.push({ initials: initials(concatenation.slice(start)), name: number, position })
      start += folded.length
    }
  }

  #addRuns(words: readonly Word[], name: number): void {
    const isRun = words.map(({ folded }) => isRunWord(folded))
    for (let position = isRun.indexOf(true); position >= 0; position = isRun.indexOf(true, position)) {
      const end = isRun.indexOf(false, position)
      const own = words.slice(position, end < 0 ? words.length : end)
      const run = own.map(({ folded }) => folded).join('')
      let start = 0
      for (const { folded } of own) {
        if (position < MAX_POSITION) {
          this.#runs.push(run.slice(start))
          this.#runNames.push(name)
          this.#runPositions.push(position)
        }
        start += folded.length
        position += 1
      }
    }
  }

  #wordNumber(spelled: string, folded: string): number {
    // The spelling is not enough as a key: a joined word is not folded again, so it may be spelled like a word that has
    // a different folded form.
    const key = spelled === folded ? spelled : `${spelled}\n${folded}`
    let found = this.#found.get(key)
    if (found === undefined) {
      found = this.#spelled.length
      this.#found.set(key, found)
      this.#spelled.push(spelled)
      this.#folded.push(folded)
    }
    return found
  }

  /** Returns the words in the order of their final numbers. */
  #sortWords(): Uint32Array {
    const order = Uint32Array.from(this.#spelled, (_, found) => found)
    const [folded, spelled] = [this.#folded, this.#spelled]
    return order.sort(
      (a, b) =>
        compareCodeUnits(folded[a] as string, folded[b] as string) ||
        compareCodeUnits(spelled[a] as string, spelled[b] as string),
    )
  }

  #renumbered(order: Uint32Array): Uint32Array {
    const numbers = new Uint32Array(order.length)
    for (const [number, found] of order.entries()) numbers[found] = number
    return this.#forward.done().map((unit) => unitOf(numbers[unit >>> 2] as number, unit & KIND))
  }

  #contextArrays(): Pick<StoredIndex, 'contexts' | 'setStarts' | 'setContexts' | 'setOf'> {
    const empty = new Uint32Array(0)
    if (!this.#hasContexts) return { contexts: [], setStarts: empty, setContexts: empty, setOf: empty }
    const sets = [...this.#sets.keys()].map((key) => (key === '' ? [] : key.split('\n')))
    const contexts = [...new Set(sets.flat())].sort()
    const numbers = new Map(contexts.map((context, number) => [context, number]))
    const setStarts = new Uint32Array(sets.length + 1)
    const setContexts = new GrowingUint32()
    for (const [set, members] of sets.entries()) {
      for (const context of members) setContexts.push(numbers.get(context) as number)
      setStarts[set + 1] = setContexts.length
    }
    return { contexts, setStarts, setContexts: setContexts.done(), setOf: this.#setOf.done() }
  }

  #runArrays(): Pick<StoredIndex, 'runNames' | 'runPositions'> {
    const order = sortedOrder(this.#runs)
    const [names, positions] = [this.#runNames.done(), this.#runPositions.done()]
    return {
      runNames: order.map((run) => names[run] as number),
      runPositions: Uint8Array.from(order, (run) => positions[run] as number),
    }
  }

  #initialArrays(): Pick<StoredIndex, 'initialNames' | 'initialPositions'> {
    this.#initials.sort(
      (a, b) => compareCodeUnits(a.initials, b.initials) || a.name - b.name || a.position - b.position,
    )
    return {
      initialNames: Uint32Array.from(this.#initials, ({ name }) => name),
      initialPositions: Uint8Array.from(this.#initials, ({ position }) => position),
    }
  }
}

/** A growable Uint32Array. */
class GrowingUint32 {
  #values = new Uint32Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(2 * this.length)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.length++] = value
  }

  done(): Uint32Array {
    return this.#values.slice(0, this.length)
  }
}
