/** Small catalogs that are hard to search, with queries, as fast-check arbitraries. */
import fc from 'fast-check'
import type { Entry } from '../dataset/entries.ts'
import { syllables } from '../text/hangul.ts'
import { MUTATIONS } from './query-mutations.ts'
import type { ReferenceSettings } from './reference-dataset.ts'
import type { ReferenceQuery } from './reference-search.ts'

/** Entries with settings, and queries that are derived from the entries. */
export interface Catalog {
  entries: Entry[]
  halfLifeDays?: number
  settings: ReferenceSettings
  queries: ReferenceQuery[]
}

/** The choices from which a query is built once the entries are known. */
interface QueryPlan {
  name: number
  other: number
  mutations: { kind: string; at: number; letter: string }[]
  limit: number
  filters: { name: string; value: string }[]
  boosts: { name: string; value: string; factor: number }[]
}

const MAX_QUERY_LENGTH = 64
const DAY_MS = 86_400_000
const SHARED_PREFIXES =
  'a ab abc abcd abd red reed reds shoe shoes shirt t new york newyork newton plane planes planet play station playstation play-station'.split(
    ' ',
  )
const LATIN =
  'berry berries box boxes johnson and y wi fi wifi restaurant restaurent bán ban bạn bank Straße strasse Über uber loreal Oréal'.split(
    ' ',
  )
const DIGRAPHS =
  'Müller Mueller muller Öl oel olé Köln Koeln köln-bonn Århus aarhus ar Grüße gruesse blue blut Blüte smørrebrød smoerrebroed æøå bær bår'.split(
    ' ',
  )
const DIGITS =
  '1 15 16 2,5 25 2,500 2500 1½ 2021 2210 iphone15 iphone xyz 157b2210 ٢٠٢٤ 2024 ๒๐๒๔ 20๒๔ 5၅ 978-3-16-1484 9783161484 20240501'.split(
    ' ',
  )
const NUMBERS =
  '1.5 15 1/2 12 1 2 5 1,25 25 5müller 5++ 50,000 50000 12-34-56 123456 12-3456 3456 34 2x4 2х4 2*4 2.5.1 251 pack liter l 삼성 ㅅㅅ l1.5 c/1'.split(
    ' ',
  )
const PRODUCTS =
  'iphone 15 pro max ps 5 ps5 x men s 24 s24 ultra galaxy a 7 iv a7iv 10,000 10000 100 5s n roll rock b c 울트라 lg'.split(
    ' ',
  )
const UNITS = '55 5 inch inches in tv 2 x 4k hd 1/2 cm 8 gb usb 3 drill bit women s men shoes t-shirt'.split(' ')
const SYMBOLS =
  'c c++ c# .net net dotnet 🎉 ❤️ at&t aten h&m hem he and & a&b c#/.net asp.net lego® lego 10×15 360° 360 t-shirt tshirt rock-n-roll ∞ → ≠ √2 5€ love'.split(
    ' ',
  )
const HANGUL = '삼성 전자 삼성전자 장바구니 배달의 민족 사과 사과나무 과일 lg전자 갑옷 값 가방'.split(' ')
const OTHER_SCRIPTS =
  '北京 大学 北京大学 東京タワー タワー 臺灣 台湾 𠮷野家 ラーメン らーめん ヴァイオリン バイオリン ラヴ 佐々木 佐佐木 関ヶ原 関が原 自由が丘 丘 1か月 1ヶ月 いすゞ ノルウェイの森 森 女の子 お茶 हिंदी हिन्दी अंदर ภาษาไทย ไทย привет Москва мир мой мои мій світ їжак эхо є مكتبة مَكْتَبَة أحمد کتاب سلام بلاد שָׁלוֹם αθήνα'.split(
    ' ',
  )
/** Words with letters that take two UTF-16 code units, some of the words with typos, and a few other words. */
const RARE_LETTERS = '𐐨𐐩𐐪𐐫 𐐨𐐪𐐩𐐫 𐐨𐐩𐐪 𐐨𐐩 𐐨 𞤀𞤢𞤣𞤤𞤢𞤣𞤤𞤢 𞤀𞤢𞤤𞤣𞤢𞤣𞤢 𞤀 𐌰𐌱𐌲𐌰 a𐌰𐌱𐌲𐌰 𛀁𛀂か 𛀁 𠮷野 𠮷 𝒜 가나 x'.split(' ')
/**
 * Words whose joined words contain letters of several scripts, words that begin with marks, numbers in other scripts,
 * words with `.` or `+`, and single vowels.
 */
const MIXTURES =
  'ga가lmenit galmenit galmenix galmen 가-lmen lmen k팝song kpopsong 가 ㄴ다 간다 ㅗㅗㅣ ㅗㅚ ゛か あ゙い か བོད ཡི ིཡ ፩አበ ፩ አበ ௧௰ 〇五 5++++ c++++ .가나 가나++'.split(
    ' ',
  )
const RUNS =
  'ภาษาไทย ภาษา ไทย ภาสา โรงพยาบาล พยาบาล โรงเรียน เรียน กรุงเทพมหานคร นคร การ มา ກາ ພາສາລາວ ລາວ ភ្នំពេញ ភ្នំ ပုဂံ မြန်မာ မြန်မာစာ スーパーマーケット スーパー すーぱ まーけっと 東京タワー tower 5'.split(
    ' ',
  )
/**
 * Words that are typed with few keys. Different words often have the same keystrokes, which can form different
 * syllables and letters.
 */
const keyboardWords = fc
  .record({
    consonants: fc.shuffledSubarray([...'ㅂㅈㄷㄱㅅㅁㄴㅇㄹㅎㅋㅌㅃㄲㅆ'], { minLength: 2, maxLength: 5 }),
    vowels: fc.shuffledSubarray([...'ㅏㅓㅔㅣㅛ', 'ㅗㅏ', 'ㅗㅣ', 'ㅜㅓ', 'ㅡㅣ'], { minLength: 2, maxLength: 4 }),
    others: fc.shuffledSubarray([...'йцукенгрстьіыиabt15'], { minLength: 2, maxLength: 4 }),
  })
  .chain(({ consonants, vowels, others }) => {
    const consonant = fc.constantFrom(...consonants)
    const vowel = fc.constantFrom(...vowels)
    const part = fc.oneof(
      { arbitrary: fc.tuple(consonant, vowel), weight: 6 },
      { arbitrary: fc.tuple(consonant, vowel, consonant), weight: 3 },
      { arbitrary: fc.oneof(consonant, vowel).map((letter) => [letter]), weight: 1 },
    )
    const hangul = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => syllables(parts.flat().join('')))
    const other = fc
      .array(fc.constantFrom(...others), { minLength: 1, maxLength: 4 })
      .map((letters) => letters.join(''))
    return fc.array(fc.oneof({ arbitrary: hangul, weight: 3 }, { arbitrary: other, weight: 1 }), {
      minLength: 2,
      maxLength: 8,
    })
  })
const VOCABULARIES = [
  SHARED_PREFIXES,
  LATIN,
  DIGRAPHS,
  DIGITS,
  NUMBERS,
  PRODUCTS,
  UNITS,
  SYMBOLS,
  HANGUL,
  OTHER_SCRIPTS,
  RARE_LETTERS,
  MIXTURES,
  RUNS,
]
/** A small selection of words, so that different texts have words in common. */
const vocabulary = fc.oneof(
  ...VOCABULARIES.map((words) => fc.shuffledSubarray(words, { minLength: 2, maxLength: 6 })),
  fc.shuffledSubarray(VOCABULARIES.flat(), { minLength: 3, maxLength: 9 }),
  keyboardWords,
)
const separator = fc.oneof(
  { arbitrary: fc.constant(' '), weight: 6 },
  {
    arbitrary: fc.constantFrom('', '-', '/', '_', "'", '.', '  ', ', ', ' & ', ' - ', ' (', ') ', '\u200b', '\u200c'),
    weight: 3,
  },
)
const ornament = fc.oneof(
  { arbitrary: fc.constant(''), weight: 12 },
  { arbitrary: fc.constantFrom('"', '(', '.', '¿', '!', '…', '\u200e', '+'), weight: 1 },
)
const letter = fc.constantFrom(...'abenosty1ㅏㅅ시й大𐐨𞤢ภาーす')
const VALUES: Readonly<Record<string, readonly string[]>> = {
  tenant: ['a', 'b', 'c'],
  category: ['x', 'y'],
  locale: ['de', 'ko'],
}
const context = fc
  .constantFrom(...Object.keys(VALUES))
  .chain((name) => fc.record({ name: fc.constant(name), value: fc.constantFrom(...(VALUES[name] as string[])) }))
const contexts = fc.record(
  Object.fromEntries(
    Object.entries(VALUES).map(([name, values]) => [name, fc.shuffledSubarray([...values], { minLength: 1 })]),
  ) as Record<string, fc.Arbitrary<string[]>>,
  { requiredKeys: [] },
)
const weight = fc.constantFrom(0, 0.3, 1, 1, 1, 2, 5, 5, 10, 100, 1000)
const queryPlan: fc.Arbitrary<QueryPlan> = fc.record({
  name: fc.nat(999),
  other: fc.nat(999),
  mutations: fc.array(
    fc.record({ kind: fc.constantFrom(...Object.keys(MUTATIONS), 'joinOther'), at: fc.nat(99), letter }),
    { maxLength: 3 },
  ),
  limit: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 50 })),
  filters: mostlyNone(fc.array(context, { minLength: 1, maxLength: 3 })),
  boosts: mostlyNone(
    fc.uniqueArray(
      fc
        .record({ factor: fc.constantFrom(1, 1.5, 2, 3, 100) })
        .chain(({ factor }) => context.map((one) => ({ ...one, factor }))),
      { minLength: 1, maxLength: 3, selector: ({ name, value }) => `${name}:${value}` },
    ),
  ),
})

/** Catalogs of 2 to 40 rows over a small vocabulary, so that prefixes, spellings, and scores often collide. */
export const catalogs: fc.Arbitrary<Catalog> = vocabulary
  .chain((words) => {
    const text = textOf(words)
    const entry = fc.record(
      {
        text,
        weight,
        contexts: fc.oneof(contexts, fc.constantFrom({}, { tenant: ['a'] }, { tenant: ['b'] })),
        aliases: fc.array(text, { minLength: 1, maxLength: 3 }),
        pinned: fc.constantFrom(false, false, false, true),
        updated: fc.integer({ min: 0, max: 5 }).map((months) => months * 30 * DAY_MS),
        payload: fc.nat(9),
      },
      { requiredKeys: ['text', 'weight'] },
    )
    const block = fc.record(
      { text, weight: fc.constant(0), blocked: fc.constant(true), contexts, aliases: fc.array(text, { maxLength: 1 }) },
      { requiredKeys: ['text', 'weight', 'blocked'] },
    )
    return fc.record({
      entries: fc.array(entry, { minLength: 2, maxLength: 36 }),
      blocks: fc.oneof(
        { arbitrary: fc.constant([]), weight: 3 },
        { arbitrary: fc.array(block, { minLength: 1, maxLength: 4 }), weight: 1 },
      ),
      halfLifeDays: fc.constantFrom(undefined, undefined, 30),
      settings: fc.record({
        infix: fc.constantFrom(true, true, false),
        correct: fc.constantFrom('letters' as const, 'letters' as const, 'digits' as const, 'off' as const),
        exact: fc.constantFrom('first' as const, 'first' as const, 'score' as const),
      }),
      plans: fc.array(queryPlan, { minLength: 1, maxLength: 8 }),
    })
  })
  .map(({ entries, blocks, halfLifeDays, settings, plans }) => {
    const rows = [...entries, ...blocks] as Entry[]
    const names = rows.flatMap(({ text, aliases = [] }) => [text, ...aliases])
    const queries = plans.map((plan) => queryOf(plan, names))
    return { entries: rows, ...(halfLifeDays !== undefined && { halfLifeDays }), settings, queries }
  })

/** Returns texts of up to four words. `toEntry` accepts all of them. */
function textOf(words: readonly string[]): fc.Arbitrary<string> {
  const word = fc.oneof(
    { arbitrary: fc.constantFrom(...words), weight: 9 },
    { arbitrary: fc.constantFrom('???', 'Zz', '-', 'x'), weight: 1 },
  )
  return fc
    .tuple(ornament, fc.array(fc.tuple(word, separator), { minLength: 1, maxLength: 4 }), ornament, fc.boolean())
    .map(([front, parts, back, isUpper]) => {
      const joined = parts.map(([part, gap], at) => part + (at < parts.length - 1 ? gap : '')).join('')
      const cased = isUpper ? joined.replace(/^\p{L}/u, (first) => first.toUpperCase()) : joined
      return `${front}${cased}${back}`.normalize('NFC').trim()
    })
}

function queryOf(
  { name, other, mutations, limit, filters, boosts }: QueryPlan,
  names: readonly string[],
): ReferenceQuery {
  const chosen = (at: number) => names[at % names.length] as string
  let query = chosen(name)
  for (const { kind, at, letter } of mutations) {
    const mutate = MUTATIONS[kind]
    query = mutate ? mutate(query, at, letter) : `${query} ${chosen(other)}`
  }
  return { query: [...query].slice(0, MAX_QUERY_LENGTH).join(''), limit, filters, boosts }
}

function mostlyNone<T>(some: fc.Arbitrary<T[]>): fc.Arbitrary<T[]> {
  return fc.oneof({ arbitrary: fc.constant<T[]>([]), weight: 2 }, { arbitrary: some, weight: 1 })
}
