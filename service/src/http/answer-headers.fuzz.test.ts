/**
 * For any origin and tag: only pages from origins in the settings may read answers, and no header contains a line
 * break.
 */
import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AnswerHeaders } from './answer-headers.ts'
import { factsOf } from './request-facts.ts'

const ALLOWED = ['https://a.example', 'http://localhost:3000', 'https://xn--hy1b.example']
const origin = fc.oneof(
  fc.constantFrom(
    ...ALLOWED,
    '*',
    'null',
    '',
    'https://a.example/',
    'HTTPS://A.EXAMPLE',
    'https://a.example.evil.example',
  ),
  fc.webUrl(),
  fc.string({ unit: 'binary' }),
)
const name = fc.constantFrom('Origin', 'origin', 'ORIGIN')
const headersWith = (origins: readonly string[]) =>
  new AnswerHeaders(
    {
      CACHE_CONTROL_MAX_AGE_SECONDS: 10,
      CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS: 20,
      CORS_ORIGINS: [...origins],
    },
    'release',
  )
const factsWith = (rawHeaders: string[]) => factsOf({ rawHeaders } as IncomingMessage)
const pairsOf = (flat: readonly string[]) =>
  flat.flatMap((of, at) => (at % 2 === 0 ? [[of, flat[at + 1] as string] as const] : []))

it('only configured origins may read answers, for any list of origins', () => {
  const settings: fc.Arbitrary<string[]> = fc.oneof(fc.subarray(ALLOWED), fc.constant<string[]>(['*']))
  fc.assert(
    fc.property(settings, fc.array(fc.tuple(name, origin), { maxLength: 3 }), (allowed, sent) => {
      const headers = headersWith(allowed)
      const facts = factsWith(sent.flat())
      const isAllowed = sent.length === 1 && allowed.includes(sent[0]?.[1] as string)
      const wanted = allowed[0] === '*' ? '*' : isAllowed ? sent[0]?.[1] : undefined
      for (const written of [
        pairsOf(headers.forAnswer('0123456789abcdef', facts.origin)),
        headers.forOtherResponses(facts.origin),
        headers.forPreflight(facts.origin),
      ]) {
        const valuesOf = (wantedName: string) => written.filter(([of]) => of === wantedName).map(([, value]) => value)
        expect(valuesOf('Access-Control-Allow-Origin')).toEqual(wanted === undefined ? [] : [wanted])
        expect(valuesOf('Access-Control-Expose-Headers')).toHaveLength(wanted === undefined ? 0 : 1)
        expect(valuesOf('Access-Control-Allow-Credentials')).toEqual([])
        // Without Vary, a cache would send the answer for one origin to another.
        expect(valuesOf('Vary')).toEqual(allowed.length > 0 && wanted !== '*' ? ['Origin'] : [])
        for (const [of, value] of written) expect(`${of}: ${value}`).not.toMatch(/[\r\n]/)
      }
      const preflight = headers.forPreflight(facts.origin).map(([of]) => of)
      expect(preflight.includes('Access-Control-Allow-Methods')).toBe(wanted !== undefined)
    }),
    { numRuns: 1000 },
  )
})

it('only the tag of this version and release, or *, matches', () => {
  const headers = headersWith([])
  const [, tag] = pairsOf(headers.forAnswer('v1', undefined)).find(([of]) => of === 'ETag') as readonly [string, string]
  const other = fc.oneof(
    fc.constantFrom('W/"v2-release"', '"v1"', 'v1-release', 'W/"v1-other"', ''),
    fc.string({ unit: fc.constantFrom('W', '/', '"', 'v', '1', ' ', '-') }),
  )
  const same = fc.constantFrom(tag, tag.slice(2), ` ${tag} `)
  const lists = fc.tuple(fc.array(other, { maxLength: 5 }), fc.option(same), fc.array(other, { maxLength: 5 }))
  fc.assert(
    fc.property(lists, ([before, known, after]) => {
      const sent = [...before, ...(known === null ? [] : [known]), ...after]
      const { ifNoneMatch } = factsWith(sent.flatMap((value) => ['If-None-Match', value]))
      expect(headers.isKnown(ifNoneMatch, 'v1')).toBe(known !== null)
      expect(headers.isKnown(sent.length > 0 ? sent.join(',') : undefined, 'v1')).toBe(known !== null)
    }),
  )
  expect(headers.isKnown('*', 'v1')).toBe(true)
})
