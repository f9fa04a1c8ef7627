/** Normalizing and the forms of Hangul take any text, in time that grows with its length. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alternateKeys, FORMS, withoutForm } from './dataset/alternate-keys.ts'
import { MAX_TEXT_LENGTH, toEntry } from './dataset/entries.ts'
import { fitsInitials, hasInitials, initials, inOtherLayout, keystrokes, syllables } from './text/hangul.ts'
import { exceedsCodePoints, normalize, toBinary } from './text.ts'

/** What Unicode makes most of, and what Hangul is written with. */
const special = fc.constantFrom(
  ...'ﷺㅘㄳ값각㈝ßΣςİıǅﬀ½℀\u0301\u0323\u0345\u200d\ufeff\u00a0\u2028\u0000\u0085\ud800\udc00\ud83d\ude00가힣ㅏㅣ aA\t\n',
)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: special, maxLength: 60 }),
  fc.string({
    unit: fc.oneof(
      special,
      fc.integer({ min: 0x1100, max: 0x11ff }).map((code) => String.fromCharCode(code)),
    ),
  }),
)

describe('a normalized text', () => {
  it('stays as it is, and holds nothing that marks the form of a key', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const once = normalize(raw)
        expect(normalize(once)).toBe(once)
        expect(once).not.toMatch(/\p{Cc}/u)
        expect(once.startsWith(' ')).toBe(false)
        expect(once).not.toMatch(/\s\s/)
        expect(once.isWellFormed()).toBe(raw.isWellFormed())
        expect(withoutForm(once)).toBe(once)
      }),
      { numRuns: 3000 },
    )
  })

  it('is the same however the text is composed', () => {
    fc.assert(
      fc.property(text, (raw) => {
        expect(normalize(raw.normalize('NFD'))).toBe(normalize(raw.normalize('NFC')))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('the forms of any text', () => {
  it('are texts', () => {
    fc.assert(
      fc.property(text, text, fc.boolean(), (raw, typed, isComposing) => {
        for (const one of [raw, normalize(raw)]) {
          expect(keystrokes(keystrokes(one))).toBe(keystrokes(one))
          expect(initials(initials(one))).toBe(initials(one))
          expect(typeof syllables(keystrokes(one))).toBe('string')
          expect(typeof (inOtherLayout(one) ?? '')).toBe('string')
          expect(typeof hasInitials(one)).toBe('boolean')
          expect(fitsInitials(one, one, isComposing)).toBe(true)
          expect(typeof fitsInitials(one, typed, isComposing)).toBe('boolean')
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('are marked as such, and by nothing that the text holds', () => {
    const forms: readonly string[] = Object.values(FORMS)
    fc.assert(
      fc.property(text, (raw) => {
        for (const key of alternateKeys(normalize(raw).trimEnd())) {
          expect(forms).toContain(key[0])
          expect(key.slice(1)).not.toMatch(/\p{Cc}/u)
        }
      }),
    )
  })

  it('in binary are their UTF-8', () => {
    fc.assert(
      fc.property(text, (raw) => {
        expect(Buffer.from(toBinary(raw), 'latin1').toString()).toBe(raw.toWellFormed())
      }),
    )
  })
})

it('code points are counted as the definition has it', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 80 }), (raw, max) => {
      expect(exceedsCodePoints(raw, max)).toBe([...raw].length > max)
    }),
  )
})

/** The most that a query or an entry may hold of what is worst for each function. */
const WORST = [
  'ﷺ',
  '㈝',
  '값',
  'ㄳ',
  'ㅘ',
  '\u0301\u0323',
  '가a',
  'Σ',
  'a ',
  '가 ',
  'ㄱㅏㅂㅅ',
  '\u1100',
  '\u{1d160}',
].map((unit) => unit.repeat(MAX_TEXT_LENGTH / [...unit].length))

it('the longest texts there may be take no time worth mentioning', () => {
  const started = performance.now()
  for (const raw of WORST) {
    const key = normalize(raw)
    for (const one of [raw, key]) {
      keystrokes(one)
      initials(one)
      inOtherLayout(one)
      fitsInitials(one, one, true)
      alternateKeys(one)
    }
    // Only what is suggested is joined.
    syllables(keystrokes(key))
  }
  // Some hundred milliseconds on a machine at rest.
  expect(performance.now() - started).toBeLessThan(10_000)
})

it('a text that is far too long is not normalized, which takes the square of its length', () => {
  const hostile = ['\u0301\u0323', '\u0323\u0301', 'a\u0301', '\u{1d160}'].map((unit) =>
    unit.repeat(60_000 / unit.length),
  )
  const started = performance.now()
  for (const raw of hostile) expect(toEntry(`a${raw}`, 1)).toBe(`the text is longer than ${MAX_TEXT_LENGTH} characters`)
  // Each would take seconds.
  expect(performance.now() - started).toBeLessThan(1000)
})

it('a text is as long as it is composed', () => {
  // Four code points each, of which NFC makes one.
  const longest = '\u03b1\u0313\u0300\u0345'.repeat(MAX_TEXT_LENGTH)
  expect(toEntry(longest, 1)).toEqual({ text: '\u1f82'.repeat(MAX_TEXT_LENGTH), weight: 1 })
})
