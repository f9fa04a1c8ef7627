/** What a query finds, by the whole service over a real Redis. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from './dataset/entries.ts'
import { keystrokes } from './hangul.ts'
import { TestRedis } from './testing/redis.ts'
import { TestService } from './testing/service.ts'

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

async function serviceWith(entries: readonly Entry[]): Promise<Ask> {
  const redis = await TestRedis.start(entries)
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
    ['what begins with it, the heaviest first', 'app', ['apple', 'application', 'apply', 'New York City']],
    ['accents and case aside', 'CAFE', ['café']],
    ['what is called so too', 'nyc', ['New York City']],
    ['an entry once, by its name and an alias', 'n', ['necessary', 'New York City', 'new orleans']],
    ['any word of several', 'york', ['York', 'New York City']],
    ['words in another order', 'city new', ['New York City']],
    ['words in another order, not all of them whole', 'yo ne', ['New York City']],
    ['words in another order, none taken for two', 'y y', []],
    ['nothing where one of the words is not there', 'city xylophone', []],
    ['a whole word', 'new ', ['New York City', 'new orleans']],
    ['a whole word at the end', 'york ', ['York', 'New York City']],
    ['a whole last word', 'city ', ['New York City']],
    ['only whole words before a space', 'cit ', []],
    ['a whole word that is an entry', 'C++ ', ['C++']],
    ['a whole Hangul word at the end', '전자 ', ['삼성 전자']],
    ['words in another order, the last of them whole', 'city york ', ['New York City']],
    ['half a syllable', '장바ㄱ', ['장바구니']],
    ['a syllable that goes on', '사', ['사과', '삼성', '삼성 전자']],
    ['half a syllable of words in another order', '전 삼서', ['삼성 전자']],
    ['initials', 'ㅈㅂㄱㄴ', ['장바구니']],
    ['initials that a keyboard joins', 'ㄳ', ['감사']],
    ['initials among syllables', '장ㅂㄱㄴ', ['장바구니']],
    ['initials before syllables, which have to be the same', 'ㅈ보ㄱ', ['장보기']],
    ['initials before a syllable that is still composed', 'ㅈ박', ['장바구니']],
    ['initials among syllables, the last still composed', '장ㅂ군', ['장바구니']],
    ['words that begin with an initial', '서울특별시 ㄱ', ['서울특별시 강남구']],
    ['initials of a later word', 'ㄱㄴㄱ', ['서울특별시 강남구']],
    ['initials among syllables of a later word', '강ㄴㄱ', ['서울특별시 강남구']],
    ['what was typed in Latin letters', 'tkatjd', ['삼성', '삼성 전자']],
    ['a later word that was', 'wjswk', ['삼성 전자']],
    ['shift is part of it', 'Rkcl', ['까치']],
    ['with caps lock', 'TKATJD', ['삼성', '삼성 전자']],
    ['what was typed in Hangul letters', 'ㅗ디ㅣㅐ', ['hello']],
    ['a later word that was', '챠쇼', ['New York City']],
    ['nothing for too little of one that was', '챠', []],
    ['a letter left out', 'bnana', ['banana']],
    ['a letter too many', 'bannana', ['banana']],
    ['another letter', 'bamana', ['banana']],
    ['neighbours that changed places', 'bnaana', ['banana']],
    ['two mistakes in a long word', 'neccesary', ['necessary']],
    ['a mistake in Hangul', '장바구미', ['장바구니']],
    ['a mistake in a later word', 'citty', ['New York City']],
    ['a mistake in a later word in Hangul', '걍남구', ['서울특별시 강남구']],
    ['a mistake before a space', 'bamana ', ['banana']],
    ['nothing for what is nowhere near', 'xylophone', []],
    ['nothing for a mistake in a short one', 'bxn', []],
    ['nothing for another first letter', 'canana', []],
    ['nothing for what is nothing but an accent', '¨', []],
    ['nothing for characters that stand for too many', 'ﷺ'.repeat(4), []],
    ['control characters aside', '\u0001york', ['York', 'New York City']],
  ])('%s: %j', async (_, q, texts) => {
    expect((await ask({ q })).texts).toEqual(texts)
  })

  it('says what was meant', async () => {
    expect((await ask({ q: 'bamana' })).answer.corrected).toBe('banana')
    expect((await ask({ q: '장바구미' })).answer.corrected).toBe('장바구니')
    expect((await ask({ q: 'tkatjd' })).answer.corrected).toBe('삼성')
    expect((await ask({ q: 'ㅗ디ㅣㅐ' })).answer.corrected).toBe('hello')
    expect((await ask({ q: 'kitchne' })).answer.corrected).toBe('kitchen')
    expect((await ask({ q: 'yokr' })).answer.corrected).toBe('york')
    expect((await ask({ q: 'citty' })).answer.corrected).toBe('city')
    // By another name.
    expect((await ask({ q: 'bicylce' })).answer.corrected).toBe('bicycle')
    expect((await ask({ q: '자전머' })).answer.corrected).toBe('자전거')
    // As a keyboard types it.
    expect((await ask({ q: 'zzz' })).answer.corrected).toBe('ㅋㅋㅋ')
    expect((await ask({ q: 'app' })).answer).not.toHaveProperty('corrected')
  })

  it.each([
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
  ])('and says how, and where: %s in %s', async (q, text, match, highlight) => {
    const { answer } = await ask({ q, highlight: '1' })
    expect(answer.suggestions).toContainEqual(expect.objectContaining({ text, match, highlight }))
  })

  it('every Korean word at every keystroke of it', async () => {
    for (const { text } of ENTRIES.filter(({ text }) => /^[가-힣]+$/.test(text))) {
      const strokes = keystrokes(text)
      for (let typed = 1; typed <= strokes.length; typed++) {
        expect((await ask({ q: strokes.slice(0, typed) })).texts).toContain(text)
      }
    }
  })

  it('what is popular, when nothing has been typed', async () => {
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

  it('that is pinned stands in front, one that is blocked is never found, however it is spelt', async () => {
    const { texts } = await ask({ q: 'app' })
    expect(texts).toEqual(['append', 'appendix', 'app store', 'application', 'apple', 'apparel'])
    expect((await ask({ q: 'APPALLING' })).texts).toEqual([])
    expect((await ask({ q: 'clothes' })).texts).toEqual(['apparel'])
  })

  it('comes with its payload, and with its weight as score', async () => {
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
  ])('is left out by the filter %s', async (filter, texts) => {
    if (texts) expect((await ask({ q: 'ap', filter })).texts).toEqual(texts)
    else await expect(ask({ q: 'ap', filter })).rejects.toThrow('bad_filter')
  })

  it('has to have all names and one of the values of several filters', async () => {
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

  it('counts for more in a context that is boosted', async () => {
    const { texts, answer } = await ask({ q: 'ap', boost: 'category:fruit:3', explain: '1', limit: '4' })
    expect(texts).toEqual(['append', 'appendix', 'apple', 'apricot'])
    expect(answer.suggestions[2]).toMatchObject({
      score: 150,
      explain: { match: 'prefix', pinned: false, weight: 50, recency: 1, boost: 3, length: 5 },
    })
  })
})

it('of several filters none hides what the others let pass, in whatever order they are given', async () => {
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

describe('what would hide what is wanted does not', () => {
  const many = <T>(length: number, make: (at: number) => T) => Array.from({ length }, (_, at) => make(at))
  const padded = (at: number, digits: number) => String(at).padStart(digits, '0')

  it('other names of one entry', async () => {
    const ask = await serviceWith([
      { text: 'Apple iPhone', weight: 100, aliases: many(7, (at) => `iphone ${at}`) },
      { text: 'iPhone case', weight: 50 },
      { text: 'iPhone charger', weight: 40 },
      ...many(5, (at) => ({ text: `al${at}`, weight: 5 - at, aliases: many(20, (name) => `al${at}${name}x`) })),
      // More than two blocks hold, which have a ready list.
      ...many(60, (at) => ({ text: `zz${at}`, weight: 60 - at, aliases: many(20, (name) => `zz${at}${name}x`) })),
    ])
    expect((await ask({ q: 'iphone', limit: '3' })).texts).toEqual(['Apple iPhone', 'iPhone case', 'iPhone charger'])
    expect((await ask({ q: 'al', limit: '10' })).texts).toEqual(many(5, (at) => `al${at}`))
    expect((await ask({ q: 'zz' })).texts).toEqual(many(50, (at) => `zz${at}`))
  })

  it('heavier entries that only one of two filters lets pass', async () => {
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
    // What is boosted may be far behind in the filter that is looked in.
    const boosted = await ask({ q: 'shirt', filter: 'tenant:B', boost: 'category:c:1000', limit: '10' })
    expect(boosted.texts).toEqual(wanted)
  })

  it('heavier entries that are not boosted, however they are found', async () => {
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
    expect((await ask({ q: '0000 foo1' })).texts).toEqual(['item 00001 foo1', 'item 00008 foo1'])
    expect((await ask({ q: 'foo1 0000' })).texts).toEqual(['item 00001 foo1', 'item 00008 foo1'])
    expect((await ask({ q: '0599 item' })).texts).toEqual(
      many(10, (at) => `item ${5990 + at} foo${(5990 + at) % 7}`.replace(' 5', ' 05')),
    )
    expect((await ask({ q: 'foo1 item' })).texts).toEqual(wanted)
    // The fifty heaviest of either are others.
    expect((await ask({ q: 'foo1 0599' })).texts).toEqual([
      'item 05993 foo1'.replace('05993', padded(5993 - ((5993 % 7) - 1), 5)),
    ])
  })

  it('the forms of a query that is as long as may be', async () => {
    const ask = await serviceWith([{ text: '가'.repeat(100), weight: 1 }])
    for (const q of ['ㄱ'.repeat(64), 'rk'.repeat(32), `${'가'.repeat(63)}ㄱ`]) {
      expect((await ask({ q })).texts).toHaveLength(1)
    }
  })
})

it('of equal score the smaller key comes first, and so the shorter of two that begin alike', async () => {
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
    expect((await ask({ q: 'app ' }, others)).texts).toEqual(['app', 'app a', 'app b', 'app c'])
  }
})
