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
  expect(misspelledSetting(['TARGET', name], ['PATH', 'TARGET', name])).toBe(`${name} is unknown: use ${setting}`)
})

it('in the environment, only names that cannot belong to other programs are rejected', () => {
  expect(misspelledSetting([], ['PATH', 'PRSET'])).toBe('PRSET is unknown: use PRESET')
  expect(misspelledSetting([], ['target'])).toBe('target is unknown: use TARGET')
  expect(misspelledSetting(['TARGET'], ['PROFILES', 'TARGETS', 'TARGETOS', 'PRESET_A', 'TARGET'])).toBeUndefined()
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
  expect(misspelledSetting(names, names)).toBeUndefined()
})
