/** Any environment results in settings, or in a one-line error that names a variable. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readSettings, redacted, SettingsError } from './read-settings.ts'
import { SETTINGS } from './settings.ts'

const INHERITED = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']
const NAMES = Object.keys(SETTINGS)

const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.nat().map(String),
  fc.constantFrom(
    '',
    '0',
    '1',
    'true',
    '99999999999999999999',
    '1e3',
    ' 1',
    '٣',
    '-1',
    '*',
    '*,*',
    'null',
    '[::1]:6379',
    'a:1,b:2',
  ),
  fc.constantFrom(
    ...INHERITED,
    'https://a.example',
    'https://a.example\r\nX: y',
    'a:1\r\nFLUSHALL',
    '127.0.0.1',
    '::1%lo',
  ),
)
const environment = fc
  .array(fc.tuple(fc.constantFrom(...NAMES, ...INHERITED), value), { maxLength: 6 })
  .map((pairs) => Object.fromEntries(pairs) as Record<string, string>)

it('any environment gives settings or a one-line error', () => {
  fc.assert(
    fc.property(environment, (env) => {
      try {
        const settings = readSettings(env)
        expect(Object.keys(settings)).toEqual(NAMES)
        expect(Object.isFrozen(settings)).toBe(true)
        for (const { host, port } of settings.REDIS_NODES) {
          expect(host).toMatch(/^[\w.:-]+$/)
          expect(port >= 1 && port <= 65_535).toBe(true)
        }
        // Origins are written to headers.
        for (const origin of settings.CORS_ORIGINS) expect(origin).toMatch(/^(\*|[\x21-\x7e]+)$/)
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError)
        expect((error as Error).message).toMatch(/^environment variable [A-Z_]+ must be [^\r\n]+, got [^\r\n]+$/)
      }
      expect(Object.keys(Object.prototype)).toEqual([])
    }),
    { numRuns: 5000 },
  )
})

it('passwords never appear in errors or logged settings', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 12, maxLength: 40 }), (password) => {
      const settings = readSettings({ REDIS_PASSWORD: password })
      expect(settings.REDIS_PASSWORD).toBe(password)
      expect(Object.values(redacted(settings))).not.toContain(password)
    }),
  )
})

it('the longest possible value is rejected quickly', () => {
  const started = performance.now()
  for (const name of NAMES) {
    for (const unit of ['1', 'a', ' ', '[', 'a:1,', 'a.', 'https://a.example,', '\u0301']) {
      try {
        readSettings({ [name]: unit.repeat(100_000 / unit.length) })
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError)
      }
    }
  }
  // This takes a few hundred milliseconds on an idle machine.
  expect(performance.now() - started).toBeLessThan(20_000)
})
