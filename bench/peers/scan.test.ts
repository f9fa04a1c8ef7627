import { describe, expect, it } from 'vitest'
import { begins, equalsScan, hasWords, type Rule, titleOf } from './scan.ts'

const TITLES = [
  titleOf('Red Kettle', 9),
  titleOf('Kettle Réd', 7),
  titleOf('Red Kettles', 7),
  titleOf('Redder Kettle', 3),
]
const found = (...texts: string[]) => TITLES.filter(({ text }) => texts.includes(text))
const compare = (query: string, rule: Rule, ...texts: string[]) =>
  equalsScan(
    TITLES,
    query,
    rule,
    texts.map((text) => found(text)[0] as (typeof TITLES)[number]),
    2,
  )

describe('equalsScan', () => {
  it('accepts any title among those of the same weight', () => {
    expect(compare('kettle red', hasWords, 'Red Kettle', 'Kettle Réd')).toBe(true)
    expect(compare('red kettle', hasWords, 'Red Kettle', 'Red Kettles')).toBe(true)
  })

  it('rejects missing, lighter, repeated, and other titles', () => {
    expect(compare('red', begins, 'Red Kettle')).toBe(false)
    expect(compare('red', begins, 'Red Kettle', 'Redder Kettle')).toBe(false)
    expect(compare('red', begins, 'Red Kettle', 'Red Kettle')).toBe(false)
    expect(compare('red', begins, 'Red Kettle', 'Kettle Réd')).toBe(false)
  })
})
