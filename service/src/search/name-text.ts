import type { SearchIndex } from '../index/search-index.ts'
import { NameReader } from './name-reader.ts'

/** Returns the spelling of a name, without punctuation between words. */
export function nameText(index: SearchIndex, name: number): string {
  const reader = new NameReader(index)
  let text = ''
  for (let at = reader.start(name); at < reader.endOfWords(name); at++) {
    text += (reader.isSpaced(at) ? ' ' : '') + index.spellingOf(reader.word(at))
  }
  return text
}

/** Samples up to `count` names of an index, evenly spaced from the best to the last. */
export function sampleNames(index: SearchIndex, count: number): string[] {
  const step = Math.max(1, Math.ceil(index.nameCount / count))
  return Array.from({ length: Math.ceil(index.nameCount / step) }, (_, at) => nameText(index, at * step))
}
