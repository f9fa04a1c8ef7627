import type { SearchIndex } from '../index/search-index.ts'
import { SPACED } from '../index/stored-index.ts'
import { NameReader } from './name-reader.ts'

/** So many names of an index in their folded form, evenly from the best to the last; fewer of a small one. */
export function sampleNames(index: SearchIndex, count: number): string[] {
  const reader = new NameReader(index)
  const step = Math.max(1, Math.ceil(index.nameCount / count))
  const names: string[] = []
  for (let name = 0; name < index.nameCount; name += step) {
    let text = ''
    for (let at = reader.start(name); at < reader.endOfWords(name); at++) {
      const isSpaced = ((index.arrays.forward[at] as number) & SPACED) !== 0
      text += (isSpaced ? ' ' : '') + index.words.get(reader.word(at))
    }
    names.push(text)
  }
  return names
}
