/** Scans of all titles, with which the answers of the engines are compared. */

/** A title, and the folded text and words that queries are compared with. */
export interface Title {
  text: string
  score: number
  folded: string
  words: readonly string[]
}

/** A suggestion, with the match if the engine reports it. */
export interface Suggestion {
  text: string
  score: number
  match?: string
}

/** A rule: the groups of titles that a query finds. Titles of an earlier group come first. */
export type Rule = (title: Title, query: Title) => number | undefined

/** The text in lower case without accents. */
export const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** A title or query to compare. */
export function titleOf(text: string, score = 0): Title {
  const folded = fold(text)
  return { text, score, folded, words: folded.split(' ') }
}

/** Titles that begin with the query. */
export const begins: Rule = ({ folded }, query) => (folded.startsWith(query.folded) ? 0 : undefined)

/** Titles with all words of the query in any order. The last word may be incomplete. */
export const hasWords: Rule = ({ words }, query) =>
  query.words.every((typed, at) =>
    words.some((word) => (at === query.words.length - 1 ? word.startsWith(typed) : word === typed)),
  )
    ? 0
    : undefined

/**
 * Whether an answer equals the first `limit` titles of a scan: in each group, the heaviest first. Titles of equal weight
 * may be in any order, and any of them may be the last.
 */
export function equalsScan(
  titles: readonly Title[],
  query: string,
  rule: Rule,
  answer: readonly Suggestion[],
  limit: number,
): boolean {
  const asked = titleOf(query)
  const found = titles
    .flatMap((title) => {
      const group = rule(title, asked)
      return group === undefined ? [] : [{ text: title.text, score: title.score, group }]
    })
    .sort((a, b) => a.group - b.group || b.score - a.score)
  const first = found.slice(0, limit)
  const groups = new Map(found.map(({ text, group }) => [text, group]))
  const distinct = new Set(answer.map(({ text }) => text))
  return (
    answer.length === first.length &&
    distinct.size === answer.length &&
    answer.every(({ text, score }, at) => score === first[at]?.score && groups.get(text) === first[at]?.group)
  )
}
