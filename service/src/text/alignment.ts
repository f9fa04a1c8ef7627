import { spelling } from './spelling.ts'

/**
 * Characters that belong to the previous one: marks, skin tones, invisible characters except the zero-width non-joiner,
 * the voicing marks of halfwidth katakana, and Hangul letters that never begin a syllable.
 */
const CONTINUATION = String.raw`\p{M}|\p{EMod}|(?!\u200C)[\p{Default_Ignorable_Code_Point}\p{Cf}]|[\uFF9E\uFF9F\u1160-\u11FFㅏ-ㅣㄳㄵㄶㄺ-ㅀㅄ\uFFA3\uFFA5\uFFA6\uFFAA-\uFFB0\uFFB4\uFFC2-\uFFDC]`
/**
 * A character with its continuations, or several characters that zero-width joiners combine into one emoji. Apart from
 * spaces and final sigmas, the spelling of such a part does not depend on the rest of the text.
 */
const PART = new RegExp(`[^](?:${CONTINUATION}|(?<=\\u200D)\\p{So})*`, 'gu')
const MARK = /^(?:\p{M}|\p{EMod})/u
/** The lowest code of a mark. Surrogates have higher codes, too. */
const FIRST_MARK = 0x300

/** Part of a text, in UTF-16 code units. The end is exclusive. */
export type TextRange = [start: number, end: number]

/**
 * Maps parts of a spelling to the corresponding parts of the text.
 * @param spelled the spelling of the text
 * @returns a function that converts a range of the spelling, in UTF-16 code units, to a range of the text. Ranges of
 * the text contain whole characters with their marks. If the spelling cannot be aligned with the text, the function
 * always returns the whole text.
 */
export function alignmentOf(text: string, spelled: string): (start: number, end: number) => TextRange {
  if (text === spelled || (text.length === spelled.length && text.toLowerCase() === spelled)) {
    return (start, end) => [startOfCharacter(text, start), endOfCharacter(text, end)]
  }
  const starts: number[] = []
  const ends: number[] = []
  let aligned = ''
  for (const { 0: part, index } of text.matchAll(PART)) {
    let own = spellingOfPart(part)
    if (own.startsWith(' ') && (aligned === '' || aligned.endsWith(' '))) own = own.slice(1)
    aligned += own
    for (let at = 0; at < own.length; at++) {
      starts.push(index)
      ends.push(index + part.length)
    }
  }
  if (withoutFinalSigma(aligned) !== withoutFinalSigma(spelled)) return () => [0, text.length]
  return (start, end) => [starts[start] as number, ends[end - 1] as number]
}

function spellingOfPart(part: string): string {
  const code = part.charCodeAt(0)
  const isPlain = part.length === 1 && code > 0x20 && code < 0x7f && part !== '`'
  // Put another character before the part, because spelling() removes a space at the beginning.
  return isPlain ? part.toLowerCase() : spelling(`0${part}`).slice(1)
}

/** Ignores the final form of sigma, because the lower case of a capital sigma depends on the letters around it. */
const withoutFinalSigma = (text: string) => text.replaceAll('ς', 'σ')

function startOfCharacter(text: string, start: number): number {
  let at = start
  while (at > 0 && isContinuation(text, at)) at -= 1
  return at
}

function endOfCharacter(text: string, end: number): number {
  let at = end
  while (at < text.length && isContinuation(text, at)) at += 1
  return at
}

/** Whether a position is inside a character, or between a character and its mark. */
function isContinuation(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < FIRST_MARK) return false
  if (code >= 0xdc00 && code <= 0xdfff) {
    const before = text.charCodeAt(at - 1)
    return before >= 0xd800 && before <= 0xdbff
  }
  return MARK.test(String.fromCodePoint(text.codePointAt(at) as number))
}
