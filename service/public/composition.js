/** Letters that are not converted yet, with the separators that input methods put between syllables: `bei'jing`. */
const RESIDUE = /[\p{Script=Latin}\p{Script=Bopomofo}'’`\s]*[\p{Script=Latin}\p{Script=Bopomofo}]['’`\s]*$/u

/**
 * The part of a text that an input method has already converted. While `すし` is typed, the text is `すｓ` for a moment: the letter
 * belongs to a syllable that is not complete.
 * @param {string} text the text while it is composed
 * @returns {string | undefined} undefined if the text does not end with such letters, empty if there is nothing else
 */
export function convertedPart(text) {
  const residue = RESIDUE.exec(text)
  return residue ? text.slice(0, residue.index) : undefined
}
