import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Contexts, withoutBlocked } from './blocks.ts'

const names = ['a', 'b', 'c', 'd']
const values = fc.uniqueArray(fc.constantFrom('1', '2', '3', '4'), { minLength: 1 })
const contexts = fc.dictionary(fc.constantFrom(...names), values)

/** Returns all combinations of one value for each context. */
function combinationsOf(own: Contexts): string[] {
  let all: [string, string][][] = [[]]
  for (const name of names) {
    const values = own[name] ?? []
    if (values.length > 0)
      all = all.flatMap((combination) => values.map((value): [string, string][] => [...combination, [name, value]]))
  }
  return all.map((combination) => JSON.stringify(combination))
}

const isIn = (combination: string, block: Contexts) => {
  const taken = new Map(JSON.parse(combination) as [string, string][])
  return Object.entries(block).every(([name, blocked]) => blocked.includes(taken.get(name) ?? ''))
}

describe('withoutBlocked', () => {
  it('returns each combination that is not blocked exactly once', () => {
    fc.assert(
      fc.property(contexts, fc.array(contexts, { maxLength: 5 }), (of, blocks) => {
        const left = withoutBlocked(of, blocks).flatMap(combinationsOf)
        const wanted = combinationsOf(of).filter((combination) => !blocks.some((block) => isIn(combination, block)))
        expect(left.toSorted()).toEqual(wanted.toSorted())
      }),
      { numRuns: 2000 },
    )
  })

  it('does not depend on the order of names', () => {
    fc.assert(
      fc.property(contexts, contexts, (of, block) => {
        const reversed = Object.fromEntries(Object.entries(block).toReversed())
        expect(withoutBlocked(of, [reversed])).toEqual(withoutBlocked(of, [block]))
      }),
    )
  })

  it('returns one part if a block has one name', () => {
    const of = { tenant: ['a', 'b'], locale: ['de', 'en'] }
    expect(withoutBlocked(of, [{ tenant: ['b', 'c'] }])).toEqual([{ tenant: ['a'], locale: ['de', 'en'] }])
    expect(withoutBlocked(of, [{ tenant: ['c'] }])).toEqual([of])
    expect(withoutBlocked(of, [{ tenant: ['a', 'b'] }])).toEqual([])
  })

  it('splits an entry if a block has two names', () => {
    const of = { tenant: ['a', 'b'], locale: ['de', 'en'] }
    expect(withoutBlocked(of, [{ tenant: ['a'], locale: ['de'] }])).toEqual([
      { tenant: ['a', 'b'], locale: ['en'] },
      { tenant: ['b'], locale: ['de'] },
    ])
  })

  it('keeps an entry without contexts unless it is blocked everywhere', () => {
    expect(withoutBlocked({}, [{ tenant: ['a'] }])).toEqual([{}])
    expect(withoutBlocked({}, [{}])).toEqual([])
    expect(withoutBlocked({ tenant: ['a'] }, [{}])).toEqual([])
  })
})
