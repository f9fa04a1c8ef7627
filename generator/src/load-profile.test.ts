import { describe, expect, it } from 'vitest'
import { meanRate, reachableRate, runTimeSeconds, usersFor } from './load-profile.ts'

const wait = { minSeconds: 0.05, maxSeconds: 0.2 }

describe('reachableRate', () => {
  it("finds that the report's 2,000 users cannot send 24,000 requests/s, however fast the answers", () => {
    expect(reachableRate(2000, wait, 0)).toBe(16_000)
  })

  it("explains the report's 9,000 requests/s by 97 ms an answer", () => {
    expect(reachableRate(2000, wait, 0.097)).toBeCloseTo(9009, 0)
  })
})

describe('usersFor', () => {
  it.each([
    [24_000, 0, 3000],
    [24_000, 0.025, 3600],
    [1, 0, 1],
  ])('%i/s at %f s takes %i users', (rate, latency, users) => {
    expect(usersFor(rate, wait, latency)).toBe(users)
  })

  it('is the fewest that reach the rate', () => {
    for (const rate of [1, 7, 333, 9001, 24_000]) {
      const users = usersFor(rate, wait, 0.017)
      expect(reachableRate(users, wait, 0.017)).toBeGreaterThanOrEqual(rate - 1e-6)
      expect(reachableRate(users - 1, wait, 0.017)).toBeLessThan(rate)
    }
  })
})

describe('runTimeSeconds', () => {
  it.each([
    ['30s', 30],
    ['15m', 900],
    ['1h30m', 5400],
  ])('%s is %i s', (text, seconds) => {
    expect(runTimeSeconds(text)).toBe(seconds)
  })

  it.each(['', '5 m', '1.5h', 'soon', '30'])('%j is none', (text) => {
    expect(runTimeSeconds(text)).toBeUndefined()
  })
})

describe('meanRate', () => {
  it('counts half of the rate while users appear', () => {
    expect(meanRate(24_000, { users: 3600, spawnRate: 100, runTime: '15m' })).toBe(23_520)
    expect(meanRate(400, { users: 100, spawnRate: 10, runTime: '10s' })).toBe(0)
  })
})
