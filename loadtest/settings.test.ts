import { expect, it } from 'vitest'
import { misspelledSetting } from './settings.ts'

it.each([
  ['TARGT', 'TARGET'],
  ['TRAGET', 'TARGET'],
  ['TARGETS', 'TARGET'],
  ['TARGET_', 'TARGET'],
  ['target', 'TARGET'],
  ['PRSET', 'PRESET'],
  ['PROFLIE', 'PROFILE'],
  ['CRITICALTY', 'CRITICALITY'],
  ['CRITCALTY', 'CRITICALITY'],
])('%s is rejected as a misspelled %s', (name, setting) => {
  expect(misspelledSetting(['PATH', name])).toBe(`${name} is unknown: use ${setting}`)
})

it('settings and other variables are accepted', () => {
  const names = [
    'TARGET',
    'PRESET',
    'PROFILE',
    'CRITICALITY',
    'LOCUST_HOST',
    'RESET',
    'PATH',
    'PREFIX',
    'AWS_PROFILE',
    'A',
    '',
  ]
  expect(misspelledSetting(names)).toBeUndefined()
})
