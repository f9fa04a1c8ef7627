import { isFreelySpaced } from '../text/scripts.ts'
import { spelling } from '../text/spelling.ts'
import { type Word, type Words, wordsOf } from '../text/words.ts'

/** Glued words of a query, between white space. */
export interface Chunk {
  words: readonly string[]
  /** The words as one. */
  text: string
  /** Whether its last word is complete, so that words of names must be equal to it and not only begin with it. */
  isComplete: boolean
  /** Whether spaces in it may vary; see `isFreelySpaced`. */
  isFreelySpaced: boolean
}

/** A query taken apart, in one of the ways in which it may be meant. */
export interface Reading extends Words {
  spelled: string
  chunks: readonly Chunk[]
  /** The folded words as one. */
  text: string
  /** The spelled words as one. */
  spelledText: string
  /** Per position of `text` whether white space or punctuation is there. */
  hasBoundary: readonly boolean[]
}

/** Takes a spelling apart. */
export function readingOf(spelled: string): Reading {
  const parts = wordsOf(spelled)
  const { words, endsComplete } = parts
  let text = ''
  let spelledText = ''
  const hasBoundary: boolean[] = []
  for (const [at, word] of words.entries()) {
    if (at > 0 && (words[at - 1] as Word).end < word.start) hasBoundary[text.length] = true
    text += word.folded
    spelledText += word.spelled
  }
  if (endsComplete) hasBoundary[text.length] = true
  return { ...parts, spelled, chunks: chunksOf(parts), text, spelledText, hasBoundary }
}

function chunksOf({ words, endsComplete }: Words): Chunk[] {
  const chunks: Chunk[] = []
  let start = 0
  for (let end = 1; end <= words.length; end++) {
    if (words[end]?.gap === 'glue') continue
    const folded = words.slice(start, end).map((word) => word.folded)
    const text = folded.join('')
    const isComplete = end === words.length && endsComplete
    chunks.push({ words: folded, text, isComplete, isFreelySpaced: isFreelySpaced(text) })
    start = end
  }
  return chunks
}

/** Words that stand for `&`. */
const AND_WORDS = ['and', 'und', 'et', 'y', 'e', 'en', 'och', 'og', 'и', 've']

/** The ways in which a query may be meant: as it is, and with other ways to write `&`. */
export function readingsOf(query: string): Reading[] {
  const spelled = spelling(query)
  const spellings = [spelled]
  if (spelled.includes('&')) {
    for (const word of AND_WORDS) spellings.push(spelling(spelled.replaceAll('&', ` ${word} `)))
  }
  const without = withoutInnerAnd(spelled)
  if (without !== spelled) spellings.push(without)
  return spellings.map(readingOf).filter(({ words }) => words.length > 0)
}

function withoutInnerAnd(spelled: string): string {
  const chunks = spelled.split(' ')
  const last = chunks.findLastIndex((chunk) => chunk !== '')
  return chunks.filter((chunk, at) => at === 0 || at >= last || !AND_WORDS.includes(chunk)).join(' ')
}
