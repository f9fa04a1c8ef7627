import type { MatchSettings } from '../index/match-settings.ts'
import { alignmentOf, type Range } from '../text/alignment.ts'
import { spelling } from '../text/spelling.ts'
import type { Word } from '../text/words.ts'
import { nameOf, placesOf } from './places.ts'
import type { Match } from './query.ts'

export type { Range } from '../text/alignment.ts'

/** Matches that take a query for a mistake. */
const CORRECTIONS: ReadonlySet<Match> = new Set(['layout', 'typo', 'firstLetter'])

/**
 * The parts of a suggested text that a query stands for.
 * @param text as it is shown
 * @param query as the client sent it
 * @param match how the entry was found
 * @returns parts in UTF-16 units of the text, in order, with something between them; none if an alias was found instead
 */
export function highlightOf(text: string, query: string, match: Match, settings: MatchSettings): Range[] {
  const spelled = spelling(text)
  const places = placesOf(nameOf(spelled), query, match, settings)
  if (places.length === 0) return []
  const rangeOf = alignmentOf(text, spelled)
  return merged(places.map(({ start, end }) => rangeOf(start, end)))
}

/**
 * What was meant by a query with a mistake: the words of the first suggestion that it stands for, in the order of the query, in their
 * spelling. Words that are glued stay so.
 * @param text of the suggestion
 * @param query as the client sent it
 * @param match how the entry was found
 * @returns undefined if the match is no correction, or if an alias was found instead of the text
 */
export function correctedOf(text: string, query: string, match: Match, settings: MatchSettings): string | undefined {
  if (!CORRECTIONS.has(match)) return undefined
  const spelled = spelling(text)
  const name = nameOf(spelled)
  const starts: number[] = []
  for (const { first, last } of placesOf(name, query, match, settings)) {
    let start = startOfChunk(name.words, first)
    while (start <= last) {
      if (starts.at(-1) !== start) starts.push(start)
      start = endOfChunk(name.words, start)
    }
  }
  const chunks = starts.map((start) => {
    const last = endOfChunk(name.words, start) - 1
    return spelled.slice(name.words[start]?.start, name.words[last]?.end)
  })
  return chunks.length > 0 ? chunks.join(' ') : undefined
}

function startOfChunk(words: readonly Word[], at: number): number {
  let start = at
  while (words[start]?.gap === 'glue') start -= 1
  return start
}

function endOfChunk(words: readonly Word[], at: number): number {
  let end = at + 1
  while (words[end]?.gap === 'glue') end += 1
  return end
}

/** Parts in order, those that touch as one. */
function merged(ranges: Range[]): Range[] {
  const apart: Range[] = []
  for (const [start, end] of ranges.sort(([a], [b]) => a - b)) {
    const last = apart.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else if (end > start) apart.push([start, end])
  }
  return apart
}
