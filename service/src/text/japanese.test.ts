import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { uniformJapanese } from './japanese.ts'

describe('uniformJapanese', () => {
  it.each([
    ['佐々木', '佐佐木'],
    ['人々と国々', '人人と国国'],
    ['複々々線', '複複複線'],
    ['学問のすゝめ', '学問のすすめ'],
    ['いすゞ自動車', 'いすず自動車'],
    ['づゝ', 'づつ'],
    ['バナヽ', 'バナナ'],
    ['関が原', '関ヶ原'],
    ['自由ガ丘', '自由ヶ丘'],
    ['一か月、1カ月、２ヵ国', '一ヶ月、1ヶ月、２ヶ国'],
  ])('of %s is %s', (text, expected) => {
    expect(uniformJapanese(text)).toBe(expected)
  })

  it.each([
    '々',
    'ゝ',
    '𠮷々',
    'なゞ',
    'か月',
    '関が',
    'がん',
    '確かな',
    '缶ケース',
    '何かある',
  ])('keeps %s', (text) => {
    expect(uniformJapanese(text)).toBe(text)
  })

  it('keeps the length of any text', () => {
    const unit = fc.oneof(
      fc.constantFrom(...'々〻ゝゞヽヾかがカ人木なすずヴ1'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    )
    fc.assert(fc.property(fc.string({ unit }), (text) => uniformJapanese(text).length === text.length))
  })
})
