import { isSingleLetter } from '../text/scripts.ts'
import type { Word, Words } from '../text/words.ts'
import { MAX_IGNORED_SPACES, waysToIgnoreSpaces } from './other-spaces.ts'
import { chunksOf, hasEnoughLetters, type TypedWord, typedWordsOf } from './reading.ts'

/**
 * Returns the words of a query that are kept. Single letters, such as the `s` in `women's`, are left out together with
 * the word to which they are glued.
 * @param stays returns whether a word is kept
 */
export function remainingWords(words: readonly Word[], stays: (word: Word) => boolean): Word[] {
  const remains = words.map(stays)
  const leaveOutBeside = (at: number, other: number) => {
    if (!remains[other] && isSingleLetter((words[at] as Word).folded)) remains[at] = false
  }
  const glued = [...words.keys()].filter((at) => words[at]?.gap === 'glue')
  for (const at of glued) leaveOutBeside(at, at - 1)
  for (const at of glued.toReversed()) leaveOutBeside(at - 1, at)
  return words.filter((_, at) => remains[at])
}

/**
 * Returns the ways to read the remaining words, each as a list: with all spaces, and with one or two spaces ignored.
 * Returns no ways if each would have more words than the longest name.
 * @param query all words of the query
 * @param remaining the words that remain
 * @param keepsNumbers see {@link typedWordsOf}
 * @param mostWords the number of words in the longest name
 * @param isPrefix returns whether any word of the index begins with a word
 */
export function listsOfRemaining(
  { words, endsComplete }: Pick<Words, 'words' | 'endsComplete'>,
  remaining: readonly Word[],
  keepsNumbers: boolean,
  mostWords: number,
  isPrefix: (word: TypedWord) => boolean,
): TypedWord[][] {
  // Words that were glued to a left-out word are chunks of their own.
  const separate = remaining.map(
    (word): Word =>
      word.gap === 'glue' && !remaining.includes(words[words.indexOf(word) - 1] as Word)
        ? { ...word, gap: 'space' }
        : word,
  )
  const isLast = ({ start }: Word) => start === words.at(-1)?.start
  const chunks = chunksOf({ words: separate, endsComplete }, isLast)
  if (chunks.length > mostWords + MAX_IGNORED_SPACES) return []
  const ways = waysToIgnoreSpaces(
    chunks,
    ({ text, digraphs, hasFreeSpaces }, parts) =>
      (hasFreeSpaces || parts.every((part) => hasEnoughLetters(part.text))) &&
      isPrefix({ folded: text, digraphs: digraphs.join('') }),
  )
  return [chunks, ...ways].map((way) => typedWordsOf(way, keepsNumbers))
}
