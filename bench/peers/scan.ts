/** Finds the correct answers by scanning all titles. The answers of other engines are compared with them. */

/** A title or a query, with its text in lower case without accents, and the words of this text. */
export interface Title {
  text: string
  score: number
  folded: string
  words: readonly string[]
}

/** Prepares a title or a query for comparison. */
export function titleOf(text: string, score = 0): Title {
  const folded = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  return { text, score, folded, words: folded.split(' ') }
}

/** Whether a query finds a title. */
export type Rule = (title: Title, query: Title) => boolean

/** Finds titles that begin with the query. */
export const begins: Rule = ({ folded }, query) => folded.startsWith(query.folded)

/** Finds titles with all words of the query in any order. The last word may be incomplete. */
export const hasWords: Rule = ({ words }, query) =>
  query.words.every((typed, at) =>
    words.some((word) => (at === query.words.length - 1 ? word.startsWith(typed) : word === typed)),
  )

/**
 * Whether an answer equals the first `limit` titles of a scan, with the highest weight first. Titles with equal weights
 * may be in any order. If not all of them fit within the limit, any of them may be left out.
 */
export function equalsScan(
  titles: readonly Title[],
  query: string,
  rule: Rule,
  answer: readonly Pick<Title, 'text' | 'score'>[],
  limit: number,
): boolean {
  const asked = titleOf(query)
  const found = titles.filter((title) => rule(title, asked)).sort((a, b) => b.score - a.score)
  const texts = new Set(found.map(({ text }) => text))
  const distinct = new Set(answer.map(({ text }) => text))
  return (
    answer.length === Math.min(limit, found.length) &&
    distinct.size === answer.length &&
    answer.every(({ text, score }, at) => score === found[at]?.score && texts.has(text))
  )
}
