/**
 * The reference implementation of search. It scans all entries under the rules in docs/matching.md. The code is meant
 * to be easy to compare with the rules, not to be fast. Tests compare the index with this implementation.
 */
import type { Entry } from '../dataset/entries.ts'
import { otherLayouts } from '../text/keyboard-layouts/index.ts'
import { spelling } from '../text/spelling.ts'
import { variantsOf } from '../text/variants.ts'
import type { Word } from '../text/words.ts'
import {
  combinationsOf,
  compareEntries,
  type KeptEntry,
  type Name,
  type ReferenceDataset,
} from './reference-dataset.ts'
import {
  beginsSpelled,
  gradeByDigraphs,
  hasDigit,
  hasSameSpelling,
  hasSymbols,
  hasWordBegunBy,
  hasWordWithTypo,
  haveDigraphs,
  isExact,
  isHangulPrefix,
  isInfix,
  isInitials,
  isPrefix,
  isSingleCharacter,
  isWordMatch,
  isWordMatchWithOtherSpaces,
  mayStay,
  type Parsed,
  parse,
  prefersSpelled,
  separated,
  type TypedWord,
  type TypoRules,
  typosIn,
  waysToRemain,
  withoutGluedLetters,
  withRuns,
} from './reference-words.ts'

export { referenceDataset } from './reference-dataset.ts'

/** The kind of match by which an entry was found. See docs/matching.md, "Matches". */
export type ReferenceMatch =
  | 'exact'
  | 'prefix'
  | 'alias'
  | 'hangul'
  | 'initials'
  | 'word'
  | 'layout'
  | 'typo'
  | 'infix'
  | 'firstLetter'
  | 'partial'

export interface ReferenceQuery {
  query: string
  limit: number
  /** For each name, an entry needs one of the values. */
  filters: { name: string; value: string }[]
  /** Each pair of name and value occurs only once. */
  boosts: { name: string; value: string; factor: number }[]
}

export interface ReferenceSuggestion {
  text: string
  match: ReferenceMatch
  /** The score, including boosts. */
  score: number
  entry: Entry
}

/** An entry that passes the filters, with its boosted score. */
interface Candidate extends KeptEntry {
  boosted: number
}

/** A candidate that matches under a row of the table in docs/matching.md. Within a row, smaller grades come first. */
interface Found {
  candidate: Candidate
  match: ReferenceMatch
  grade: number
}

/** Checks a row of the table for one name and one reading of the query. */
type Rule = (query: Parsed, name: Name) => { match: ReferenceMatch; grade: number } | undefined

/** "all of their scores (without boosts) are below a tenth of the mean score" */
const RARE = 10
const MAX_EDITS = 2
const MAX_EDITS_IF_FOUND = 1
/** "If the text has at least 3 characters (Hangul is counted by keystrokes), `word` may apply instead" */
const MIN_LAYOUT_CHARACTERS = 3
/** A single word cannot be left out, because "at least one word remains". */
const MIN_WORDS_TO_LEAVE_OUT = 2
const WORDS_FOR_AMPERSAND = ['and', 'und', 'et', 'y', 'e', 'en', 'och', 'og', 'и', 've']

/**
 * Answers a query. For an empty query, returns the first entries in order, as `prefix`.
 * @param dataset a dataset from `referenceDataset`
 */
export function referenceSearch(dataset: ReferenceDataset, request: ReferenceQuery): ReferenceSuggestion[] {
  const { query, limit } = request
  const { settings, meanScore } = dataset
  const candidates = candidatesOf(dataset.entries, request)
  const spelled = spelling(query)
  if (spelled.trim() === '') {
    if (query !== '') return []
    return answerOf(addRow([], candidates.map(asPrefix), limit))
  }
  const typed = plainReadingsOf(spelled).map((text) => parse(text))
  const readings = readingsOf(spelled).map((text) => parse(text))
  // "`typo` and `firstLetter` are therefore also tried with each run of the query as one word."
  const lists = readings.flatMap(({ words }) => [words, withRuns(words)])
  // Only `exact` and `prefix` also try words in place of `&`.
  const beginnings = [...readings, ...WORDS_FOR_AMPERSAND.flatMap((and) => withWord(spelled, and))]
  const equal = matching(candidates, beginnings, exact)
  let found: Found[] = []
  const tryRow = (row: () => Found[]) => {
    if (found.length < limit) found = addRow(found, row(), limit)
  }

  if (settings.exact === 'first') tryRow(() => equal)
  const likePrefix = matching(candidates, beginnings, prefixRule(settings.exact === 'score'))
  tryRow(() => likePrefix)
  for (const rule of [hangul, initials, word]) tryRow(() => matching(candidates, readings, rule))

  tryRow(() => matching(candidates, readings, digraphs))
  const mayLackSpaces = found.length === 0
  tryRow(() => matching(candidates, readings, otherSpaces(mayLackSpaces)))
  if (settings.exact === 'score') found = withEqual(found, equal, limit)

  // Corrections are tried in two cases: "The earlier rows have found no entry", and "Fewer than `limit` entries have
  // been found, and all of their scores (without boosts) are below a tenth of the mean score of all entries. In this
  // case, corrections find only entries with at least the mean score, and `typo` allows only one edit."
  const isFound = found.length > 0
  const isRare = found.every(({ candidate }) => candidate.score * RARE < meanScore)
  const correctDigits = settings.correct === 'digits'
  if (settings.correct !== 'off' && isRare) {
    const meant = isFound ? candidates.filter(({ score }) => score >= meanScore) : candidates
    const maxEdits = isFound ? MAX_EDITS_IF_FOUND : MAX_EDITS
    tryRow(() => layoutRow(meant, query))
    const isNew = ({ spelled }: Candidate) => found.every(({ candidate }) => candidate.spelled !== spelled)
    tryRow(() =>
      withFewestTypos(meant.filter(isNew), lists, { correctDigits, firstLetterStays: true, maxEdits }, 'typo'),
    )
  }
  if (settings.infix) tryRow(() => matching(candidates, readings, infix))

  // "Last resorts (`firstLetter`, `partial`) are tried only if nothing else is found."
  const tryLastResort = (row: () => Found[]) => {
    if (settings.correct !== 'off' && found.length === 0) tryRow(row)
  }
  const rules = { correctDigits, maxEdits: MAX_EDITS }
  tryLastResort(() => withFewestTypos(candidates, lists, { ...rules, firstLetterStays: false }, 'firstLetter'))
  tryLastResort(() => partialRow(candidates, typed, { ...rules, firstLetterStays: true }, dataset.entries))
  return answerOf(found)
}

const exact: Rule = (query, name) =>
  isExact(query, name)
    ? { match: 'exact', grade: gradeOf(hasSymbols(query, name), hasSameSpelling(query, name)) }
    : undefined

/**
 * Returns a number by which the entries of one row of the table are sorted, lowest first.
 * @param conditions whether the entry meets each condition for coming first; earlier conditions count more
 */
const gradeOf = (...conditions: boolean[]) => conditions.reduce((grade, isMet) => 2 * grade + (isMet ? 0 : 1), 0)

/** @param takesEqual whether an entry equal to the query is ranked as a `prefix` match, as with `exact: 'score'` */
const prefixRule =
  (takesEqual: boolean): Rule =>
  (query, name) =>
    isPrefix(query, name) || (takesEqual && isExact(query, name))
      ? {
          match: name.isAlias ? 'alias' : 'prefix',
          grade: gradeOf(hasSymbols(query, name), !prefersSpelled(query) || beginsSpelled(query, name)),
        }
      : undefined

const hangul: Rule = (query, name) => (isHangulPrefix(query, name) ? { match: 'hangul', grade: 0 } : undefined)

const initials: Rule = (query, name) => {
  if (isInitials(query, name, false)) return { match: 'initials', grade: 0 }
  return isInitials(query, name, true) ? { match: 'initials', grade: 1 } : undefined
}

const word: Rule = (query, name) =>
  isWordMatch(query, name) ? { match: 'word', grade: gradeOf(hasSymbols(query, name)) } : undefined

const digraphs: Rule = (query, name) => {
  const grade = gradeByDigraphs(query, name)
  return grade === undefined ? undefined : { match: 'word', grade }
}

const otherSpaces =
  (mayLackSpaces: boolean): Rule =>
  (query, name) =>
    withoutDigraphsFirst(query.words, name, 'word', (countsDigraphs) =>
      isWordMatchWithOtherSpaces(query, name, mayLackSpaces, countsDigraphs),
    )

const infix: Rule = (query, name) =>
  withoutDigraphsFirst(query.words, name, 'infix', (countsDigraphs) => isInfix(query, name, countsDigraphs))

/** "Names that match without digraphs come first." */
function withoutDigraphsFirst(
  typed: readonly TypedWord[],
  name: Name,
  match: ReferenceMatch,
  matches: (countsDigraphs: boolean) => boolean,
): { match: ReferenceMatch; grade: number } | undefined {
  if (matches(false)) return { match, grade: 0 }
  return haveDigraphs(typed, name) && matches(true) ? { match, grade: 1 } : undefined
}

const asPrefix = (candidate: Candidate): Found => ({ candidate, match: 'prefix', grade: 0 })

/**
 * "The query is converted to the text that the same keys produce on another keyboard layout. One of the first four rows
 * applies to this text. If the text has at least 3 characters (Hangul is counted by keystrokes), `word` may apply
 * instead, but not with other spaces."
 */
function layoutRow(candidates: readonly Candidate[], query: string): Found[] {
  const rule: Rule = (typed, name) => {
    const isLong = typed.strokes.length >= MIN_LAYOUT_CHARACTERS
    const isFound =
      exact(typed, name) ||
      isPrefix(typed, name) ||
      isHangulPrefix(typed, name) ||
      initials(typed, name) ||
      (isLong && isWordMatch(typed, name))
    return isFound ? { match: 'layout', grade: 0 } : undefined
  }
  const readings = otherLayouts(query)
    .map(spelling)
    .filter((spelled) => spelled.trim() !== '')
  return matching(
    candidates,
    readings.flatMap(readingsOf).map((text) => parse(text)),
    rule,
  )
}

/**
 * Returns the candidates with a name that contains all words of one of the lists, possibly after edits. "A query may
 * have at most two edits in all. Only the entries that need the fewest edits are returned." Candidates that match only
 * with digraphs come after the others.
 */
function withFewestTypos(
  candidates: readonly Candidate[],
  wordLists: readonly (readonly TypedWord[])[],
  rules: TypoRules,
  match: ReferenceMatch,
): Found[] {
  const within = (maxEdits: number): Found[] =>
    candidates.flatMap((candidate) => {
      const found = candidate.names.flatMap((name) =>
        wordLists.flatMap(
          (words) =>
            withoutDigraphsFirst(
              words,
              name,
              match,
              (countsDigraphs) => typosIn(words, name, { ...rules, maxEdits, countsDigraphs }) !== undefined,
            ) ?? [],
        ),
      )
      const best = found.sort((a, b) => a.grade - b.grade)[0]
      return best ? [{ candidate, ...best }] : []
    })
  for (let edits = 0; edits < rules.maxEdits; edits++) {
    const found = within(edits)
    if (found.length > 0) return found
  }
  return within(rules.maxEdits)
}

/**
 * `partial` first leaves out "each word that no entry of the dataset contains, even as the beginning of a word or with
 * a typo", then also "any one of the other words", then "all of the other words except one". "Words with digits are
 * never left out, and at least one word remains."
 * @param all all entries of the dataset, regardless of filters
 */
function partialRow(
  candidates: readonly Candidate[],
  readings: readonly Parsed[],
  rules: TypoRules,
  all: readonly KeptEntry[],
): Found[] {
  const isKnown = (typed: Word) =>
    all.some(({ names }) => names.some((name) => hasWordWithTypo(typed, name, { ...rules, countsDigraphs: true })))
  const known = readings
    .map(({ words }) => ({
      words,
      staying: withoutGluedLetters(
        words,
        words.filter((typed) => hasDigit(typed) || isKnown(typed)),
      ),
    }))
    .filter(({ staying }) => staying.length > 0 && !isSingleCharacter(staying))
  const isBegun = (typed: Word) => all.some(({ names }) => names.some((name) => hasWordBegunBy(typed, name)))
  const found = withFewestTypos(
    candidates,
    known.flatMap(({ words, staying }) => waysToRemain(words, staying, isBegun)),
    rules,
    'partial',
  )
  if (found.length > 0) return found
  const several = known.filter(({ staying }) => staying.length >= MIN_WORDS_TO_LEAVE_OUT)
  const shorter = several.flatMap(({ words, staying }) =>
    staying
      .filter((typed) => !hasDigit(typed))
      .map((left) =>
        withoutGluedLetters(
          words,
          staying.filter((typed) => typed !== left),
        ),
      )
      .flatMap((left) => waysToRemain(words, left, isBegun)),
  )
  const foundShorter = withFewestTypos(candidates, shorter.filter(mayStay), rules, 'partial')
  if (foundShorter.length > 0) return foundShorter
  const single = several.flatMap(({ words, staying }) =>
    staying
      .filter((typed) => !hasDigit(typed))
      .map((kept) => ({
        kept,
        left: withoutGluedLetters(
          words,
          staying.filter((typed) => typed === kept || hasDigit(typed)),
        ),
      }))
      .filter(({ kept, left }) => left.includes(kept))
      .map(({ left }) => separated(words, left)),
  )
  return withFewestTypos(candidates, single.filter(mayStay), rules, 'partial')
}

/**
 * Returns the candidates that have a name to which the rule applies, under any reading of the query. Each candidate
 * gets the smallest grade of its names.
 */
function matching(candidates: readonly Candidate[], readings: readonly Parsed[], rule: Rule): Found[] {
  return candidates.flatMap((candidate) => {
    const all = candidate.names.flatMap((name) => readings.map((reading) => rule(reading, name)))
    const best = all.filter((found) => found !== undefined).sort((a, b) => a.grade - b.grade)[0]
    return best ? [{ candidate, ...best }] : []
  })
}

/** "An answer never contains two entries with the same spelling: only the one found first is returned." */
function addRow(found: readonly Found[], row: readonly Found[], limit: number): Found[] {
  const longer = [...found]
  for (const next of row.toSorted(compareFound)) {
    if (longer.length === limit) break
    if (!longer.some(({ candidate }) => candidate.spelled === next.candidate.spelled)) longer.push(next)
  }
  return longer
}

/** "with boosts: pinned, boosted score, order" */
function compareFound(a: Found, b: Found): number {
  const isPinned = ({ candidate }: Found) => Number(candidate.entry.pinned ?? false)
  return (
    a.grade - b.grade ||
    isPinned(b) - isPinned(a) ||
    b.candidate.boosted - a.candidate.boosted ||
    compareEntries(a.candidate, b.candidate)
  )
}

/**
 * If the answer does not contain the first equal entry, puts that entry in the last place, as `exact`; see
 * docs/matching.md.
 */
function withEqual(found: readonly Found[], equal: readonly Found[], limit: number): Found[] {
  const [first] = equal.toSorted(compareFound)
  if (!first || found.some(({ candidate }) => candidate.spelled === first.candidate.spelled)) return [...found]
  return [...found.slice(0, limit - 1), first]
}

/** Returns the entries that pass the filters, in order, with their boosted scores. */
function candidatesOf(entries: readonly KeptEntry[], { filters, boosts }: ReferenceQuery): Candidate[] {
  const names = new Set(filters.map(({ name }) => name))
  return entries.flatMap((kept) => {
    const combinations = combinationsOf(kept.entry)
    const has = (combination: Record<string, string>, name: string, value: string) =>
      Object.hasOwn(combination, name) && combination[name] === value
    const passes = combinations.some((combination) =>
      [...names].every((name) =>
        filters.some((filter) => filter.name === name && has(combination, name, filter.value)),
      ),
    )
    if (!passes) return []
    const factor = boosts
      .filter(({ name, value }) => combinations.some((combination) => has(combination, name, value)))
      .reduce((product, boost) => product * boost.factor, 1)
    return [{ ...kept, boosted: kept.score * factor }]
  })
}

/**
 * "A query that has one of these words between two other words is also tried without it." If there are several such
 * words, all are left out together.
 */
function plainReadingsOf(spelled: string): string[] {
  const readings = [spelled]
  const chunks = spelled.split(' ')
  const last = chunks.findLastIndex((chunk) => chunk !== '')
  const isBetween = (chunk: string, at: number) => at > 0 && at < last && WORDS_FOR_AMPERSAND.includes(chunk)
  if (chunks.some(isBetween)) readings.push(chunks.filter((chunk, at) => !isBetween(chunk, at)).join(' '))
  return readings
}

/** Returns the plain readings, and other spellings of each. */
const readingsOf = (spelled: string) => plainReadingsOf(spelled).flatMap((reading) => [reading, ...variantsOf(reading)])

/** Returns the query with a word in place of each `&` that follows a word. */
function withWord(spelled: string, and: string): Parsed[] {
  let text = ''
  const places: number[] = []
  for (const letter of spelled) {
    if (letter === '&' && /[\p{L}\p{N}]/u.test(text)) {
      text = `${text.trimEnd()} `
      places.push(text.length)
      text += `${and} `
    } else if (letter !== ' ' || !text.endsWith(' ')) text += letter
  }
  return places.length > 0 ? [parse(text, places)] : []
}

const answerOf = (found: readonly Found[]): ReferenceSuggestion[] =>
  found.map(({ candidate, match }) => ({
    text: candidate.entry.text,
    match,
    score: candidate.boosted,
    entry: candidate.entry,
  }))
