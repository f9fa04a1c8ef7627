/** Finds the correct answers by scanning all titles. The engines' answers are compared with them. */

/** A title, with its folded text and the words that queries are compared with. */
export interface Title {
  text: string
  score: number
  folded: string
  /** The parts of the folded text between spaces. */
  words: readonly string[]
  /** For each part in `words`, the words that the service finds in it: runs of letters, and runs of digits. */
  chunks: readonly (readonly string[])[]
  /** The words that the service finds in the whole text, in lower case and with accents. */
  spelled: readonly string[]
}

/** A suggestion, with its kind of match if the engine reports it. */
export interface Suggestion {
  text: string
  score: number
  match?: string
}

/**
 * Returns the group of a title, or undefined if the query does not find the title. Titles of lower groups come first.
 */
export type Rule = (title: Title, query: Title) => number | undefined

/** Returns the text in lower case without accents. */
export const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** Prepares a title or a query for comparison. */
export function titleOf(text: string, score = 0): Title {
  const folded = fold(text)
  const words = folded.split(' ')
  return { text, score, folded, words, chunks: words.map(serviceWords), spelled: serviceWords(text.toLowerCase()) }
}

const serviceWords = (text: string): string[] => text.match(/[\p{L}\p{M}]+|\p{N}+/gu) ?? []

/** Finds titles that begin with the query. */
export const begins: Rule = ({ folded }, query) => (folded.startsWith(query.folded) ? 0 : undefined)

/** Finds titles with all words of the query in any order. The last word may be incomplete. */
export const hasWords: Rule = ({ words }, query) =>
  query.words.every((typed, at) =>
    words.some((word) => (at === query.words.length - 1 ? word.startsWith(typed) : word === typed)),
  )
    ? 0
    : undefined

/**
 * Implements the matches `exact`, `prefix`, and `word` of docs/matching.md, to the extent that product titles need
 * them.
 */
export const serviceRule: Rule = (title, query) => {
  const [words, typed] = [title.chunks.flat(), query.chunks.flat()]
  if (beginWith(words, typed)) {
    if (words.join(' ') === typed.join(' ')) return title.spelled.join(' ') === query.spelled.join(' ') ? 0 : 1
    const hasAccents = query.text.toLowerCase() !== query.folded
    return hasAccents && !beginWith(title.spelled, query.spelled) ? 3 : 2
  }
  return hasDifferentWords(words, query.chunks) ? 4 : undefined
}

/** Whether words begin with the typed words, the last of which may be incomplete. */
const beginWith = (words: readonly string[], typed: readonly string[]): boolean =>
  typed.every((word, at) => (at === typed.length - 1 ? words[at]?.startsWith(word) : words[at] === word))

/** Whether all chunks are found, and no two of them at the same word. */
function hasDifferentWords(
  words: readonly string[],
  [typed, ...others]: readonly (readonly string[])[],
  taken: readonly number[] = [],
): boolean {
  if (typed === undefined) return true
  return words.some((_, first) => {
    const found = typed.map((_, at) => first + at)
    return (
      !found.some((at) => taken.includes(at)) &&
      beginWith(words.slice(first), typed) &&
      hasDifferentWords(words, others, [...taken, ...found])
    )
  })
}

/**
 * Whether an answer equals the first `limit` titles of a scan, with the highest weight of each group first. Titles with
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
