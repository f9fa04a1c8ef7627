import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DatasetBuilder } from '../dataset/build.ts'
import { fromIndexPart } from '../index/index-parts.ts'
import { SearchIndex, toIndexArrays } from '../index/search-index.ts'
import { decodeIndex } from '../index/stored-index.ts'
import { type Requirement, Screen } from './screen.ts'
import { WordSet } from './word-set.ts'

const WORDS = ['a', 'ab', 'abc', 'b', 'ba', 'c', 'd', 'e', 'f', 'g']

function indexOf(texts: readonly string[]): SearchIndex {
  const builder = new DatasetBuilder()
  for (const [at, text] of texts.entries()) builder.add({ text, weight: at + 1 })
  const parts = [...builder.build().keys()].filter(([key]) => key.includes(':index:'))
  return new SearchIndex(
    toIndexArrays(decodeIndex(Buffer.concat(parts.map(([, part]) => fromIndexPart(part as Buffer))))),
  )
}

const names = fc.array(
  fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 40 }).map((words) => words.join(' ')),
  { minLength: 1, maxLength: 40 },
)
const range = fc
  .tuple(fc.nat(WORDS.length), fc.nat(WORDS.length))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
const set = fc.array(range, { minLength: 1, maxLength: 3 })
const sets = fc.record({ own: fc.array(set, { maxLength: 4 }), any: fc.array(set, { maxLength: 2 }) })

/** Whether every set can be assigned a different word. */
function canHave(own: readonly WordSet[], words: readonly number[]): boolean {
  const [first, ...others] = own
  if (!first) return true
  return words.some((word, at) => first.has(word) && canHave(others, words.toSpliced(at, 1)))
}

it('accepts all names that meet a requirement', () => {
  fc.assert(
    fc.property(names, fc.array(sets, { minLength: 1, maxLength: 3 }), fc.nat(100), (texts, described, size) => {
      const index = indexOf(texts)
      const known = (ranges: readonly { from: number; to: number }[]) =>
        new WordSet(
          index,
          ranges.map(({ from, to }) => ({
            from: Math.min(from, index.words.length),
            to: Math.min(to, index.words.length),
          })),
        )
      const requirements: Requirement[] = described.map(({ own, any }) => ({
        own: own.map(known),
        any: any.map(known),
      }))
      const screen = new Screen(index)
      const { forward, forwardStarts } = index.arrays
      // The marks that `begin` sets depend on the expected number of names, so call it with a random number, and then
      // with a higher one.
      screen.begin(requirements, size)
      screen.begin(requirements, 1000)
      for (let name = 0; name < index.nameCount; name++) {
        const words = Array.from(forward.slice(forwardStarts[name], forwardStarts[name + 1]), (word) => word >>> 2)
        const fits = requirements.some(
          ({ own, any }) => any.every((one) => words.some((word) => one.has(word))) && canHave(own, words),
        )
        if (fits) expect(screen.canMatch(name)).toBe(true)
      }
      screen.end()
      for (let name = 0; name < index.nameCount; name++) expect(screen.canMatch(name)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

it('rejects names that lack a word, or have one word where two are needed', () => {
  const index = indexOf(['a b', 'a c', 'a a', 'a ab', 'a'])
  const screen = new Screen(index)
  const wordSet = (text: string) => new WordSet(index, [index.words.withPrefix(text)])
  const passing = () =>
    Array.from({ length: index.nameCount }, (_, name) => name).filter((name) => screen.canMatch(name))
  const textsOf = (found: readonly number[]) => found.map((name) => ['a', 'a ab', 'a a', 'a c', 'a b'][name])

  screen.begin([{ own: [wordSet('a'), wordSet('b')], any: [] }], 1000)
  expect(textsOf(passing())).toEqual(['a b'])
  screen.end()

  screen.begin([{ own: [wordSet('a'), wordSet('a')], any: [] }], 1000)
  expect(textsOf(passing())).toEqual(['a ab', 'a a'])
  screen.end()

  screen.begin(
    [
      { own: [wordSet('b')], any: [] },
      { own: [wordSet('c')], any: [] },
    ],
    1000,
  )
  expect(textsOf(passing())).toEqual(['a c', 'a b'])
  screen.end()
})
