/** Writes answers as JSON from the entries found in the index and their texts and details from Redis. */
import type { Details, TextLine } from '../index/text-blocks.ts'
import type { Reading } from '../redis/replicas.ts'
import type { ThreadDataset } from '../redis/thread-indexes.ts'
import { correctedOf, highlightOf } from '../search/highlight.ts'
import { nameText } from '../search/name-text.ts'
import { CORRECTIONS, type FoundMatch } from '../search/query.ts'
import { type BinaryText, fromBinary, toBinary } from '../text/strings.ts'
import type { RankingQuery } from './messages.ts'

/** Significant digits of computed scores. More would show rounding errors. */
const SCORE_DIGITS = 12

/**
 * Returns suggestions as JSON, separated by commas.
 * @param found the entries to suggest: all that were found, or a slice of them
 * @param reading the blocks that contain the texts of these entries
 */
export function suggestionsJson(
  query: RankingQuery,
  found: readonly FoundMatch[],
  { dataset, blocks }: Pick<Reading, 'dataset' | 'blocks'>,
): string {
  const { meta, searcher } = dataset
  const { scores } = searcher.index.arrays
  let list = ''
  for (let at = 0; at < found.length; at++) {
    const match = found[at] as FoundMatch
    const { block, position } = placeOf(match, meta.blockEntries, blocks)
    const score = scores[match.entry] as number
    const plain = query.options ? null : block.suggestion(position, score)
    const item = plain ?? itemJson(query, match, block.line(position), score, meta.match)
    list += at === 0 ? item : `,${item}`
  }
  return list
}

/**
 * Returns the JSON answer to a query.
 * @param found the entries found, best first
 * @param suggestions the JSON of these entries, as returned by {@link suggestionsJson}
 * @param reading the dataset, and the blocks that contain the texts of these entries
 */
export function answerJson(
  query: RankingQuery,
  found: readonly FoundMatch[],
  suggestions: string,
  { dataset, blocks }: Pick<Reading, 'dataset' | 'blocks'>,
): BinaryText {
  const corrected = correctionOf(query, found, dataset, blocks)
  const correction = corrected === undefined ? '' : `,"corrected":${toBinary(JSON.stringify(corrected))}`
  const typed = toBinary(JSON.stringify(query.query))
  return `{"query":${typed}${correction},"suggestions":[${suggestions}],"version":"${dataset.version}"}` as BinaryText
}

function placeOf({ entry }: FoundMatch, blockEntries: number, blocks: Reading['blocks']) {
  const block = blocks.get(Math.floor(entry / blockEntries))
  if (block === undefined) throw new Error('a block of texts was not read')
  return { block, position: entry % blockEntries }
}

/** Returns the corrected query if the first entry was found by a correction. */
function correctionOf(
  { query }: RankingQuery,
  [first]: readonly FoundMatch[],
  { meta, searcher: { index } }: ThreadDataset,
  blocks: Reading['blocks'],
): string | undefined {
  if (!first || !CORRECTIONS.has(first.match)) return undefined
  const isAlias = first.name !== index.firstName(first.entry)
  const { block, position } = placeOf(first, meta.blockEntries, blocks)
  const text = isAlias ? nameText(index, first.name) : textOf(block.line(position))
  return correctedOf(text, query, first.match, meta.match)
}

function itemJson(
  query: RankingQuery,
  found: FoundMatch,
  line: TextLine,
  ownScore: number,
  settings: ThreadDataset['meta']['match'],
): string {
  const { text, details } = line
  const { p: payload, ...parts }: Details = details === '' ? {} : (JSON.parse(fromBinary(details)) as Details)
  const isBoosted = (query.options?.boosts.length ?? 0) > 0
  const score = isBoosted ? Number(found.score.toPrecision(SCORE_DIGITS)) : ownScore
  const end = payload === undefined ? '' : `,"payload":${toBinary(JSON.stringify(payload))}`
  return `{"text":"${text}","score":${score}${end}${moreJson(query, found, line, ownScore, parts, settings)}}`
}

/** Returns the kind of match, the highlighted parts, and the explanation of the score, if the query requests them. */
function moreJson(
  { query, options }: RankingQuery,
  { match, score }: FoundMatch,
  line: TextLine,
  ownScore: number,
  { w: weight = ownScore, r: recency = 1, n: pinned }: Details,
  settings: ThreadDataset['meta']['match'],
): string {
  if (!options?.highlight && !options?.explain) return ''
  const text = textOf(line)
  const shown = `,"match":"${match}","highlight":${JSON.stringify(highlightOf(text, query, match, settings))}`
  if (!options.explain) return shown
  const boost = ownScore === 0 ? 1 : Number((score / ownScore).toPrecision(SCORE_DIGITS))
  const explain = { match, pinned: pinned === 1, weight, recency, boost, length: [...text].length }
  return `${shown},"explain":${JSON.stringify(explain)}`
}

const textOf = ({ text }: TextLine) => JSON.parse(`"${fromBinary(text)}"`) as string
