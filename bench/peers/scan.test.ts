import { describe, expect, it } from 'vitest'
import { begins, equalsScan, hasWords, type Rule, serviceRule, titleOf } from './scan.ts'

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

  it('ranks equal titles, the same accents, and beginnings first for the service', () => {
    expect(compare('kettle réd', serviceRule, 'Kettle Réd', 'Red Kettle')).toBe(true)
    expect(compare('red', serviceRule, 'Red Kettle', 'Red Kettles')).toBe(true)
    expect(serviceRule(titleOf('Red Kettle'), titleOf('réd'))).toBe(3)
    expect(serviceRule(titleOf('Redder Kettle'), titleOf('red redder'))).toBeUndefined()
  })
})

describe('the rule of the service', () => {
  const isFound = (title: string, query: string) => serviceRule(titleOf(title), titleOf(query)) !== undefined

  it.each([
    ['Lumo Kettle KB120', 'kb 12'],
    ['Lumo Kettle KB-120', 'kb12'],
    ['Lumo Kettle KB-120', 'kettle 120'],
    ['Lumo Kettle KB-120', '12'],
    ['Lumo T-Shirt', 't-sh'],
  ])('separates letters from digits: %s is found by %s', (title, query) => {
    expect(isFound(title, query)).toBe(true)
  })

  it.each([
    ['Lumo Kettle KB 12', 'kb120'],
    ['Lumo 120 Kettle KB', 'kb120'],
    ['Lumo Kettle KBX120', 'kb120'],
    ['Lumo Kettle KB120', 'kb 120 120'],
  ])('finds the words of a chunk only next to each other: %s is not found by %s', (title, query) => {
    expect(isFound(title, query)).toBe(false)
  })

  it('gives titles that begin with the same words the same rank, even if characters separate these words', () => {
    expect(serviceRule(titleOf('KB-120 Kettle'), titleOf('kb12'))).toBe(2)
    expect(serviceRule(titleOf('KB-120'), titleOf('kb120'))).toBe(0)
  })
})
