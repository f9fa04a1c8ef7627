import { createAutocompleteClient } from './client.js'

/** Example queries for the demo dataset, each with the kind of match that it demonstrates. */
const DEMO_EXAMPLES = [
  ['san f', 'prefix'],
  ['york new', 'word'],
  ['tomorow', 'typo'],
  ['고마ㅇ', 'hangul'],
  ['ㅎㄱ', 'initials'],
  ['dkssud', 'layout'],
  ['ㅗ디ㅣㅐ', 'layout'],
]
/** Functions that derive an example from a text, by kind of match. They return undefined for unsuitable texts. */
const DERIVATIONS = [
  ['prefix', beginning],
  ['word', twoWordsReversed],
  ['typo', wordWithTypo],
  ['initials', initials],
]
/** Number of the most popular entries from which examples are derived. */
const POPULAR_ENTRIES = 50
/** Maximum number of queries that are tried for each kind of match. */
const MAX_TRIES = 3
const INITIALS = [...'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ']
/** Number of Hangul syllables with the same initial consonant. */
const SYLLABLES_PER_INITIAL = 588

/**
 * Finds example queries for the dataset. These are the examples for the demo if the dataset answers all of them as
 * intended. Otherwise, the examples are derived from the most popular entries.
 * @param options options of `createAutocompleteClient`, with the URLs of both routes and the parameter `highlight`
 * @returns the examples, each with the kind of its first match; empty if there are none, or if the service does not
 * answer
 */
export async function findExamples(options) {
  const client = createAutocompleteClient({ ...options, limit: 1, debounceMs: 0 })
  const isExample = async ([text, match]) =>
    (await client.suggest(text).catch(() => undefined))?.suggestions[0]?.match === match
  const found = []
  for (const example of DEMO_EXAMPLES) {
    if (!(await isExample(example))) break
    found.push(example)
  }
  if (found.length < DEMO_EXAMPLES.length) {
    const popular = createAutocompleteClient({ ...options, limit: POPULAR_ENTRIES, debounceMs: 0 })
    const { suggestions = [] } = (await popular.suggest('').catch(() => undefined)) ?? {}
    const texts = suggestions.map(({ text }) => text.toLowerCase())
    found.length = 0
    for (const [match, derive] of DERIVATIONS) {
      const queries = new Set(texts.map(derive).filter((query) => query !== undefined))
      for (const query of [...queries].slice(0, MAX_TRIES)) {
        if (!(await isExample([query, match]))) continue
        found.push([query, match])
        break
      }
    }
  }
  return found.map(([text, match]) => ({ text, match }))
}

function beginning(text) {
  const letters = [.../^[\p{L}\p{M}]*/u.exec(text)[0]]
  return letters.length > 2 ? letters.slice(0, Math.min(4, Math.ceil(letters.length / 2))).join('') : undefined
}

function twoWordsReversed(text) {
  const [, first, second] = /^([\p{L}\p{M}]{2,20}) ([\p{L}\p{M}]{2,20})(?= |$)/u.exec(text) ?? []
  return first === undefined ? undefined : `${second} ${first}`
}

function wordWithTypo(text) {
  const [word] = /(?<![^ ])[\p{L}\p{M}]{6,20}(?![^ ])/u.exec(text) ?? []
  if (word === undefined) return undefined
  const letters = [...word]
  return letters.toSpliced(Math.floor(letters.length / 2), 1).join('')
}

function initials(text) {
  const [word] = /[가-힣]{2,20}/.exec(text) ?? []
  if (word === undefined) return undefined
  return [...word]
    .map((syllable) => INITIALS[Math.floor((syllable.charCodeAt(0) - 0xac00) / SYLLABLES_PER_INITIAL)])
    .join('')
}
