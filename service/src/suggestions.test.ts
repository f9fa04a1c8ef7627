/** Tests what queries find, with the whole service and a real Redis server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuildOptions } from './dataset/build.ts'
import type { Entry } from './dataset/entry.ts'
import { DEFAULT_MATCH_SETTINGS } from './index/match-settings.ts'
import { TestRedis } from './testing/redis.ts'
import { TestService } from './testing/service.ts'
import { keystrokes } from './text/hangul.ts'

const ENTRIES: Entry[] = [
  { text: 'apple', weight: 90 },
  { text: 'application', weight: 80 },
  { text: 'apply', weight: 70 },
  { text: 'banana', weight: 60 },
  { text: 'necessary', weight: 50 },
  { text: 'hello', weight: 40 },
  { text: 'New York City', weight: 35, aliases: ['NYC', 'Big Apple'] },
  { text: 'York', weight: 30 },
  { text: 'new orleans', weight: 20 },
  { text: 'café', weight: 10 },
  { text: '장바구니', weight: 100 },
  { text: '장보기', weight: 200 },
  { text: '삼성', weight: 300 },
  { text: '사과', weight: 400 },
  { text: '감사', weight: 50 },
  { text: '서울특별시 강남구', weight: 70 },
  { text: '까치', weight: 5 },
  { text: '삼성 전자', weight: 30 },
  { text: 'kitchen', weight: 25 },
  { text: 'C++', weight: 15 },
  { text: 'Fruit', weight: 12, aliases: ['Bicycle', '자전거'] },
  { text: 'ㅋㅋㅋ', weight: 8 },
]

interface Found {
  texts: string[]
  answer: { corrected?: string; suggestions: Record<string, unknown>[] }
}

type Ask = (parameters: Record<string, string>, others?: [string, string][], path?: string) => Promise<Found>

const services: { stop(): Promise<unknown> }[] = []

async function serviceWith(entries: readonly Entry[], options?: BuildOptions): Promise<Ask> {
  const redis = await TestRedis.start(entries, options)
  const service = await TestService.start({ REDIS_NODES: redis.node })
  services.push(service, { stop: () => redis.close() })
  return async (parameters, others = [], path = '/autocomplete') => {
    const search = new URLSearchParams({ limit: '50', ...parameters })
    for (const [name, value] of others) search.append(name, value)
    const response = await service.get(`${path}?${search}`)
    const answer = (await response.json()) as Found['answer']
    expect(response.status, JSON.stringify(answer)).toBe(200)
    return { texts: answer.suggestions.map(({ text }) => text as string), answer }
  }
}

afterAll(async () => {
  for (const service of services) await service.stop()
})

describe('a query finds', () => {
  let ask: Ask
  beforeAll(async () => {
    ask = await serviceWith(ENTRIES)
  })

  it.each([
    ['texts that begin with it, by descending weight', 'app', ['apple', 'application', 'apply', 'New York City']],
    ['texts regardless of accents and case', 'CAFE', ['café']],
    ['aliases', 'nyc', ['New York City']],
    ['an entry only once if both its text and an alias match', 'n', ['necessary', 'New York City', 'new orleans']],
    ['later words of a text', 'york', ['York', 'New York City']],
    ['words in another order', 'city new', ['New York City']],
    ['words in another order, some of them incomplete', 'yo ne', ['New York City']],
    ['nothing if a word is typed twice but occurs only once', 'y y', []],
    ['the rest of the words if one is unknown', 'city xylophone', ['New York City']],
    ['nothing if all words are unknown', 'quokka xylophone', []],
    ['a whole word', 'new ', ['New York City', 'new orleans']],
    ['a whole word at the end', 'york ', ['York', 'New York City']],
    ['a whole last word', 'city ', ['New York City']],
    ['the beginning of a word if no complete word matches', 'cit ', ['New York City']],
    ['letters inside a word', 'nan', ['banana']],
    ['letters at the end of a word', 'pply', ['apply']],
    ['letters inside a Hangul word', '구니', ['장바구니']],
    ['a whole word that is an entry', 'C++ ', ['C++']],
    ['a whole Hangul word at the end', '전자 ', ['삼성 전자']],
    ['words in another order, the last one complete', 'city york ', ['New York City']],
    ['an incomplete syllable', '장바ㄱ', ['장바구니']],
    ['a syllable that may continue', '사', ['사과', '삼성', '삼성 전자']],
    ['an incomplete syllable of words in another order', '전 삼서', ['삼성 전자']],
    ['initials', 'ㅈㅂㄱㄴ', ['장바구니']],
    ['initials that a keyboard joins', 'ㄳ', ['감사']],
    ['initials among syllables', '장ㅂㄱㄴ', ['장바구니']],
    ['initials before syllables, which must be equal', 'ㅈ보ㄱ', ['장보기']],
    ['initials before an incomplete syllable', 'ㅈ박', ['장바구니']],
    ['initials among syllables, the last one incomplete', '장ㅂ군', ['장바구니']],
    ['words that begin with an initial', '서울특별시 ㄱ', ['서울특별시 강남구']],
    ['initials of a later word', 'ㄱㄴㄱ', ['서울특별시 강남구']],
    ['initials among syllables of a later word', '강ㄴㄱ', ['서울특별시 강남구']],
    ['Hangul typed in Latin letters', 'tkatjd', ['삼성', '삼성 전자']],
    ['a later word typed in Latin letters', 'wjswk', ['삼성 전자']],
    ['Hangul typed with shift', 'Rkcl', ['까치']],
    ['Hangul typed with caps lock', 'TKATJD', ['삼성', '삼성 전자']],
    ['Latin text typed in Hangul letters', 'ㅗ디ㅣㅐ', ['hello']],
    ['a later word typed in Hangul letters', '챠쇼', ['New York City']],
    ['nothing for too few letters of a later word typed in Hangul letters', '챠', []],
    ['a text despite a missing letter', 'bnana', ['banana']],
    ['a text despite an extra letter', 'bannana', ['banana']],
    ['a text despite a wrong letter', 'bamana', ['banana']],
    ['a text despite swapped letters', 'bnaana', ['banana']],
    ['a long word despite two mistakes', 'neccesary', ['necessary']],
    ['Hangul despite a mistake', '장바구미', ['장바구니']],
    ['a later word despite a mistake', 'citty', ['New York City']],
    ['a later word in Hangul despite a mistake', '걍남구', ['서울특별시 강남구']],
    ['a text despite a mistake before a space', 'bamana ', ['banana']],
    ['nothing for an unknown word', 'xylophone', []],
    ['nothing for a mistake in a short word', 'bxn', []],
    ['a text despite a wrong first letter, if nothing else is found', 'canana', ['banana']],
    ['a text despite a missing first letter', 'anana', ['banana']],
    ['nothing for only an accent', '¨', []],
    ['nothing for ligatures with long spellings', 'ﷺ'.repeat(4), []],
    ['texts regardless of control characters', '\u0001york', ['York', 'New York City']],
  ])('%s: %j', async (_, q, texts) => {
    expect((await ask({ q })).texts).toEqual(texts)
  })

  it('entries for its corrected form, which is returned', async () => {
    // These queries were typed in the wrong keyboard layout.
    expect((await ask({ q: 'tkatjd' })).answer.corrected).toBe('삼성')
    expect((await ask({ q: 'ㅗ디ㅣㅐ' })).answer.corrected).toBe('hello')
    expect((await ask({ q: 'zzz' })).answer.corrected).toBe('ㅋㅋㅋ')
    // These queries have typos.
    expect((await ask({ q: 'bamana' })).answer.corrected).toBe('banana')
    expect((await ask({ q: '장바구미' })).answer.corrected).toBe('장바구니')
    expect((await ask({ q: 'kitchne' })).answer.corrected).toBe('kitchen')
    expect((await ask({ q: 'yokr' })).answer.corrected).toBe('york')
    expect((await ask({ q: 'citty' })).answer.corrected).toBe('city')
    expect((await ask({ q: 'canana' })).answer.corrected).toBe('banana')
    expect((await ask({ q: 'citty new' })).answer.corrected).toBe('city new')
    // The corrected query is an alias.
    expect((await ask({ q: 'bicylce' })).answer.corrected).toBe('bicycle')
    expect((await ask({ q: '자전머' })).answer.corrected).toBe('자전거')
    expect((await ask({ q: 'app' })).answer).not.toHaveProperty('corrected')
  })

  it.each([
    ['app', 'apple', 'prefix', [[0, 3]]],
    ['CAFE', 'café', 'exact', [[0, 4]]],
    ['nyc', 'New York City', 'exact', []],
    ['ny', 'New York City', 'alias', []],
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
    ['tkatj', '삼성', 'layout', [[0, 2]]],
    ['bamana', 'banana', 'typo', [[0, 6]]],
    ['kitchne', 'kitchen', 'typo', [[0, 7]]],
    ['citty', 'New York City', 'typo', [[9, 13]]],
    ['bicylce', 'Fruit', 'typo', []],
    ['wjswk', '삼성 전자', 'layout', [[3, 5]]],
    ['ㄱㄴ', '서울특별시 강남구', 'word', [[6, 8]]],
    ['ㅈ박', '장바구니', 'initials', [[0, 2]]],
    ['c++ ', 'C++', 'exact', [[0, 3]]],
    ['pply', 'apply', 'infix', [[1, 5]]],
    ['canana', 'banana', 'firstLetter', [[0, 6]]],
    ['city xylophone', 'New York City', 'partial', [[9, 13]]],
    ['city ', 'New York City', 'word', [[9, 13]]],
  ])('entries with the match and the highlighted ranges: %s in %s', async (q, text, match, highlight) => {
    const { answer } = await ask({ q, highlight: '1' })
    expect(answer.suggestions).toContainEqual(expect.objectContaining({ text, match, highlight }))
  })

  it('every Korean word after each of its keystrokes', async () => {
    for (const { text } of ENTRIES.filter(({ text }) => /^[가-힣]+$/.test(text))) {
      const strokes = keystrokes(text)
      for (let typed = 1; typed <= strokes.length; typed++) {
        expect((await ask({ q: strokes.slice(0, typed) })).texts).toContain(text)
      }
    }
  })

  it('popular entries if nothing has been typed', async () => {
    expect((await ask({ limit: '3' }, [], '/popular')).texts).toEqual(['사과', '삼성', '장보기'])
  })
})

describe('an entry', () => {
  const entries: Entry[] = [
    { text: 'apple', weight: 50, contexts: { category: ['fruit'], locale: ['en', 'en-GB'] }, payload: { sku: 'ä1' } },
    { text: 'apricot', weight: 40, contexts: { category: ['fruit'], locale: ['en'] } },
    { text: 'app store', weight: 90, contexts: { category: ['software', '가게'] } },
    { text: 'appendix', weight: 60, pinned: true, payload: 'see the end' },
    { text: 'append', weight: 70, pinned: true },
    { text: 'application', weight: 80 },
    { text: 'Appalling', weight: 1000, blocked: true },
    { text: 'appalling', weight: 1000 },
    { text: 'apparel', weight: 30, aliases: ['APPALLING', 'clothes'] },
  ]
  let ask: Ask
  beforeAll(async () => {
    ask = await serviceWith(entries)
  })

  it('comes first if it is pinned, and is never found if it is blocked', async () => {
    const { texts } = await ask({ q: 'app' })
    expect(texts).toEqual(['append', 'appendix', 'app store', 'application', 'apple', 'apparel'])
    expect((await ask({ q: 'APPALLING' })).texts).toEqual([])
    expect((await ask({ q: 'clothes' })).texts).toEqual(['apparel'])
  })

  it('is returned with its payload and score', async () => {
    const { answer } = await ask({ q: 'app' })
    expect(answer.suggestions).toContainEqual({ text: 'apple', score: 50, payload: { sku: 'ä1' } })
    expect(answer.suggestions).toContainEqual({ text: 'appendix', score: 60, payload: 'see the end' })
    expect(answer.suggestions).toContainEqual({ text: 'application', score: 80 })
  })

  it.each([
    ['category:fruit', ['apple', 'apricot']],
    ['category:가게', ['app store']],
    ['locale:en', ['apple', 'apricot']],
    ['locale:fr', []],
    ['nothing:fruit', []],
    ['__proto__:fruit', undefined],
  ])('is returned only if it passes the filter %s', async (filter, texts) => {
    if (texts) expect((await ask({ q: 'ap', filter })).texts).toEqual(texts)
    else await expect(ask({ q: 'ap', filter })).rejects.toThrow('bad_filter')
  })

  it('must have one of the values for each name in the filters', async () => {
    const answer = async (...filters: string[]) =>
      (
        await ask(
          { q: 'ap' },
          filters.map((filter) => ['filter', filter]),
        )
      ).texts
    expect(await answer('category:fruit', 'locale:en-GB')).toEqual(['apple'])
    expect(await answer('category:fruit', 'category:software')).toEqual(['app store', 'apple', 'apricot'])
  })

  it('gets a higher score in a boosted context', async () => {
    const { texts, answer } = await ask({ q: 'ap', boost: 'category:fruit:3', explain: '1', limit: '4' })
    expect(texts).toEqual(['append', 'appendix', 'apple', 'apricot'])
    expect(answer.suggestions[2]).toMatchObject({
      score: 150,
      explain: { match: 'prefix', pinned: false, weight: 50, recency: 1, boost: 3, length: 5 },
    })
  })
})

it('several filters find all entries that pass them, in any order of filters', async () => {
  const entries = Array.from({ length: 4000 }, (_, at) => ({
    text: `a${String(at).padStart(4, '0')}`,
    weight: 10_000 - at,
    contexts: { category: [at < 3000 ? 'x' : 'y'], ...(at % 1000 === 999 && { rarity: ['rare'] }) },
  }))
  const ask = await serviceWith(entries)
  const filters: [string, string][] = [
    ['filter', 'category:x'],
    ['filter', 'rarity:rare'],
  ]
  for (const order of [filters, filters.toReversed()]) {
    expect((await ask({ q: 'a' }, order)).texts).toEqual(['a0999', 'a1999', 'a2999'])
  }
})

describe('wanted entries are not hidden by', () => {
  const many = <T>(length: number, make: (at: number) => T) => Array.from({ length }, (_, at) => make(at))
  const padded = (at: number, digits: number) => String(at).padStart(digits, '0')

  it('other names of the same entry', async () => {
    const ask = await serviceWith([
      { text: 'Apple iPhone', weight: 100, aliases: many(7, (at) => `iphone ${at}`) },
      { text: 'iPhone case', weight: 50 },
      { text: 'iPhone charger', weight: 40 },
      ...many(5, (at) => ({ text: `al${at}`, weight: 5 - at, aliases: many(20, (name) => `al${at}${name}x`) })),
      // Many more names than an answer may contain.
      ...many(60, (at) => ({ text: `zz${at}`, weight: 60 - at, aliases: many(20, (name) => `zz${at}${name}x`) })),
    ])
    expect((await ask({ q: 'iphone', limit: '3' })).texts).toEqual(['Apple iPhone', 'iPhone case', 'iPhone charger'])
    expect((await ask({ q: 'al', limit: '10' })).texts).toEqual(many(5, (at) => `al${at}`))
    expect((await ask({ q: 'zz' })).texts).toEqual(many(50, (at) => `zz${at}`))
  })

  it('heavier entries that pass only one of two filters', async () => {
    const shirts = (letter: string, count: number, weight: number, category: string, tenant: string) =>
      many(count, (at) => ({
        text: `shirt ${letter}${padded(at, 4)}`,
        weight: weight - at,
        contexts: { category: [category], tenant: [tenant] },
      }))
    const ask = await serviceWith([
      ...shirts('x', 1500, 10_000, 'c', 'A'),
      ...shirts('y', 1500, 8000, 'd', 'B'),
      ...shirts('z', 1000, 1000, 'c', 'B'),
    ])
    const filters: [string, string][] = [
      ['filter', 'category:c'],
      ['filter', 'tenant:B'],
    ]
    const wanted = many(10, (at) => `shirt z${padded(at, 4)}`)
    for (const order of [filters, filters.toReversed()]) {
      expect((await ask({ q: 'shirt', limit: '10' }, order)).texts).toEqual(wanted)
    }
    expect((await ask({ q: 'z09', limit: '1' }, filters)).texts).toEqual(['shirt z0900'])
    expect((await ask({ limit: '10' }, filters, '/popular')).texts).toEqual(wanted)
    // The boosted entries have the lowest weights of those that pass the filter.
    const boosted = await ask({ q: 'shirt', filter: 'tenant:B', boost: 'category:c:1000', limit: '10' })
    expect(boosted.texts).toEqual(wanted)
  })

  it('heavier entries that are not boosted, for any kind of match', async () => {
    const ask = await serviceWith(
      many(1000, (at) => ({
        text: `w${padded(at, 4)} zoo`,
        weight: 1000 - at,
        ...(at === 900 && { contexts: { category: ['x'] } }),
        ...(at === 900 && { aliases: ['동물원'] }),
        ...(at !== 900 && { aliases: [`동물${at}`] }),
      })),
    )
    for (const q of ['zoo', '동ㅁ', 'ehda', 'ㄷㅁ', 'zooo', 'zoo w']) {
      expect((await ask({ q, boost: 'category:x:1000' })).texts[0], q).toBe('w0900 zoo')
    }
  })

  it('the order of words', async () => {
    const ask = await serviceWith(
      many(6000, (at) => ({ text: `item ${padded(at, 5)} foo${at % 7}`, weight: 6000 - at })),
    )
    const wanted = many(50, (at) => at * 7 + 1).map((at) => `item ${padded(at, 5)} foo1`)
    expect((await ask({ q: '00008 foo1' })).texts).toEqual(['item 00008 foo1'])
    expect((await ask({ q: 'foo1 0000' })).texts).toEqual(['item 00001 foo1', 'item 00008 foo1'])
    expect((await ask({ q: 'item 0599' })).texts).toEqual(
      // Entries with a word that begins with the query come before those with the query inside a word.
      [...many(10, (at) => `item 0${5990 + at} foo${(5990 + at) % 7}`), 'item 00599 foo4'],
    )
    expect((await ask({ q: 'foo1 item' })).texts).toEqual(wanted)
    // The 50 heaviest entries with `foo1` do not match `0599`.
    expect((await ask({ q: 'foo1 0599' })).texts).toEqual([
      'item 05993 foo1'.replace('05993', padded(5993 - ((5993 % 7) - 1), 5)),
    ])
  })

  it('the maximum length of a query', async () => {
    const ask = await serviceWith([{ text: '가'.repeat(100), weight: 1 }])
    for (const q of ['ㄱ'.repeat(64), 'rk'.repeat(32), `${'가'.repeat(63)}ㄱ`]) {
      expect((await ask({ q })).texts).toHaveLength(1)
    }
  })
})

it('entries with equal scores are sorted by spelling, so a text comes before longer texts that begin with it', async () => {
  const names = ['app b', 'app', 'app a', 'app c', 'apps']
  const ask = await serviceWith(
    names.map((text, at) => ({ text, weight: 5, contexts: { category: [at % 2 ? 'x' : 'y'] } })),
  )
  const filters: [string, string][] = [
    ['filter', 'category:x'],
    ['filter', 'category:y'],
  ]
  for (const others of [[], filters, filters.toReversed()]) {
    expect((await ask({ q: 'app' }, others)).texts).toEqual(['app', 'app a', 'app b', 'app c', 'apps'])
    expect((await ask({ q: 'app ' }, others)).texts).toEqual(['app', 'app a', 'app b', 'app c', 'apps'])
  }
})

/** Creates entries from `text:weight`, with a default weight of 1. */
const entriesOf = (...lines: string[]): Entry[] =>
  lines.map((line) => {
    const { text = line, weight = '1' } = /^(?<text>.+):(?<weight>\d+)$/s.exec(line)?.groups ?? {}
    return { text, weight: Number(weight) }
  })

describe('texts and queries that users reported', () => {
  const range = <T>(length: number, make: (at: number) => T) => Array.from({ length }, (_, at) => make(at))

  it('an entry with both words is found even if much heavier entries have one of them', async () => {
    const ask = await serviceWith([
      ...range(10, (at) => ({ text: `red shoe ${at}`, weight: 1 })),
      ...range(600, (at) => ({ text: `brand${at} red hat`, weight: 100 + at })),
      { text: 'nike red shoe', weight: 50 },
      ...range(2000, (at) => ({ text: `brand${at} blue shoe`, weight: 5 })),
    ])
    const all = ['nike red shoe', ...range(10, (at) => `red shoe ${at}`)]
    for (const limit of [1, 5, 10, 11, 20, 50]) {
      expect((await ask({ q: 'shoe red', limit: String(limit) })).texts).toEqual(all.slice(0, limit))
    }
  })

  it('the order of filters does not matter, even for corrections', async () => {
    const ask = await serviceWith([
      { text: 'blueberry jam', weight: 1, contexts: { tenant: ['a'], category: ['jam'] } },
      { text: 'blaeberry tea', weight: 1, contexts: { tenant: ['a'], category: ['tea'] } },
      { text: 'green tea', weight: 1, contexts: { tenant: ['b'], category: ['tea'] } },
    ])
    const filters: [string, string][] = [
      ['filter', 'category:tea'],
      ['filter', 'tenant:a'],
    ]
    for (const order of [filters, filters.toReversed()]) {
      expect((await ask({ q: 'blueberri' }, order)).texts).toEqual(['blaeberry tea'])
    }
  })

  it('the same text may exist in several contexts, and be blocked in one', async () => {
    const apple = (tenant: string, weight: number): Entry => ({
      text: 'Apple',
      weight,
      payload: { tenant },
      contexts: { tenant: [tenant] },
    })
    const blocked = { text: 'apple', weight: 1, blocked: true, contexts: { tenant: ['c'] } }
    const ask = await serviceWith([apple('a', 9), apple('b', 5), apple('c', 7), blocked])
    const found = async (tenant: string) => (await ask({ q: 'app', filter: `tenant:${tenant}` })).answer.suggestions
    expect(await found('a')).toEqual([{ text: 'Apple', score: 9, payload: { tenant: 'a' } }])
    expect(await found('b')).toEqual([{ text: 'Apple', score: 5, payload: { tenant: 'b' } }])
    expect(await found('c')).toEqual([])
    expect((await ask({ q: 'app' })).answer.suggestions).toEqual([
      { text: 'Apple', score: 9, payload: { tenant: 'a' } },
    ])
  })

  it('entries that differ only in accents are all kept, and the one spelled as typed comes first', async () => {
    const ask = await serviceWith(entriesOf('bán:9', 'bạn:8', 'ban:7', 'мой:5', 'мои:4', 'año:3', 'ano:2'))
    expect((await ask({ q: 'ban' })).texts).toEqual(['ban', 'bán', 'bạn'])
    expect((await ask({ q: 'bán' })).texts).toEqual(['bán', 'bạn', 'ban'])
    expect((await ask({ q: 'bạn' })).texts).toEqual(['bạn', 'bán', 'ban'])
    expect((await ask({ q: 'bạ' })).texts).toEqual(['bạn', 'bán', 'ban'])
    expect((await ask({ q: 'мои' })).texts).toEqual(['мои', 'мой'])
    expect((await ask({ q: 'мой' })).texts).toEqual(['мой', 'мои'])
    expect((await ask({ q: 'ano' })).texts).toEqual(['ano', 'año'])
    const withBlocked = await serviceWith([...entriesOf('año:3', 'ano:2'), { text: 'ano', weight: 1, blocked: true }])
    expect((await withBlocked({ q: 'ano' })).texts).toEqual(['año'])
  })

  it('spaces within words do not change which entry comes first', async () => {
    const ask = await serviceWith(
      entriesOf(
        ...['iPhone 15:90', 'iPhone15 case:4', 'Wi-Fi 6 mesh:80', 'wifi router:5'],
        ...['삼성 전자:70', '삼성전자 서비스센터:6'],
      ),
    )
    for (const q of ['iphone15', 'iphone 15', 'iPhone15']) {
      expect((await ask({ q })).texts, q).toEqual(['iPhone 15', 'iPhone15 case'])
    }
    for (const q of ['wifi', 'wi-fi', 'wi fi', 'WiFi']) {
      expect((await ask({ q })).texts, q).toEqual(['Wi-Fi 6 mesh', 'wifi router'])
    }
    for (const q of ['삼성전자', '삼성 전자', '삼성ㅈ']) {
      expect((await ask({ q })).texts, q).toEqual(['삼성 전자', '삼성전자 서비스센터'])
    }
  })

  const PUNCTUATED = entriesOf(
    ...['Nike Air T-Shirt', 'Notebook/Laptop', 'com.dengyukeji', 'WP/KYB Enzo forks', 'Dune (2021)', "L'Oréal Paris"],
    ...['something_2020-07-13_with_words.pdf', '.NET Core', '(500) Days of Summer', '"Quoted" title'],
    ...['«Война и мир»', 'c++ primer', 'c# in depth', 'at&t store'],
  )
  const SCRIPTS = entriesOf('أحمد', 'إسلام', 'مَكْتَبَة', 'کتاب', '٢٠٢٤', 'שָׁלוֹם', 'ラーメン', '臺灣')
  const UNSPACED = entriesOf('Fußballtrikot', '北京大学', '東京タワー', 'ภาษาไทย', '157B2210')
  it.each<[what: string, entries: Entry[], queries: Record<string, string[]>]>([
    [
      'punctuation separates words, and the joined form is also found',
      PUNCTUATED,
      {
        shirt: ['Nike Air T-Shirt'],
        tshirt: ['Nike Air T-Shirt'],
        't-shirt': ['Nike Air T-Shirt'],
        laptop: ['Notebook/Laptop'],
        dengyu: ['com.dengyukeji'],
        'kyb forks': ['WP/KYB Enzo forks'],
        words: ['something_2020-07-13_with_words.pdf'],
        2021: ['Dune (2021)'],
        oreal: ["L'Oréal Paris"],
        loreal: ["L'Oréal Paris"],
        net: ['.NET Core'],
        dotnet: ['.NET Core'],
        '.net': ['.NET Core'],
        '500 days': ['(500) Days of Summer'],
        quoted: ['"Quoted" title'],
        война: ['«Война и мир»'],
        'c++': ['c++ primer'],
        'c#': ['c# in depth'],
        'at&t': ['at&t store'],
      },
    ],
    [
      'initials cross spaces',
      entriesOf('프론트엔드 개발자', '배달의 민족'),
      { ㅍㄹㅌㅇㄷㄱㅂㅈ: ['프론트엔드 개발자'], ㅂㄷㅇㅁㅈ: ['배달의 민족'], ㅂㄷㅇ: ['배달의 민족'] },
    ],
    [
      'letters that users treat as the same are equal',
      SCRIPTS,
      {
        احمد: ['أحمد'],
        اسلام: ['إسلام'],
        مكتبة: ['مَكْتَبَة'],
        كتاب: ['کتاب'],
        2024: ['٢٠٢٤'],
        שלום: ['שָׁלוֹם'],
        らーめん: ['ラーメン'],
        台湾: ['臺灣'],
      },
    ],
    [
      'digits are not corrected by default',
      entriesOf('iphone 15', 'XYZ-223', '2024 calendar', '90210'),
      { 'iphone 16': [], 'xyz-123': [], 2023: [], 90211: [], 'ihpone 15': ['iphone 15'] },
    ],
    [
      'words are found inside a text without spaces, and letters inside a word',
      UNSPACED,
      {
        trikot: ['Fußballtrikot'],
        大学: ['北京大学'],
        タワー: ['東京タワー'],
        ไทย: ['ภาษาไทย'],
        b2210: ['157B2210'],
      },
    ],
    [
      'additional spaces are ignored anywhere in a text, after entries with these spaces',
      entriesOf('Coffee Maker', 'Philips Coffeemaker:9', '김치찌개', '맛있는 김치찌개:9', '매운 김치 찌개'),
      {
        'coffee maker': ['Coffee Maker', 'Philips Coffeemaker'],
        'best coffee maker': ['Philips Coffeemaker', 'Coffee Maker'],
        '김치 찌개': ['김치찌개', '매운 김치 찌개', '맛있는 김치찌개'],
        '맛있는 김치 찌개': ['맛있는 김치찌개'],
      },
    ],
    [
      'words after particles, and symbols that stand alone, are found',
      entriesOf('ノルウェイの森', 'お花', '女の子', 'Love ∞', '∞', '♥', 'I ♥ you', 'C++', 'a < b'),
      {
        森: ['ノルウェイの森'],
        花: ['お花'],
        子: ['女の子'],
        の森: ['ノルウェイの森'],
        ノルウェイの: ['ノルウェイの森'],
        '∞': ['∞', 'Love ∞'],
        '♥': ['♥', 'I ♥ you'],
        'love ∞': ['Love ∞'],
        'c++': ['C++'],
        '+': [],
        '<': [],
      },
    ],
    [
      'entries with the symbols of the query come first',
      entriesOf(
        'Love:9',
        'Love ∞',
        'LEGO Set:9',
        'LEGO® Set',
        '2:9',
        '√2',
        'Preis 5:9',
        'Preis 5 €',
        'Song ♪',
        'Song:9',
      ),
      {
        'love ∞': ['Love ∞', 'Love'],
        'lego® s': ['LEGO® Set', 'LEGO Set'],
        '√': ['√2'],
        '√2': ['√2', '2'],
        love: ['Love', 'Love ∞'],
        'lego set': ['LEGO Set', 'LEGO® Set'],
        '5 €': ['Preis 5 €', 'Preis 5'],
        '€': ['Preis 5 €'],
        '®': ['LEGO® Set'],
        'song ♪': ['Song ♪'],
        '→': [],
      },
    ],
    [
      'Han characters after kana are found',
      entriesOf('自由が丘', 'ひばりが丘', '緑ヶ丘', 'あざみ野', '美女と野獣', '食べ物', '君が代'),
      {
        丘: ['ひばりが丘', '緑ヶ丘', '自由が丘'],
        野: ['あざみ野', '美女と野獣'],
        野獣: ['美女と野獣'],
        代: ['君が代'],
        自由: ['自由が丘'],
        自由が丘: ['自由が丘'],
        物: ['食べ物'],
        食べ物: ['食べ物'],
        ひばり: ['ひばりが丘'],
      },
    ],
    [
      'letters of German and Scandinavian may be written as two letters',
      entriesOf(
        ...['Köln', 'Kölner Dom', 'Müller', 'Mueller', 'Thomas Müller-Lüdenscheidt', 'Århus', 'Straße', 'Smørrebrød'],
        ...['Feines Öl', 'Ölgemälde', 'Oelde', 'Blue Man Group', 'Old Blue', 'Blüte', 'Queen', 'does', 'Döschwitz'],
      ),
      {
        koeln: ['Köln', 'Kölner Dom'],
        'koelner d': ['Kölner Dom'],
        aarhus: ['Århus'],
        strasse: ['Straße'],
        muller: ['Müller', 'Thomas Müller-Lüdenscheidt'],
        smoerrebroed: ['Smørrebrød'],
        mueller: ['Mueller', 'Müller', 'Thomas Müller-Lüdenscheidt'],
        Oel: ['Oelde', 'Ölgemälde', 'Feines Öl', 'Köln', 'Kölner Dom'],
        müller: ['Müller', 'Thomas Müller-Lüdenscheidt', 'Mueller'],
        'oel ': ['Feines Öl', 'Oelde', 'Köln', 'Kölner Dom', 'Ölgemälde'],
        'mueller-luedenscheidt': ['Thomas Müller-Lüdenscheidt'],
        'lüdenscheidt mueller': ['Thomas Müller-Lüdenscheidt'],
        'thomasmueller luedenschied': ['Thomas Müller-Lüdenscheidt'],
        muelelr: ['Mueller', 'Müller', 'Thomas Müller-Lüdenscheidt'],
        koelenr: ['Kölner Dom'],
        smoerebroed: ['Smørrebrød'],
        aarhsu: ['Århus'],
        gemaelde: ['Ölgemälde'],
        'koelner zzz': ['Kölner Dom'],
        koelnerdom: ['Kölner Dom'],
        'smoerre broed': ['Smørrebrød'],
        strase: ['Straße'],
        blue: ['Blue Man Group', 'Old Blue', 'Blüte'],
        queen: ['Queen'],
        does: ['does', 'Döschwitz'],
      },
    ],
    [
      'an ampersand and the word for it are equal',
      entriesOf('johnson & johnson', 'H & M', 'salt and pepper', 'Häagen und Dazs'),
      {
        'johnson and johnson': ['johnson & johnson'],
        'johnson johnson': ['johnson & johnson'],
        'h&m': ['H & M'],
        'h & m': ['H & M'],
        'h and m': ['H & M'],
        'salt & pepper': ['salt and pepper'],
      },
    ],
    [
      'typographic apostrophes and invisible characters make no difference',
      entriesOf("O'Reilly:2", '\u200eleftmark:3', '\u200bapple:5', 'apple:4'),
      { 'o’r': ["O'Reilly"], "o'r": ["O'Reilly"], leftmark: ['\u200eleftmark'], apple: ['\u200bapple'] },
    ],
    [
      'the first letter may be wrong, and plurals are found',
      [...entriesOf('phone', 'berry'), { text: 'couch', weight: 1, aliases: ['couches'] }],
      { hpone: ['phone'], berries: ['berry'], couches: ['couch'], couche: ['couch'] },
    ],
    [
      'words in another order may have typos, and unknown words are left out',
      entriesOf('bluetooth speaker', 'chicken soup'),
      { 'best bluetooth speaker': ['bluetooth speaker'], 'soup chiken': ['chicken soup'] },
    ],
    [
      'Russian words typed in a Latin layout are found',
      entriesOf('привет', 'Москва'),
      {
        ghbdtn: ['привет'],
        vjcrdf: ['Москва'],
        руддщ: [],
      },
    ],
  ])('%s', async (_, entries, queries) => {
    const ask = await serviceWith(entries)
    for (const [q, texts] of Object.entries(queries)) expect([q, (await ask({ q })).texts]).toEqual([q, texts])
  })

  it('digits are corrected with the setting "digits"', async () => {
    const match = { ...DEFAULT_MATCH_SETTINGS, correct: 'digits' } as const
    const ask = await serviceWith(entriesOf('iphone 15', 'XYZ-223', '90210'), { match })
    expect((await ask({ q: '90211' })).texts).toEqual(['90210'])
  })

  it('an entry equal to the query is always found, and comes first unless the settings say otherwise', async () => {
    const entries = entriesOf('go:1', ...range(12, (at) => `go${String.fromCharCode(97 + at)}x:${100 + at}`))
    const ask = await serviceWith(entries)
    const { answer } = await ask({ q: 'go', limit: '10', highlight: '1' })
    expect(answer.suggestions).toHaveLength(10)
    expect(answer.suggestions[0]).toMatchObject({ text: 'go', match: 'exact' })
    expect((await ask({ q: 'go', limit: '1' })).texts).toEqual(['go'])
    const byScore = await serviceWith(entries, { match: { ...DEFAULT_MATCH_SETTINGS, exact: 'score' } })
    const { texts } = await byScore({ q: 'go', limit: '10' })
    expect([texts[0], texts[9], texts.length]).toEqual(['golx', 'go', 10])
  })

  it('the match is returned if words were left out or the first letter is wrong', async () => {
    const ask = await serviceWith(entriesOf('bluetooth speaker', 'phone'))
    const matchOf = async (q: string) => (await ask({ q, highlight: '1' })).answer.suggestions[0]?.match
    expect(await matchOf('best bluetooth speaker')).toBe('partial')
    expect(await matchOf('hpone')).toBe('firstLetter')
  })

  it('dates do not change which entries are rare', async () => {
    const day = 86_400_000
    const old = (text: string): Entry => ({ text, weight: 100, updated: Date.UTC(2026, 0, 1) })
    const ask = await serviceWith(
      [
        ...range(998, (at) => old(`filler ${at}`)),
        ...[old('planet'), old('planes')],
        { text: 'new', weight: 100, updated: Date.UTC(2026, 0, 1) + 200 * day },
      ],
      { halfLifeDays: 30 },
    )
    const { texts, answer } = await ask({ q: 'planet' })
    expect(texts).toEqual(['planet'])
    expect(answer).not.toHaveProperty('corrected')
  })

  it('a corrected query consists of whole words', async () => {
    const ask = await serviceWith(entriesOf('usb-c cable', 'Dune (2021)', 'New York City'))
    expect((await ask({ q: 'dume' })).answer.corrected).toBe('dune')
    expect((await ask({ q: 'dume (2021)' })).answer.corrected).toBe('dune 2021')
    expect((await ask({ q: 'usb-c cabel' })).answer.corrected).toBe('usb-c cable')
    expect((await ask({ q: 'new yrok' })).answer.corrected).toBe('new york')
  })
})
