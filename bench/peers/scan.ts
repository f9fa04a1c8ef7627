/** Finds the correct answers by scanning all titles. The answers of the engines are compared with them. */

/** A title or a query, with its text in lower case without accents. */
export interface Title {
  text: string
  score: number
  folded: string
  /** The parts of the folded text between spaces. */
  words: readonly string[]
  /** For each part in `words`, the words that the service finds in it. */
  chunks: readonly (readonly string[])[]
  /** The words that the service finds in the text, with accents. */
  spelled: readonly string[]
}

/** Prepares a title or a query for comparison. */
export function titleOf(text: string, score = 0): Title {
  const folded = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  const words = folded.split(' ')
  return { text, score, folded, words, chunks: words.map(serviceWords), spelled: serviceWords(text.toLowerCase()) }
}

const serviceWords = (text: string): string[] => text.match(/[\p{L}\p{M}]+|\p{N}+/gu) ?? []

/** Returns the group of a title, or undefined if the query does not find it. Titles of lower groups come first. */
export type Rule = (title: Title, query: Title) => number | undefined

/** Finds titles that begin with the query. */
export const begins: Rule = ({ folded }, query) => (folded.startsWith(query.folded) ? 0 : undefined)

/** Finds titles with all words of the query in any order. The last word may be incomplete. */
export const hasWords: Rule = ({ words }, query) =>
  query.words.every((typed, at) =>
    words.some((word) => (at === query.words.length - 1 ? word.startsWith(typed) : word === typed)),
  )
    ? 0
    : undefined

/** The matches `exact`, `prefix`, and `word` of docs/matching.md, as far as product titles need them. */
export const serviceRule: Rule = (title, query) => {
  const [words, typed] = [title.chunks.flat(), query.chunks.flat()]
  if (!beginWith(words, typed)) return hasDifferentWords(words, query.chunks) ? 4 : undefined
  if (words.join(' ') === typed.join(' ')) return title.spelled.join(' ') === query.spelled.join(' ') ? 0 : 1
  return beginWith(title.spelled, query.spelled) || query.text.toLowerCase() === query.folded ? 2 : 3
}

/** Whether the first words equal the typed words. The last typed word may be incomplete, unless `isWhole` is true. */
const beginWith = (words: readonly string[], typed: readonly string[], isWhole = false): boolean =>
  typed.every((word, at) => (isWhole || at < typed.length - 1 ? words[at] === word : words[at]?.startsWith(word)))

/** Whether all chunks are found, and no two of them at the same word. */
function hasDifferentWords(
  words: readonly string[],
  [typed, ...others]: readonly (readonly string[])[],
  taken: readonly number[] = [],
): boolean {
  if (!typed) return true
  // A typed number must be a whole word if anything follows it in the query.
  const isWhole = others.length > 0 && /^\d/.test(typed.at(-1) ?? '')
  return words.some((_, first) => {
    const found = typed.map((_, at) => first + at)
    const isFound = beginWith(words.slice(first), typed, isWhole) && !found.some((at) => taken.includes(at))
    return isFound && hasDifferentWords(words, others, [...taken, ...found])
  })
}

/**
 * Whether an answer equals the first `limit` titles of a scan, ordered by group and then by weight, highest first.
 * Titles of a group with equal weights may be in any order. If not all of them fit within the limit, any of them may be
 * left out.
 */
export function equalsScan(
  titles: readonly Title[],
  query: string,
  rule: Rule,
  answer: readonly Pick<Title, 'text' | 'score'>[],
  limit: number,
): boolean {
  const asked = titleOf(query)
  const found = titles
    .map(({ text, score }, at) => ({ text, score, group: rule(titles[at] as Title, asked) ?? Number.NaN }))
    .filter(({ group }) => group >= 0)
    .sort((a, b) => a.group - b.group || b.score - a.score)
  const groups = new Map(found.map(({ text, group }) => [text, group]))
  const distinct = new Set(answer.map(({ text }) => text))
  return (
    answer.length === Math.min(limit, found.length) &&
    distinct.size === answer.length &&
    answer.every(({ text, score }, at) => score === found[at]?.score && groups.get(text) === found[at]?.group)
  )
}
