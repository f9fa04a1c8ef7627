const CHANGEABLE = /[々〻ゝゞヽヾかがカガゕヵ]/
/** Iteration marks after the character that they repeat. */
const HAN_REPEATED = /((?![々〻])\p{sc=Han})([々〻]+)/gu
const KANA_REPEATED = /([ぁ-ゖァ-ヺ])([ゝゞヽヾ]+)/g
const VOICED_MARK = /[ゞヾ]/
const VOICING = '\u3099'
/** The counter and the particle that are also written ヶ: 一か月, 一ヶ月, 関が原, 関ヶ原. */
const KA = /(?<=[\p{sc=Han}\p{Nd}])[かがカガゕヵ](?=\p{sc=Han})/gu

/**
 * Unifies different ways to write Japanese words, before they are folded. Writes:
 *
 * - iteration marks as the characters that they repeat: 佐々木 as 佐佐木, and いすゞ as いすず
 * - か and が between Han characters, or between a digit and a Han character, as ヶ
 *
 * The result has the same length.
 */
export function uniformJapanese(text: string): string {
  if (!CHANGEABLE.test(text)) return text
  return text.replace(HAN_REPEATED, repeated).replace(KANA_REPEATED, repeatedKana).replace(KA, 'ヶ')
}

/** Keeps marks after a character outside the basic plane, because repeating the character would change the length. */
const repeated = (all: string, character: string, marks: string) =>
  character.length === 1 ? character.repeat(1 + marks.length) : all

/** Repeats a kana once for each mark. The mark determines whether the repeated kana is voiced. */
function repeatedKana(all: string, kana: string, marks: string): string {
  const plain = kana.normalize('NFD').charAt(0)
  const voiced = (plain + VOICING).normalize('NFC')
  const result = kana + [...marks].map((mark) => (VOICED_MARK.test(mark) ? voiced : plain)).join('')
  return result.length === all.length ? result : all
}
