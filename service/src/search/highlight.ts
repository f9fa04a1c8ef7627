import type { MatchSettings } from '../index/match-settings.ts'
import { alignmentOf, type TextRange } from '../text/alignment.ts'
import { lowerCase, spelling } from '../text/spelling.ts'
import type { Word } from '../text/words.ts'
import { nameOf } from './name-places.ts'
import { placesOf } from './places.ts'
import { CORRECTIONS, type Match } from './query.ts'

/**
 * Returns the parts of a suggestion's text that match a query.
 * @param text the text as shown to users
 * @param query the query as sent by the client
 * @param match the kind of match by which the entry was found
 * @returns sorted, separate ranges in UTF-16 code units of the text; empty if an alias matched instead
 */
export function highlightOf(text: string, query: string, match: Match, settings: MatchSettings): TextRange[] {
  const spelled = spelling(text)
  const places = placesOf(nameOf(spelled), query, match, settings)
  if (places.length === 0) return []
  const rangeOf = alignmentOf(text, spelled)
  return merged(places.map(({ start, end }) => rangeOf(start, end)))
}

/**
 * Returns the corrected form of a mistyped query: the words of the first suggestion that match it, as spelled there but
 * in lowercase, in the order of the query. Glued words stay glued. If the query has only the beginning of a word, the
 * word is completed.
 * @param text the text of the suggestion
 * @param query the query as sent by the client
 * @param match the kind of match by which the entry was found
 * @returns undefined if the match is not a correction, or if an alias matched instead of the text
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
  const rangeOf = alignmentOf(text, spelled)
  const chunks = starts.map((first) => {
    const last = endOfChunk(name.words, first) - 1
    const [start, end] = rangeOf((name.words[first] as Word).start, (name.words[last] as Word).end)
    return lowerCase(text.slice(start, end))
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

/** Sorts ranges and merges those that touch. */
function merged(ranges: TextRange[]): TextRange[] {
  const apart: TextRange[] = []
  for (const [start, end] of ranges.sort(([a], [b]) => a - b)) {
    const last = apart.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else if (end > start) apart.push([start, end])
  }
  return apart
}
