import { digraphForm } from '../text/digraphs.ts'
import { hasHangul, hasVowelLetter, keystrokes } from '../text/hangul.ts'
import { bitsLength, setBit } from './bits.ts'
import { GramTable, type GramTableArrays, gramTableOf } from './gram-table.ts'
import { fillMinima, minimaLength } from './range-minimum.ts'
import type { StoredIndex } from './stored-index.ts'
import { type Range, StringTable, type StringTableArrays, tableOf } from './string-table.ts'

type Uint32 = Uint32Array<SharedArrayBuffer>

/** The index that all threads of a process share: typed arrays over shared memory, sent to threads without copying. */
export interface IndexArrays {
  pinnedCount: number
  words: StringTableArrays
  spelledIds: Uint32
  spellings: StringTableArrays
  forwardStarts: Uint32
  forward: Uint32
  lexicographic: Uint32
  lexicographicMinima: Uint32
  scores: Uint32 | Float64Array<SharedArrayBuffer>
  /** The entry of each name, and the first name of each entry. Both are empty if every entry has one name. */
  entryOf: Uint32
  firstNames: Uint32
  sameSpelling: Uint32
  firstSpelled: Uint32
  contexts: StringTableArrays
  setStarts: Uint32
  setContexts: Uint32
  setOf: Uint16Array<SharedArrayBuffer> | Uint32
  initialNames: Uint32
  initialPositions: Uint8Array<SharedArrayBuffer>
  initialMinima: Uint32
  runNames: Uint32
  runPositions: Uint8Array<SharedArrayBuffer>
  runMinima: Uint32
  /** One bit per word, set if the word can be part of a run. Empty if no word can. */
  runWords: Uint32
  /**
   * For each word, the names that contain it, in ascending order, as delta-encoded varints. `postingStarts` has
   * the byte offset of each word's postings, and `postingCounts` the number of postings before them.
   */
  postings: Uint8Array<SharedArrayBuffer>
  postingStarts: Uint32
  postingCounts: Uint32
  /** For each set of contexts, its entries in ascending order. */
  setEntries: Uint32
  setEntryStarts: Uint32
  /** For each context, the sets that contain it, in ascending order. */
  contextSets: Uint32
  contextSetStarts: Uint32
  /** The words with Hangul, sorted by their keystrokes. */
  strokes: StringTableArrays
  strokeWords: Uint32
  /** The digraph forms of words, sorted, and the numbers of the words. See `digraphForm`. */
  digraphs: StringTableArrays
  digraphWords: Uint32
  digraphGrams: GramTableArrays
  grams: GramTableArrays
  /** Whether any word has a Hangul vowel that is not part of a syllable. */
  hasLoneVowels: boolean
  /** The words of the names with low numbers. Undefined if most words occur in these names. */
  common: CommonWords | undefined
}

/** The words of the names whose numbers are below `end`, in separate tables, which take less time to search. */
export interface CommonWords {
  end: number
  words: StringTableArrays
  /** The number of each word in the whole index. */
  numbers: Uint32
  /** The words with Hangul, sorted by their keystrokes, and their numbers. */
  strokes: StringTableArrays
  strokeNumbers: Uint32
}

/**
 * An index that is ready for searching.
 *
 * Memory per name of n words: 4 n bytes for the forward index, n to 3 n bytes for postings, up to 8 bytes for the set
 * of contexts, and about 20 bytes for other arrays. Each word of a name with Hangul, and each word in kana, Thai, Lao,
 * Khmer, or Myanmar script, takes another 5 bytes. The tables of words take additional memory.
 */
export class SearchIndex {
  readonly arrays: IndexArrays
  readonly words: StringTable
  readonly spellings: StringTable
  readonly contexts: StringTable
  readonly strokes: StringTable
  readonly digraphs: StringTable
  readonly grams: GramTable
  /** Finds positions in {@link digraphs}. */
  readonly digraphGrams: GramTable
  readonly nameCount: number
  readonly entryCount: number

  constructor(arrays: IndexArrays) {
    this.arrays = arrays
    this.words = new StringTable(arrays.words)
    this.spellings = new StringTable(arrays.spellings)
    this.contexts = new StringTable(arrays.contexts)
    this.strokes = new StringTable(arrays.strokes)
    this.digraphs = new StringTable(arrays.digraphs)
    this.grams = new GramTable(arrays.grams, this.words)
    this.digraphGrams = new GramTable(arrays.digraphGrams, this.digraphs)
    this.nameCount = arrays.forwardStarts.length - 1
    this.entryCount = arrays.scores.length
  }

  entryOf(name: number): number {
    const { entryOf } = this.arrays
    return entryOf.length === 0 ? name : (entryOf[name] as number)
  }

  /** Returns the first name of an entry, which is its text. Its aliases follow. */
  firstName(entry: number): number {
    const { firstNames } = this.arrays
    return firstNames.length === 0 ? entry : (firstNames[entry] as number)
  }

  /** Returns the number of the first entry with the same spelling. */
  firstSpelled(entry: number): number {
    const { sameSpelling, firstSpelled } = this.arrays
    const at = positionOf(sameSpelling, entry)
    return at < 0 ? entry : (firstSpelled[at] as number)
  }

  spellingOf(word: number): string {
    const at = positionOf(this.arrays.spelledIds, word)
    return at < 0 ? this.words.get(word) : this.spellings.get(at)
  }

  /** Of the words in a range, returns those whose spelling differs from their folded form, in ascending order. */
  respelledIn({ from, to }: Range): { word: number; spelling: string }[] {
    const { spelledIds } = this.arrays
    const words: { word: number; spelling: string }[] = []
    for (let at = firstAtLeast(spelledIds, from); at < spelledIds.length; at++) {
      const word = spelledIds[at] as number
      if (word >= to) break
      words.push({ word, spelling: this.spellings.get(at) })
    }
    return words
  }

  /**
   * Returns the first name of the first entry whose score times `factor` is below `limit`. Searches either the pinned
   * entries or all others, because scores descend only within each of these groups. Returns the end of the names of the
   * group if it has no such entry.
   */
  endOfScores(isPinned: boolean, limit: number, factor = 1): number {
    const { pinnedCount, scores } = this.arrays
    let low = isPinned ? 0 : pinnedCount
    let high = isPinned ? pinnedCount : this.entryCount
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((scores[middle] as number) * factor < limit) high = middle
      else low = middle + 1
    }
    return low === this.entryCount ? this.nameCount : this.firstName(low)
  }

  firstNameWith(word: number): number {
    return firstNameWith(this.arrays, word)
  }

  /** Returns the total number of postings of the words from `from` up to, but not including, `to`. */
  postingCount(from: number, to: number): number {
    const { postingCounts } = this.arrays
    return (postingCounts[to] as number) - (postingCounts[from] as number)
  }

  /** The size of the index in shared memory, in bytes. */
  get bytes(): number {
    return bytesOf(this.arrays)
  }
}

/** Returns the position of a value in an ascending array, or -1 if the array does not contain it. */
function positionOf(ascending: Uint32Array, value: number): number {
  const at = firstAtLeast(ascending, value)
  return ascending[at] === value ? at : -1
}

/** Returns the position of the first value of an ascending array that is at least `value`. */
function firstAtLeast(ascending: Uint32Array, value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}

function bytesOf(part: object): number {
  return Object.values(part).reduce(
    (sum: number, value: unknown) =>
      ArrayBuffer.isView(value)
        ? sum + value.byteLength
        : typeof value === 'object'
          ? sum + bytesOf(value as object)
          : sum,
    0,
  )
}

const sharedUint32 = (length: number): Uint32 => new Uint32Array(new SharedArrayBuffer(4 * length))
const sharedUint8 = (length: number) => new Uint8Array(new SharedArrayBuffer(length))

function shared(values: Uint32Array): Uint32 {
  const copy = sharedUint32(values.length)
  copy.set(values)
  return copy
}

/**
 * Prepares a stored index for searching: copies it to shared memory and derives the other arrays.
 * @param meanScore the words of pinned entries, and of entries with at least this score, are the common words
 */
export function toIndexArrays(stored: StoredIndex, meanScore = 0): IndexArrays {
  const words = tableOf(stored.words)
  const postings = postingsOf(stored)
  const { entryOf, scores } = stored
  const lexicographic = shared(stored.lexicographic)
  const lexicographicMinima = sharedUint32(minimaLength(lexicographic.length))
  fillMinima(lexicographic, lexicographicMinima)
  const initials = positionArraysOf(stored.initialNames, stored.initialPositions)
  const runs = positionArraysOf(stored.runNames, stored.runPositions)
  const arrays: IndexArrays = {
    pinnedCount: stored.pinnedCount,
    words,
    spelledIds: shared(stored.spelledIds),
    spellings: tableOf(stored.spelledTexts),
    forwardStarts: shared(stored.forwardStarts),
    forward: shared(stored.forward),
    lexicographic,
    lexicographicMinima,
    scores: scoresOf(scores),
    entryOf: entryOf ? shared(entryOf) : sharedUint32(0),
    firstNames: entryOf ? firstNamesOf(entryOf, stored.entryCount) : sharedUint32(0),
    sameSpelling: shared(stored.sameSpelling),
    firstSpelled: shared(stored.firstSpelled),
    contexts: tableOf(stored.contexts),
    setStarts: shared(stored.setStarts),
    setContexts: shared(stored.setContexts),
    ...contextArraysOf(stored),
    initialNames: initials.names,
    initialPositions: initials.positions,
    initialMinima: initials.minima,
    runNames: runs.names,
    runPositions: runs.positions,
    runMinima: runs.minima,
    runWords: runWordsOf(stored),
    ...postings,
    ...strokesOf(stored.words),
    ...digraphsOf(stored),
    grams: gramTableOf(new StringTable(words), wordsByFirstName(postings)),
    hasLoneVowels: stored.words.some(hasVowelLetter),
    common: undefined,
  }
  const index = new SearchIndex(arrays)
  return { ...arrays, common: commonWordsOf(index, stored.words, index.endOfScores(false, meanScore)) }
}

function positionArraysOf(storedNames: Uint32Array, storedPositions: Uint8Array) {
  const names = shared(storedNames)
  const minima = sharedUint32(minimaLength(names.length))
  fillMinima(names, minima)
  const positions = sharedUint8(storedPositions.length)
  positions.set(storedPositions)
  return { names, positions, minima }
}

function runWordsOf({ runNames, runPositions, forward, forwardStarts, words }: StoredIndex): Uint32 {
  const bits = sharedUint32(runNames.length > 0 ? bitsLength(words.length) : 0)
  for (let run = 0; run < runNames.length; run++) {
    const at = (forwardStarts[runNames[run] as number] as number) + (runPositions[run] as number)
    setBit(bits, (forward[at] as number) >>> 2)
  }
  return bits
}

function commonWordsOf(index: SearchIndex, words: readonly string[], end: number): CommonWords | undefined {
  const isCommon = (word: number) => index.firstNameWith(word) < end
  const numbers: number[] = []
  for (let word = 0; word < words.length; word++) if (isCommon(word)) numbers.push(word)
  if (2 * numbers.length > words.length) return undefined
  const { strokeWords } = index.arrays
  const places: number[] = []
  for (let place = 0; place < strokeWords.length; place++) {
    if (isCommon(strokeWords[place] as number)) places.push(place)
  }
  return {
    end,
    words: tableOf(numbers.map((word) => words[word] as string)),
    numbers: shared(Uint32Array.from(numbers)),
    strokes: tableOf(places.map((place) => index.strokes.get(place))),
    strokeNumbers: shared(Uint32Array.from(places, (place) => strokeWords[place] as number)),
  }
}

/** Stores scores in 4 bytes each if all are integers below 2^32, and in 8 bytes otherwise. */
function scoresOf(scores: Float64Array): IndexArrays['scores'] {
  const isSmall = scores.every((score) => Number.isInteger(score) && score < 2 ** 32)
  const array = isSmall ? sharedUint32(scores.length) : new Float64Array(new SharedArrayBuffer(8 * scores.length))
  array.set(scores)
  return array
}

function firstNamesOf(entryOf: Uint32Array, entryCount: number): Uint32 {
  const firstNames = sharedUint32(entryCount)
  for (let name = entryOf.length - 1; name >= 0; name--) firstNames[entryOf[name] as number] = name
  return firstNames
}

function postingsOf({ forward, forwardStarts, words }: StoredIndex) {
  const nameCount = forwardStarts.length - 1
  const lastName = new Int32Array(words.length).fill(-1)
  const counts = sharedUint32(words.length + 1)
  const starts = sharedUint32(words.length + 1)
  /** Visits each distinct word of each name, with the distance to the previous name that contains the word. */
  const forEach = (visit: (word: number, difference: number) => void) => {
    lastName.fill(-1)
    for (let name = 0; name < nameCount; name++) {
      const end = forwardStarts[name + 1] as number
      for (let at = forwardStarts[name] as number; at < end; at++) {
        const word = (forward[at] as number) >>> 2
        const last = lastName[word] as number
        if (last === name) continue
        lastName[word] = name
        visit(word, name - last)
      }
    }
  }
  forEach((word, difference) => {
    counts[word + 1] = (counts[word + 1] as number) + 1
    starts[word + 1] = (starts[word + 1] as number) + lengthOf(difference)
  })
  for (let word = 0; word < words.length; word++) {
    counts[word + 1] = (counts[word + 1] as number) + (counts[word] as number)
    starts[word + 1] = (starts[word + 1] as number) + (starts[word] as number)
  }
  const postings = sharedUint8(starts[words.length] as number)
  const next = Uint32Array.from(starts)
  forEach((word, difference) => {
    let at = next[word] as number
    let rest = difference
    while (rest >= 0x80) {
      postings[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    postings[at++] = rest
    next[word] = at
  })
  return { postings, postingStarts: starts, postingCounts: counts }
}

/**
 * Returns the numbers of all words, sorted by the first name that contains each. Words of the best entries come first.
 */
function wordsByFirstName(postings: Postings): Uint32Array {
  const count = postings.postingCounts.length - 1
  const firstNames = Float64Array.from({ length: count }, (_, word) => firstNameWith(postings, word) * count + word)
  return Uint32Array.from(firstNames.sort(), (value) => value % count)
}

type Postings = Pick<IndexArrays, 'postings' | 'postingStarts' | 'postingCounts'>

function firstNameWith({ postings, postingStarts }: Postings, word: number): number {
  let at = postingStarts[word] as number
  if (at === postingStarts[word + 1]) return NO_NAME
  let byte = postings[at++] as number
  let difference = byte & 0x7f
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = postings[at++] as number
    difference |= (byte & 0x7f) << shift
  }
  return difference - 1
}

const NO_NAME = 2 ** 31

const lengthOf = (value: number) =>
  value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5

function contextArraysOf({ setOf, setStarts, setContexts, contexts }: StoredIndex) {
  const sets = Math.max(0, setStarts.length - 1)
  const sharedSets =
    sets < 1 << 16 ? new Uint16Array(new SharedArrayBuffer(2 * setOf.length)) : sharedUint32(setOf.length)
  sharedSets.set(setOf)
  const ofSets = groupsOf(sets, setOf.length, (visit) => {
    for (let entry = 0; entry < setOf.length; entry++) visit(setOf[entry] as number, entry)
  })
  const ofContexts = groupsOf(contexts.length, setContexts.length, (visit) => {
    for (let set = 0; set < sets; set++) {
      for (let at = setStarts[set] as number; at < (setStarts[set + 1] as number); at++) {
        visit(setContexts[at] as number, set)
      }
    }
  })
  return {
    setOf: sharedSets,
    setEntries: ofSets.members,
    setEntryStarts: ofSets.starts,
    contextSets: ofContexts.members,
    contextSetStarts: ofContexts.starts,
  }
}

/** Groups members, keeping the order in which they are visited. */
function groupsOf(groups: number, count: number, forEach: (visit: (group: number, member: number) => void) => void) {
  const starts = sharedUint32(groups + 1)
  forEach((group) => {
    starts[group + 1] = (starts[group + 1] as number) + 1
  })
  for (let group = 0; group < groups; group++) {
    starts[group + 1] = (starts[group + 1] as number) + (starts[group] as number)
  }
  const next = Uint32Array.from(starts)
  const members = sharedUint32(count)
  forEach((group, member) => {
    members[next[group] as number] = member
    next[group] = (next[group] as number) + 1
  })
  return { members, starts }
}

function strokesOf(words: readonly string[]) {
  const forms: WordForm[] = []
  for (const [word, text] of words.entries()) if (hasHangul(text)) forms.push({ form: keystrokes(text), word })
  const { table, numbers } = formTableOf(forms)
  return { strokes: table, strokeWords: numbers }
}

function digraphsOf({ spelledIds, spelledTexts }: StoredIndex) {
  const forms: WordForm[] = []
  for (const [at, spelled] of spelledTexts.entries()) {
    const form = digraphForm(spelled)
    if (form !== undefined) forms.push({ form, word: spelledIds[at] as number })
  }
  const { table, numbers } = formTableOf(forms)
  const grams = gramTableOf(new StringTable(table), Uint32Array.from(numbers.keys()))
  return { digraphs: table, digraphWords: numbers, digraphGrams: grams }
}

/** Another form of a word, and the number of the word. */
interface WordForm {
  form: string
  word: number
}

function formTableOf(forms: WordForm[]) {
  forms.sort((a, b) => (a.form < b.form ? -1 : a.form > b.form ? 1 : a.word - b.word))
  return {
    table: tableOf(forms.map(({ form }) => form)),
    numbers: shared(Uint32Array.from(forms, ({ word }) => word)),
  }
}
