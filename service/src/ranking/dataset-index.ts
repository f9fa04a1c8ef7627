import { withoutForm } from '../dataset/alternate-keys.ts'
import {
  type BlockRange,
  blockKey,
  blocksOfKey,
  blocksOfPrefix,
  type DatasetMeta,
  decodeLines,
  FORMAT,
  hasTopList,
  isAskable,
  MAX_PREFIX_LENGTH,
  topKey,
} from '../dataset/layout.ts'
import { PrefixTrie } from '../dataset/prefix-trie.ts'

/** Blocks that are read at first where candidates still have to be sorted out: a ready list may hold none that fits. */
const MAX_BLOCKS_TO_SORT_OUT = 8
/** Blocks that are read of one prefix at most, and of one query where its ready lists held too few that fit: 4,096 lines. */
export const MAX_BLOCKS = 64

/**
 * An entry is rare whose weight is so many times below the mean. Of queries by Zipf's law that are typed right 3 % find nothing else
 * (and 15 % nothing above the mean), of those with a wrong letter that find anything at all half do.
 */
const RARE = 10

const VERSION = /^\w{1,64}$/

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
  constructor(meta: string, index: Buffer, trie: Buffer) {
    const { format, version, blocks, hasAliases, meanWeight } = JSON.parse(meta) as DatasetMeta
    if (format !== FORMAT) throw new Error(`the dataset has format ${format}, this service reads ${FORMAT}`)
    // It stands in headers and in JSON as it is.
    if (!VERSION.test(version ?? '')) throw new Error('the dataset has no version of 1 to 64 letters and digits')
    this.version = version
    this.hasAliases = hasAliases
    this.meanWeight = meanWeight
    const firstKeys = decodeLines(index, 'utf8')
    if (firstKeys === undefined) throw new Error("the dataset's index is cut off")
    this.#firstKeys = firstKeys.split('\n')
    if (this.#firstKeys.length !== blocks) {
      throw new Error(`the dataset's index holds ${this.#firstKeys.length} blocks, its meta says ${blocks}`)
    }
    const isSorted = this.#firstKeys.every((key, at) => at === 0 || (this.#firstKeys[at - 1] as string) <= key)
    if (!isSorted) throw new Error("the dataset's index is not in order")
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

  /** Where the answer to a prefix lies; with none the best of all. */
  locate(prefix: string, { toSortOut, isWhole, maxBlocks }: ReadOptions = {}): Location {
    if (prefix === '') return { keys: [topKey(this.version, '')], starts: [''], isRanked: true }
    const blocks = isWhole ? blocksOfKey(this.#firstKeys, prefix) : blocksOfPrefix(this.#firstKeys, prefix)
    const count = blocks.end - blocks.first
    const hasList = hasTopList(blocks) && (prefix.length <= MAX_PREFIX_LENGTH || isAskable(prefix))
    if (hasList && maxBlocks === undefined && !(toSortOut && count <= MAX_BLOCKS_TO_SORT_OUT)) {
      return { keys: [topKey(this.version, prefix)], starts: [prefix], isRanked: true }
    }
    const most = maxBlocks ?? MAX_BLOCKS
    const parts = count <= most ? someOf(blocks, count) : this.#partsOf(isWhole ? undefined : prefix, blocks, most)
    const keys = parts.map((part) =>
      typeof part === 'string' ? topKey(this.version, part) : blockKey(this.version, part),
    )
    const starts = parts.map((part) => (typeof part === 'string' ? part : (this.#firstKeys[part] as string)))
    return { keys, starts, isRanked: false }
  }

  /**
   * What stands for a prefix that spans too many blocks to read them all: the ready lists of longer beginnings and the blocks where
   * they meet, so that the best of each are there; or some blocks from all over, where there are too many beginnings or none is wanted.
   */
  #partsOf(prefix: string | undefined, blocks: BlockRange, most: number): Part[] {
    let parts: Part[] = []
    let longer: Part[] = prefix === undefined ? [] : this.#longerBeginnings(prefix, most)
    while (longer.length > 0 && longer.length <= most) {
      parts = longer
      // In the end there are no more beginnings to lengthen, and of blocks there are too many.
      const all = parts.flatMap((part) => (typeof part === 'string' ? this.#longerBeginnings(part, most) : [part]))
      longer = [...new Set(all)]
    }
    return parts.length > 0 ? parts : someOf(blocks, most)
  }

  /** The ready lists of the beginnings that are longer by one, and the blocks that hold all else; not all when they are too many. */
  #longerBeginnings(prefix: string, most: number): Part[] {
    const parts: Part[] = []
    const { first, end } = blocksOfPrefix(this.#firstKeys, prefix)
    for (let block = first; block < end && parts.length <= most; block++) {
      const key = this.#firstKeys[block] as string
      const longer = key.slice(0, prefix.length + 1)
      const blocks = blocksOfPrefix(this.#firstKeys, longer)
      if (key.startsWith(prefix) && key.length > prefix.length && hasTopList(blocks) && isAskable(longer)) {
        parts.push(longer)
        // The last one may hold others too.
        block = blocks.end - 1
      }
      parts.push(block)
    }
    return parts
  }
}

/** A beginning, whose ready list is meant, or a block. */
type Part = string | number

/** So many blocks, evenly from all over. */
function someOf({ first, end }: BlockRange, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + Math.floor((at * (end - first)) / count))
}

/** How a prefix is read. */
export interface ReadOptions {
  /** Whether not all candidates will do, so that blocks are better than a ready list. */
  toSortOut?: boolean
  /** Whether only what ends where the prefix does is wanted. */
  isWhole?: boolean
  /** As many as so many blocks, however many there are, and not the ready list. */
  maxBlocks?: number | undefined
}

/** The Redis keys whose values answer a prefix: none, a few blocks, or one ready list. */
export interface Location {
  keys: string[]
  /** What the value of each begins with. */
  starts: string[]
  /** Whether it is a ready list, whose lines are sorted by rank; the lines of blocks are sorted by key. */
  isRanked: boolean
}
