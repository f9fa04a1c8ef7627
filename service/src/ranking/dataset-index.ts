import { withoutForm } from '../dataset/alternate-keys.ts'
import { blockKey, blocksOfPrefix, type DatasetMeta, FORMAT, hasTopList, topKey } from '../dataset/layout.ts'
import { PrefixTrie } from '../dataset/prefix-trie.ts'

/** Blocks that are read at most where candidates still have to be sorted out: a ready list may hold none that fits. */
const MAX_BLOCKS_TO_SORT_OUT = 8

/**
 * An entry is rare whose weight is so many times below the mean. Of queries by Zipf's law that are typed right 3 % find nothing else
 * (and 15 % nothing above the mean), of those with a wrong letter that find anything at all half do.
 */
const RARE = 10

/** Says which Redis keys answer a prefix. One per dataset version. */
export class DatasetIndex {
  readonly version: string
  /** Whether an entry may have two lines that begin alike. */
  readonly hasAliases: boolean
  /** The mean weight of all entries. */
  readonly meanWeight: number
  /** The beginnings of all keys. */
  readonly trie: PrefixTrie
  readonly #firstKeys: readonly string[]

  /**
   * @param meta the value of `autocomplete:<version>:meta`
   * @param index the value of `autocomplete:<version>:index`
   * @param trie the value of `autocomplete:<version>:trie`
   * @throws {Error} when they are not what the builder of this format writes
   */
  constructor(meta: string, index: string, trie: Buffer) {
    const { format, version, blocks, hasAliases, meanWeight } = JSON.parse(meta) as DatasetMeta
    if (format !== FORMAT) throw new Error(`the dataset has format ${format}, this service reads ${FORMAT}`)
    this.version = version
    this.hasAliases = hasAliases
    this.meanWeight = meanWeight
    this.#firstKeys = index.split('\n')
    if (this.#firstKeys.length !== blocks) {
      throw new Error(`the dataset's index holds ${this.#firstKeys.length} blocks, its meta says ${blocks}`)
    }
    this.trie = new PrefixTrie(trie)
  }

  /** How many blocks can hold keys with the prefix. */
  blockCount(prefix: string): number {
    const { first, end } = blocksOfPrefix(this.#firstKeys, prefix)
    return end - first
  }

  /** Whether few want an entry of this rank, so that whoever finds nothing better may have made a mistake. */
  isRare(rank: number): boolean {
    return rank * RARE < this.meanWeight
  }

  /** So many keys of entries, evenly from all over the dataset; fewer of a small one. */
  sampleKeys(count: number): string[] {
    const step = Math.max(1, Math.ceil(this.#firstKeys.length / count))
    return this.#firstKeys.filter((_, block) => block % step === 0).map(withoutForm)
  }

  /**
   * Where the answer to a prefix lies; with none the best of all.
   * @param toSortOut whether not all candidates will do
   */
  locate(prefix: string, toSortOut = false): Location {
    if (prefix === '') return { keys: [topKey(this.version, '')], isRanked: true }
    const blocks = blocksOfPrefix(this.#firstKeys, prefix)
    const isWanted = !toSortOut || blocks.end - blocks.first > MAX_BLOCKS_TO_SORT_OUT
    if (hasTopList(blocks) && isWanted) return { keys: [topKey(this.version, prefix)], isRanked: true }
    const keys: string[] = []
    for (let block = blocks.first; block < blocks.end; block++) keys.push(blockKey(this.version, block))
    return { keys, isRanked: false }
  }
}

/** The Redis keys whose values answer a prefix: none, a few blocks, or one ready list. */
export interface Location {
  keys: string[]
  /** Whether it is a ready list, whose lines are sorted by rank; the lines of blocks are sorted by key. */
  isRanked: boolean
}
