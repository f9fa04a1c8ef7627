import { describe, expect, it } from 'vitest'
import type { Entry } from '../dataset/entries.ts'
import { type ReferenceOptions, referenceDataset } from './reference-dataset.ts'
import { type ReferenceQuery, referenceSearch } from './reference-search.ts'

type Row = string | (Partial<Entry> & { text: string })
type Options = Partial<ReferenceQuery> & ReferenceOptions

/**
 * Creates entries from `text:weight` or objects. Entries without a weight get descending weights, in the given order.
 */
function entriesOf(rows: readonly Row[]): Entry[] {
  return rows.map((row, at) => {
    if (typeof row !== 'string') return { weight: rows.length - at, ...row }
    const colon = row.lastIndexOf(':')
    return colon < 0
      ? { text: row, weight: rows.length - at }
      : { text: row.slice(0, colon), weight: Number(row.slice(colon + 1)) }
  })
}

function search(rows: readonly Row[], query: string, options: Options = {}) {
  const { limit = 10, filters = [], boosts = [], ...ofDataset } = options
  return referenceSearch(referenceDataset(entriesOf(rows), ofDataset), { query, limit, filters, boosts })
}

/** Returns the texts of an answer, each followed by its match: `New York prefix`. */
const found = (rows: readonly Row[], query: string, options?: Options) =>
  search(rows, query, options).map(({ text, match }) => `${text} ${match}`)

const texts = (rows: readonly Row[], query: string, options?: Options) =>
  search(rows, query, options).map(({ text }) => text)

const tenant = (value: string) => ({ name: 'tenant', value })

describe('the entries that are kept', () => {
  it('are sorted by pin, score, spelling, and text', () => {
    const rows = ['b:1', 'A:1', 'c:5', { text: 'd', weight: 0, pinned: true }, 'á:1']
    expect(texts(rows, '')).toEqual(['d', 'c', 'A', 'b', 'á'])
  })

  it('are the first for each spelling and contexts', () => {
    const rows: Row[] = [
      { text: 'Apple', weight: 1, contexts: { tenant: ['a', 'b'] } },
      { text: 'apple', weight: 2, contexts: { tenant: ['b', 'a'] } },
      { text: 'APPLE', weight: 3 },
      { text: 'apple ', weight: 4, contexts: {} },
    ]
    const { entries } = referenceDataset(entriesOf(rows))
    expect(entries.map(({ entry }) => entry.weight)).toEqual([4, 2])
  })

  it('are scored by their age relative to the newest one', () => {
    const day = 86_400_000
    const rows: Row[] = [
      { text: 'old', weight: 90, updated: 0 },
      { text: 'new', weight: 40, updated: 60 * day },
      { text: 'undated', weight: 30 },
    ]
    const dataset = referenceDataset(entriesOf(rows), { halfLifeDays: 30 })
    expect(dataset.entries.map(({ entry, score }) => [entry.text, score])).toEqual([
      ['new', 40],
      ['undated', 30],
      ['old', 22.5],
    ])
    expect(dataset.meanScore).toBeCloseTo(92.5 / 3)
  })

  it('do not have the spelling or an alias of a block row, and accents distinguish spellings', () => {
    const rows: Row[] = ['ano', 'año', 'second', 'other', { text: 'ANO', blocked: true, aliases: ['second'] }]
    expect(texts(rows, '')).toEqual(['año', 'other'])
  })

  it('do not have aliases that are blocked everywhere', () => {
    const couch = { text: 'couch', aliases: ['sofa', 'settee'] }
    const here = { text: 'settee', blocked: true, contexts: { tenant: ['a'] } }
    const rows: Row[] = [couch, { text: 'Sofa', blocked: true }, here]
    expect(found(rows, 'sofa')).toEqual([])
    expect(found(rows, 'settee')).toEqual(['couch exact'])
  })

  it('are blocked in the combinations of contexts in a row', () => {
    const rows: Row[] = [
      { text: 'apple', contexts: { tenant: ['a', 'b'], category: ['x', 'y'] } },
      { text: 'apple', blocked: true, contexts: { tenant: ['a'], category: ['x'] } },
    ]
    const x = { name: 'category', value: 'x' }
    expect(texts(rows, 'app', { filters: [tenant('a'), x] })).toEqual([])
    expect(texts(rows, 'app', { filters: [tenant('b'), x] })).toEqual(['apple'])
    expect(texts(rows, 'app', { filters: [tenant('a')] })).toEqual(['apple'])
    expect(texts(rows, 'app')).toEqual(['apple'])
    expect(texts([...rows, { text: 'apple', blocked: true, contexts: { tenant: ['a', 'b'] } }], 'app')).toEqual([])
  })

  it('stay if a block names contexts that they do not have', () => {
    expect(texts(['apple', { text: 'apple', blocked: true, contexts: { tenant: ['a'] } }], '')).toEqual(['apple'])
  })
})

describe('an answer with filters or boosts', () => {
  const rows: Row[] = [
    { text: 'ab', weight: 3, contexts: { tenant: ['a', 'c'], category: ['x'] } },
    { text: 'abc', weight: 2, contexts: { tenant: ['b'], category: ['x'] } },
    { text: 'abcd', weight: 1, contexts: { tenant: ['b'] } },
  ]

  it('has the entries with one of the values for each name in the filters', () => {
    expect(texts(rows, 'a', { filters: [tenant('b')] })).toEqual(['abc', 'abcd'])
    expect(texts(rows, 'a', { filters: [tenant('b'), tenant('a')] })).toHaveLength(3)
    expect(texts(rows, 'a', { filters: [tenant('b'), { name: 'category', value: 'x' }] })).toEqual(['abc'])
    expect(texts(rows, 'a', { filters: [{ name: 'toString', value: 'x' }] })).toEqual([])
  })

  it('is sorted by match, pin, and multiplied score', () => {
    const boosts = [{ ...tenant('b'), factor: 4 }]
    expect(search(rows, 'a', { boosts }).map(({ text, score }) => [text, score])).toEqual([
      ['abc', 8],
      ['abcd', 4],
      ['ab', 3],
    ])
    const two = [...boosts, { name: 'category', value: 'x', factor: 2 }]
    expect(search(rows, 'a', { boosts: two }).map(({ score }) => score)).toEqual([16, 6, 4])
    const pinned = [{ text: 'abe', weight: 0, pinned: true }, ...rows]
    expect(texts(pinned, 'a', { boosts })[0]).toBe('abe')
    expect(texts(pinned, 'ab', { boosts })[0]).toBe('ab')
  })

  it('has only the first entry with each spelling', () => {
    const both: Row[] = [
      { text: 'Apple', weight: 9, contexts: { tenant: ['a'] } },
      { text: 'apple', weight: 5, contexts: { tenant: ['b'] } },
    ]
    expect(texts(both, 'app')).toEqual(['Apple'])
    expect(texts(both, 'app', { boosts: [{ ...tenant('b'), factor: 2 }] })).toEqual(['apple'])
  })
})

describe('exact', () => {
  it('compares all words, and entries with the same spelling come first', () => {
    expect(found(['newyork', 'New-York', 'new yorker'], 'new york')).toEqual([
      'New-York exact',
      'newyork exact',
      'new yorker prefix',
    ])
    expect(found([{ text: 'couch', aliases: ['sofa'] }, 'sofas'], 'sofa')).toEqual(['couch exact', 'sofas prefix'])
  })

  it('ranks by score if the settings say so, and then takes at least the last place', () => {
    const rows = ['go:1', 'gopher:9', 'gold:8', 'goal:7']
    const settings = { exact: 'score' } as const
    expect(found(rows, 'go', { settings })).toEqual(['gopher prefix', 'gold prefix', 'goal prefix', 'go prefix'])
    expect(found(rows, 'go', { settings, limit: 3 })).toEqual(['gopher prefix', 'gold prefix', 'go exact'])
    expect(found(rows, 'go', { settings, limit: 1 })).toEqual(['go exact'])
  })
})

describe('symbols that are not words', () => {
  it('decide the order, but not what is found', () => {
    expect(found(['Love:9', 'Love ∞:1'], 'love ∞')).toEqual(['Love ∞ exact', 'Love exact'])
    expect(found(['Café:9', 'Cafe ∞:1', 'Café ∞:1'], 'café ∞')).toEqual(['Café ∞ exact', 'Cafe ∞ exact', 'Café exact'])
    expect(found(['LEGO Set:9', 'LEGO® Set:1'], 'lego® s')).toEqual(['LEGO® Set prefix', 'LEGO Set prefix'])
    expect(found(['My Love Song:9', 'A Love → Song:1'], 'song → love')).toEqual([
      'A Love → Song word',
      'My Love Song word',
    ])
    expect(found(['Love:1', 'Love ∞:9'], 'love')).toEqual(['Love exact', 'Love ∞ exact'])
    expect(found(['Love ∞:1', 'Love ∞ →:9'], 'love ∞')).toEqual(['Love ∞ exact', 'Love ∞ → exact'])
  })

  it('are found on their own, next to a word or not', () => {
    for (const text of ['√2', 'Preis in €', 'Kindle™', '© 2024', 'Love (∞)', 'Wien → Graz', 'Kälte -5 °C'])
      for (const symbol of text.replace('™', '®').match(/[√€®©∞→°]/g) ?? [])
        expect(found([text, 'x'], symbol)).toEqual([`${text} word`])
  })
})

describe('prefix', () => {
  // The additional word prevents an `exact` match.
  const isPrefix = (name: string, query: string) => found([`${name}, more`], query)[0] === `${name}, more prefix`

  it('is an alias match if the name is an alias', () => {
    expect(found([{ text: 'couch', aliases: ['sofa bed'] }], 'sof')).toEqual(['couch alias'])
  })

  it('sorts entries that are spelled as typed first', () => {
    expect(texts(['bank:9', 'bánh:1'], 'bán')).toEqual(['bánh', 'bank'])
    expect(texts(['bank:9', 'bánh:1'], 'ban')).toEqual(['bank', 'bánh'])
    expect(texts(['臺灣人:9', '台湾人:1'], '台湾')).toEqual(['台湾人', '臺灣人'])
    expect(texts(['臺灣人:1', '台湾人:9'], '臺灣')).toEqual(['臺灣人', '台湾人'])
  })

  it.each([
    ['wifi', 'wi fi', true],
    ['wifi router', 'wi-fi', true],
    ['abraham', 'a br', false],
    ['New York', 'newyo', true],
    ['New York', 'newy', false],
    ['X Men', 'xmen', true],
    ['X-Men', 'xm', true],
    ["A Bug's Life", 'ab', false],
    ['iPhone 15', 'iphone15', true],
    ['iPhone 15', 'iphone1', true],
    ['iPhone15 case', 'iphone 15', true],
    ['iPhone15 case', 'iphone 1', true],
    ['삼성전자', '삼 성 전', true],
    ['삼성 전자', '삼성전', true],
    ['北京 大学', '北京大', true],
    ['New York', 'new ', true],
    ['Newton', 'new ', false],
    ['New-York', 'new ', true],
  ])('%j begins with %j: %j', (name, query, expected) => {
    expect(isPrefix(name, query)).toBe(expected)
  })
})

describe('Hangul', () => {
  it('matches the keystrokes at the beginning of a name or of a later word', () => {
    expect(found(['장바구니'], '장바ㄱ')).toEqual(['장바구니 hangul'])
    expect(found(['삼성 전자'], '사')).toEqual(['삼성 전자 hangul'])
    expect(found(['삼성 전자'], '전')).toEqual(['삼성 전자 word'])
    expect(found(['삼성 전자'], '저')).toEqual(['삼성 전자 word'])
  })

  it('matches initials, even if an incomplete syllable follows', () => {
    expect(found(['장바구니'], 'ㅈㅂㄱㄴ')).toEqual(['장바구니 initials'])
    expect(found(['장바구니'], '장ㅂㄱㄴ')).toEqual(['장바구니 initials'])
    expect(found(['지박구:9', '자박:1', '장바구니:5'], 'ㅈ박')).toEqual([
      '지박구 initials',
      '자박 initials',
      '장바구니 initials',
    ])
    expect(found(['장바구니:9', '자박:1'], 'ㅈ박')).toEqual(['자박 initials', '장바구니 initials'])
    expect(found(['우리 배달의 민족'], 'ㅂㄷㅇㅁㅈ')).toEqual(['우리 배달의 민족 word'])
  })
})

describe('word', () => {
  const isWord = (name: string, query: string) => found([name], query)[0] === `${name} word`

  it.each([
    ['Nike Air T-Shirt', 'tshirt nike', true],
    ['Nike Air T-Shirt', 'tsh', true],
    ['Nike Air T-Shirt', 't-sh', true],
    ['Nike Air tshirt', 't-shirt', true],
    ['Nike Air tshirt', 't-shir', false],
    ['Thomas Müller', 'thomasmueller', true],
    ['Thomas Mueller', 'thomasmüller', true],
    ['Der Malmö Express', 'malmoeexpress', true],
    ['Der Malmö Express', 'malmoeexpress ', true],
    ['Der Malmö Express', 'malmoeexpr ', false],
    ['Ein Hörbuch', 'hoer buch', true],
    ['Ein Hörbuch', 'ho erbuch', true],
    ['the red shoe', 'shoe red', true],
    ['the red shoe', 'red red', false],
    ['the red red shoe', 'red red', true],
    ['the red shoe', 'sh re', true],
    ['the red shoe', 'shoe re ', false],
    ['the red shoe', 're shoe ', true],
    ['case for iPhone 15 Pro', 'iphone15', true],
    ['case for iPhone 15 Pro', 'iphone15 iphone', false],
    ['in 北京大学', '京大', false],
    ['in 東京タワー', 'タワー', true],
    ['카페 삼성 전자', '삼성전', true],
    ['카페 삼성 전자', '삼성전자 ', true],
    ['카페 삼성 전자', '삼성전 ', false],
    ['카페 삼성 전자', '삼성전 전자', false],
    ['ASP .NET Core', 'dotnet', true],
    ['ASP .NET Core', 'net', true],
    ['ASP .NET Core', 'net dotnet', false],
  ])('%j has %j: %j', (name, query, expected) => {
    expect(isWord(name, query)).toBe(expected)
  })

  it.each([
    ['PlayStation 5', 'play st', true],
    ['PlayStation 5', 'play stati 5', true],
    ['PlayStation Network', 'play sta', true],
    ['PlayStation Network', 'play station netw', false],
    ['PlayStation Network', 'play s', false],
    ['PlayStation Network', 'play st ', false],
    ['abraham', 'a br', false],
    ['abcdefgh', 'abc d efg', false],
  ])('%j begins with %j, with fewer spaces: %j', (name, query, expected) => {
    expect(isWord(name, query)).toBe(expected)
  })

  it('ranks names with fewer spaces by score, after those in which the spaces agree', () => {
    const rows = ['PlayStation:9', 'Play Store:1', 'store play:5']
    expect(found(rows, 'play st')).toEqual(['Play Store prefix', 'PlayStation word', 'store play word'])
  })

  it.each([
    ['iPhone 15 Pro Max', 'promax', true],
    ['iPhone 15 Pro Max', 'prom', false],
    ['iPhone 15 Pro Max', 'proma', true],
    ['iPhone 15 Pro Max', 'promax ', true],
    ['iPhone 15 Pro Max', 'proma ', false],
    ['iPhone 15 Pro Max', 'promax iphone', true],
    ['iPhone 15 Pro Max', 'promax pro', false],
    ['Apple iPhone 15 Pro Max', 'iphone15promax', true],
    ['Apple iPhone 15 Pro Max', 'iphone15prom', false],
    ['Apple iPhone 15 Pro Max', 'iphone15promax ', true],
    ['Apple iPhone 15 Pro Max', 'iphone15proma ', false],
    ['Apple iPhone 15 Pro Max', 'iphone-15proma', true],
    ['Apple iPhone 15 Pro Max', 'iphone15pro-m-a', false],
    ['Apple iPhone 15 Pro Max', 'promax iphone15', true],
    ['Apple iPhone 15 Pro Max', 'iphone15promax 15', false],
    ['Apple iPhone 15 Pro Max', 'iphone1promax', false],
    ['Apple iPhone 1 5 Pro Max', 'iphone15promax', false],
    ['Apple iPhone 150 Pro Max', 'iphone15promax', false],
    ['Anker Nano Pack 10,000 mAh', 'nanopack10000m', true],
    ['Anker Nano Pack 1,00 mAh', 'nanopack100m', false],
    ['Anker Nano Pack 978-3-16', 'nanopack978316', true],
    ['Samsung Galaxy S24 Ultra', 'galaxys24ultra', true],
    ['Samsung Galaxy S24 Ultra', 'galaxys24u', true],
    ['Samsung Galaxy S24 Ultra', 'galaxys', true],
    ['Samsung Galaxy S24 Ultra', 'gala-xys24', true],
    ['Samsung Galaxy S24 울트라', 'galaxys24우', true],
    ['Samsung Galaxy S24 울트라', 'galaxys24욽', true],
    ['Samsung Galaxy S24 울트라', 'galaxys24욽 ', false],
    ['Samsung Galaxy S24 울 트라', 'galaxys24울트 samsung', true],
    ['Sony PS 5 Pro', 'ps5pro', true],
    ['Sony Alpha A 7 IV', 'a7iv', true],
    ['Sony Alpha A 7 IV', 'alphaa7i', true],
    ['The X Men', 'xmen', true],
    ['The X Men', 'xme', false],
    ['Vitamin B C', 'bc', true],
    ['Books from A to Z', 'atoz', true],
    ['Microsoft Xbox Series X', 'seriesx', true],
    ['Samsung Galaxy S Wide', 'galaxys-w', false],
    ['Nike Air Max Men', 'airmax-m', true],
    ['Nike Air Max Men', 'airmaxm', false],
    ['Vitamin 가 나 x', '가x', false],
    ["It is A Bug's Life", 'ab', false],
    ["It is A Bug's Life", 'abug', true],
    ["It is A Bug's Life", 'abugs', true],
    ['Fans of Rock and Roll', 'rockandroll fa', true],
    ['Fans of Rock N Roll', 'rocknroll', false],
    ['Fans of Rock N Roll', 'nroll', true],
    ['Fans of Rock N Roll', 'nrol', false],
    ['The Super Wi-Fi', 'superwif', false],
    ['The Super Wi-Fi', 'superwifi', true],
    ['Fans of Rock and Roll', 'rockandr', false],
    ['Apple AirPods', 'air pods', true],
    ['Apple AirPods', 'air po', true],
    ['Apple AirPods', 'air p', false],
    ['Apple AirPods', 'air po ', false],
    ['Apple AirPods', 'pods air', false],
    ['Microsoft Xbox', 'x box', true],
    ['Microsoft Xbox', 'x bo', false],
    ['Sony Wireless Headphones', 'sony head phones', true],
    ['Sony Wireless Headphones', 'head pho sony', true],
    ['Sony Wireless Headphones', 'head sony phones', false],
    ['Sony Bluetooth Headphones', 'blue tooth head phones', true],
    ['New Sony PlayStation', 'play sta tion', true],
    ['aabbccdd is a word', 'aa bb cc dd word', false],
    ['Case for iPhone', 'i phone', true],
    ['Model AB12', 'a b12', false],
    ['카페 삼성전자', '삼성 전', true],
    ['카페 삼성전자', '삼 성전 카', true],
    ['카페 삼성전자', '삼성 저', true],
    ['카페 삼성전자', '성 전자', false],
  ])('%j has %j, with other spaces: %j', (name, query, expected) => {
    expect(isWord(name, query)).toBe(expected)
  })

  it('ignores missing spaces only if nothing else is found', () => {
    const rows = ['new Pro Max:50', 'old Pro Max:2']
    expect(found(rows, 'promax')).toEqual(['new Pro Max word', 'old Pro Max word'])
    expect(found([...rows, 'a promaxi'], 'promax')).toEqual(['a promaxi word'])
  })

  it('ignores additional spaces after other matches', () => {
    const rows = ['Coffee Maker:50', 'Philips Coffeemaker:90', 'Sony Head Phones', 'Headphones']
    expect(found(rows, 'coffee maker')).toEqual(['Coffee Maker exact', 'Philips Coffeemaker word'])
    expect(found(rows, 'coffee mak')).toEqual(['Coffee Maker prefix', 'Philips Coffeemaker word'])
    const dishes = ['김치찌개', '맛있는 김치찌개', '김치 볶음 찌개']
    expect(found(dishes, '김치 찌개')).toEqual(['김치찌개 exact', '김치 볶음 찌개 word', '맛있는 김치찌개 word'])
  })

  it('ignores additional spaces between the words that remain if others are left out', () => {
    const rows = ['Philips Coffeemaker', 'Coffee Mug:50', 'Map Maker:50']
    expect(found(rows, 'best coffee maker')).toEqual(['Philips Coffeemaker partial'])
    expect(found(['맛있는 김치찌개', '김치 볶음:50', '찌개 냄비:50'], '최고 김치 찌개')).toEqual([
      '맛있는 김치찌개 partial',
    ])
  })

  it('does not convert queries to another layout and then change their spaces', () => {
    expect(found(['мой новый мир'], 'yjdsqvbh')).toEqual([])
  })

  it.each([
    ['book 978-3-16-148410-0', '9783161484100', true],
    ['book 978-3-16-148410-0', '978316', true],
    ['book 978-3-16-148410-0', '9783161484100 ', true],
    ['book 978-3-16-148410-0', '97831614841 ', false],
    ['book 978-3-16-148410-0', '97831', false],
    ['call +1 (555) 123-4567', '5551234567 call', true],
    ['made on 2024-05-01', '20240501', true],
  ])('%j has the long number %j: %j', (name, query, expected) => {
    expect(isWord(name, query)).toBe(expected)
  })

  it('does not mix the words of two names', () => {
    expect(found([{ text: 'the red shoe', aliases: ['a blue boot'] }], 'red boot')).toEqual(['the red shoe partial'])
  })
})

describe('corrections', () => {
  it('edit letters that are not the first, at most two', () => {
    expect(found(['planet'], 'plamet')).toEqual(['planet typo'])
    expect(found(['planet'], 'palnet')).toEqual(['planet typo'])
    expect(found(['planet'], 'plamot')).toEqual([])
    expect(found(['cat'], 'cta')).toEqual([])
    expect(found(['restaurant'], 'restuarnt')).toEqual(['restaurant typo'])
    expect(found(['red restaurant'], 'restuarnt red')).toEqual(['red restaurant typo'])
    expect(found(['chicken restaurant'], 'chiken restuarnt')).toEqual(['chicken restaurant partial'])
    expect(found(['삼성전자'], '삼송전자')).toEqual(['삼성전자 typo'])
  })

  it('sort matches by digraphs last, among those with the fewest edits', () => {
    expect(found(['Groendals:1', 'Grøndal:9'], 'groendel')).toEqual(['Groendals typo', 'Grøndal typo'])
    expect(found(['Mullers:9', 'Müller:1'], 'muellerr')).toEqual(['Müller typo'])
    expect(found(['Müller'], 'muelelr')).toEqual(['Müller typo'])
    expect(found(['Müller'], 'mulelr')).toEqual(['Müller typo'])
    expect(found(['Mueller'], 'mülelr')).toEqual(['Mueller typo'])
    expect(found(['Öl'], 'oex')).toEqual([])
    expect(found(['Smørrebrød'], 'zmoerrebroed')).toEqual(['Smørrebrød firstLetter'])
    expect(found(['Århus by'], 'zzz aarhsu')).toEqual(['Århus by partial'])
    expect(found(['Bahnhofstraße'], 'bahnhofstrase')).toEqual(['Bahnhofstraße typo'])
  })

  it('find digraphs inside words', () => {
    expect(found(['Türschloss', 'Haustür:1', 'Haustuere:9'], 'tuer')).toEqual([
      'Türschloss word',
      'Haustuere infix',
      'Haustür infix',
    ])
    expect(found(['Hausschlüssel'], 'schluess')).toEqual(['Hausschlüssel infix'])
    expect(found(['Müller'], 'eller')).toEqual([])
  })

  it('return only entries with one edit if there are any', () => {
    expect(texts(['restaurant:1', 'restaurents:9'], 'restaurents ')).toEqual(['restaurents'])
    expect(found(['standards:9', 'standerts:1'], 'standertz')).toEqual(['standerts typo'])
  })

  it('return only entries without edits if there are any', () => {
    expect(found(['Yokosuka:9', 'Yokohama:1'], 'yokoh ')).toEqual(['Yokohama typo'])
    expect(found(['Yokosuka'], 'yokoh ')).toEqual(['Yokosuka typo'])
    expect(found(['spider-men:9', 'man of spider:1'], 'spider-man')).toEqual(['man of spider typo'])
    const rows = ['yokoh:1', 'Yokohama:1000', 'Yokosuka:1000']
    expect(found(rows, 'yokoh ')).toEqual(['yokoh exact', 'Yokohama typo'])
  })

  it('count letters outside the basic plane as one letter each', () => {
    expect(found(['𐐨𐐩𐐪𐐫'], '𐐨𐐩𐐪𐐬')).toEqual(['𐐨𐐩𐐪𐐫 typo'])
    expect(found(['𐐨𐐩𐐪'], '𐐨𐐩𐐬')).toEqual([])
  })

  it('count keystrokes of Hangul in joined words', () => {
    expect(found(['ga가lmen'], 'galmen')).toEqual([])
    expect(found(['ga가lmenit'], 'galmenit')).toEqual(['ga가lmenit typo'])
    expect(found(['ga가lmenit', 'galmenix'], 'galmenit')).toEqual(['galmenix typo'])
  })

  it('do not edit words with digits', () => {
    expect(found(['5++++'], 'c++++')).toEqual([])
    expect(found(['5++++'], 'c++++', { settings: { correct: 'digits' } })).toEqual(['5++++ firstLetter'])
  })

  it('include plurals', () => {
    expect(found(['berry', 'berrying'], 'berries')).toEqual(['berry typo'])
    expect(found(['toy box', 'boxing'], 'boxes')).toEqual(['toy box typo'])
    expect(found(['taxi'], 'taxies')).toEqual(['taxi typo'])
  })

  it('are also tried if only rare entries are found, but only for entries with at least the mean score', () => {
    const rows = ['planes:1', 'planet:1000', 'plane:10', 'planer:100']
    expect(found(rows, 'planes')).toEqual(['planes exact', 'planet typo'])
    expect(found(rows, 'planes', { limit: 1 })).toEqual(['planes exact'])
    expect(found(rows, 'planes', { settings: { correct: 'off' } })).toEqual(['planes exact'])
    expect(found(['planes:30', 'planet:100'], 'planes')).toEqual(['planes exact'])
    expect(found(['restaurant:1', 'restawrent:100'], 'restaurant')).toEqual(['restaurant exact'])
    expect(found(['restawrent:100'], 'restaurant')).toEqual(['restawrent typo'])
  })

  it('come before matches inside words', () => {
    expect(found(['trikor:1', 'Fußballtrikot:9'], 'trikot')).toEqual(['trikor typo', 'Fußballtrikot infix'])
    expect(found(['rotes Fußballtrikot'], 'trikot rot')).toEqual(['rotes Fußballtrikot infix'])
    expect(found(['Fußballtrikot'], 'ot')).toEqual([])
    expect(found(['in 大学病院'], '病院')[0]).toMatch(/ (word|infix)$/)
    expect(found(['Fußballtrikot'], 'trikot', { settings: { infix: false } })).toEqual([])
  })

  it('allow a wrong first letter only if nothing else is found', () => {
    expect(found(['phone'], 'hpone')).toEqual(['phone firstLetter'])
    expect(found(['phone', 'xhponex'], 'hpone')).toEqual(['xhponex infix'])
  })

  it('compare runs as one word in scripts without spaces', () => {
    expect(found(['ภาษาไทย', 'ภาพ'], 'ภาสาไทย')).toEqual(['ภาษาไทย typo'])
    expect(found(['เรียนภาษา ไทย'], 'ภาสาไทย')).toEqual(['เรียนภาษา ไทย typo'])
    expect(found(['アドバルーン'], 'アドパルーン')).toEqual(['アドバルーン typo'])
    expect(found(['โรงพยาบาล'], 'ไรงพยาบาล')).toEqual(['โรงพยาบาล firstLetter'])
    // A run with a wrong first letter may have only one edit.
    expect(found(['กรุงเทพมหานคร'], 'ครุงเทพมหานตร')).not.toContain('กรุงเทพมหานคร firstLetter')
    // Short runs are not edited.
    expect(found(['ภาพ'], 'ภาส')).toEqual([])
    // Han characters are not part of runs.
    expect(found(['上海大学'], '上海大雪')).not.toContain('上海大学 typo')
  })

  it('leave out unknown words, then any one word, then all but one', () => {
    expect(found(['bluetooth speaker'], 'best bluetooth speaker')).toEqual(['bluetooth speaker partial'])
    expect(found(['bluetooth speaker'], 'best blutooth speaker')).toEqual(['bluetooth speaker partial'])
    expect(found(['New York', 'Yokohama', 'North York'], 'nwe york')).toEqual([
      'New York partial',
      'North York partial',
    ])
    expect(found(['red shoe', 'blue shoe', 'old hat'], 'red shoe old')).toEqual(['red shoe partial'])
    expect(found(['red shoe:2', 'old hat:1'], 'red old')).toEqual(['red shoe partial', 'old hat partial'])
    // Another entry has a word that resembles the omitted word.
    expect(found(['iphone 15', 'café mug'], 'iphone case')).toEqual(['iphone 15 partial'])
    expect(found(['iphone 15', 'best of jazz', 'café mug'], 'best iphone case')).toContain('iphone 15 partial')
    expect(found(['50 Cent'], 'ps5')).toEqual([])
    expect(found(['50 Cent'], 'ps50')).toEqual(['50 Cent partial'])
    expect(found(['5 Seconds of Summer', 'Psycho'], 'ps 5')).toEqual([])
    expect(found(['Nylon'], 'zzz n')).toEqual([])
    expect(found(['Nylon'], 'zzz ny')).toEqual(['Nylon partial'])
    expect(found(['iphone 15 case'], 'iphone 16 case')).toEqual([])
    expect(found(['iphone 15 case'], 'best thing')).toEqual([])
    expect(found(['bluetooth speaker'], 'best bluetooth', { settings: { correct: 'off' } })).toEqual([])
  })

  it.each([
    '55 inch tv',
    '55in tv',
    '55-inch tv',
    '55 inch',
    '5 inch tv',
  ])('leave out of %j a word that the entry lacks, even if no other entry has it', (query) => {
    const size = query.startsWith('55') ? 55 : 5
    expect(found([`Sony ${size}" TV`, 'Bosch 1/2 inch Drill Bit'], query)).toEqual([`Sony ${size}" TV partial`])
    expect(found([`Sony ${size}" TV`, 'Bosch Drill Bit'], query)).toEqual([`Sony ${size}" TV partial`])
  })

  it('leave out a letter with the word to which it is glued', () => {
    const rows = ['Red Shoes', 'Sport Shoes', 'Wooden Toys', 'Blue Hat', 'Blue Tee']
    const shoes = ['Red Shoes partial', 'Sport Shoes partial']
    expect(found(rows, "women's shoes")).toEqual(shoes)
    expect(found(rows, "wooden's shoes")).toEqual(shoes)
    expect(found(rows, 'u.s.qqqq shoes')).toEqual(shoes)
    expect(found(rows, 't-shirt blue')).toEqual(['Blue Hat partial', 'Blue Tee partial'])
    expect(found(rows, "women's")).toEqual([])
    expect(found(['44 mm', 'Size 44', 'Sun Hat'], "sun's 44 size's")).toEqual(['Size 44 partial'])
    // A single letter of a freely spaced script is not left out.
    expect(found(['車'], 'qqqq車')).toEqual(['車 partial'])
  })

  it('do not leave only a single digit or a short word', () => {
    expect(found(['iphone 15', '3 books'], 'iphone 3')).toEqual([])
    expect(found(['old tv', 'an ox'], 'ox tv')).toEqual([])
  })
})

describe('words for &', () => {
  const brands = [
    'Mens shoes:9',
    'M&S Food:1',
    'Hem:9',
    'H&M dress:1',
    'Red:9',
    'R&D:1',
    'Bed frame:9',
    'B&D drill:1',
    'AT ent:9',
    'AT&T:1',
  ]

  it.each([
    ['m&s', ['M&S Food prefix']],
    ['h&m', ['H&M dress prefix']],
    ['r&d', ['R&D exact']],
    ['b&d', ['B&D drill prefix']],
    ['at&t', ['AT&T exact']],
  ])('are whole words: %s', (query, wanted) => expect(found(brands, query).slice(0, 1)).toEqual(wanted))

  it.each(['black & decker', 'black&decker', 'black & d', 'black &'])('are found by %s', (query) => {
    expect(found(['Black and Decker', 'Black Andes'], query)[0]).toMatch(/^Black and Decker (?:exact|prefix)$/)
  })

  it('do not replace an & without a word before it', () => {
    expect(found(['e.l.f. cosmetics', 'A & B'], '&')).toEqual([])
  })
})

describe('boundaries between digits', () => {
  it.each([
    ['25 zoll', ['25 Zoll Monitor prefix']],
    ['2,5 zoll', ['2,5 Zoll exact']],
    ['12 inch', ['12 inch pizza prefix']],
    ['19.99', ['19.99 shirt prefix']],
  ])('agree: %s', (query, wanted) => {
    const rows = ['2,5 Zoll:1', '25 Zoll Monitor:9', '½ inch:1', '12 inch pizza:9', '1999:1', '19.99 shirt:9']
    expect(found(rows, query).slice(0, 1)).toEqual(wanted)
  })

  it('may be missing between thousands', () => {
    expect(found(['50,000 mAh'], '50000')).toEqual(['50,000 mAh prefix'])
    expect(found(['50000 mAh'], '50,000 m')).toEqual(['50000 mAh prefix'])
    expect(found(['1 000 km'], '1000')).toEqual(['1 000 km prefix'])
  })
})

describe('boundaries between digits in any row', () => {
  it.each([
    ['iPhone 15', '1.5', false],
    ['Eggs 12-Pack', '1/2', false],
    ['Bolt 25 mm', '2,5', false],
    ['Bolt 25 mm', '2,5 bolt', false],
    ['Bolt 25 mm', '2,5 blot', false],
    ['Cola 2,5 l', '2,5 cola', true],
    ['Cola 2,5 l', 'cola2,5', true],
    ['Cola 2,5 l', 'cola25', false],
    ['Oil 1 can of 5 liters', '1.5 oil', false],
    ['Oil 1.5 liters', '1.5 litres', true],
    ['Oil 1 can of 5 liters', '1.5 litres', false],
    ['Oil 10 pack, 55 liters', '1.5 lit', false],
    ['Motoroil 1.5 l', '1.5 oil', true],
    ['Motoroil 1 can of 5 l', '1.5 oil', false],
    ['Oil 1.5 l', 'best oil 1.5', true],
    ['Oil 1 can of 5 l', 'best oil 1.5', false],
    ['Oil 1 can of 5 l', '1.5 nil', false],
    ['Oil 1.5 l', '1.5 nil', true],
    ['Power bank 50,000 mAh', 'power 50000', true],
    ['Power bank 50000 mAh', '50,000 bank', true],
    ['Power bank 50000 mAh', '50,00 bank', false],
    ['Book 9783161484100', '978-3-16-148410-0', true],
    ['Book 978-3-16-148410-0', '978316148410-0', true],
    ['Call 12 3456', '12-34-56', false],
    ['Call 123456', '12-34-56', true],
    ['Call 12 34 56', '123456', true],
    ['Straße 1-5', 'strasse 15', false],
    ['Herr Müller 15', 'mueller 1.5', false],
    ['삼성 노트 15', 'ㅅㅅㄴㅌ 1.5', false],
    ['삼성 노트 1.5', 'ㅅㅅㄴㅌ 1.5', true],
    ['새 삼성 노트 15', 'ㅅㅅㄴㅌ 1.5', false],
  ])('%j is found by %j: %j', (name, query, expected) => {
    expect(found([name, 'nothing'], query)).toHaveLength(expected ? 1 : 0)
  })

  it('do not prevent corrections if digits may be edited', () => {
    const settings = { correct: 'digits' } as const
    expect(found(['Part 2024-0157'], '2024-0158', { settings })).toEqual(['Part 2024-0157 typo'])
  })
})

describe('numbers that are followed by anything', () => {
  it.each([
    ['Drill bit 50 mm', '5 mm', false],
    ['Drill bit 50 mm', '5mm', false],
    ['Drill bit 50 mm', 'bit 5', true],
    ['Drill bit 50 mm', 'bit 5 ', false],
    ['Drill bit 50 mm', '50 mm', true],
    ['Drill bit 50 mm', '5 mm dril', false],
    ['Drill bit 50 mm', '50 mm dirll', true],
    ['Drill bit 50 mm', 'dirll 5', true],
    ['Drill bit 50 mm', 'best drill 5 mm', false],
    ['Drill bit 500 mm', '50 rill', false],
    ['Drill bit 500 mm', 'rill 50', true],
    ['Drill bit 2500 mm', '500 mm', false],
    ['Drill bit 2500 mm', 'mm 500', true],
    ['Galaxy S24 Ultra', 's2 ultra', false],
    ['Galaxy S24 Ultra', 'ultra s2', true],
    ['Kabel 2,50 m', '2,5 m', false],
    ['Kabel 2,50 m', 'kabel 2,5', true],
    ['Fuse 250 V, type A', 'fuse 25a', false],
    ['Pills 500 mg, 16 pcs, gel', 'pills 1 g', false],
    ['Müller 50', '5 mueller', false],
    ['Müller 50', 'mueller 5', true],
    ['Sun Cream SPF 50+', '50 cream', true],
    ['Sun Cream SPF 50+', 'spf50cream', true],
    ['Sun Cream SPF 50+', '50 creem', true],
    ['Sun Cream SPF 50', '50+ cream', false],
    ['Sun Cream SPF 50+', 'spf 50 ream', true],
    ['Akku 50,000 mAh', '50000 akku', true],
    ['Akku 50,000 mAh', '5000 akku', false],
    ['Book 978-3-16', '978316 book', true],
    ['Book 978-3-16', '97831 book', false],
    ['Pad 0986494123 Bosch', '0986494 bosch', true],
    ['Pad 0986494123 Bosch', '09864 bosch', false],
    ['Pad 0986494123 Bosch', '0986494 bsoch', true],
    ['Pad 0986494123 Bosch', '0986494 osch', true],
    ['Pad 0986-494123 Bosch', '0986-494 bosch', false],
    ['Pad 0986-494123 Bosch', '098649 bosch', true],
    ['शारदा १२०', '12 शारदा', false],
    ['2Pac (2015 remaster)', '2 remaster pac', true],
  ])('%j is found by %j: %j', (name, query, expected) => {
    expect(found([name, 'nothing'], query)).toHaveLength(expected ? 1 : 0)
  })

  it('may be followed by an incomplete word at the beginning of a name', () => {
    expect(found(['5 ml syringe', '5 mm drill bit'], '5 m')).toHaveLength(2)
  })

  it('may be edited in corrections if the settings allow it', () => {
    const settings = { correct: 'digits' } as const
    expect(found(['Part 20240157 bolt'], '20240158 bolt', { settings })).toEqual(['Part 20240157 bolt typo'])
  })
})

describe('decimals', () => {
  it.each([
    ['Paint 2,5 l', '5 l', false],
    ['Paint 2,5 l', '5l', false],
    ['Paint 2,5 l', 'paint 5', false],
    ['Paint 2,5 l', 'paint 2', true],
    ['Paint 2,5 l', '2,5', true],
    ['Paint 2,5 l', '2.5l paint', true],
    ['Paint 2,5 l', 'paint2,5l', true],
    ['Paint 2,5 l', '5 paimt', false],
    ['Paint 2,5 l', 'paimt 2,5', true],
    ['Paint 2,5 l', '5 aint', false],
    ['Paint 2,5 l', 'best paint 5', false],
    ['Paint 2,5 l, 5 pcs', 'paint 5', true],
    ['Müller 2,5 l', '5 mueller', false],
    ['Dose 1,25mg', '25mg', false],
    ['Dose 1,25mg', '25', false],
    ['Dose 1.25mg', '2', false],
    ['Dose 1,25mgx', '25mgx ', false],
    ['Herr 0,5müller', '5mueller', false],
    ['삼성 2,5삼성', '5ㅅㅅ', false],
    ['삼성 2-5삼성', '5ㅅㅅ', true],
    ['Akku 50,000 mAh', 'akku 000', true],
    ['Ubuntu 24.04.1', '04', true],
    ['Log 13.07.2020', '2020', true],
    ['Log 13.07.2020', '07', true],
    ['Log 07.2020', '2020', true],
    ['Host 192.168.0.1', '168', true],
    ['Sizes 36, 38', '38', true],
    ['Sizes 36-38', '38', true],
    ['عبوة ٢,٥ لتر', '5', false],
    ['عبوة ٢-٥ لتر', '5', true],
  ])('%j is found by %j: %j', (name, query, expected) => {
    expect(found([name, 'nothing'], query)).toHaveLength(expected ? 1 : 0)
  })
})

describe('boundaries between digits of long numbers', () => {
  it.each([
    ['+49 170 1234567', '+491701234567', true],
    ['2024-05-01', '20240501', true],
    ['20240501', '2024-05-01', true],
    ['20240501', '2024-05', true],
    ['9783161484100', '978-3-16', true],
    ['192.168.0.1', '19216801', true],
    ['2024-05-01', '20240', false],
    ['12345', '12-345', true],
    ['12345', '1-23', false],
    ['12-34', '1234', false],
  ])('%j is found by %j: %j', (name, query, expected) => {
    expect(found([name, 'other'], query)).toHaveLength(expected ? 1 : 0)
  })
})

describe('long numbers with spaces', () => {
  it.each([
    ['Taxi 01701234567', '0170 1234567', true],
    ['Taxi 01701234567', '0170 12345', true],
    ['Taxi 01701234567', '0170 123 45 67 taxi', true],
    ['Taxi 01701234567', '0170 1234568', false],
    ['Book 978-3-518-36854-0', '978 3518368540', true],
    ['Book 9783518368540', '978 3 518 36854 0', true],
    ['Part 12345', '12 345', false],
    ['Years 2019 to 2020', '2020 2019', true],
  ])('%j is found by %j: %j', (name, query, expected) => {
    expect(found([name, 'nothing'], query)).toHaveLength(expected ? 1 : 0)
  })
})

describe('other spellings of a query', () => {
  it.each(['90*200', '90x200', '90×200', '90 х 200', '90х200'])('have another sign for "times": %s', (query) => {
    const rows = ['Matratze 90x200 cm', 'Матрас 90х200 см', 'Sofa 90 x 200 cm', 'Bett 90 cm']
    expect(texts(rows, query)).toEqual(rows.slice(0, 3))
  })

  it('have anusvaras instead of nasals, or vice versa', () => {
    for (const query of ['हिंदी', 'हिन्दी']) {
      expect(found(['हिंदी गीत', 'हिन्दी', 'हाथी'], query)).toEqual(['हिन्दी exact', 'हिंदी गीत prefix'])
    }
    expect(found(['मुंबई'], 'मुम्ब')).toEqual(['मुंबई prefix'])
    expect(found(['सिंधी', 'सिक्का'], 'सिंधी सिक्का')).toEqual(['सिंधी partial', 'सिक्का partial'])
    expect(found(['सिंधी गीत', 'बात'], 'सिंधी बात')).toEqual(['सिंधी गीत partial', 'बात partial'])
  })

  it('have a vowel after a final ヴ', () => {
    const rows = ['ヴァイオリン', 'ヴィラ', 'バイク', 'ブーツ']
    expect(texts(rows, 'ヴ')).toEqual(['ヴァイオリン', 'ヴィラ', 'バイク', 'ブーツ'])
    expect(texts(['バイオリン:9', 'ヴァイオリン:1'], 'ヴァイ')).toEqual(['ヴァイオリン', 'バイオリン'])
    expect(texts(['バイオリン:9', 'ヴァイオリン:1'], 'バイ')).toEqual(['バイオリン', 'ヴァイオリン'])
  })
})

it('.net is a word after any punctuation', () => {
  expect(texts(['C#/.NET developer', '(.NET) core', '.NET Framework'], '.net').sort()).toEqual([
    '(.NET) core',
    '.NET Framework',
    'C#/.NET developer',
  ])
})

/** Queries for which users reported wrong or missing suggestions. */
describe('reported texts', () => {
  it('1: the best come first at any limit', () => {
    const rows = [
      ...Array.from({ length: 10 }, (_, at) => `red shoe ${at}:1`),
      ...Array.from({ length: 600 }, (_, at) => `brand${at} red hat:${100 + at}`),
      'nike red shoe:50',
      ...Array.from({ length: 2000 }, (_, at) => `brand${at} blue shoe:5`),
    ]
    for (const limit of [1, 10, 20]) {
      const answer = texts(rows, 'shoe red', { limit })
      expect(answer).toHaveLength(Math.min(limit, 11))
      expect(answer[0]).toBe('nike red shoe')
    }
  })

  it('2: the order of filters makes no difference', () => {
    const rows: Row[] = [
      { text: 'blueberry jam', contexts: { tenant: ['a'], category: ['jam'] } },
      { text: 'blaeberry tea', contexts: { tenant: ['a'], category: ['tea'] } },
      { text: 'green tea', contexts: { tenant: ['b'], category: ['tea'] } },
    ]
    const filters = [{ name: 'category', value: 'tea' }, tenant('a')]
    const answer = texts(rows, 'blueberri', { filters })
    expect(answer).toEqual(['blaeberry tea'])
    expect(texts(rows, 'blueberri', { filters: filters.toReversed() })).toEqual(answer)
  })

  it('3: the same text exists for each tenant', () => {
    const rows: Row[] = [
      { text: 'Apple', weight: 9, contexts: { tenant: ['a'] } },
      { text: 'Apple', weight: 5, contexts: { tenant: ['b'] }, payload: 1 },
    ]
    const filters = [tenant('b')]
    expect(search(rows, 'app', { filters })).toMatchObject([{ text: 'Apple', score: 5, entry: { payload: 1 } }])
    const blocked: Row[] = [...rows, { text: 'apple', blocked: true, contexts: { tenant: ['a'] } }]
    expect(texts(blocked, 'app', { filters: [tenant('a')] })).toEqual([])
    expect(texts(blocked, 'app', { filters })).toEqual(['Apple'])
  })

  it('4: entries that differ only in marks are all kept, and the one spelled as typed comes first', () => {
    const rows = ['bán:9', 'bạn:8', 'ban:7', 'мой:5', 'мои:4', 'año:3', 'ano:2']
    expect(texts(rows, 'ban')).toEqual(['ban', 'bán', 'bạn'])
    expect(texts(rows, 'bạn')).toEqual(['bạn', 'bán', 'ban'])
    expect(texts(rows, 'мои')).toEqual(['мои', 'мой'])
    expect(texts([...rows, { text: 'ano', blocked: true }], 'ano')).toEqual(['año'])
  })

  it.each([
    ['Nike Air T-Shirt', ['shirt', 'tshirt', 't-shirt', 'air t']],
    ['Notebook/Laptop', ['laptop']],
    ['com.dengyukeji', ['dengyu']],
    ['WP/KYB Enzo forks', ['kyb', 'kyb forks']],
    ['something_2020-07-13_with_words.pdf', ['words', '2020']],
    ['Dune (2021)', ['2021', 'dune 2021']],
    ["L'Oréal Paris", ['oreal', 'loreal', 'l’oreal', "l'oréal"]],
    ['.NET Core', ['net', '.net', 'dotnet']],
    ['(500) Days of Summer', ['500', '500 days']],
    ['"Quoted" title', ['quoted', '"quo']],
    ['«Война и мир»', ['война', 'мир']],
    ['C++ primer', ['c++', 'c']],
    ['learn C#', ['c#']],
    ['AT&T Inc', ['at&t', 'att']],
  ])('5: %j is found by %j', (name, queries) => {
    for (const query of queries) expect(found([name, 'something else'], query)[0]).toMatch(/ (exact|prefix|word)$/)
  })

  it('6: spacing variants compete by score', () => {
    const rows = [
      'iPhone 15:90',
      'iPhone15 case:4',
      'Wi-Fi 6 mesh:80',
      'wifi router:5',
      '삼성 전자:70',
      '삼성전자 서비스센터:6',
    ]
    for (const query of ['iphone15', 'iphone 15']) expect(texts(rows, query)).toEqual(['iPhone 15', 'iPhone15 case'])
    for (const query of ['wifi', 'wi-fi', 'wi fi']) expect(texts(rows, query)).toEqual(['Wi-Fi 6 mesh', 'wifi router'])
    for (const query of ['삼성전자', '삼성 전자'])
      expect(texts(rows, query)).toEqual(['삼성 전자', '삼성전자 서비스센터'])
  })

  it('7: initials cross spaces', () => {
    expect(texts(['프론트엔드 개발자'], 'ㅍㄹㅌㅇㄷㄱㅂㅈ')).toEqual(['프론트엔드 개발자'])
    expect(texts(['배달의 민족'], 'ㅂㄷㅇㅁㅈ')).toEqual(['배달의 민족'])
    expect(texts(['배달의 민족'], 'ㅂㄷㅇ ㅁㅈ')).toEqual(['배달의 민족'])
  })

  it.each([
    ['أحمد', 'احمد'],
    ['إسلام', 'اسلام'],
    ['مَكْتَبَة', 'مكتبة'],
    ['کتاب', 'كتاب'],
    ['٢٠٢٤', '2024'],
    ['שָׁלוֹם', 'שלום'],
    ['ラーメン', 'らーめん'],
    ['臺灣', '台湾'],
  ])('8: %j is found by %j', (name, query) => {
    expect(found([name], query)).toEqual([`${name} exact`])
  })

  it('9: digits are not edited unless a setting says so', () => {
    const rows = ['iphone 15', 'XYZ-223', '2024 calendar', '90210']
    for (const query of ['iphone 16', 'xyz-123', '2023', '90211']) expect(texts(rows, query)).toEqual([])
    expect(found(rows, '90211', { settings: { correct: 'digits' } })).toEqual(['90210 typo'])
  })

  it('10: the answer includes an entry equal to the query', () => {
    const rows = ['go:1', ...Array.from({ length: 12 }, (_, at) => `go${'abcdefghijkl'[at]}x:9`)]
    expect(texts(rows, 'go')[0]).toBe('go')
    expect(texts(rows, 'go', { settings: { exact: 'score' } })[9]).toBe('go')
  })

  it.each([
    ['Fußballtrikot', 'trikot'],
    ['北京大学', '大学'],
    ['東京タワー', 'タワー'],
    ['ภาษาไทย', 'ไทย'],
    ['157B2210', 'b2210'],
  ])('11: %j is found by %j', (name, query) => {
    expect(texts([name], query)).toEqual([name])
  })

  it.each([
    ['johnson & johnson', 'johnson and johnson'],
    ['Johnson and Johnson', 'johnson & j'],
    ['Johnson and Johnson', 'johnson&johnson'],
    ['H & M', 'h&m'],
    ['Müller und Sohn', 'müller & s'],
    ['rock & roll', 'rock and r'],
  ])('12: %j is found by %j', (name, query) => {
    expect(found([name], query)[0]).toMatch(/ (exact|prefix)$/)
  })

  it('13: apostrophes and invisible characters', () => {
    expect(texts(["O'Reilly"], 'o’r')).toEqual(["O'Reilly"])
    expect(texts(['\u200eleftmark'], 'leftmark')).toEqual(['\u200eleftmark'])
    expect(texts(['\u200bapple', 'apple'], 'apple')).toHaveLength(1)
  })

  it('14: an edit in the first letter, and plurals', () => {
    const rows: Row[] = ['phone', 'berry', { text: 'couch', aliases: ['couches'] }]
    expect(found(rows, 'hpone')).toEqual(['phone firstLetter'])
    expect(found(rows, 'berries')).toEqual(['berry typo'])
    expect(found(rows, 'couches')).toEqual(['couch exact'])
  })

  it('15: typos in reordered words, and unknown words', () => {
    const rows = ['bluetooth speaker', 'chicken soup']
    expect(found(rows, 'best bluetooth speaker')).toEqual(['bluetooth speaker partial'])
    expect(found(rows, 'soup chiken')).toEqual(['chicken soup typo'])
  })

  it('16: other keyboard layouts', () => {
    const rows = ['привет', 'Москва', '삼성', 'hello', 'городская Москва']
    expect(found(rows, 'ghbdtn')).toEqual(['привет layout'])
    expect(found(rows, 'vjcrdf')).toEqual(['Москва layout', 'городская Москва layout'])
    expect(found([...rows, 'світ', 'сыт'], 'cdsn')).toEqual(['світ layout'])
    expect(found([...rows, 'світ', 'сыт'], 'csn')).toEqual(['сыт layout'])
    expect(found(rows, 'tkatjd')).toEqual(['삼성 layout'])
    expect(found(['서울 강남'], 'rkd')).toEqual(['서울 강남 layout'])
    expect(found(['서울 강남'], 'rk')).toEqual([])
    expect(found(rows, 'ㅗ디ㅣㅐ')).toEqual(['hello layout'])
    expect(found(rows, 'ghbdtn', { settings: { correct: 'off' } })).toEqual([])
  })

  it('17: dates do not change which entries are rare', () => {
    const day = 86_400_000
    const old = Array.from({ length: 1000 }, (_, at) => ({ text: `thing ${at}`, weight: 100, updated: 0 }))
    const rows: Row[] = [
      ...old,
      { text: 'planet', weight: 100, updated: 0 },
      { text: 'planes', weight: 100, updated: 200 * day },
    ]
    expect(found(rows, 'planet', { halfLifeDays: 30 })).toEqual(['planet exact'])
  })

  it('18: a typo beside whole words', () => {
    expect(found(['usb-c cable'], 'usb-c cabel')).toEqual(['usb-c cable typo'])
    expect(found(['Dune (2021)'], 'dnue (2021)')).toEqual(['Dune (2021) typo'])
  })
})
