import { describe, expect, it } from 'vitest'
import { CRITICALITIES } from '../ranking/criticality.ts'
import { criticalityOf } from './criticality.ts'
import { criticalityParameter } from './query.ts'

const none = { priority: undefined, secPurpose: undefined }
const ofPriority = (priority: string) => criticalityOf(undefined, 'typed', { ...none, priority })

describe('the criticality', () => {
  it('is the default of the route without parameter and headers', () => {
    expect(CRITICALITIES.map((byDefault) => criticalityOf(undefined, byDefault, none))).toEqual(CRITICALITIES)
  })

  it.each([
    ...[0, 1, 2, 3, 4].map((urgency) => [`u=${urgency}`, 'typed']),
    ['u=5', 'retry'],
    ['u=6', 'prefetch'],
    ['u=7', 'background'],
    ['u=7, i', 'background'],
    ['i, u=6', 'prefetch'],
    ['i,\tu=6;x="," ;y', 'prefetch'],
    ['u=1, u=6', 'prefetch'],
    ['u=6, u=1', 'typed'],
    ['i', 'typed'],
    ['', 'typed'],
    ['u', 'typed'],
    ['u=8', 'typed'],
    ['u=-1', 'typed'],
    ['u=66', 'typed'],
    ['u="7"', 'typed'],
    ['u=7.0', 'typed'],
    ['u = 7', 'typed'],
    ['U=7', 'typed'],
    ['urgency=7', 'typed'],
    ['xu=7', 'typed'],
    ['x="a, u=7"', 'typed'],
    ['x="\\", u=7", i', 'typed'],
    ['x="\\", u=7', 'typed'],
    ['x="a\\', 'typed'],
    ['u=6, u=x', 'typed'],
  ])('of the header Priority: %s is %s', (priority, expected) => expect(ofPriority(priority)).toBe(expected))

  it('of the header Priority takes linear time', () => {
    // The header has the maximum size of all headers together. A quadratic parser would take almost 0.5 s per request.
    for (let request = 0; request < 50; request++) expect(ofPriority('\\"'.repeat(8192))).toBe('typed')
  }, 10_000)

  it.each([
    ['prefetch', 'prefetch'],
    ['prefetch;prerender', 'prefetch'],
    ['prefetch; anonymous-client-ip', 'prefetch'],
    ['Prefetch', 'prefetch'],
    ['', 'typed'],
    ['prefetcher', 'typed'],
    ['other', 'typed'],
  ])('of the header Sec-Purpose: %s is %s', (secPurpose, expected) =>
    expect(criticalityOf(undefined, 'typed', { ...none, secPurpose })).toBe(expected))

  it('can only be lowered by headers', () => {
    for (const [level, parameter] of CRITICALITIES.entries()) {
      for (const [urgency, least] of [
        [3, 0],
        [5, 1],
        [6, 2],
        [7, 3],
      ] as const) {
        const criticality = criticalityOf(parameter, 'typed', { ...none, priority: `u=${urgency}` })
        expect(criticality).toBe(CRITICALITIES[Math.max(level, least)])
      }
    }
    expect(criticalityOf(undefined, 'typed', { priority: 'u=1, i', secPurpose: 'prefetch' })).toBe('prefetch')
    expect(criticalityOf('background', 'typed', { priority: 'u=5', secPurpose: 'prefetch' })).toBe('background')
  })

  it('of a batch can be raised by the parameter, but not by a header that browsers send', () => {
    expect(criticalityOf('typed', 'background', none)).toBe('typed')
    expect(criticalityOf(undefined, 'background', { ...none, priority: 'u=1, i' })).toBe('background')
  })
})

describe('the parameter', () => {
  it.each([
    ['q=a&criticality=retry', 'retry'],
    ['criticality=retry&criticality=typed', 'retry'],
    ['criticality=%72etry', 'retry'],
    ['q=%EC%82%AC&criticalit%79=retry', 'retry'],
    ['%ff=1&criticality=retry', 'retry'],
    ['criticality', ''],
    ['criticality=', ''],
    ['q=criticality', undefined],
    ['q=criticality=retry', undefined],
    ['xcriticality=retry', undefined],
    ['q=a', undefined],
    ['', undefined],
  ])('in %j is %j', (search, expected) => expect(criticalityParameter(search)).toBe(expected))

  it.each([
    '',
    'Typed',
    'typed ',
    '0',
    'critical',
    'constructor',
    'typed,retry',
  ])('is rejected with the accepted values if it is %j', (parameter) => {
    expect(() => criticalityOf(parameter, 'typed', none)).toThrow(
      expect.objectContaining({
        code: 'bad_criticality',
        message: 'the parameter criticality must be one of typed, retry, prefetch, background',
      }),
    )
  })
})
