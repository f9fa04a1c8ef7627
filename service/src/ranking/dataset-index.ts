import { blockKey, blocksOfPrefix, type DatasetMeta, FORMAT, hasTopList, topKey } from '../dataset/layout.ts'

/** Says which Redis keys answer a prefix. One per dataset version. */
export class DatasetIndex {
  readonly version: string
  readonly #firstKeys: readonly string[]

  /**
   * @param meta the value of `autocomplete:<version>:meta`
   * @param index the value of `autocomplete:<version>:index`
   * @throws {Error} when they are not what the builder of this format writes
   */
  constructor(meta: string, index: string) {
    const { format, version, blocks } = JSON.parse(meta) as DatasetMeta
    if (format !== FORMAT) throw new Error(`the dataset has format ${format}, this service reads ${FORMAT}`)
    this.version = version
    this.#firstKeys = index.split('\n')
    if (this.#firstKeys.length !== blocks) {
      throw new Error(`the dataset's index holds ${this.#firstKeys.length} blocks, its meta says ${blocks}`)
    }
  }

  /** So many keys of entries, evenly from all over the dataset; fewer of a small one. */
  sampleKeys(count: number): string[] {
    const step = Math.max(1, Math.ceil(this.#firstKeys.length / count))
    return this.#firstKeys.filter((_, block) => block % step === 0)
  }

  /** Where the answer to a prefix lies. */
  locate(prefix: string): Location {
    const blocks = blocksOfPrefix(this.#firstKeys, prefix)
    if (hasTopList(blocks)) return { keys: [topKey(this.version, prefix)], isRanked: true }
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
