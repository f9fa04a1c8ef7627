import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_MATCH_SETTINGS, type MatchSettings } from '../index/match-settings.ts'
import { catalogs } from '../testing/catalogs.ts'
import { MUTATIONS } from '../testing/query-mutations.ts'
import { referenceDataset, referenceSearch } from '../testing/reference-search.ts'
import {
  concatenationOf,
  gradeByDigraphs,
  isExact,
  isHangulPrefix,
  isInfix,
  isInitials,
  isPrefix,
  isWordMatch,
  isWordMatchWithOtherSpaces,
  type Parsed,
  parse,
  typosIn,
} from '../testing/reference-words.ts'
import type { TextRange } from '../text/alignment.ts'
import { otherLayouts } from '../text/keyboard-layouts/index.ts'
import { spelling } from '../text/spelling.ts'
import { correctedOf, highlightOf } from './highlight.ts'
import { MATCHES, type Match } from './query.ts'
import { readingsOf } from './reading.ts'

const settings = DEFAULT_MATCH_SETTINGS

/** Returns the text with brackets around its highlighted ranges. */
function marked(text: string, query: string, match: Match): string {
  let shown = ''
  let last = 0
  for (const [start, end] of highlightOf(text, query, match, settings)) {
    shown += `${text.slice(last, start)}[${text.slice(start, end)}]`
    last = end
  }
  return shown + text.slice(last)
}

describe('highlightOf', () => {
  it.each<[string, string, Match, TextRange[]]>([
    ['app', 'apple', 'prefix', [[0, 3]]],
    ['CAFE', 'café', 'prefix', [[0, 4]]],
    ['nyc', 'New York City', 'alias', []],
    ['york', 'New York City', 'word', [[4, 8]]],
    [
      'city n',
      'New York City',
      'word',
      [
        [0, 1],
        [9, 13],
      ],
    ],
    ['장바ㄱ', '장바구니', 'hangul', [[0, 3]]],
    ['ㅈㅂ', '장바구니', 'initials', [[0, 2]]],
    ['mue', 'Herr Müller', 'word', [[5, 7]]],
    ['oel', 'Feines Öl', 'word', [[7, 9]]],
    ['köln', 'Der Koelner', 'word', [[4, 9]]],
    ['森', 'ノルウェイの森', 'word', [[6, 7]]],
    ['∞', 'Love (∞) Song', 'word', [[6, 7]]],
    ['√', 'Irrational √2', 'word', [[11, 12]]],
    ['丘', '自由が丘', 'word', [[3, 4]]],
    ['tkatj', '삼성', 'layout', [[0, 2]]],
    ['bamana', 'banana', 'typo', [[0, 6]]],
    ['kitchne', 'kitchen', 'typo', [[0, 7]]],
    ['citty', 'New York City', 'typo', [[9, 13]]],
    ['bicylce', 'Fruit', 'typo', []],
    ['wjswk', '삼성 전자', 'layout', [[3, 5]]],
    ['ㄱㄴ', '서울특별시 강남구', 'word', [[6, 8]]],
    ['ㅈ박', '장바구니', 'initials', [[0, 2]]],
    ['c++ ', 'C++', 'prefix', [[0, 3]]],
    ['city ', 'New York City', 'word', [[9, 13]]],
  ])('finds %j in %j by %s', (query, text, match, ranges) => {
    expect(highlightOf(text, query, match, settings)).toEqual(ranges)
  })

  it.each<[string, Match, string]>([
    // The beginning of the text matches.
    ['new y', 'prefix', '[New Y]ork'],
    ['newyo', 'prefix', '[New Yo]rk'],
    ['new york', 'exact', '[New York]'],
    ['"new', 'prefix', '“[New] York”'],
    ['xmen', 'prefix', '[X-Men]: Apocalypse'],
    ['iphone 15', 'prefix', '[iPhone15] case'],
    ['rock & roll', 'prefix', '[Rock and Roll] Hall'],
    ['rock and roll', 'prefix', '[Rock & Roll] Hall'],
    ['h&m', 'exact', '[H&M]'],
    ['북경', 'prefix', '[북경] 오리'],
    // The spelling and the text have different lengths.
    ['stras', 'prefix', '[Straß]e 15'],
    ['strasse', 'prefix', '[Straße] 15'],
    ['strasse 1', 'prefix', '[Straße 1]5'],
    ['istanbul', 'prefix', '[İstanbul] Hotel'],
    ['istanbul h', 'prefix', '[İstanbul H]otel'],
    ['hotel', 'word', 'İstanbul [Hotel]'],
    ['offi', 'prefix', '[Oﬃ]ce chair'],
    ['chair', 'word', 'Oﬃce  [chair]'],
    ['cafe', 'word', `Le [${'café'.normalize('NFD')}]`],
    ['한글', 'word', `Le [${'한글'.normalize('NFD')}] x`],
    ['news', 'word', 'Good\u200b  \u200e[ne\u00adws] paper'],
    ['ガム', 'word', 'X [ｶﾞﾑ]'],
    ['οδος', 'word', 'İ [ΟΔΟΣ] Α'],
    ['مكتبة', 'exact', '[مَكْتَبَة]'],
    ['हिन्द', 'prefix', '[हिन्दी] फिल्म'],
    ['हिंद', 'prefix', '[हिन्दी] फिल्म'],
    ['𠮷野', 'prefix', '[𠮷野]家'],
    ['バ', 'prefix', '[ヴァ]イオリン'],
    ['バイ', 'prefix', '[ヴァイ]オリン'],
    ['ヴ', 'prefix', '[ヴァ]イオリン'],
    ['1 1', 'prefix', '[1½] inch'],
    ['10x1', 'prefix', '[10×1]5 frame'],
    ['lego c', 'prefix', '[LEGO® C]ity'],
    ['kindle c', 'prefix', '[Kindle™ c]ase'],
    ['play st', 'word', '[PlaySt]ation 5'],
    ['978316', 'prefix', '[978-3-16]-148410-0'],
    ['978316', 'word', 'Book [978-3-16]-148410-0'],
    ['🎉', 'word', 'Party [🎉]🎉'],
    ['👍', 'prefix', '[👍🏽] ok'],
    ['👍🏽', 'word', 'Very [👍🏿]!'],
    ['👩', 'word', 'The [👨‍👩‍👧] family'],
    ['👩', 'word', 'A [👩🏽‍🚀] in space'],
    // Words match in any order.
    ['shirt', 'word', 't-[shirt] red'],
    ['tshi', 'word', 'red [t-shi]rt'],
    ['t-sh red', 'word', '[red] [t-sh]irt'],
    ['net', 'word', 'C# [.net] core'],
    ['dotne', 'word', 'C# [.ne]t core'],
    ['new n', 'word', '[New] [N]ews'],
    ['n news', 'word', '[N]ew [News]'],
    ['전자 삼', 'word', '[삼]성 [전자]'],
    ['배달의민', 'word', '한국 [배달의 민]족'],
    ['タワー', 'word', '東京[タワー]'],
    ['たわー', 'word', '東京[タワー]'],
    // Words match by digraphs.
    ['muelelr', 'typo', 'Herr [Müller]'],
    ['muelelr', 'typo', 'Herr [Müller]s'],
    ['mülelr', 'typo', 'Herr [Mueller]'],
    ['schluess', 'infix', 'Haus[schlüss]el'],
    ['schlüss', 'infix', 'Haus[schluess]el'],
    ['uess', 'infix', 'Hausschl[üss]el'],
    ['mueller zzz', 'partial', 'Herr [Müller]'],
    ['thomasmuell', 'word', 'Herr [Thomas Müll]er'],
    ['thomasmüll', 'word', 'Herr [Thomas Muell]er'],
    ['hoer bu', 'word', 'Ein [Hörbu]ch'],
    // The spaces of the query and the text differ.
    ['proma', 'word', 'iPhone 15 [Pro Ma]x'],
    ['iphone15proma', 'word', 'Apple [iPhone 15 Pro Ma]x'],
    ['galaxys24u', 'word', 'Samsung [Galaxy S24 U]ltra'],
    ['galaxys24욽', 'word', 'Samsung [Galaxy S24 울트]라'],
    ['xmen', 'word', 'The [X Men]'],
    ['ab', 'word', 'A Bug [A B]'],
    ['xmen cab', 'word', '[Cab] of [X Men]'],
    ['galaxys24', 'word', 'Galaxy S2 4 [Galaxy S24]'],
    ['straßes24', 'word', 'Die [Straße S24]'],
    ['air po', 'word', 'Apple [AirPo]ds'],
    ['sony head phones', 'word', '[Sony] Wireless [Headphones]'],
    ['x box promax', 'word', '[Pro Max] for [Xbox]'],
    ['삼성 저', 'word', '카페 [삼성전]자'],
    // The query was typed in another keyboard layout.
    ['ghbdtn', 'layout', '[Привет] мир'],
    ['vbh', 'layout', 'Привет [мир]'],
    ['ㅗ디ㅣㅐ', 'layout', '[Hello] Kitty'],
    ['rkq kd', 'layout', '[가방]'],
    ['가ㅂ ㅏ', 'hangul', '[가방]'],
    ['wq', 'layout', '[장바]구니'],
    ['rsr', 'layout', '서울특별시 [강남구]'],
    // The query has typos.
    ['neccesary evil', 'typo', '[Necessary] [Evil]'],
    ['soup chiken', 'typo', '[Chicken] [soup]'],
    ['appel ju', 'typo', '[Apple] [ju]ice'],
    ['berries', 'typo', 'Blue [berry] pie'],
    ['tshrit', 'typo', 'red [t-shirt]'],
    ['ภาสาไท', 'typo', 'x [ภาษาไท]ย'],
    ['ภาษาา', 'typo', '[ภาษา]ไทย'],
    ['ไรงพยา', 'firstLetter', '[โรงพยา]บาล'],
    ['เชียงไหม่ โรงพยาบาน', 'typo', '[โรงพยาบาล] [เชียงใหม่]'],
    ['걍남구', 'typo', '서울특별시 [강남구]'],
    ['장바구미', 'typo', '[장바구니]'],
    ['xanana', 'firstLetter', '[banana] split'],
    ['nothing banana bread', 'partial', '[Banana] [bread]'],
    ['bannana qwerty', 'partial', '[Banana] bread'],
    ["women's shoes", 'partial', '[Shoes] Size S'],
    ["women's s shoes", 'partial', '[Shoes] [S]ize'],
    ['boxb/b', 'partial', '[box]'],
    ['𐐨𐐩𐐪𐐬', 'typo', 'x [𐐨𐐩𐐪𐐫]'],
    // The query matches inside words.
    ['berry', 'infix', 'Straw[berry] jam'],
    ['jam berr', 'infix', 'Straw[berr]y [jam]'],
    ['hir', 'infix', 't-s[hir]t'],
    ['raß', 'infix', 'St[raß]e'],
    ['주문', 'infix', '재[주문]하기'],
  ])('finds %j by %s: %s', (query, match, expected) => {
    expect(marked(expected.replaceAll(/[[\]]/g, ''), query, match)).toBe(expected)
  })

  it.each<[string, Match, string]>([
    ['', 'prefix', 'apple'],
    ['zebra', 'prefix', 'apple'],
    ['big apple', 'exact', 'New York City'],
    ['big apple', 'word', 'New York City'],
    ['zz', 'partial', 'apple'],
    ['5 apple', 'partial', 'apple'],
    ['a a a a a a a a a a a a', 'word', 'ab ac ad ae af ag ah ai aj ak al'],
  ])('returns no ranges for %j by %s in %s', (query, match, text) => {
    expect(highlightOf(text, query, match, settings)).toEqual([])
  })

  it('highlights every suggestion whose text matches', () => {
    fc.assert(
      fc.property(catalogs, ({ entries, queries, ...options }) => {
        const dataset = referenceDataset(entries, options)
        for (const query of queries) {
          for (const { text, match, entry } of referenceSearch(dataset, query)) {
            const ranges = highlightOf(text, query.query, match, options.settings)
            expectWellFormed(text, ranges)
            const isOwn = match === 'partial' ? !entry.aliases : doesMatch(text, query.query, match, options.settings)
            const shown = { query: query.query, text, match, ranges }
            if (isOwn && query.query !== '') expect(shown).not.toMatchObject({ ranges: [] })
            if (match === 'prefix' && isOwn && query.query !== '') expectBeginning(text, query.query, ranges)
            const corrected = correctedOf(text, query.query, match, options.settings)
            const isCorrection = ['layout', 'typo', 'firstLetter'].includes(match)
            expect({ ...shown, isCorrected: corrected !== undefined }).toEqual({
              ...shown,
              isCorrected: isCorrection && ranges.length > 0,
            })
          }
        }
      }),
      { numRuns: 250 },
    )
  })

  it('returns valid ranges for any text, query, and match', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom(...'aßﬁİΣ가ㅏㄱㄳ각\u1100\u1161\u11a8ｶﾞ한\u0301\u200b\u200c  -.&1🎉𠮷ि'),
        maxLength: 12,
      }),
    )
    const kinds = Object.keys(MUTATIONS)
    fc.assert(
      fc.property(
        text,
        text,
        fc.constantFrom(...MATCHES),
        fc.constantFrom(...kinds),
        fc.nat(99),
        (own, other, match, kind, at) => {
          for (const query of [other, MUTATIONS[kind]?.(own, at, 'x') as string]) {
            const ranges = highlightOf(own, query, match, settings)
            expectWellFormed(own, ranges)
            correctedOf(own, query, match, settings)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})

describe('correctedOf', () => {
  it.each<[string, Match, string, string | undefined]>([
    ['bamana', 'typo', 'banana', 'banana'],
    ['bnaana', 'typo', 'Banana bread', 'banana'],
    ['장바구미', 'typo', '장바구니', '장바구니'],
    ['tkatjd', 'layout', '삼성', '삼성'],
    ['tkatj', 'layout', '삼성 전자', '삼성'],
    ['ㅗ디ㅣㅐ', 'layout', 'Hello', 'hello'],
    ['kitchne', 'typo', 'kitchen', 'kitchen'],
    ['yokr', 'typo', 'York', 'york'],
    ['citty', 'typo', 'New York City', 'city'],
    ['zzz', 'layout', 'ㅋㅋㅋ', 'ㅋㅋㅋ'],
    ['soup chiken', 'typo', 'Chicken soup', 'soup chicken'],
    ['chiken so', 'typo', 'Soup with Chicken', 'chicken soup'],
    ['ditchen', 'firstLetter', 'Kitchen', 'kitchen'],
    ['ภาสาไทย', 'typo', 'ภาษาไทย', 'ภาษาไทย'],
    ['アドパルーン', 'typo', 'アドバルーン (大)', 'アドバルーン'],
    ['dnue (2021', 'typo', 'Dune (2021)', 'dune 2021'],
    ['usb-c calbe', 'typo', 'USB-C cable', 'usb-c cable'],
    ['thunderblot-c', 'typo', 'Thunderbolt-C cable', 'thunderbolt-c'],
    ['kitche', 'typo', 'The "Kitchen"!', 'kitchen'],
    ['strase 15', 'typo', 'Straße 15', 'straße 15'],
    ['istambul', 'typo', 'İSTANBUL', 'istanbul'],
    ['cafés pariss', 'typo', 'Paris Cafés', 'cafés paris'],
    ['yokr yorkk', 'typo', 'York York-Town', 'york york-town'],
    ['새ㅔ ㅠㄷ', 'layout', '"Top" (Bed)', 'top bed'],
    // In NFKC, ำ would be two characters.
    ['ohe9k]', 'layout', 'น้ำตาล', 'น้ำตาล'],
    ['น้ำปบา', 'typo', 'น้ำปลา', 'น้ำปลา'],
    ['tokoy', 'typo', 'Ｔｏｋｙｏ', 'ｔｏｋｙｏ'],
    // An alias matches instead of the text.
    ['bicylce', 'typo', 'Fruit', undefined],
    // These kinds of match are not corrections.
    ['app', 'prefix', 'apple', undefined],
    ['hir', 'infix', 'shirt', undefined],
    ['bannana qwerty', 'partial', 'banana', undefined],
  ])('corrects %j by %s in %j to %j', (query, match, text, corrected) => {
    expect(correctedOf(text, query, match, settings)).toBe(corrected)
  })
})

function expectWellFormed(text: string, ranges: readonly TextRange[]): void {
  let last = -1
  for (const [start, end] of ranges) {
    const shown = { text, ranges, isInOrder: start > last, isInside: start < end && end <= text.length }
    const isWhole = [start, end].every(
      (at) => !/^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(Math.max(0, at - 1), at + 1)) || at === 0,
    )
    expect({ ...shown, isWhole }).toEqual({ text, ranges, isInOrder: true, isInside: true, isWhole: true })
    last = end
  }
}

/** Expects a single range whose text begins with the words of some reading of the query. */
function expectBeginning(text: string, query: string, ranges: readonly TextRange[]): void {
  expect(ranges).toHaveLength(1)
  const [start, end] = ranges[0] as TextRange
  const covered = concatenationOf(parse(spelling(text.slice(start, end))))
  const readings = readingsOf(query).map((reading) => reading.text)
  expect({ covered, isBegun: readings.some((reading) => covered.startsWith(reading)) }).toEqual({
    covered,
    isBegun: true,
  })
}

/** Whether the text itself, not an alias, matches according to the reference search. */
function doesMatch(text: string, query: string, match: Match, { correct }: MatchSettings): boolean {
  const name = parse(spelling(text).trimEnd())
  const parsed = (typed: string) => readingsOf(typed).map(({ spelled }) => parse(spelled))
  const typos = (typed: Parsed, firstLetterStays: boolean) =>
    typosIn(typed.words, name, {
      correctDigits: correct === 'digits',
      firstLetterStays,
      maxEdits: 2,
      countsDigraphs: true,
    }) !== undefined
  const rules: Partial<Record<Match, (typed: Parsed) => boolean>> = {
    exact: (typed) => isExact(typed, name),
    prefix: (typed) => isPrefix(typed, name) || isExact(typed, name),
    hangul: (typed) => isHangulPrefix(typed, name),
    initials: (typed) => isInitials(typed, name, true),
    word: (typed) =>
      isWordMatch(typed, name) ||
      gradeByDigraphs(typed, name) !== undefined ||
      isWordMatchWithOtherSpaces(typed, name, true, true),
    layout: (typed) =>
      isPrefix(typed, name) ||
      isHangulPrefix(typed, name) ||
      isInitials(typed, name, true) ||
      (typed.strokes.length >= 3 && isWordMatch(typed, name)),
    typo: (typed) => typos(typed, true),
    firstLetter: (typed) => typos(typed, false),
    infix: (typed) => isInfix(typed, name, true),
  }
  const readings = match === 'layout' ? otherLayouts(query).flatMap(parsed) : parsed(query)
  return readings.some((typed) => rules[match]?.(typed) ?? false)
}
