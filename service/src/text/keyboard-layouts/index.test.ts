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
    expect(otherLayouts('tkatjd')).toEqual(['삼성', 'елфеов', 'אלשאחג', 'τκατξδ'])
    expect(otherLayouts('Rkcl')).toEqual(['까치', '가치', 'клсд', 'רלבך', 'ρκψλ'])
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
  ])('restore a word with the letters %s', (alphabet) => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...alphabet), minLength: 2 }), (word) => {
        const [typed, ...others] = otherLayouts(word)
        fc.pre(typed !== undefined)
        expect(others).toEqual([])
        expect(otherLayouts(typed as string)).toContain(word)
      }),
    )
  })

  it('are returned for any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const reading of otherLayouts(text)) expect(reading).not.toBe(text)
      }),
    )
  })
})

describe.each(KEYBOARD_LAYOUTS)('the layout $name', ({ rows }) => {
  it('has one letter for each key', () => {
    for (const [qwerty, layout] of rows) expect(layout).toHaveLength(qwerty.length)
    const keys = rows.map(([qwerty]) => qwerty).join('')
    expect(new Set(keys).size).toBe(keys.length)
  })
})
