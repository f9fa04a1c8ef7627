/** Scans of all titles, with which the engines' answers are compared. */

/** A title, with the folded text and the words with which queries are compared. */
export interface Title {
  text: string
  score: number
  folded: string
  words: readonly string[]
  /** The words, separated by white space and punctuation. */
  parts: readonly string[]
}

/** A suggestion, with its kind of match if the engine reports it. */
export interface Suggestion {
  text: string
  score: number
  match?: string
}

/** The group of a title that a query finds, or undefined if it does not find the title. Earlier groups come first. */
export type Rule = (title: Title, query: Title) => number | undefined

/** The text in lower case without accents. */
export const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** Prepares a title or a query for comparison. */
export function titleOf(text: string, score = 0): Title {
  const folded = fold(text)
  const parts = folded.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '')
  return { text, score, folded, words: folded.split(' '), parts }
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

/** The matches `exact`, `prefix`, and `word` of docs/matching.md, as far as product titles need them. */
export const serviceRule: Rule = (title, query) => {
  if (title.folded === query.folded) return 0
  if (title.folded.startsWith(query.folded)) {
    const hasAccents = query.text.toLowerCase() !== query.folded
    return hasAccents && !title.text.toLowerCase().startsWith(query.text.toLowerCase()) ? 2 : 1
  }
  return hasDifferentWords(query.parts, title.parts) ? 3 : undefined
}

/** Whether each typed word is the beginning of a different word. */
function hasDifferentWords([typed, ...others]: readonly string[], words: readonly string[]): boolean {
  if (typed === undefined) return true
  return words.some((word, at) => word.startsWith(typed) && hasDifferentWords(others, words.toSpliced(at, 1)))
}

/**
 * Whether an answer equals the first `limit` titles of a scan, with the heaviest title of each group first. Titles with
 * equal weights may be in any order. If not all of them fit within the limit, any of them may be left out.
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
