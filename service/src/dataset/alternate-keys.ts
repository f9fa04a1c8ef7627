import { hasHangul, initials, keystrokes } from '../text/hangul.ts'

/**
 * Besides its own key an entry lies under keys of other forms, so that all that is ever looked up is the beginning of a key. Their
 * first character says of which form they are; no key of an entry begins with it.
 */
export const FORMS = {
  /** From each word but the first to the end, as keystrokes: `city` and `york city` of `new york city`. */
  words: '\u0001',
  /** All keystrokes of a text with Hangul. */
  keystrokes: '\u0002',
  /** The initials of a text with Hangul. */
  initials: '\u0003',
  /** The initials from each word with Hangul but the first to the end. */
  wordInitials: '\u0005',
} as const

/** Stands before and behind the context in the keys of the entries of one context. */
const CONTEXT = '\u0004'
/** Words of an entry that it is found by: each takes a line. */
const MAX_WORDS = 8
/** The form's character, and the context in front of it. */
const FORM = new RegExp(`^(?:${CONTEXT}[^${CONTEXT}]*${CONTEXT})?[${Object.values(FORMS).join('')}]?`)

/** Whether a key is that of an entry in a context, under which it lies besides the others. */
export const isInContext = (key: string) => key.startsWith(CONTEXT)

/** What the keys of the entries of a context begin with; nothing stands for all entries. */
export function contextPrefix(context: Context | undefined): string {
  return context ? `${CONTEXT}${context.name}:${context.value}${CONTEXT}` : ''
}

/** A named property of entries, such as their category. */
export interface Context {
  name: string
  value: string
}

/** The keys of an entry in other forms. */
export function alternateKeys(key: string): string[] {
  const keys: string[] = []
  const words = key.split(' ', MAX_WORDS)
  let start = 0
  for (const [at, word] of words.slice(0, -1).entries()) {
    start += word.length + 1
    const rest = key.slice(start)
    keys.push(FORMS.words + keystrokes(rest))
    if (hasHangul(words[at + 1] as string)) keys.push(FORMS.wordInitials + initials(rest))
  }
  if (hasHangul(key)) keys.push(FORMS.keystrokes + keystrokes(key), FORMS.initials + initials(key))
  return keys
}

/** What stands in a key behind context and form. */
export function withoutForm(key: string): string {
  return key.replace(FORM, '')
}
