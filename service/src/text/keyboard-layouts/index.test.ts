import { convertHangulToQwerty, convertQwertyToAlphabet } from 'es-hangul'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { syllables } from '../hangul.ts'
import { KEYBOARD_LAYOUTS, otherLayouts } from './index.ts'

const koreanWord = fc.string({
  unit: fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 8,
})

describe('otherLayouts', () => {
  it.each([
    ['tkatjd', '삼성'],
    ['Rkcl', '까치'],
    ['Rkcl', '가치'],
    ['TKATJD', '삼성'],
    ['wkdqk', '장바'],
    ['tv tka', 'ㅅㅍ 삼'],
    ['dkdlvhs 15', '아이폰 15'],
    ['ㅗ디ㅣㅐ', 'hello'],
    ['ㅗ디ㅣㅐ 1!', 'hello 1!'],
    [' ㅗ디ㅣㅐ ', 'hello'],
    ['ㅗ디ㅣㅐ'.normalize('NFD'), 'hello'],
    ['꺠', 'ro'],
    ['ghbdtn', 'привет'],
    ['Vjcrdf', 'москва'],
    ['GHBDTN', 'привет'],
    ['[jkjlbkmybr ;.k/', 'холодильник жюл.'],
    ["gj'p,`k", 'поэзбёл'],
    ['~:"<>{}A', 'ёжэбюхъф'],
    ['gjlsj', 'подіо'],
    ['Rb]d', 'київ'],
    ["'lysq", 'єдній'],
    ['x]\\', 'чїґ'],
    ['x}|"', 'чїґє'],
    ['akuo', 'שלום'],
    ['AKUO', 'שלום'],
    [',k tchc', 'תל אביב'],
    ['geia soy', 'γεια σου'],
    ['kalhm;era', 'καλημ\u200Bερα'],
    ['Auhna', 'αθηνα'],
    ['ςηιτε', 'white'],
    ['ηελλο', 'hello'],
    ['יקךךם', 'hello'],
    ['рщгіу', 'house'],
    ['руддщ', 'hello'],
    ['РУДДЩ', 'hello'],
    ['тщвуюоы', 'node.js'],
    ['шзрщту 15', 'iphone 15'],
    ['йгше'.normalize('NFD'), 'quit'],
    ['lvpfh', 'مرحبا'],
    ['LVPFH', 'مرحبا'],
    ['sbl', 'سلام'],
    ['sghl', 'سلام'],
    ['hgvdhq', 'الرياض'],
    ['Hpl]', 'أحمد'],
    ['hG,gn', 'الأولى'],
    ['اثممخ', 'hello'],
    ['لاخخن', 'book'],
    ['قهلاف', 'right'],
    ['لاقهلاف', 'bright'],
    ['لاعلاعلاعلاع', 'bubububu'],
    ['l;ylfu', 'สวัสดี'],
    ['4kKkwmp', 'ภาษาไทย'],
    ["diU'gmr", 'กร๊งเทพ'],
    ['้ำสสน', 'hello'],
    ['รย้นืำ ๅถ', 'iphone 15'],
  ])('of %s include %s', (typed, reading) => {
    expect(otherLayouts(typed)).toContain(reading)
  })

  it.each([
    ['nothing', ''],
    ['no letters', '123 !?'],
    ['only punctuation, which types letters in some layouts', '[;.'],
    ['Hangul and Latin letters', '삼성 tv'],
    ['Cyrillic and Latin letters', 'пиво beer'],
    ['Hangul and Cyrillic letters', '삼성 пиво'],
    ['letters that the keyboard does not type', 'café'],
    ['letters of another language in the same script', 'љубав'],
    ['letters of two languages in the same script', 'їжачьы'],
    ['letters of a script without a layout', '東京'],
    ['letters that read as only punctuation', 'хъ'],
    ['a lone surrogate', '\ud800'],
  ])('do not exist for %s', (_, typed) => {
    expect(otherLayouts(typed)).toEqual([])
  })

  it('are distinct', () => {
    expect(otherLayouts('tkatjd')).toEqual(['삼성', 'елфеов', 'אלשאחג', 'τκατξδ', 'فنشفتي', 'ะาฟะ่ก'])
    expect(otherLayouts('Rkcl')).toEqual(['까치', '가치', 'клсд', 'רלבך', 'ρκψλ', '\u064Cنؤم', 'قنؤم', 'ฑาแส', 'พาแส'])
  })

  it('agree with es-hangul', () => {
    fc.assert(
      fc.property(koreanWord, (word) => {
        const typed = convertHangulToQwerty(word)
        expect(otherLayouts(word)).toEqual([typed.toLowerCase()])
        expect(otherLayouts(typed)).toContain(word)
        expect(otherLayouts(typed)).toContain(syllables(convertQwertyToAlphabet(typed.toLowerCase())))
      }),
    )
  })

  it.each([
    'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
    'абвгґдеєжзиіїйклмнопрстуфхцчшщьюя',
    'אבגדהוזחטיךכלםמןנסעףפץצקרשת',
    'αβγδεζηθικλμνξοπρσςτυφχψω',
    'ءؤئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي',
    'กขคฃงจชดตถทนบปผฝพฟภมยรลวสหอะาำเแไใๆๅ\u0E31\u0E34\u0E35\u0E36\u0E37\u0E38\u0E48\u0E49',
  ])('restore a word with the letters %s', (alphabet) => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...alphabet), minLength: 2 }), (text) => {
        // Normalize the text as otherLayouts does. NFC puts the marks of Thai letters in a fixed order.
        const word = text.normalize('NFC')
        const readings = otherLayouts(word)
        for (const typed of readings) expect(otherLayouts(typed)).toContain(word)
        // Either one key or two keys may have typed `لا`.
        if (!word.includes('لا')) expect(readings.length).toBeLessThan(2)
      }),
    )
  })

  it('never equal the typed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const reading of otherLayouts(text)) expect(reading).not.toBe(text)
      }),
    )
  })
})

describe.each(KEYBOARD_LAYOUTS)('the layout $name', ({ rows, sequences = {} }) => {
  it('has one letter or sequence for each key', () => {
    for (const [qwerty, layout] of rows) expect(layout).toHaveLength(qwerty.length)
    for (const [key, letters] of Object.entries(sequences)) expect([key.length, letters.length > 1]).toEqual([1, true])
    const keys = [...rows.map(([qwerty]) => qwerty), ...Object.keys(sequences)].join('')
    expect(new Set(keys).size).toBe(keys.length)
  })
})
