import { HAN_VARIANTS } from './han-variants.gen.ts'

/** ASCII and Hangul, which folding does not change. */
const PLAIN = /^[\p{ASCII}가-힣ㄱ-ㅣ]*$/u

/**
 * Characters of decomposed text that people often do not type:
 *
 * - accents
 * - the points and signs of Arabic, Hebrew, and Syriac
 * - Arabic tatweel and small letters
 * - the nukta of Devanagari, Gurmukhi, Gujarati, and Kannada
 *
 * The marks of other scripts stay, because they distinguish words. A mark that does not follow a letter, a number, or
 * another mark also stays, because it is usually part of a symbol, such as ≠.
 */
const LEFT_OUT = new RegExp(
  [
    // The lookbehind comes last, because most characters fail before it.
    String.raw`(?:[\u0300-\u036F\u0483-\u0489\u093C\u0A3C\u0ABC\u0CBC\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]`,
    String.raw`|(?=[\p{scx=Arabic}\p{scx=Hebrew}\p{scx=Syriac}])\p{M})(?<=[\p{L}\p{M}\p{N}].)`,
    String.raw`|[\u0640\u06E5\u06E6\u08C9]`,
  ].join(''),
  'gu',
)

const FOREIGN_DIGIT = /(?!\p{ASCII})\p{Nd}/gu
const DIGIT = /\p{Nd}/u
const MARK = /\p{M}/u

/**
 * Letters that Unicode does not decompose, by their folded form: letters with strokes or hooks, ligatures, and variant
 * forms.
 */
const LETTERS: Readonly<Record<string, string>> = {
  // Latin
  a: 'ⱥ',
  b: 'ƀƃɓ',
  c: 'ƈȼ',
  d: 'đðɖɗƌ',
  e: 'əǝɛɇ',
  f: 'ƒ',
  g: 'ǥɠɡ',
  h: 'ħɦⱨ',
  i: 'ıɨɩ',
  j: 'ȷɉɟ',
  k: 'ƙꝁⱪ',
  l: 'łƚɫɬⱡ',
  n: 'ŋɲƞ',
  o: 'øɔɵ',
  p: 'ƥᵽ',
  q: 'ĸɋ',
  r: 'ɍɽ',
  s: 'ſȿ',
  t: 'ŧƭʈⱦ',
  u: 'ʉʊ',
  v: 'ʋ',
  w: 'ⱳ',
  y: 'ɏƴ',
  z: 'ƶȥɀʒⱬ',
  aa: 'ꜳ',
  ae: 'æ',
  oe: 'œ',
  ss: 'ß',
  th: 'þ',
  // Greek: the last letter of an incomplete word may have its final form.
  σ: 'ς',
  // Cyrillic: letters that keyboards for Russian do not have
  а: 'ә',
  г: 'ґғҕ',
  ж: 'җ',
  з: 'ҙ',
  к: 'қҝҟҡ',
  н: 'ңҥ',
  о: 'ө',
  с: 'ҫ',
  у: 'үұ',
  х: 'ҳһ',
  ч: 'ҷҹ',
  // Arabic, with the letters of Persian, Urdu, Pashto, and Kurdish that look the same or differ in a mark
  ا: 'ٱٲٳ',
  ي: 'ىیێېۍ',
  ر: 'ڕ',
  ل: 'ڵ',
  و: 'ۆ',
  ك: 'کڪ',
  ن: 'ں',
  ه: 'ةەہۃھ',
  گ: 'ګ',
  // Hebrew: final forms, and Yiddish ligatures
  כ: 'ך',
  מ: 'ם',
  נ: 'ן',
  פ: 'ף',
  צ: 'ץ',
  וו: 'װ',
  וי: 'ױ',
  יי: 'ײ',
  // Devanagari and Gujarati: people often type the anusvara instead of the candrabindu.
  '\u0902': '\u0901',
  '\u0A82': '\u0A81',
  // Gurmukhi: bindi and tippi are the same sound.
  '\u0A02': '\u0A70',
  // Bengali: khanda ta
  '\u09A4\u09CD': 'ৎ',
  // Malayalam: older texts have a consonant with a virama in place of a chillu letter.
  '\u0D23\u0D4D': 'ൺ',
  '\u0D28\u0D4D': 'ൻ',
  '\u0D30\u0D4D': 'ർ',
  '\u0D32\u0D4D': 'ൽ',
  '\u0D33\u0D4D': 'ൾ',
  '\u0D15\u0D4D': 'ൿ',
  // Small kana that people also write large: 関ヶ原
  か: 'ゕヵ',
  け: 'ゖヶ',
}

/** Sequences of folded letters, each with the sequence that people also write for the same word or sound. */
const SEQUENCES: Readonly<Record<string, string>> = {
  // Japanese: ヴァイオリン and バイオリン
  ゔぁ: 'ば',
  ゔぃ: 'び',
  ゔぇ: 'べ',
  ゔぉ: 'ぼ',
  ゔゃ: 'びゃ',
  ゔゅ: 'びゅ',
  ゔょ: 'びょ',
  ゔ: 'ぶ',
  // ヷ, ヸ, ヹ, and ヺ
  'わ\u3099': 'ば',
  'ゐ\u3099': 'び',
  'ゑ\u3099': 'べ',
  'を\u3099': 'ぼ',
  // Armenian: the two ways to write the ligature և in capital letters
  եվ: 'եւ',
  // Thai and Lao: two keystrokes that look like one letter
  เเ: 'แ',
  ເເ: 'ແ',
}
const SEQUENCE = new RegExp(Object.keys(SEQUENCES).join('|'), 'g')

/** Thai and Lao vowels above a letter that were typed after the tone mark instead of before it. */
const VOWEL_AFTER_TONE = /([\u0E48-\u0E4B]+)([\u0E31\u0E34-\u0E37])|([\u0EC8-\u0ECB]+)([\u0EB1\u0EB4-\u0EB7\u0EBB])/g
/** The circle of the Thai and Lao vowel am, typed before the tone mark instead of after it. */
const CIRCLE_BEFORE_TONE = /(\u0E4D)([\u0E48-\u0E4B]+)(?=\u0E32)|(\u0ECD)([\u0EC8-\u0ECB]+)(?=\u0EB2)/g
/** The whole Thai and Lao vowel am, typed before the tone mark instead of after it. */
const AM_BEFORE_TONE = /(\u0E4D\u0E32)([\u0E48-\u0E4B]+)|(\u0ECD\u0EB2)([\u0EC8-\u0ECB]+)/g

/**
 * The first letters of Ethiopic rows, each followed by the first letter of the row that has the same consonant in
 * Amharic. The letters of a row differ in their vowels.
 */
const ETHIOPIC_ROWS = ['ሀሀ', 'ሐሀ', 'ኀሀ', 'ሠሰ', 'አአ', 'ዐአ', 'ፀጸ']
/** The number of letters in an Ethiopic row, without the labialized ones. */
const ETHIOPIC_VOWELS = 7
/** In the rows of ሀ and አ, the letter with the fourth vowel sounds like the letter with the first vowel. */
const [FOURTH_VOWEL, ROWS_WITH_EQUAL_VOWELS] = [3, 'ሀአ']

const [KATAKANA_TO_HIRAGANA, FIRST_KATAKANA, LAST_KATAKANA] = [-0x60, 'ァ', 'ヴ']

const FOLDED_LETTERS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(LETTERS).flatMap(([to, letters]) => [...letters].map((letter) => [letter, to] as const)),
  ...hiraganaByKatakana(),
  ...ethiopicBySound(),
])
const FOLDABLE = new RegExp(`[${[...FOLDED_LETTERS.keys()].join('')}]`, 'g')

/** Variants in Japanese names that OpenCC does not list, in the same form as {@link HAN_VARIANTS}. */
const NAME_VARIANTS = '边邉 高髙 崎﨑嵜 吉𠮷 滨濵 富冨 岛嶋嶌 桑桒 柳栁 渊渕'

const FOLDED_HAN: ReadonlyMap<string, string> = new Map(
  `${HAN_VARIANTS.trim()} ${NAME_VARIANTS}`.split(/\s/).flatMap((group) => {
    const [simplified = '', ...variants] = [...group]
    return variants.map((variant) => [variant, simplified] as const)
  }),
)
const HAN = /\p{sc=Han}/gu

/**
 * Folds a spelling, so that it equals other spellings of the same words. Removes the accents and marks that people
 * often do not type, and replaces these characters:
 *
 * - variants of letters with the basic letter
 * - Ethiopic letters that sound the same in Amharic with one of them
 * - katakana with hiragana, and ヴァ, ヴィ, ヴ, ヴェ, and ヴォ with ば, び, ぶ, べ, and ぼ
 * - traditional and Japanese Han characters with simplified ones
 * - digits of all scripts with ASCII digits
 *
 * White space, punctuation, and symbols stay. Folding is idempotent.
 */
export function fold(spelling: string): string {
  if (PLAIN.test(spelling)) return spelling
  const folded = spelling
    .normalize('NFD')
    .replace(LEFT_OUT, '')
    .replace(FOLDABLE, (letter) => FOLDED_LETTERS.get(letter) as string)
    .replace(HAN, (character) => FOLDED_HAN.get(character) ?? character)
    .replace(FOREIGN_DIGIT, asciiDigit)
    .normalize('NFC')
    .replace(SEQUENCE, (sequence) => SEQUENCES[sequence] as string)
    .replace(VOWEL_AFTER_TONE, '$2$4$1$3')
    .replace(CIRCLE_BEFORE_TONE, '$2$4$1$3')
    .replace(AM_BEFORE_TONE, '$2$4$1$3')
  // A word that consists only of tatweel must stay a word.
  if (folded === '') return spelling
  // Fold again: a removal can bring marks next to each other. Normalization then reorders them, so more of them may be
  // removed.
  return folded !== spelling && MARK.test(folded) ? fold(folded) : folded
}

function* hiraganaByKatakana(): Generator<readonly [string, string]> {
  const codes = [FIRST_KATAKANA.charCodeAt(0), LAST_KATAKANA.charCodeAt(0)] as const
  for (let code = codes[0]; code <= codes[1]; code++) {
    yield [String.fromCharCode(code), String.fromCharCode(code + KATAKANA_TO_HIRAGANA)]
  }
  yield ['ヽ', 'ゝ']
}

function* ethiopicBySound(): Generator<readonly [string, string]> {
  for (const [from = '', to = ''] of ETHIOPIC_ROWS) {
    for (let vowel = 0; vowel < ETHIOPIC_VOWELS; vowel++) {
      const isFirst = vowel === FOURTH_VOWEL && ROWS_WITH_EQUAL_VOWELS.includes(to)
      const letter = String.fromCharCode(from.charCodeAt(0) + vowel)
      const sound = String.fromCharCode(to.charCodeAt(0) + (isFirst ? 0 : vowel))
      if (letter !== sound) yield [letter, sound]
    }
  }
}

/**
 * Converts a digit of any script to ASCII. The digits 0 to 9 of a script are consecutive code points. In some blocks,
 * several such sequences are adjacent.
 */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) as number
  let before = 0
  while (DIGIT.test(String.fromCodePoint(code - before - 1))) before++
  return String(before % 10)
}
