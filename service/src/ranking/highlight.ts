import { FORMS, withoutForm } from '../dataset/alternate-keys.ts'
import { prefixEdits } from '../dataset/prefix-trie.ts'
import { initials, keystrokes } from '../text/hangul.ts'
import { normalize } from '../text.ts'
import type { Lookup } from './lookups.ts'

/** From the first to behind the last of a part of a text, in UTF-16 units. */
export type Range = [start: number, end: number]

type Form = (text: string) => string

const typedLetters: Form = (text) => keystrokes(normalize(text))
const typedInitials: Form = (text) => initials(normalize(text))

/**
 * The parts of a suggested text that a query fits, in their order; none when it was found by an alias.
 * @param prefix the normalised query
 */
export function highlightOf(text: string, prefix: string, lookup: Lookup): Range[] {
  const meant = withoutForm(lookup.prefix)
  switch (lookup.match) {
    case 'prefix':
      return beginning(text, meant, normalize)
    case 'initials':
    case 'halfInitials':
      return beginning(text, meant, typedInitials)
    case 'word':
      return lookup.prefix.includes(FORMS.wordInitials) ? laterWord(text, meant, typedInitials) : words(text, prefix)
    case 'typo':
      return corrected(text, prefix, lookup)
    default: {
      if (lookup.prefix.includes(FORMS.words)) return laterWord(text, meant, typedLetters)
      return beginning(text, meant, lookup.prefix.includes(FORMS.keystrokes) ? typedLetters : normalize)
    }
  }
}

/** The beginning of a text, or of what begins at `start`, whose form is, or goes beyond, what is wanted. */
function beginning(text: string, wanted: string, form: Form, start = 0): Range[] {
  if (!form(text.slice(start)).startsWith(wanted)) return []
  const end = endOf(text, start, wanted.trimEnd().length, form)
  return end > start ? [[start, end]] : []
}

/** The same from the first word on that has it, but not the first of all. */
function laterWord(text: string, wanted: string, form: Form): Range[] {
  for (const start of laterWords(text)) {
    const range = beginning(text, wanted, form, start)
    if (range.length > 0) return range
  }
  return []
}

/** What stands for a query that was corrected. */
function corrected(text: string, prefix: string, lookup: Lookup): Range[] {
  const typed = keystrokes(prefix).trimEnd()
  for (const start of lookup.prefix.includes(FORMS.words) ? laterWords(text) : [0]) {
    const edited = prefixEdits(typedLetters(text.slice(start)), typed, lookup.edits as number)
    if (edited) return [[start, endOf(text, start, edited.length, typedLetters)]]
  }
  return []
}

/** Where the words of a text begin, but the first. */
const laterWords = (text: string) => [...text.matchAll(/(?<=\s)\S/gu)].map(({ index }) => index)

/** Where a part of a text ends whose form is so long. */
export function endOf(text: string, start: number, length: number, form: Form): number {
  let end = start
  for (const character of text.slice(start)) {
    if (form(text.slice(start, end)).length >= length) break
    end += character.length
  }
  return end
}

/** The beginning of a word for each word of the query. */
function words(text: string, prefix: string): Range[] {
  const left = [...text.matchAll(/\S+/gu)].map((match) => ({ word: match[0], start: match.index }))
  const ranges: Range[] = []
  // The longest first, so that none takes what another needs.
  const typedWords = prefix.split(' ').filter((word) => word !== '')
  for (const typed of typedWords.sort((a, b) => b.length - a.length)) {
    const wanted = keystrokes(typed)
    const at = left.findIndex(({ word }) => typedLetters(word).startsWith(wanted))
    if (at < 0) continue
    const [{ word, start }] = left.splice(at, 1) as [{ word: string; start: number }]
    ranges.push([start, start + endOf(word, 0, wanted.length, typedLetters)])
  }
  return ranges.sort(([a], [b]) => a - b)
}
