// Invented data like Faker's.

// biome-ignore-all lint: Python values can have any type

import { pyRange } from './collections.ts'
import { PyDate } from './dates.ts'
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

/**
 * Returns a random integer: 60% to 140% of `count`, rounded down, but at least 1. Faker chooses the length of texts in
 * this way.
 */
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

export function pyFakeStreetName(): string {
  return `${pyFakeLastName()} ${pyChoice(['Street', 'Road', 'Lane', 'Avenue'])}`
}

export function pyFakeStreet(): string {
  return `${pyRandint(1, 99_999)} ${pyFakeStreetName()}`
}

export function pyFakeState(): string {
  return pyChoice(['California', 'Colorado', 'Florida', 'Georgia', 'New York', 'Ohio', 'Texas', 'Washington'])
}

export function pyFakeStateCode(): string {
  return pyChoice(['CA', 'CO', 'FL', 'GA', 'NY', 'OH', 'TX', 'WA'])
}

export function pyFakeZip(): string {
  return String(pyRandint(501, 99_950)).padStart(5, '0')
}

export function pyFakeAddress(): string {
  return `${pyFakeStreet()}\n${pyFakeCity()}, ${pyFakeStateCode()} ${pyFakeZip()}`
}

export function pyFakeCountry(): string {
  return pyChoice(['Brazil', 'Canada', 'France', 'Germany', 'India', 'Japan', 'Korea', 'Norway', 'Peru', 'Spain'])
}

export function pyFakeCountryCode(): string {
  return pyChoice(['BR', 'CA', 'FR', 'DE', 'IN', 'JP', 'KR', 'NO', 'PE', 'ES'])
}

export function pyFakeJob(): string {
  return pyChoice(['Accountant', 'Architect', 'Chemist', 'Editor', 'Engineer', 'Farmer', 'Nurse', 'Pilot', 'Teacher'])
}

export function pyFakeColor(): string {
  return pyChoice(['Aqua', 'Beige', 'Coral', 'Gold', 'Indigo', 'Ivory', 'Lime', 'Navy', 'Plum', 'Salmon', 'Teal'])
}

export function pyFakeHexColor(): string {
  return `#${pyFakeHex(6)}`
}

export function pyFakeHex(length: number): string {
  return pyChoices('0123456789abcdef', undefined, undefined, length).join('')
}

/** Returns a card number with a valid check digit. */
export function pyFakeCard(kind: any = null): string {
  const kinds: Record<string, [prefixes: string[], length: number]> = {
    visa: [['4'], 16],
    visa16: [['4'], 16],
    visa13: [['4'], 13],
    mastercard: [['51', '52', '53', '54', '55'], 16],
    amex: [['34', '37'], 15],
    discover: [['6011', '65'], 16],
    diners: [['300', '301', '302', '303', '304', '305', '36', '38'], 14],
    jcb: [['35'], 16],
    maestro: [['5018', '5020', '5038', '6304'], 12],
  }
  const name = kind ?? pyChoice(Object.keys(kinds))
  if (!Object.hasOwn(kinds, name)) throw new PyError('KeyError', name)
  const [prefixes, length] = kinds[name] as [string[], number]
  const digits = pyFakeForm(pyChoice(prefixes).padEnd(length - 1, '#'), '#')
  let sum = 0
  for (const [i, digit] of [...digits].reverse().entries()) {
    const double = Number(digit) * (i % 2 === 0 ? 2 : 1)
    sum += double > 9 ? double - 9 : double
  }
  return digits + ((10 - (sum % 10)) % 10)
}

/** Returns the end of a card's validity, at most ten years from now. */
export function pyFakeCardEnd(): string {
  const year = new Date().getFullYear() + pyRandint(1, 9)
  return `${String(pyRandint(1, 12)).padStart(2, '0')}/${String(year).slice(-2)}`
}

export function pyFakeIp(): string {
  return [pyRandint(1, 223), pyRandint(0, 255), pyRandint(0, 255), pyRandint(1, 254)].join('.')
}

export function pyFakeIpv6(): string {
  return pyRange(0, 8)
    .map(() => pyRandint(0, 65_535).toString(16))
    .join(':')
}

export function pyFakeMac(): string {
  return pyRange(0, 6)
    .map(() => pyFakeHex(2))
    .join(':')
}

export function pyFakeUserAgent(): string {
  const system = pyChoice(['Windows NT 10.0; Win64; x64', 'Macintosh; Intel Mac OS X 10_15_7', 'X11; Linux x86_64'])
  const version = `${pyRandint(100, 140)}.0.${pyRandint(1000, 9999)}.${pyRandint(0, 99)}`
  return `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Safari/537.36`
}

export function pyFakeDomainWord(): string {
  return pyFakeLastName().toLowerCase()
}

export function pyFakeDomain(): string {
  return `${pyFakeDomainWord()}.${pyChoice(['com', 'net', 'org', 'biz', 'info'])}`
}

export function pyFakeSlug(): string {
  return pyFakeWords(pyRandint(3, 5)).join('-')
}

export function pyFakePhrase(): string {
  return pyFakeWords(3).map(pyCapitalize).join(' ')
}

export function pyFakeSentences(count = 3): string[] {
  return pyRange(0, count).map(() => pyFakeSentence())
}

export function pyFakeParagraphs(count = 3): string[] {
  return pyRange(0, count).map(() => pyFakeParagraph())
}

export function pyFakeLetters(count = 16): string[] {
  return pyChoices([...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'], undefined, undefined, count)
}

/** Returns random letters. Like Faker, returns exactly `most` letters if there is no minimum. */
export function pyFakeString(least: any = null, most = 20): string {
  return pyFakeLetters(least === null ? most : pyRandint(least, most)).join('')
}

/** Returns an integer with at most the given number of digits, or with exactly this number if `isFixed` is true. */
export function pyFakeNumber(digits: any = null, isFixed = false): number {
  const count = digits ?? pyRandint(1, 9)
  return pyRandint(isFixed ? 10 ** (count - 1) : 0, 10 ** count - 1)
}

/** Returns a date since 1970 as YYYY-MM-DD. */
export function pyFakeDay(): string {
  return pyFakeIso().slice(0, 10)
}

export function pyFakeTime(): string {
  return pyFakeIso().slice(11)
}

export function pyFakeIso(): string {
  return new Date(Math.random() * Date.now()).toISOString().slice(0, 19)
}

export function pyFakeYear(): string {
  return String(pyRandint(1970, new Date().getFullYear()))
}

/** Returns a date of birth for an age in years. */
export function pyFakeBirth(_zone?: any, least = 0, most = 115): PyDate {
  const now = new Date()
  const before = (years: number, days: number) =>
    Date.UTC(now.getFullYear() - years, now.getMonth(), now.getDate() + days) / 86_400_000
  return new PyDate(new Date(pyRandint(before(most + 1, 1), before(least, 0)) * 86_400_000))
}

export function pyFakeSsn(): string {
  return `${String(pyRandint(1, 665)).padStart(3, '0')}-${String(pyRandint(1, 99)).padStart(2, '0')}-${String(pyRandint(1, 9999)).padStart(4, '0')}`
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
