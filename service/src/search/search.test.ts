/** Quick checks of the search. matching.property.test.ts compares many more answers with the reference. */
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Entry } from '../dataset/entries.ts'
import { SearchIndex } from '../index/search-index.ts'
import { buildSearch } from '../testing/build-search.ts'
import { expectReferenceIn, expectReferenceInCatalogs } from '../testing/matching-properties.ts'
import { Random } from '../testing/random.ts'
import { referenceDataset } from '../testing/reference-dataset.ts'
import { referenceSearch } from '../testing/reference-search.ts'

it('the search gives the same answers as a scan of a few generated catalogs', () => {
  expectReferenceInCatalogs(buildSearch, 40, 2)
})

it.each([
  ['letters of a syllable with a space between them', ['사과'], 'ㅅ ㅏ과 ', 'hangul'],
  ['letters of a syllable with a space between them, typed in another layout', ['사과'], 't krhk!', 'layout'],
  ['letters of a syllable with punctuation between them, at a later word', ['c과'], "ㄱ'ㅘ", 'word'],
  ['a syllable that contains the first letter of the next word', ['나 ㅋㅋ'], '나ㅋ', 'hangul'],
  ['a syllable and the beginning of a Latin word, without their space', ['팈 ests'], '팈es', 'word'],
  ['a later syllable with the first letter of the next word, in another layout', ["희'효 & 좰"], 'gyw', 'layout'],
  ['an incomplete syllable that reaches the end of a word', ['x 값'], 'xㄱ', 'hangul'],
  ['a complete syllable whose last letter is a word of its own', ['페 ㅅ 저'], '페ㅅ ', 'hangul'],
  ['digits with a word for & between them, in another layout', ['1 20 9', 'x'], '9 b 1 2', 'layout'],
  ['Ukrainian words, typed in another layout', ['Мій Київ', 'кит'], 'rb]d vsq', 'layout'],
  ['a Latin word, typed in the Ukrainian layout', ['house', 'x'], 'рщгіу', 'layout'],
  ['Hebrew words, typed in another layout', ['תל אביב', 'שלום'], ',k tchc', 'layout'],
  ['a Greek word with an accent, typed in another layout', ['Αθήνα', 'Άνοιξη'], 'au;hna', 'layout'],
  ['a Greek word that begins with an accent, typed in another layout', ['Αθήνα', 'Άνοιξη'], ';anoijh', 'layout'],
  ['joined finals, typed in another layout', ['닭갈비', 'x'], 'ekfrrkfq', 'layout'],
  ['a final and three initials, typed in another layout', ['삼성 전자 대리점', 'x'], 'tkatww', 'layout'],
  ['letters after a dot, typed in another layout', ['x .가ㅋㅋ나', 'y'], 'rkzzsk', 'layout'],
  ['Latin words without their space, typed in the Korean layout', ['New York', 'x'], 'ㅜㄷㅈㅛㅐㄱㅏ', 'layout'],
  ['Arabic words, typed in another layout', ['مدينة الرياض', 'ريال'], 'hgvdhq l]dkm', 'layout'],
  ['an Arabic word with two letters from one key', ['بلاد', 'بلد'], 'fb]', 'layout'],
  ['a Thai word, typed in another layout', ['ภาษาไทย', 'ภาพ'], '4kKkwmp', 'layout'],
  ['a Thai word with a letter that its spelling has as two', ['น้ำตาล', 'นา'], 'oh', 'layout'],
  ['a whole Thai word with a letter that its spelling has as two', ['น้ำตาล', 'นา'], 'ohe9k]', 'layout'],
  ['the beginning of a later Thai word', ['เรียนภาษาไทย', 'เรือ'], 'wmp', 'layout'],
  ['a Thai word with the tone mark before the vowel', ['กี่', 'x'], 'dju', 'layout'],
  ['a symbol whose spelling has a capital, after a word in another layout', ['школа №5', 'x'], 'irjkf №5', 'layout'],
  ['a symbol that another one stands for, after a word in another layout', ['мир™', 'x'], 'vbh™', 'layout'],
  ['English words, typed in the Arabic layout', ['bright light', 'x'], 'لاقهلاف مهلا', 'layout'],
  ['an English word, typed in the Thai layout', ['hello', 'x'], '้ำสสน', 'layout'],
  ['an English word, typed in the Greek layout', ['white', 'x'], 'ςηιτε', 'layout'],
  ['the beginning of a name that lacks a space of the query', ['PlayStation 5', 'x'], 'play st', 'word'],
  ['a later word without a space', ['iPhone 15 Pro Max', 'x'], 'proma', 'word'],
  ['later words without spaces around a number', ['Apple iPhone 15 Pro Max', 'x'], 'iphone15proma', 'word'],
  ['later words without spaces, the first of which is a letter', ['The X Men', 'x y'], 'xmen', 'word'],
  ['later words with punctuation for one space', ['Nike Air Max Men', 'x'], 'airmax-m', 'word'],
  ['later words without spaces, before an incomplete syllable', ['Samsung Galaxy S24 울트라'], 'galaxys24욽', 'word'],
  ['later words without spaces, and another word', ['Deadpool and the X Men', 'x y'], 'xmen deadpool', 'word'],
  ['a later word with an additional space', ['Apple AirPods', 'x'], 'air po', 'word'],
  ['two additional spaces in the longest name', ['Red Headphones', 'x'], 'hea dph ones red', 'word'],
  [
    'two additional spaces in the longest name, if a word is left out',
    ['55 Headphones', '55 Headphone', 'dph', 'ones'],
    'hea dph ones 55 zzz',
    'partial',
  ],
  ['some of the words with additional spaces', ['Sony Wireless Headphones', 'x'], 'sony head pho', 'word'],
  ['a word without spaces that has an additional space', ['x โรงพยาบาล', 'y'], 'โรงพย าบาล', 'word'],
  ['a joined word that a longer joined word begins with', ['T-Shirt-Shop T-Shirt', 'x'], 'tshirt tshirtshop', 'word'],
  ['a long number without its separators', ['book 978-3-16-148410-0', 'x'], '9783161', 'word'],
  ['kana for the sound v', ['ボヴァリー'], 'ぼば', 'prefix'],
  ['an iteration mark', ['佐佐木'], '佐々', 'prefix'],
  ['the counter ヶ', ['1か月'], '1ヶ月', 'exact'],
  ['the beginning of a name with が for ヶ', ['関ヶ原'], '関が', 'prefix'],
  ['another spelling of a nasal', ['x मुंबई'], 'मुम्ब', 'word'],
  ['two vowels without a consonant', ['쿄킈ㅢ_쿄킈ㅢ', '쿄킈ㅢ쿄킈ㅢ', '쿄긔'], '쿄긔', 'exact'],
  ['a joined word that is spelled like another word', ['ㅛ훻_ㅛ훻', 'ㅛ훻ㅛ훻'], 'ㅛ훻ㅛ훻', 'exact'],
  ['a number and a short word, if a word is left out', ['Sony 55" TV', '1/2 inch Bit'], '55-inch tv', 'partial'],
  ['a digit and a short word, if a word is left out', ['Sony 5" TV', '1/2 inch Bit'], '5 inch tv', 'partial'],
  ['a number, if a word is left out', ['Sony 55" TV', '1/2 inch Bit'], '55 inch', 'partial'],
  [
    'the other words, if a word with a possessive is left out',
    ['Red Shoes', 'Sport Shoes'],
    "women's shoes",
    'partial',
  ],
  ['the other words, if the first part of a chunk is left out', ['Blue Hat', 'Blue Tee'], 't-shirt blue', 'partial'],
  [
    'other spaces, and a chunk that matches only with another one',
    ['Headphones Air Max', 'Airmax'],
    'airmax head phones',
    'word',
  ],
  ['letters of two scripts without their space', ['𞤀가', '𞤀 가나다'], '𞤀가', 'exact'],
  ['letters with marks without their space', ['あ゙ い'], 'あ゙い', 'exact'],
  ['a letter after a number of an old script', ['፩ አበ'], '፩አ', 'prefix'],
  ['a word with a sign only if its syllables have no spaces inside', ['의+5%', 'x'], "으'ㅣ", 'partial'],
  ['a word whose syllables have spaces inside', ['의자', 'x'], "으'ㅣ", 'hangul'],
  ['a word with signs instead of a wrong Hangul letter', ['b++++', 'x'], 'ㅏ++++', 'firstLetter'],
  ['a word with a sign only if it has the punctuation of the query', ['가나++', 'x'], '가.나', 'partial'],
  ['a word with a sign only if the query has the space before it', ['가 나다++', '가나'], '가나', 'exact'],
  ['only names without typos, even if the last word is complete', ['Yokohama', 'Yokosuka'], 'yokoh ', 'typo'],
  ['typos in letters outside the basic plane', ['𐐨𐐩𐐪𐐫', '𐐨𐐩𐐬𐐪𐐫', '𐐨𐐪𐐫'], '𐐨𐐩𐐪𐐬', 'typo'],
  ['Hangul in joined words by its keystrokes', ['ga가lmenit', 'galmenix'], 'galmenit', 'typo'],
  ['a joined word with the same keystrokes', ['ㅗㅗㅗㅣ', 'ㅗㅗㅗㅗ-ㅣ'], 'ㅗㅗㅗㅗㅣ ㅣㅣ', 'partial'],
  ['a run with an edit that changes its words', ['ภาษาไทย', 'ภาพ'], 'ภาสาไทย', 'typo'],
  ['a run with a missing letter', ['โรงพยาบาล', 'โรงเรียน'], 'โรงพยบาล', 'typo'],
  ['a run with a wrong letter in a long word', ['กรุงเทพมหานคร', 'กรุง'], 'กรุงเทพมหานตร', 'typo'],
  ['a run with two edits', ['กรุงเทพมหานคร', 'กรุง'], 'กรงเทพมหานตร', 'typo'],
  ['a run in Khmer', ['ភ្នំពេញ', 'ភ្នំ'], 'ភ្នំពេច', 'typo'],
  ['a run in Lao', ['ນະຄອນຫຼວງວຽງຈັນ', 'ນະຄອນ'], 'ນະຄອນຫຼວງວຽຈັນ', 'typo'],
  ['a run in Burmese', ['ရန်ကုန်မြို့', 'ရန်'], 'ရန်ကုမ်မြို့', 'typo'],
  ['a run in kana', ['アドバルーン', 'x'], 'アドパルーン', 'typo'],
  ['a run at a later word', ['มหาวิทยาลัยเชียงใหม่', 'x'], 'เชียงไหม่', 'typo'],
  ['a run with a wrong first letter', ['โรงพยาบาล', 'x'], 'ไรงพยาบาล', 'firstLetter'],
  ['a run that the name has with a space', ['ภาษา ไทย', 'x'], 'ภาสาไทย', 'typo'],
  ['two runs in any order', ['โรงพยาบาล เชียงใหม่', 'x'], 'เชียงไหม่ โรงพยาบาน', 'typo'],
  ['a run and a Latin word', ['เคสซัมซุง Galaxy S24', 'x'], 'galxy ซัมซงุ', 'typo'],
  ['names with the symbol of the query first', ['Love', 'Love ∞', 'Love →'], 'love ∞', 'exact'],
  ['the beginnings of names with the symbol of the query first', ['LEGO Set', 'LEGO® Set'], 'lego® s', 'prefix'],
  ['words in any order with the symbols of the query first', ['Wien Graz ©', 'Wien → Graz ©'], '© graz → wien', 'word'],
  ['a symbol next to a word', ['Irrational √2', '2'], '√', 'word'],
  ['a Han character after a particle', ['自由が丘', 'x'], '丘', 'word'],
  ['a digraph with a typo', ['Thomas Müller', 'Mulch'], 'muelelr', 'typo'],
  ['a typo in a letter of a digraph', ['Müller', 'x'], 'mieller', 'typo'],
  ['a typo in a word that the name has with two letters', ['Mueller', 'x'], 'mülelr', 'typo'],
  ['a digraph with a typo after names without digraphs', ['Grøndal', 'Groendals'], 'groendel', 'typo'],
  ['a digraph with fewer typos than names without it', ['Mullers', 'Müller'], 'muellerr', 'typo'],
  ['digraphs with typos in two words', ['Jürgen Müller', 'x'], 'juergn muelelr', 'typo'],
  ['a digraph with a typo in a joined word', ['Kæbe smørrebrød', 'x'], 'smoerebroed kæbe', 'typo'],
  ['a digraph inside a word', ['Hausschlüssel', 'Schluck'], 'schluessel', 'infix'],
  ['a digraph inside a word that the name has with two letters', ['Haustuerschluessel', 'x'], 'schlüs', 'infix'],
  ['a digraph inside a word, and another word', ['Kölner Haustür', 'x'], 'tuer koelner', 'infix'],
  ['a digraph after a wrong first letter', ['Smørrebrød', 'x'], 'zmoerrebroed', 'firstLetter'],
  ['a digraph, if a word is left out', ['Thomas Müller', 'x'], 'mueller zzz', 'partial'],
  ['a digraph with a typo, if a word is left out', ['Thomas Müller', 'x'], 'muelelr zzz', 'partial'],
  ['a digraph with an additional space, if a word is left out', ['Großes Hörbuch', 'x'], 'zzz hoer buch', 'partial'],
  ['a digraph without a space', ['Herr Thomas Müller', 'x'], 'thomasmueller', 'word'],
  ['digraphs on both sides of a missing space', ['Die Müller Überschuhe', 'x'], 'muellerueber', 'word'],
  ['a digraph at the end of a word without a space', ['Der Malmö Express', 'x'], 'malmoeexpress', 'word'],
  ['a word without its digraph and a space', ['Der Malmö Express', 'x'], 'malmoexpress', 'word'],
  ['a missing space in a name with two letters', ['Herr Thomas Mueller', 'x'], 'thomasmüll', 'word'],
  ['a digraph with an additional space', ['Ein Hörbuch', 'x'], 'hoer buch', 'word'],
  ['a digraph that an additional space divides', ['Herr Müller', 'x'], 'mu eller', 'word'],
  ['only names without typos, if a word is left out', ['New York City', 'Yokohama'], 'zzx york', 'partial'],
])('the search finds %s', (_, texts, query, match) => {
  const entries = texts.map((text): Entry => ({ text, weight: 1 }))
  const wanted = { query, limit: 10, filters: [], boosts: [] }
  const found = buildSearch(entries, {})(wanted).map(({ text, match }) => ({ text, match }))
  expect(found[0]?.match).toBe(match)
  expect(found).toEqual(referenceSearch(referenceDataset(entries), wanted).map(({ text, match }) => ({ text, match })))
})

it.each([
  ['Thai', 'ที่ สาว นี้ ไป มา บ้าน ตลาด น้ำ ใหม่ โรงเรียน'],
  ['Hangul', '사 사과 과일 일 나무 가방 방 가 나'],
  ['numbers', '12 123 1234 12345 34 5 345'],
])('the search gives the same answers as a scan of many entries that share frequent words: %s', (_, list) => {
  const random = new Random(5)
  const words = list.split(' ')
  const entries = Array.from({ length: 300 }, (): Entry => {
    const parts = Array.from({ length: 2 + random.below(3) }, () => random.of(words) + random.of(['', '', ' ', '-']))
    return { text: parts.join('').replace(/[ -]$/, ''), weight: random.below(1000) }
  })
  expectReferenceIn(entries, buildSearch, 25, random)
})

it('the search finds the best of many entries with a common beginning, with and without filters', () => {
  const random = new Random(7)
  const entries = Array.from({ length: 400 }, (_, at): Entry => {
    const text = `${random.of(['a', 'ab', 'abc', 'a b', 'b'])}${random.of(['x', 'y', ' z'])}${at % 150}`
    return { text, weight: random.below(40), contexts: { shop: [random.of(['many', 'many', 'many', 'few'])] } }
  })
  const reference = referenceDataset(entries)
  const search = buildSearch(entries, {})
  for (const query of ['a', 'ab', 'abc', 'a ', 'a b', 'abcx']) {
    for (const limit of [1, 10, 16, 17, 50]) {
      for (const filters of [[], [{ name: 'shop', value: 'few' }]]) {
        const wanted = { query, limit, filters, boosts: [] }
        // Repeat the query, because the second search uses the best names that the first one has cached.
        for (let time = 0; time < 2; time++) {
          const texts = search(wanted).map(({ text }) => text)
          expect(texts, JSON.stringify(wanted)).toEqual(referenceSearch(reference, wanted).map(({ text }) => text))
        }
      }
    }
  }
})

it('the search finds names with the spelling of the query before many others with the same folded beginning', () => {
  const random = new Random(11)
  const beginnings = {
    accents: ['a', 'á', 'ä', 'A', 'ab', 'áb', 'aб', 'á b', 'a b', 'äé', "a'é", 'æ', 'ae'],
    ligatures: ['ss', 'ß', 's ss', 's ß', 'ßs', 'sß', 'sst', 'ßt', 's-st', 'š'],
    traditional: ['臺', '台', '台北', '臺北', '台 b', '臺-台'],
    characters: ['台', '臺', '台北', '臺北', '台 北', '臺-北', '台b', 'ア', 'あ', 'アb', 'ｱ'],
  }
  for (const [kind, all] of Object.entries(beginnings)) {
    const entries = Array.from({ length: 800 }, (_, at): Entry => {
      const beginning = random.oneIn(20) ? random.of(all) : (all[0] as string)
      return { text: `${beginning}${random.of(['', ' ', 'x', 'é'])}${at % 400}`, weight: random.below(40) }
    })
    const reference = referenceDataset(entries)
    const search = buildSearch(entries, {})
    for (const query of all.flatMap((beginning) => [beginning, `${beginning}é`])) {
      const wanted = { query, limit: 30, filters: [], boosts: [] }
      const shown = ({ text, match }: { text: string; match: string }) => `${match} ${text}`
      const expected = referenceSearch(reference, wanted).map(shown)
      expect([kind, query, search(wanted).map(shown)]).toEqual([kind, query, expected])
    }
  }
})

it('the search looks for words with the spelling of the query only if few of the best names have it', () => {
  const respelledIn = vi.spyOn(SearchIndex.prototype, 'respelledIn')
  onTestFinished(() => respelledIn.mockRestore())
  const entries = Array.from({ length: 1200 }, (_, at): Entry => {
    const beginning = at === 700 ? 'ä' : at % 3 === 0 ? 'à' : 'á'
    return { text: `${beginning}x${at}`, weight: 1200 - at }
  })
  const others = Array.from({ length: 600 }, (_, at): Entry => ({ text: `東${at}`, weight: 1 }))
  const search = buildSearch([...entries, ...others], {})
  const isLookedFor = (query: string, limit: number) => {
    respelledIn.mockClear()
    search({ query, limit, filters: [], boosts: [] })
    return respelledIn.mock.calls.length > 0
  }
  for (const limit of [1, 10, 100]) {
    expect(isLookedFor('á', limit)).toBe(false)
    expect(isLookedFor('東', limit)).toBe(false)
    expect(isLookedFor('ä', limit)).toBe(true)
  }
  // No name has this word, so there is nothing to visit.
  expect(isLookedFor('ä ', 10)).toBe(false)
})

it('a boost applies to each part of a partly blocked entry separately', () => {
  const entries: Entry[] = [
    { text: 'apple', weight: 5, contexts: { tenant: ['c', 'a'], locale: ['de', 'ko'] } },
    { text: 'apple', weight: 0, blocked: true, contexts: { tenant: ['a'], locale: ['de'] } },
  ]
  const boosts = [
    { name: 'locale', value: 'ko', factor: 3 },
    { name: 'locale', value: 'de', factor: 2 },
  ]
  const search = buildSearch(entries, {})
  const scores = (tenant: string) =>
    search({ query: 'app', limit: 5, filters: [{ name: 'tenant', value: tenant }], boosts }).map(({ score }) => score)
  // The entry has two parts: one for `ko` and both tenants, and one for `de` and tenant `c`.
  expect([scores('a'), scores('c')]).toEqual([[15], [15]])
})
