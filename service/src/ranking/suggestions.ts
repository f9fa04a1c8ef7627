import { withoutForm } from '../dataset/alternate-keys.ts'
import { areOnlyContexts, type Details, partsOf } from '../dataset/layout.ts'
import { prefixEdits } from '../dataset/prefix-trie.ts'
import { keystrokes, syllables } from '../text/hangul.ts'
import { compareCodeUnits, toBinary } from '../text.ts'
import { bestLines, firstLines, holdsAll, sortedLines } from './best-lines.ts'
import { endOf, highlightOf } from './highlight.ts'
import { isCorrection, type Lookup, MATCHES, type Match } from './lookups.ts'
import type { QueryOptions, RankingQuery } from './messages.ts'

/** A lookup with what Redis holds for it. */
export interface FoundLookup {
  lookup: Lookup
  /** Blocks whose lines are sorted by key, or one ready list whose lines are sorted by rank; binary strings. */
  values: readonly string[]
  isRanked: boolean
}

/** An entry that answers a query. */
export interface Suggestion {
  /** Binary strings, as they are in the line. */
  key: string
  text: string
  rank: string
  details: string
  match: Match
  lookup: Lookup
  /** What the rank is multiplied by. */
  boost: number
}

/** What is computed from decimal fractions shows no more digits than are right. */
const SCORE_DIGITS = 12

/**
 * The best suggestions: by match, then by score, then by key. An entry that is found in several ways counts once.
 * @param isRare whether few want an entry of a rank
 */
export function suggestionsOf(
  lookups: readonly FoundLookup[],
  { limit, options }: RankingQuery,
  isRare: (rank: number) => boolean,
): Suggestion[] {
  const best: Suggestion[] = []
  const seen = new Set<string>()
  const isBoosted = options !== undefined && options.boosts.length > 0
  for (const match of MATCHES) {
    if (best.length >= limit || (isCorrection(match) && best.some(({ rank }) => !isRare(Number(rank))))) break
    const alike = lookups.filter(({ lookup }) => lookup.match === match)
    const found: Suggestion[] = []
    for (const foundLookup of alike) {
      const { lookup } = foundLookup
      const enough = found.length + limit - best.length
      for (const line of linesOf(foundLookup, limit)) {
        // The lines of one lookup come best first, unless they are boosted.
        if (found.length >= enough && !isBoosted) break
        const { key, text, rank, details } = partsOf(line)
        if (seen.has(text) || (lookup.fits && !lookup.fits(fromBinary(text), fromBinary(key)))) continue
        const boost = options ? boostOf(details, options) : 1
        if (boost === undefined) continue
        seen.add(text)
        found.push({ key, text, rank, details, match, lookup, boost })
      }
    }
    // One lookup's lines are sorted already, unless they are boosted.
    if (alike.length > 1 || isBoosted) found.sort((a, b) => scoreOf(b) - scoreOf(a) || compareNames(a, b))
    best.push(...found)
  }
  return best.slice(0, limit)
}

/** The candidates of a lookup, best first: as many different entries as are wanted, or all that may fit where not all do. */
function linesOf(
  { values, isRanked, lookup: { prefix, toSortOut, isWhole, holds = [] } }: FoundLookup,
  limit: number,
): string[] {
  // A tab ends the key.
  const start = toBinary(prefix) + (isWhole ? '\t' : '')
  if (!toSortOut) return isRanked ? allLines(values) : bestLines(values, start, limit, false)
  if (!isRanked) return sortedLines(values, start, holds)
  return allLines(values).filter((line) => line.startsWith(start) && holdsAll(line, holds))
}

const allLines = (values: readonly string[]) => firstLines(values[0] as string, Number.POSITIVE_INFINITY)

const scoreOf = ({ rank, boost }: Suggestion) => Number(rank) * boost

const compareNames = (a: Suggestion, b: Suggestion) => compareCodeUnits(withoutForm(a.key), withoutForm(b.key))

/** What an entry's weight is multiplied by; nothing when a filter leaves it out. */
function boostOf(details: string, { filters, boosts }: QueryOptions): number | undefined {
  if (filters.length === 0 && boosts.length === 0) return 1
  const { c: contexts = {} } = parseDetails(details)
  // What stands in Redis is read as a binary string.
  const has = (name: string, value: string) =>
    Object.hasOwn(contexts, name) && contexts[name]?.includes(toBinary(value))
  const names = new Set(filters.map(({ name }) => name))
  for (const name of names) {
    if (!filters.some((filter) => filter.name === name && has(name, filter.value))) return undefined
  }
  return boosts.reduce((factor, boost) => (has(boost.name, boost.value) ? factor * boost.factor : factor), 1)
}

/** The JSON of an answer as a binary string. */
export function toJson(query: RankingQuery, suggestions: readonly Suggestion[], version: string): string {
  const list = suggestions.map((suggestion) => {
    const { text, rank, details, boost } = suggestion
    return itemJson(text, rank, details, boost, query.options ? moreJson(suggestion, query) : '')
  })
  return answerJson(query.query, correctedOf(query, suggestions), list.join(','), version)
}

/** What was meant, when nothing but that is suggested: what stands for what was typed in the name that was found first. */
function correctedOf({ prefix }: RankingQuery, [first]: readonly Suggestion[]): string | undefined {
  if (!first || !isCorrection(first.match)) return undefined
  const letters = keystrokes(withoutForm(fromBinary(first.key)))
  const length =
    first.match === 'typo'
      ? prefixEdits(letters, keystrokes(prefix).trimEnd(), first.lookup.edits as number)?.length
      : keystrokes(withoutForm(first.lookup.prefix)).length
  const name = syllables(letters)
  return name.slice(0, endOf(name, 0, length ?? 0, keystrokes))
}

/** The JSON of the answer to a query that nothing but a beginning is wanted for: most are such. */
export function plainJson(query: string, lines: readonly string[], version: string): string {
  let list = ''
  for (const line of lines) {
    const { text, rank, details } = partsOf(line)
    list += (list === '' ? '' : ',') + itemJson(text, rank, details, 1, '')
  }
  return answerJson(query, undefined, list, version)
}

function answerJson(query: string, corrected: string | undefined, list: string, version: string): string {
  const correction = corrected === undefined ? '' : `,"corrected":${jsonOf(corrected)}`
  return `{"query":${jsonOf(query)}${correction},"suggestions":[${list}],"version":"${version}"}`
}

/** A rank as the builder writes it. */
const RANK = /^[\d.]+(?:e[+-]\d+)?$/

/** What JSON escapes is ASCII, so that binary strings give binary strings. */
function itemJson(text: string, rank: string, details: string, boost: number, more: string): string {
  // It goes out as it stands there; of a value that holds no lines anything may.
  if (!RANK.test(rank)) throw new Error('Redis holds a line that is none')
  if ((details === '' || areOnlyContexts(details)) && boost === 1)
    return `{"text":${JSON.stringify(text)},"score":${rank}${more}}`
  const { weight, recency, payload } = partsOfScore(rank, details)
  const end = payload === undefined ? '' : `,"payload":${JSON.stringify(payload)}`
  return `{"text":${JSON.stringify(text)},"score":${Number((weight * recency * boost).toPrecision(SCORE_DIGITS))}${end}${more}}`
}

/** How it was found, which parts of the text fit, and when it is asked for what the score is made of. */
function moreJson({ text, rank, details, boost, lookup }: Suggestion, { prefix, options }: RankingQuery): string {
  if (!options?.highlight && !options?.explain) return ''
  const shown = fromBinary(text)
  const ranges = highlightOf(shown, prefix, lookup)
  const match = shownMatch(lookup.match, ranges.length === 0 && prefix !== '')
  const found = `,"match":"${match}","highlight":${JSON.stringify(ranges)}`
  if (!options.explain) return found
  const { weight, recency, isPinned } = partsOfScore(rank, details)
  return `${found},"explain":${JSON.stringify({ match, pinned: isPinned, weight, recency, boost, length: [...shown].length })}`
}

/** A match as an answer calls it. */
function shownMatch(match: Match, isByAlias: boolean): string {
  if (match === 'prefix' && isByAlias) return 'alias'
  return match === 'halfInitials' ? 'initials' : match
}

function partsOfScore(rank: string, details: string) {
  const { w, r = 1, n, p } = parseDetails(details)
  return { weight: w ?? Number(rank), recency: r, isPinned: n === 1, payload: p }
}

const parseDetails = (details: string): Details => (details === '' ? {} : (JSON.parse(details) as Details))

const fromBinary = (text: string) => Buffer.from(text, 'latin1').toString()

const jsonOf = (text: string) => JSON.stringify(toBinary(text))
