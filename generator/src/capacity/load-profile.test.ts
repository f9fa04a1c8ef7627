import { describe, expect, it } from 'vitest'
import { loadTestFor, meanRate, reachableRate, runTimeSeconds, type UsersProfile, usersFor } from './load-profile.ts'

const wait = { minSeconds: 0.05, maxSeconds: 0.2 }

describe('reachableRate', () => {
  it('shows that the 2,000 users of the reference report cannot send 24,000 requests/s at any latency', () => {
    expect(reachableRate(2000, wait, 0)).toBe(16_000)
  })

  it('is the 9,000 requests/s of the reference report at 97 ms per answer', () => {
    expect(reachableRate(2000, wait, 0.097)).toBeCloseTo(9009, 0)
  })
})

describe('usersFor', () => {
  it.each([
    [24_000, 0, 3000],
    [24_000, 0.025, 3600],
    [1, 0, 1],
  ])('%i requests/s at a latency of %f s need %i users', (rate, latency, users) => {
    expect(usersFor(rate, wait, latency)).toBe(users)
  })

  it('is the smallest number of users that reach the rate', () => {
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

  it.each(['', '5 m', '1.5h', 'soon', '30'])('%j is malformed', (text) => {
    expect(runTimeSeconds(text)).toBeUndefined()
  })
})

describe('meanRate', () => {
  it('counts half of the rate while users start', () => {
    expect(meanRate(24_000, { users: 3600, spawnRate: 100, runTime: '15m' })).toBe(23_520)
    expect(meanRate(400, { users: 100, spawnRate: 10, runTime: '10s' })).toBe(0)
  })
})

describe('loadTestFor', () => {
  const target = { qps: 24_000, p95Ms: 50, p99Ms: 100, errorRate: 0 }

  it('has the three runs of the reference report, and a closed and an open loop for the target', () => {
    expect(loadTestFor(target, '15m')).toEqual({
      wait,
      timeoutSeconds: 120,
      connections: 12_000,
      defaultProfile: 'target',
      profiles: {
        '100-users': { users: 100, spawnRate: 10, runTime: '5m' },
        '1000-users': { users: 1000, spawnRate: 50, runTime: '10m' },
        '2000-users': { users: 2000, spawnRate: 100, runTime: '15m' },
        target: { users: 3600, spawnRate: 80, runTime: '15m' },
        'arrival-rate': { arrivalRate: 24_000, maxInFlight: 2401, runTime: '15m' },
      },
    })
  })

  it('has enough users for the target, and enough connections and time to start them', () => {
    for (const qps of [1, 400, 48_000, 200_000]) {
      for (const runTime of ['10s', '30s', '15m']) {
        const { profiles, connections } = loadTestFor({ ...target, qps }, runTime)
        const run = profiles.target as UsersProfile
        expect(reachableRate(run.users, wait, 0.025)).toBeGreaterThanOrEqual(qps - 1e-6)
        expect(connections).toBeGreaterThanOrEqual(run.users)
        expect(run.users / run.spawnRate).toBeLessThan((runTimeSeconds(runTime) as number) / 2)
      }
    }
  })
})
