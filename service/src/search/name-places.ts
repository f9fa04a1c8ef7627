/** Parts of names, given by words, and the ranges that they cover in the spelling. */
import { digraphForm } from '../text/digraphs.ts'
import { fold } from '../text/fold.ts'
import { joinedSyllables, keystrokes } from '../text/hangul.ts'
import { type JoinedWord, type Word, wordsOf } from '../text/words.ts'

/** A name, split into words. */
export interface Name {
  words: readonly Word[]
  /** The words and joined words, with the positions of the words that they consist of. */
  targets: readonly JoinedWord[]
  /** The concatenation of the folded words. */
  text: string
}

/** A part of a name that a part of a query matches. */
export interface Place {
  /** The positions of the first and the last word. */
  first: number
  last: number
  /** The range that the match covers in the spelling of the name, in UTF-16 code units. */
  start: number
  end: number
  edits: number
}

/** Splits the spelling of a name into words. */
export function nameOf(spelled: string): Name {
  const { words, joined } = wordsOf(spelled)
  const single = words.map(({ folded }, at) => ({ folded, first: at, last: at }))
  return { words, targets: [...single, ...joined], text: words.map(({ folded }) => folded).join('') }
}

/** Returns the place of a part of a word or joined word. The part is from `from` to `to`, in UTF-16 code units. */
export function placeIn(name: Name, { folded, first, last, symbols }: JoinedWord, from: number, to: number): Place {
  if (symbols) return { first, last, ...symbols, edits: 0 }
  if (first < last) return { ...placeAt(name, first, from, to), first, last }
  // The target may be shorter or longer than the word itself: `net` and `dotnet` also match the word `.net`.
  const shift = (name.words[first] as Word).folded.length - folded.length
  return placeAt(name, first, from === 0 ? 0 : Math.max(0, from + shift), Math.max(1, to + shift))
}

/**
 * Returns the place of a part of a name. `from` and `to` are its start and end in the concatenation of the folded words
 * from word `first` on, in UTF-16 code units.
 */
export function placeAt({ words }: Name, first: number, from: number, to: number): Place {
  let at = first
  let offset = 0
  const lengthAt = () => (words[at] as Word).folded.length
  const goTo = (position: number) => {
    while (at < words.length - 1 && offset + lengthAt() < position) {
      offset += lengthAt()
      at += 1
    }
  }
  goTo(from + 1)
  const firstOfPlace = at
  const start = startInWord(words[at] as Word, from - offset)
  goTo(to)
  return { first: firstOfPlace, last: at, start, end: endInWord(words[at] as Word, to - offset), edits: 0 }
}

/** Returns where a part of a folded word begins in the spelling. */
function startInWord(word: Word, from: number): number {
  if (from === 0 || word.folded === word.spelled) return word.start + from
  return from >= word.folded.length ? word.end : word.start + spelledLength(word, from)
}

/** Returns where a part of a folded word ends in the spelling. */
export function endInWord(word: Word, to: number): number {
  if (to >= word.folded.length) return word.end
  return word.start + (word.folded === word.spelled ? to : spelledLength(word, to))
}

/** Returns the length of the shortest prefix of a word's spelling that includes `length` units of the folded word. */
function spelledLength({ spelled, folded }: Word, length: number): number {
  const wanted = folded.slice(0, length)
  let end = 0
  for (const character of spelled) {
    end += character.length
    if (joinedSyllables(fold(spelled.slice(0, end))).startsWith(wanted)) return end
  }
  return spelled.length
}

/** Returns where a part of the digraph form of a word ends in the spelling. */
export const endInForm = ({ spelled, start }: Word, to: number) =>
  start + lengthOf(spelled, (part) => digraphForm(part) ?? fold(part), to)

/** Returns the place of the part of a word's digraph form between `from` and `to`, in UTF-16 code units. */
export function placeInForm(word: Word, at: number, from: number, to: number): Place {
  // The part begins with the letter whose digraph form contains the unit at `from`.
  const endOfFirst = endInForm(word, from + 1)
  const first = [...word.spelled.slice(0, endOfFirst - word.start)].at(-1) as string
  const start = endOfFirst - first.length
  return { first: at, last: at, start, end: endInForm(word, to), edits: 0 }
}

/**
 * Finds the shortest prefix of a text whose form has at least `length` UTF-16 code units, without splitting a
 * character. Returns the length of this prefix in UTF-16 code units.
 */
export function lengthOf(text: string, form: (beginning: string) => string, length: number): number {
  // In most cases, the keystrokes equal the text.
  if (form === keystrokes && keystrokes(text) === text) return Math.min(length, text.length)
  let end = 0
  for (const character of text) {
    end += character.length
    if (form(text.slice(0, end)).length >= length) return end
  }
  return text.length
}
