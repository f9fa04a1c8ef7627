/**
 * The keys of a dataset in Redis:
 *
 *     autocomplete:current           the version in use
 *     autocomplete:<version>:meta    description of the dataset; see index/dataset-meta.ts
 *     autocomplete:<version>:index:N part N of the index; see index/index-parts.ts
 *     autocomplete:<version>:texts:N block N of the entries' texts and details; see index/text-blocks.ts
 */
export const CURRENT_KEY = 'autocomplete:current'
export const metaKey = (version: string) => `autocomplete:${version}:meta`
export const indexKey = (version: string, part: number) => `autocomplete:${version}:index:${part}`
export const textsKey = (version: string, block: number) => `autocomplete:${version}:texts:${block}`
