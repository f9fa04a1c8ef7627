import { describe, expect, it } from 'vitest'
import { fold } from './fold.ts'
import { variantsOf } from './variants.ts'

describe('variantsOf', () => {
  it.each([
    ['हिंदी', ['हिन्दी']],
    ['हिन्दी', ['हिंदी']],
    ['मुंबई', ['मुम्बई']],
    ['कम्प्यूटर', ['कंप्यूटर']],
    ['गङ्गा', ['गंगा']],
    ['पञ्च अण्डा', ['पंच अंडा']],
    ['संबन्ध', ['सम्बन्ध', 'संबंध']],
    ['चाँद', ['चान्द']],
    ['ગુજરાત અંદર', ['ગુજરાત અન્દર']],
    ['বাংলা', []],
    ['শঙ্কর', ['শংকর']],
    ['అందం', ['అన్దం']],
    ['ಕನ್ನಡ', []],
    ['हिं', []],
    ['अन्न सम्मान हंस', []],
    ['new york', []],
    ['ラーメン', []],
    ['関が', ['関ヶ']],
    ['x 1カ', ['x 1ヶ']],
    ['1ゕ', ['1ヶ']],
    ['関ヵ', ['関ヶ']],
    ['何か ', []],
    ['なか', []],
    ['tel 0170 1234567', ['tel 0170-1234567']],
    ['+49 (0) 170 123 45 ', ['+49-(0)-170-123-45 ']],
    ['12 345', []],
    ['2,5 l 123456', []],
    ['०१७० १२३', ['०१७०-१२३']],
    ['a1 123456 7b', []],
  ])('of %s are %j', (spelled, variants) => expect(variantsOf(spelled)).toEqual(variants))

  it('add the vowels that may follow a final ヴ', () => {
    for (const spelled of ['ヴ', 'ゔ', 'トヨタ ヴ']) {
      expect(variantsOf(spelled).map((variant) => fold(variant).slice(-1))).toEqual(['ば', 'び', 'べ', 'ぼ'])
    }
    expect(variantsOf('ヴァ')).toEqual([])
  })
})
