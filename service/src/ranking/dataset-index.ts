import {
  blockKey,
  blocksOfPrefix,
  type DatasetMeta,
  decodeLine,
  FORMAT,
  hasTopList,
  insertRanked,
  type KeyedEntry,
  topKey,
} from '../dataset/layout.ts'

/** Says which Redis keys answer a prefix, and finds the answer in their values. One per dataset version. */
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

  /** The Redis keys whose values answer the prefix: none, a few blocks, or one ready list. */
  keysFor(prefix: string): string[] {
    const blocks = blocksOfPrefix(this.#firstKeys, prefix)
    if (hasTopList(blocks)) return [topKey(this.version, prefix)]
    const keys: string[] = []
    for (let block = blocks.first; block < blocks.end; block++) keys.push(blockKey(this.version, block))
    return keys
  }
}

/**
 * The best entries with the prefix, best first, from the values of {@link DatasetIndex.keysFor}.
 * @param values blocks (sorted by key) or one ready list (sorted by rank)
 */
export function rank(values: readonly string[], prefix: string, limit: number): KeyedEntry[] {
  const best: KeyedEntry[] = []
  for (const lines of values) {
    // Lines begin with their key and keys with one prefix stand together, so only those are taken apart.
    let start = lines.startsWith(prefix) ? 0 : lines.indexOf(`\n${prefix}`) + 1
    if (start === 0 && !lines.startsWith(prefix)) continue
    while (start < lines.length && lines.startsWith(prefix, start)) {
      const newline = lines.indexOf('\n', start)
      const end = newline < 0 ? lines.length : newline
      insertRanked(best, decodeLine(lines.slice(start, end)), limit)
      start = end + 1
    }
  }
  return best
}
