import { describe, expect, it } from 'vitest'
import { type AskedState, costsOf, goalsOf, type MeasuredCost, rowsOf } from './result.ts'

const state = (typing: number, service: number, miniSearch: number, more: Partial<AskedState> = {}): AskedState => ({
  kind: 'clean',
  length: 3,
  typing,
  weight: 1,
  ranks: { service, miniSearch, sortedSet: service },
  ...more,
})

describe('rows', () => {
  it('have all systems at each length, and how far the service is ahead', () => {
    const rows = rowsOf([state(0, 1, 2), state(1, 2, 0), state(1, 1, 1, { length: 4 })])
    expect(rows.map(({ kind, length, queries }) => [kind, length, queries])).toEqual([
      ['all', null, 3],
      ['all', 3, 2],
      ['all', 4, 1],
      ['clean', null, 3],
      ['clean', 3, 2],
      ['clean', 4, 1],
    ])
    const at3 = rows[1]
    expect(at3?.systems.service).toEqual({ mrr: 0.75, hits1: 0.5, hits3: 1, hits10: 1 })
    expect(at3?.systems.miniSearch).toEqual({ mrr: 0.25, hits1: 0, hits3: 0.5, hits10: 0.5 })
    expect(at3?.differences).toEqual({
      miniSearch: { mean: 0.5, error: 0 },
      sortedSet: { mean: 0, error: 0 },
    })
  })

  it('count what is rarely typed for less', () => {
    const rows = rowsOf([state(0, 1, 0, { weight: 0.9 }), state(1, 0, 1, { weight: 0.1, kind: 'oneEdit' })])
    expect(rows[0]?.systems.service.mrr).toBe(0.9)
    expect(rows.find(({ kind }) => kind === 'oneEdit')?.systems.service.mrr).toBe(0)
  })

  it('count long queries together', () => {
    const rows = rowsOf([state(0, 1, 1, { length: 12 }), state(0, 1, 1, { length: 15 })])
    expect(rows.map(({ kind, length, queries }) => [kind, length, queries])).toContainEqual(['all', 12, 2])
  })
})

const cost = (kind: MeasuredCost['kind'], micros: number[]): MeasuredCost => ({
  kind,
  answered: 1,
  measurements: micros.map((app) => ({ app, redis: 2 })),
})

it('costs are compared with a beginning in the words alone, within a round', () => {
  const [plain, typo] = costsOf([cost('plain', [48, 98, 48]), cost('oneEdit', [98, 148, 198])])
  expect(plain).toMatchObject({ app: { median: 48, min: 48, max: 98 }, redis: { median: 2 }, ratio: { median: 1 } })
  expect(typo?.ratio).toEqual({ median: 2, min: 1.5, max: 4 })
})

describe('goals', () => {
  const goalsFor = (states: AskedState[], exact = { queries: 1, same: 1 }) =>
    goalsOf({
      rows: rowsOf(states),
      exact,
      costs: costsOf([cost('plain', [98]), cost('clean', [108]), cost('besideAliases', [198])]),
    })
  const find = (goals: ReturnType<typeof goalsFor>, text: string) => goals.find(({ what }) => what.includes(text))

  /** The same ranks for so many words that a mean counts. */
  const often = (ranks: [service: number, miniSearch: number][], more: Partial<AskedState> = {}) =>
    Array.from({ length: 30 }, (_, word) => state(word, ...(ranks[word % ranks.length] as [number, number]), more))

  it('are reached where the service is not below', () => {
    const goals = goalsFor([...often([[1, 2]]), ...often([[1, 1]], { length: 4 })])
    const won = find(goals, 'beginning, against MiniSearch')
    expect(won).toMatchObject({ measured: 'above at 1, equal at 1', isReached: true })
    expect(find(goals, 'beginning, against sorted set')).toMatchObject({ measured: 'above at 0, equal at 2' })
    expect(find(goals, 'plain sort')).toMatchObject({ measured: '1 of 1', isReached: true })
    expect(find(goals, 'phrases and contexts')).toMatchObject({ measured: '1.10', isReached: true })
    expect(find(goals, 'alias')).toMatchObject({ measured: '2.00', isReached: false })
  })

  it('are missed where it is below by more than chance', () => {
    const below = find(goalsFor(often([[3, 1]])), 'beginning, against MiniSearch')
    expect(below).toMatchObject({ measured: 'above at 0, equal at 0, below at length 3', isReached: false })
    const chance = find(
      goalsFor(
        often([
          [1, 2],
          [2, 1],
          [3, 2],
        ]),
      ),
      'beginning, against MiniSearch',
    )
    expect(chance).toMatchObject({ measured: 'above at 0, equal at 1', isReached: true })
    expect(find(goalsFor([], { queries: 9, same: 8 }), 'plain sort')).toMatchObject({ isReached: false })
  })

  it('leave out lengths of few words', () => {
    const goals = goalsFor([...often([[1, 1]]), state(0, 3, 1, { length: 4 })])
    expect(find(goals, 'beginning, against MiniSearch')).toMatchObject({ measured: 'above at 0, equal at 1' })
  })

  it('are not measured for kinds that nobody typed', () => {
    expect(find(goalsFor(often([[1, 1]])), 'initials, against')).toMatchObject({ isReached: null })
  })
})
