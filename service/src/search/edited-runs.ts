import { isRunWord } from '../text/scripts.ts'
import { type CorrectionRules, maxEditsOf } from './corrections.ts'
import { EditRows } from './edit-rows.ts'
import { type EditedWords, editsOf, matchesWays } from './edited-words.ts'
import { type Matches, type Source, wordSource } from './find.ts'
import type { Matcher } from './matchers.ts'
import type { NameReader } from './name-reader.ts'
import { type Reading, type TypedWord, typedWordsOf } from './reading.ts'
import { runsWithinEdits } from './run-walk.ts'
import type { RunNames, RunsInOrder } from './runs-in-order.ts'
import { WordSet } from './word-set.ts'

/** A run of a query, or a word that is not part of a run. See `typo` in docs/matching.md. */
export interface Unit extends TypedWord {
  isRun: boolean
}

/**
 * Splits a query into runs and the words outside of runs. Returns undefined if the query has no runs.
 * @param keepsNumbers see {@link typedWordsOf}
 */
export function unitsOf(
  { words, chunks }: Pick<Reading, 'words' | 'chunks'>,
  keepsNumbers: boolean,
): Unit[] | undefined {
  if (!words.some(({ folded }) => isRunWord(folded))) return undefined
  const units: Unit[] = []
  let at = 0
  for (const typed of typedWordsOf(chunks, keepsNumbers)) {
    const { folded } = typed
    const isRun = isRunWord(folded)
    const last = units.at(-1)
    if (isRun && last?.isRun && words[at]?.start === words[at - 1]?.end) last.folded += folded
    else units.push(isRun ? { folded, isRun } : { ...typed, isRun })
    at += typed.number?.words.length ?? 1
  }
  return units
}

/**
 * Returns the maximum number of edits in a unit. If the first letter may be wrong, a run may have only one edit. A
 * search with two edits would take too long.
 */
export function maxEditsIn({ folded, digraphs = folded, isRun }: Unit, rules: CorrectionRules): number {
  const most = maxEditsOf(digraphs, rules)
  return isRun && !rules.keepsFirst ? Math.min(most, 1) : most
}

/** A search for names in which all units match. */
export interface EditedUnits {
  sources: readonly Source[]
  matches: Matches
}

/** Finds the names of an index that match the runs and words of a query after edits. Caches results for one query. */
export class EditedRuns {
  readonly #reader: NameReader
  readonly #runs: RunsInOrder
  readonly #words: EditedWords
  readonly #found = new Map<string, RunNames>()

  /** @param words finds the words that are not part of runs */
  constructor(reader: NameReader, runs: RunsInOrder, words: EditedWords) {
    this.#reader = reader
    this.#runs = runs
    this.#words = words
  }

  /**
   * Prepares a search for names in which all units match, with at most `edits` edits in total.
   * @returns undefined if no name can match
   */
  search(units: readonly Unit[], edits: number, rules: CorrectionRules): EditedUnits | undefined {
    if (units.length > this.#reader.mostWords) return undefined
    const fewest = (at: number) => this.#fewestEdits(units[at] as Unit, edits, rules)
    const ways = editsOf(units.length, edits, fewest, (at) => maxEditsIn(units[at] as Unit, rules))
    if (!ways) return undefined
    const runs: RunNames[] = []
    const sources = units.map((unit, at) => {
      const most = ways.most[at] as number
      if (!unit.isRun) return wordSource(this.#reader.index, this.#words.within(unit, most, rules))
      const names = this.#within(unit.folded, most, rules)
      runs.push(names)
      return names.source
    })
    const [only, ...others] = runs
    if (units.length === 1 && only && others.length === 0) return { sources, matches: (name) => only.has(name) }
    const areIn = matchesWays(this.#reader, ways, (at, own) => this.#matcher(units[at] as Unit, own, rules))
    return { sources, matches: (name) => runs.every((names) => names.has(name)) && areIn(name) }
  }

  #fewestEdits(unit: Unit, most: number, rules: CorrectionRules): number | undefined {
    if (!unit.isRun) return this.#words.fewestEdits(unit, most, rules)
    const max = Math.min(most, maxEditsIn(unit, rules))
    for (let edits = 0; edits <= max; edits++) if (this.#within(unit.folded, edits, rules).size > 0) return edits
    return undefined
  }

  #within(run: string, edits: number, rules: CorrectionRules): RunNames {
    const key = `${edits}${rules.keepsFirst ? ' ' : '?'}${run}`
    let names = this.#found.get(key)
    if (!names) {
      names = this.#runs.namesIn(runsWithinEdits(this.#runs, run, edits, rules.keepsFirst))
      this.#found.set(key, names)
    }
    return names
  }

  #matcher(unit: Unit, edits: number, rules: CorrectionRules): Matcher {
    const { index } = this.#reader
    if (!unit.isRun) return this.#words.matcher(unit, edits, rules)
    const prefix = new EditedPrefix(unit.folded, edits, rules.keepsFirst)
    return {
      words: new WordSet(index, [{ from: 0, to: index.words.length }]),
      others: [],
      single: new WordSet(index, []),
      isNumber: false,
      addRuns: (reader, name, into) => {
        const end = reader.endOfWords(name)
        for (let at = reader.start(name); at < end; at++) {
          const to = this.#endOfMatch(at, end, prefix)
          if (to > at) into.push({ from: at, to })
        }
      },
    }
  }

  /** Returns the end of the words from `from` on that, concatenated, have the prefix, or `from` if there are none. */
  #endOfMatch(from: number, end: number, prefix: EditedPrefix): number {
    const { units, starts } = this.#reader.index.words
    prefix.restart()
    for (let at = from; at < end; at++) {
      const word = this.#reader.word(at)
      if (!this.#runs.isRunWord(word)) return from
      const to = starts[word + 1] as number
      for (let place = starts[word] as number; place < to; place++) {
        if (prefix.add(units[place] as number)) return at + 1
        if (!prefix.mayFollow) return from
      }
    }
    return from
  }
}

/** Tests whether a string, given unit by unit, has a prefix that is at most `edits` edits away from a typed text. */
class EditedPrefix {
  readonly #first: number | undefined
  readonly #edits: number
  readonly #rows = new EditRows()
  #length = 0
  /** Whether a longer prefix of the string may be at most `edits` edits away. */
  mayFollow = true

  constructor(typed: string, edits: number, keepsFirst: boolean) {
    if (keepsFirst) this.#first = typed.charCodeAt(0)
    this.#edits = edits
    this.#rows.begin(typed, edits)
  }

  /** Starts again with an empty string. */
  restart(): void {
    this.#length = 0
    this.mayFollow = true
  }

  /** Adds a unit to the string. Returns whether the string is near enough. */
  add(unit: number): boolean {
    if (this.#length === 0 && this.#first !== undefined && unit !== this.#first) {
      this.mayFollow = false
      return false
    }
    this.mayFollow = this.#rows.add(this.#length, unit) <= this.#edits
    this.#length += 1
    return this.#rows.isNear(this.#length)
  }
}
