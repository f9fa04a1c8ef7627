/** Writes answers as JSON from the entries found in the index and their texts and details from Redis. */
import type { Details, TextLine } from '../index/text-blocks.ts'
import type { ThreadDataset } from '../redis/thread-indexes.ts'
import { correctedOf, highlightOf } from '../search/highlight.ts'
import { nameText } from '../search/name-text.ts'
import type { FoundMatch, Match } from '../search/query.ts'
import { type BinaryText, fromBinary, toBinary } from '../text/strings.ts'
import type { RankingQuery } from './messages.ts'

/** Significant digits of computed scores. More would show rounding errors. */
const SCORE_DIGITS = 12
const CORRECTIONS: ReadonlySet<Match> = new Set(['layout', 'typo', 'firstLetter'])

/**
 * Returns the JSON answer to a query.
 * @param found the entries found, best first
 * @param lines the line of each entry
 */
export function answerJson(
  query: RankingQuery,
  found: readonly FoundMatch[],
  lines: readonly TextLine[],
  dataset: ThreadDataset,
): BinaryText {
  const { version, meta } = dataset
  let list = ''
  for (let at = 0; at < found.length; at++) {
    const match = found[at] as FoundMatch
    const score = dataset.searcher.index.arrays.scores[match.entry] as number
    const item = itemJson(query, match, { ...(lines[at] as TextLine), score }, meta.match)
    list += at === 0 ? item : `,${item}`
  }
  const corrected = correctionOf(query, found, lines, dataset)
  const correction = corrected === undefined ? '' : `,"corrected":${toBinary(JSON.stringify(corrected))}`
  const typed = toBinary(JSON.stringify(query.query))
  return `{"query":${typed}${correction},"suggestions":[${list}],"version":"${version}"}` as BinaryText
}

/** Returns the corrected query if only corrections were found. */
function correctionOf(
  { query }: RankingQuery,
  [first]: readonly FoundMatch[],
  [line]: readonly TextLine[],
  { meta, searcher: { index } }: ThreadDataset,
): string | undefined {
  if (!first || !line || !CORRECTIONS.has(first.match)) return undefined
  const isAlias = first.name !== index.firstName(first.entry)
  return correctedOf(isAlias ? nameText(index, first.name) : textOf(line), query, first.match, meta.match)
}

/** The line of an entry, and its score without boosts. */
interface ScoredLine extends TextLine {
  score: number
}

function itemJson(
  query: RankingQuery,
  found: FoundMatch,
  line: ScoredLine,
  settings: ThreadDataset['meta']['match'],
): string {
  const { text, details } = line
  const isPlain = !query.options && details === ''
  if (isPlain) return `{"text":"${text}","score":${line.score}}`
  const { p: payload, ...parts }: Details = details === '' ? {} : (JSON.parse(fromBinary(details)) as Details)
  const isBoosted = (query.options?.boosts.length ?? 0) > 0
  const score = isBoosted ? Number(found.score.toPrecision(SCORE_DIGITS)) : line.score
  const end = payload === undefined ? '' : `,"payload":${toBinary(JSON.stringify(payload))}`
  return `{"text":"${text}","score":${score}${end}${moreJson(query, found, line, parts, settings)}}`
}

/** Returns the kind of match, the highlighted parts, and the explanation of the score, if the query requests them. */
function moreJson(
  { query, options }: RankingQuery,
  { match, score }: FoundMatch,
  line: ScoredLine,
  { w: weight = line.score, r: recency = 1, n: pinned }: Details,
  settings: ThreadDataset['meta']['match'],
): string {
  if (!options?.highlight && !options?.explain) return ''
  const text = textOf(line)
  const shown = `,"match":"${match}","highlight":${JSON.stringify(highlightOf(text, query, match, settings))}`
  if (!options.explain) return shown
  const boost = line.score === 0 ? 1 : Number((score / line.score).toPrecision(SCORE_DIGITS))
  const explain = { match, pinned: pinned === 1, weight, recency, boost, length: [...text].length }
  return `${shown},"explain":${JSON.stringify(explain)}`
}

const textOf = ({ text }: TextLine) => JSON.parse(`"${fromBinary(text)}"`) as string
