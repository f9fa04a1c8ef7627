import { fold } from './fold.ts'

/** Letters that people without a German or Scandinavian keyboard write as two letters. */
const DIGRAPHS: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe' }
const LETTER = /[äöüåø]/
const DIGRAPH = /[aou]e|aa/
const ALL_LETTERS = new RegExp(LETTER, 'g')

/** Whether a text contains a pair of letters that may stand for a single letter. */
export const hasDigraph = (text: string) => DIGRAPH.test(text)

/**
 * Returns the folded form of a spelling with ä, ö, ü, å, and ø written as two letters: `mueller` for müller. Returns
 * undefined if the spelling has none of these letters. `ß`, `æ`, and `œ` are always folded to two letters.
 */
export function digraphForm(spelled: string): string | undefined {
  return LETTER.test(spelled) ? fold(spelled.replace(ALL_LETTERS, (letter) => DIGRAPHS[letter] as string)) : undefined
}
