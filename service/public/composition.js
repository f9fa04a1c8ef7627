/**
 * Letters at the end that an input method has not converted yet, with the separators that input methods put between
 * syllables: `bei'jing`.
 */
const RESIDUE = /[\p{Script=Latin}\p{Script=Bopomofo}'’`\s]*[\p{Script=Latin}\p{Script=Bopomofo}]['’`\s]*$/u

/**
 * Returns the part of typed text that an input method has already converted. While `すし` is typed, the text is briefly
 * `すｓ`: the letter belongs to an incomplete syllable.
 * @param {string} text the text while it is being composed
 * @returns {string | undefined} undefined if the text does not end with unconverted letters, empty if it consists only
 *   of them
 */
export function convertedPart(text) {
  const residue = RESIDUE.exec(text)
  return residue ? text.slice(0, residue.index) : undefined
}
