// Invented data like Faker's.

// biome-ignore-all lint: Python values can have any type

import { pyRange } from './collections.ts'
import { PyError } from './errors.ts'
import { pyChoice, pyChoices, pyRandint, pyShuffle } from './random.ts'
import { pyCapitalize, pyText } from './texts.ts'

export const pyFakeFirstNames =
  'Ada Ben Carla David Elena Frank Grace Hugo Ivy Jonas Kira Leo Mona Nils Olga Paul Rosa Sam Tina Viktor'.split(' ')

export const pyFakeLastNames =
  'Adler Brooks Carter Dawson Ellis Fisher Gardner Hughes Irwin Jensen Keller Lawson Miller Norton Owens Porter Quinn Reed Sutton Turner'.split(
    ' ',
  )

export const pyFakeWordList =
  'apple bridge cloud dance early forest garden house island jungle kitchen lemon market nature ocean paper quiet river stone table under valley window yellow always bright common during every finger ground happy inside junior known letter moment never other people'.split(
    ' ',
  )

export function pyFakeInt(min = 0, max = 9999): number {
  return pyRandint(min, max)
}

export function pyFakeDigit(): number {
  return pyRandint(0, 9)
}

export function pyFakeBoolean(): boolean {
  return Math.random() < 0.5
}

export function pyFakeFirstName(): string {
  return pyChoice(pyFakeFirstNames)
}

export function pyFakeLastName(): string {
  return pyChoice(pyFakeLastNames)
}

export function pyFakeName(): string {
  return `${pyFakeFirstName()} ${pyFakeLastName()}`
}

/** Returns a name with a number, so that names rarely repeat. */
export function pyFakeUserName(): string {
  return `${pyFakeFirstName()}${pyFakeLastName()}${pyRandint(1, 999_999)}`.toLowerCase()
}

export function pyFakeEmail(): string {
  return `${pyFakeUserName()}@example.${pyChoice(['com', 'net', 'org'])}`
}

export function pyFakeWord(): string {
  return pyChoice(pyFakeWordList)
}

export function pyFakeWords(count = 3): any[] {
  return pyChoices(pyFakeWordList, undefined, undefined, count)
}

/** Returns a random number that differs from `count` by at most 40%. Faker chooses the length of texts in this way. */
export function pyFakeCount(count: number): number {
  return Math.max(1, Math.trunc((count * pyRandint(60, 140)) / 100))
}

export function pyFakeSentence(count = 6): string {
  return `${pyCapitalize(pyFakeWords(pyFakeCount(count)).join(' '))}.`
}

export function pyFakeParagraph(count = 3): string {
  return pyRange(0, pyFakeCount(count))
    .map(() => pyFakeSentence())
    .join(' ')
}

/** Returns sentences with at most the given number of characters. */
export function pyFakeText(length = 200): string {
  let text = pyFakeSentence()
  for (let next = pyFakeSentence(); text.length + next.length < length; next = pyFakeSentence()) text += ` ${next}`
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}.`
}

export function pyFakeCompany(): string {
  return `${pyFakeLastName()} ${pyChoice(['Inc', 'Ltd', 'Group', 'PLC', 'LLC'])}`
}

export function pyFakeCity(): string {
  return `${pyChoice(['North', 'South', 'East', 'West', 'New', 'Port', 'Lake'])} ${pyFakeFirstName()}`
}

export function pyFakeStreet(): string {
  return `${pyRandint(1, 99_999)} ${pyFakeLastName()} ${pyChoice(['Street', 'Road', 'Lane', 'Avenue'])}`
}

export function pyFakeAddress(): string {
  const state = pyChoice(['CA', 'CO', 'FL', 'GA', 'NY', 'OH', 'TX', 'WA'])
  return `${pyFakeStreet()}\n${pyFakeCity()}, ${state} ${pyRandint(10_000, 99_999)}`
}

export function pyFakePhone(): string {
  return pyFakeForm(pyChoice(['(%##)%##-####', '%##-%##-####', '+1-%##-%##-####', '%##.%##.####']), '#%')
}

export function pyFakeUrl(): string {
  return `https://www.${pyFakeLastName().toLowerCase()}.${pyChoice(['com', 'net', 'org'])}/`
}

export function pyFakeUri(): string {
  return `${pyFakeUrl()}${pyFakeWords(pyRandint(1, 3)).join('/')}`
}

/**
 * Replaces the marks in a text: # with a digit, % with a digit other than 0, ! with a digit or nothing, @ with a digit
 * other than 0 or nothing, and ? with a letter.
 */
export function pyFakeForm(
  text: any,
  marks: string,
  letters: any = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
): string {
  const values: Record<string, () => any> = {
    '#': () => pyRandint(0, 9),
    '%': () => pyRandint(1, 9),
    '!': () => pyChoice([...'0123456789', '']),
    '@': () => pyChoice([...'123456789', '']),
    '?': () => pyChoice(letters),
  }
  return [...pyText(text)].map((letter) => (marks.includes(letter) ? values[letter]?.() : letter)).join('')
}

/** Returns a password that contains at least one character of each selected kind. */
export function pyFakePassword(
  length = 10,
  hasSpecial = true,
  hasDigits = true,
  hasUpper = true,
  hasLower = true,
): string {
  const kinds = [
    hasSpecial ? '!@#$%^&*()_+' : '',
    hasDigits ? '0123456789' : '',
    hasUpper ? 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' : '',
    hasLower ? 'abcdefghijklmnopqrstuvwxyz' : '',
  ].filter((kind) => kind !== '')
  if (kinds.length > length) throw new PyError('AssertionError', 'Required length is shorter than required characters')
  const rest = pyRange(kinds.length, length).map(() => pyChoice(kinds.join('')))
  return pyShuffle([...kinds.map(pyChoice), ...rest]).join('')
}
