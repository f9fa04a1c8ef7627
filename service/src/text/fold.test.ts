import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fold } from './fold.ts'

/** Any string, with many characters that fold, and lone surrogates. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({
    unit: fc.constantFrom(
      ...'aßøéåñ\u0301\u0338\u20E3=≠ςйґ',
      ...'اأآئةیکۀ\u064B\u0654\u0670ـ٣۳',
      ...'ךשם\u05B8\u05C1װ',
      ...'カガヷゔーヽヴァュヶ\u3099臺気機𠮟',
      ...'เแ้ีําเ\u0EC0\u0ECD\u0EC9\u0EB2եվւৎൻ\u0D4D',
      ...'\u0928\u093C\u0901가ㄱ\u1100\u1161 .',
    ),
  }),
)

describe('fold', () => {
  it.each([
    ['Latin accents', 'crème brûlée', 'creme brulee'],
    ['Vietnamese', 'đường phở', 'duong pho'],
    ['Polish, Danish, Icelandic, Turkish', 'łódź smørrebrød þórður ığdır', 'lodz smorrebrod thordur igdir'],
    ['ligatures', 'straße œuvre ærø', 'strasse oeuvre aero'],
    ['Maltese, Sami, Azerbaijani, Hausa', 'għażż ŧŋ gəncə ɓarawo', 'ghazz tn gence barawo'],
    ['Greek', 'ὀδυσσεύς άνθρωπος', 'οδυσσευσ ανθρωποσ'],
    ['Cyrillic', 'мой ёж ґанок їжак', 'мои еж ганок іжак'],
    ['Kazakh, Mongolian, Tajik, Tatar', 'қазақ әлия ғасыр өнүр ұл ҳаҷ җиһан', 'казак алия гасыр онур ул хач жихан'],
    ['Kurdish and Pashto', 'ڕۆژ گوڵ هەولێر ښوونځي ملګرې', 'روژ گول ههولير ښوونځي ملگري'],
    ['Amharic letters with the same sound', 'ሐኀሃ ሣሥ ዓለም ኣዲስ ፀሓይ', 'ሀሀሀ ሳስ አለም አዲስ ጸሀይ'],
    ['other combining marks', 'a\u1ab0b\u1dc4c\u20d7d\ufe20', 'abcd'],
    ['Arabic hamza', 'أحمد إسلام آمن ٱلله مؤمن مائة', 'احمد اسلام امن الله مومن مايه'],
    ['Arabic marks', 'مَكْتَبَةٌ مُحَمَّد هٰذا', 'مكتبه محمد هذا'],
    ['Arabic tatweel', 'محـــمد', 'محمد'],
    ['Arabic yeh', 'على مستشفى', 'علي مستشفي'],
    ['Persian', 'کتاب فارسی خانۀ گیاه', 'كتاب فارسي خانه گياه'],
    ['Urdu', 'ہے ھے', 'هے هے'],
    ['Hebrew points', 'שָׁלוֹם', 'שלומ'],
    ['Hebrew final letters', 'ארץ כסף בן מלך ײִדיש', 'ארצ כספ בנ מלכ יידיש'],
    ['Syriac points', 'ܫܠܵܡܵܐ', 'ܫܠܡܐ'],
    ['katakana', 'ラーメン ヽヾ', 'らーめん ゝゞ'],
    ['kana for the sound v', 'ヴァイオリン ヴィヴァルディ ゔぇ ヴォ ラヴ', 'ばいおりん びばるでぃ べ ぼ らぶ'],
    ['more kana for the sound v', 'ヴュー ヴャヴョ ヷヸヹヺ', 'びゅー びゃびょ ばびべぼ'],
    ['small kana that people also write large', '関ヶ原 一ヵ月 ゕゖ', '关け原 一か月 かけ'],
    ['variants in Japanese names', '渡邉 髙﨑 𠮷冨 嶋', '渡边 高崎 吉富 岛'],
    ['traditional Chinese', '臺灣 龍 國語 手機 飛機', '台湾 龙 国语 手机 飞机'],
    ['Japanese Han', '気 竜 図書館 東京駅 国', '气 龙 图书馆 东京驿 国'],
    ['Devanagari nukta and candrabindu', 'क़लम हाँ', 'कलम हां'],
    ['the nukta of Gurmukhi, Gujarati, and Kannada', 'ਜ਼ਮੀਨ જ઼ ಜ಼', 'ਜਮੀਨ જ ಜ'],
    ['Gujarati candrabindu and Gurmukhi tippi', 'હઁ ਪੰਜਾਬੀ', 'હં ਪਂਜਾਬੀ'],
    ['Bengali khanda ta', 'হঠাৎ', 'হঠাত্'],
    ['Malayalam chillu letters', 'അവൻ ൺർൽൾൿ', 'അവന് ണ്ര്ല്ള്ക്'],
    ['Urdu noon ghunna', 'میں', 'مين'],
    ['Armenian ev', 'երևան ԵՎ'.toLowerCase(), 'երեւան եւ'],
    ['Thai and Lao letters of two keystrokes', 'เเม่ ເເ', 'แม่ ແ'],
    ['Thai and Lao marks in another order', 'นํ้า นำ้ น้ี ນໍ້າ ນຳ້', 'น้ํา น้ํา นี้ ນ້ໍາ ນ້ໍາ'],
    ['digits', '٢٠٢٤ ۲۰۲۴ २०२४ ๒๐๒๔ 𞥒', '2024 2024 2024 2024 2'],
  ])('folds %s', (_, spelling, folded) => {
    expect(fold(spelling.normalize('NFKC'))).toBe(folded)
  })

  it.each([
    ['white space and punctuation', ' l’oréal – «c++» \u3000…', ' l’oreal – «c++» \u3000…'],
    ['symbols', '≠ ≮ 😀 1\u20e3', '≠ ≮ 😀 1'],
    ['Thai marks', 'น้ำ ภาษาไทย', 'น้ํา ภาษาไทย'],
    ['Indic vowel signs', 'हिन्दी বাংলা ড় தமிழ்', 'हिन्दी বাংলা ড় தமிழ்'],
    ['kana voicing', 'が ぱ ハ', 'が ぱ は'],
    ['iteration and prolonged sound marks', '々 ゝ ー', '々 ゝ ー'],
    ['Han characters with different meanings in Chinese', '芸 藝 欠 缺', '芸 艺 欠 缺'],
    ['Hangul', '값 ㄳ 가', '값 ㄳ 가'],
    ['a text that would become empty', 'ـ', 'ـ'],
    ['a mark that stands alone', '\u0301', '\u0301'],
  ])('keeps %s', (_, spelling, folded) => {
    expect(fold(spelling.normalize('NFC').replaceAll('\u0e33', '\u0e4d\u0e32'))).toBe(folded.normalize('NFC'))
  })

  it('folds every decimal digit to the ASCII digit of its value', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code)
      if (!/\p{Nd}/u.test(character)) continue
      const compatible = character.normalize('NFKC')
      expect(fold(character)).toBe(/^\d$/.test(compatible) ? compatible : fold(compatible))
      expect(fold(character)).toMatch(/^[0-9]$/)
    }
  })

  it('is idempotent, and at most triples the length, for any string', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const folded = fold(text)
        expect(fold(folded)).toBe(folded)
        expect(folded.length).toBeLessThanOrEqual(3 * text.length)
        expect(folded === '').toBe(text === '')
      }),
      { numRuns: 2_000 },
    )
  })

  it.each(['\u064B\u0640\u3099', '\u0301\u20E3\u3099'])('is idempotent if marks become neighbors: %j', (text) => {
    expect(fold(fold(text))).toBe(fold(text))
  })

  it('is idempotent for every character', () => {
    const unstable = []
    for (let code = 0; code <= 0x10ffff; code++) {
      const folded = fold(String.fromCodePoint(code))
      if (fold(folded) !== folded) unstable.push(code)
    }
    expect(unstable).toEqual([])
  })

  it('changes neither ASCII nor Hangul', () => {
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCharCode(code)),
    )
    fc.assert(fc.property(fc.string({ unit }), (text) => fold(text) === text))
  })

  it('gives the same result for a text as for its parts between spaces', () => {
    // A part that would become empty folds to itself if it is the whole text.
    const part = anyText.filter((text) => /[^\p{M}\u0640\u06E5\u06E6\u08C9]/u.test(text))
    fc.assert(fc.property(part, part, (a, b) => fold(`${a} ${b}`) === `${fold(a)} ${fold(b)}`))
  })
})
