import { describe, expect, it } from 'vitest'
import { MATCHES } from '../search/query.ts'
import { OPENAPI } from './openapi.ts'

/** Yields every value within a JSON value, with its key. */
function* valuesIn(value: unknown, key = ''): Generator<[key: string, value: unknown]> {
  yield [key, value]
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) yield* valuesIn(inner, name)
}

const { schemas } = OPENAPI.components

describe('the description of the API', () => {
  it('is JSON', () => {
    expect(JSON.parse(JSON.stringify(OPENAPI))).toEqual(OPENAPI)
  })

  it('refers only to schemas that it defines', () => {
    const names = Object.keys(schemas).map((name) => `#/components/schemas/${name}`)
    const refs = [...valuesIn(OPENAPI)].filter(([key]) => key === '$ref').map(([, ref]) => ref)
    expect(refs.length).toBeGreaterThan(0)
    expect(refs.filter((ref) => !names.includes(ref as string))).toEqual([])
  })

  it('has patterns that are regular expressions', () => {
    const patterns = [...valuesIn(OPENAPI)].filter(([key]) => key === 'pattern').map(([, pattern]) => pattern as string)
    expect(patterns.length).toBeGreaterThan(0)
    for (const pattern of patterns) expect(() => new RegExp(pattern, 'u')).not.toThrow()
  })

  it('uses no keywords for which ogen generates a client that does not compile', () => {
    expect([...valuesIn(OPENAPI)].filter(([key]) => key === 'const')).toEqual([])
  })

  it('names and describes every kind of match', () => {
    const { match, explain } = schemas.Suggestion.properties
    expect(match.enum).toEqual([...MATCHES])
    expect(explain.properties.match).toEqual(match)
    for (const name of MATCHES) expect(match.description).toContain(`\`${name}\` `)
  })
})
