import { FORMS, withoutForm } from '../dataset/alternate-keys.ts'
import { prefixEdits } from '../dataset/prefix-trie.ts'
import { initials, keystrokes } from '../hangul.ts'
import { normalize } from '../text.ts'
import type { Lookup } from './lookups.ts'

/** From the first to behind the last of a part of a text, in UTF-16 units. */
export type Range = [start: number, end: number]

const typedLetters = (text: string) => keystrokes(normalize(text))
const typedInitials = (text: string) => initials(normalize(text))

/**
 * The parts of a suggested text that a query fits, in their order; none when it was found by an alias.
 * @param prefix the normalised query
 */
export function highlightOf(text: string, prefix: string, lookup: Lookup): Range[] {
  switch (lookup.match) {
    case 'prefix':
      return beginning(text, prefix, normalize)
    case 'initials':
      return beginning(text, initials(prefix), typedInitials, false)
    case 'word':
      return words(text, prefix)
    case 'typo': {
      const edited = prefixEdits(typedLetters(text), keystrokes(prefix))
      return edited ? [[0, endOf(text, 0, edited.length, typedLetters)]] : []
    }
    default: {
      const meant = withoutForm(lookup.prefix)
      return lookup.prefix.includes(FORMS.keystrokes)
        ? beginning(text, meant, typedLetters)
        : beginning(text, meant, normalize)
    }
  }
}

/** The beginning of a text whose form is, or goes beyond, what is wanted. */
function beginning(text: string, wanted: string, form: (text: string) => string, isSame = true): Range[] {
  if (isSame && !form(text).startsWith(wanted)) return []
  const end = endOf(text, 0, wanted.trimEnd().length, form)
  return end > 0 ? [[0, end]] : []
}

/** Where a part of a text ends whose form is so long. */
function endOf(text: string, start: number, length: number, form: (text: string) => string): number {
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
  for (const typed of prefix.split(' ').filter((word) => word !== '')) {
    const wanted = keystrokes(typed)
    const at = left.findIndex(({ word }) => typedLetters(word).startsWith(wanted))
    if (at < 0) continue
    const [{ word, start }] = left.splice(at, 1) as [{ word: string; start: number }]
    ranges.push([start, start + endOf(word, 0, wanted.length, typedLetters)])
  }
  return ranges.sort(([a], [b]) => a - b)
}
