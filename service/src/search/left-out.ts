import { isSingleLetter } from '../text/scripts.ts'
import type { Word } from '../text/words.ts'

/**
 * Returns the words of a query that remain if others are left out. Single letters that are glued to a left-out word are
 * left out with it, such as the `s` of `women's`.
 * @param stays whether a word is not left out
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
