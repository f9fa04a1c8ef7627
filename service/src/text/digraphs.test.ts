import { expect, it } from 'vitest'
import { digraphForm } from './digraphs.ts'
import { spelling } from './spelling.ts'

it.each([
  ['Müller', 'mueller'],
  ['Ölgemälde', 'oelgemaelde'],
  ['Århus', 'aarhus'],
  ['Smørrebrød', 'smoerrebroed'],
  ['Grüße', 'gruesse'],
  ['færøsk', 'faeroesk'],
  ['Müllér', 'mueller'],
  ['A\u030arhus', 'aarhus'],
])('the digraph form of %j is %j', (text, form) => {
  expect(digraphForm(spelling(text))).toBe(form)
})

it.each(['Mueller', 'Straße', 'ære', 'naïve', 'Zoë', 'à', ''])('%j has no digraph form', (text) => {
  expect(digraphForm(spelling(text))).toBeUndefined()
})
