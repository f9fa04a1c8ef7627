/** Matches words by their digraph forms if spaces differ. See "Digraphs" and "Other spaces" in docs/matching.md. */
import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import type { Word } from '../text/words.ts'
import { canMatchByDigraphs, digraphMatcher, wordsByDigraphs, wordsOfForms } from './digraphs.ts'
import type { Matcher, RunMatcher } from './matchers.ts'
import { begins, type NameReader } from './name-reader.ts'
import { NameSpaces, NO_MATCH } from './name-spaces.ts'
import {
  type BegunBy,
  type ChunkMatching,
  foldedMatching,
  matchersWithOtherSpaces,
  spreadSteps,
  spreadsOf,
} from './other-spaces.ts'
import type { Chunk } from './reading.ts'
import { foldedTable, rarestSets, type StepTable } from './steps.ts'
import { WordSet } from './word-set.ts'

/** The ways to match the chunks of a query. */
export interface DigraphWays {
  ways: Matcher[][]
  /** A name that matches only by digraph forms contains one of these words. */
  own: WordSet
}

/**
 * Returns the ways to match the chunks of a query with other spaces when digraph forms are allowed.
 * @param mayLack whether the query may lack spaces; otherwise, it may only have additional ones
 */
export function digraphsWithOtherSpaces(index: SearchIndex, chunks: readonly Chunk[], mayLack: boolean): DigraphWays {
  const text = chunks.map((chunk) => chunk.text).join('')
  const form = chunks.flatMap(({ digraphs }) => digraphs).join('')
  const matching = new DigraphMatching(index)
  const canMatch = canMatchByDigraphs(index, text, form)
  const ways = canMatch ? matchersWithOtherSpaces(index, chunks, mayLack, matching) : []
  return { ways, own: new WordSet(index, matching.own) }
}

class DigraphMatching implements ChunkMatching {
  /** The words that match chunks only by digraph forms. */
  readonly own: Range[] = []
  readonly #index: SearchIndex
  readonly #folded: ChunkMatching

  constructor(index: SearchIndex) {
    this.#index = index
    this.#folded = foldedMatching(index)
  }

  plain(chunk: Chunk): Matcher {
    const { matcher, own } = digraphMatcher(this.#index, chunk)
    this.own.push(...own)
    return matcher
  }

  spread(chunk: Chunk, maxSets: number): RunMatcher[] {
    const runs = this.#folded.spread(chunk, maxSets)
    for (const begunBy of spreadsOf(withDigraphs(chunk))) {
      const run = this.#spreadMatcher(chunk, begunBy, maxSets)
      if (run) runs.push(run)
    }
    return runs
  }

  #spreadMatcher({ text }: Chunk, begunBy: BegunBy, maxSets: number): RunMatcher | undefined {
    const { typed, beginning } = begunBy
    const index = this.#index
    const ofForms = new Set<Range>()
    const formTable: StepTable = {
      strings: index.digraphs,
      wordsOf: (forms) => {
        const { ranges } = new WordSet(index, wordsOfForms(index, forms))
        for (const range of ranges) ofForms.add(range)
        return [...ranges]
      },
    }
    const steps = spreadSteps([foldedTable(index), formTable], typed, beginning)
    const own = typed.text === text ? steps.filter(({ words }) => ofForms.has(words)) : steps
    if (own.length === 0) return undefined
    this.own.push(...own.map(({ words }) => words))
    const firsts = new WordSet(
      index,
      steps.filter(({ from }) => from === 0).map(({ words }) => words),
    )
    return {
      sets: rarestSets(index, steps, beginning.head.length + 1, maxSets),
      addRuns: (reader, name, into) => {
        const end = reader.endOfWords(name)
        const wordAt = (at: number) => wordWithForms(reader, at)
        for (let from = reader.start(name); from < end; from++) {
          if (!firsts.has(reader.word(from))) continue
          for (const { to } of spreadsByDigraphs(wordAt, from, end, begunBy)) into.push({ from, to })
        }
      },
    }
  }

  isBegun(chunk: Chunk): boolean {
    const { text, digraphs } = chunk
    return this.#folded.isBegun(chunk) || wordsByDigraphs(this.#index, text, digraphs.join(''), false).length > 0
  }
}

function wordWithForms(reader: NameReader, at: number): WordWithForms {
  const { words } = reader.index
  const [folded, form] = [words.get(reader.word(at)), reader.digraphsOf(reader.word(at))]
  return { forms: form === folded ? [folded] : [folded, form], gap: reader.isSpaced(at) ? 'space' : 'glue' }
}

/** Returns a chunk of a query with its digraph forms in place of its folded forms. */
export function withDigraphs(chunk: Chunk): Chunk {
  const hasBoundary: boolean[] = []
  let [from, to] = [0, 0]
  for (const [at, word] of [...chunk.words, ''].entries()) {
    if (chunk.hasBoundary[from]) hasBoundary[to] = true
    from += word.length
    to += (chunk.digraphs[at] ?? '').length
  }
  return { ...chunk, words: chunk.digraphs, text: chunk.digraphs.join(''), hasBoundary }
}

/** A word of a name, in all forms in which a query may contain it. */
export interface WordWithForms extends Pick<Word, 'gap'> {
  forms: readonly string[]
}

/** The end of consecutive words of a name that match a chunk. */
interface SpreadEnd {
  to: number
  /** The form of the last word, and how much of it the chunk contains, in UTF-16 code units. */
  form: string
  length: number
}

/**
 * Finds consecutive words, starting at `from`, that a chunk matches under the rule for missing spaces. Each word may
 * have any of its forms. Returns where the words end.
 * @param end the end of the name's words
 */
export function spreadsByDigraphs(
  wordAt: (at: number) => WordWithForms,
  from: number,
  end: number,
  { typed, beginning }: BegunBy,
): SpreadEnd[] {
  const { head, low, high } = beginning
  const found: SpreadEnd[] = []
  const words: Pick<Word, 'folded' | 'gap'>[] = []
  const visit = (at: number, offset: number): void => {
    if (at === end) return
    const { forms, gap } = wordAt(at)
    for (const form of forms) {
      const next = offset + form.length
      words.push({ folded: form, gap })
      if (next <= head.length) {
        if (head.startsWith(form, offset)) visit(at + 1, next)
      } else if (begins(form, { head: head.slice(offset), low, high }) && areAllowed(words)) {
        found.push({ to: at + 1, form, length: head.length + 1 - offset })
      }
      words.pop()
    }
  }
  const areAllowed = (own: readonly Pick<Word, 'folded' | 'gap'>[]) =>
    NameSpaces.ofWords(own).endOfSpread(0, own.length, typed, beginning) !== NO_MATCH
  visit(from, 0)
  return found
}
