import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toBinary } from '../text/strings.ts'
import { AnswerCache, keepChecking } from './answer-cache.ts'

const [a, b, c] = ['a', 'b', 'c'] as const
const answer = (body: string, version = 'v1') => ({ body: toBinary(body), version })

describe('AnswerCache', () => {
  it('evicts the least recently used answer at the memory limit', () => {
    const cache = new AnswerCache(2500)
    for (const key of [a, b]) cache.set(key, answer('x'.repeat(1000)))
    cache.get(a)
    cache.set(c, answer('x'.repeat(1000)))
    expect([a, b, c].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true])
  })

  it('does not cache an answer that exceeds the memory limit', () => {
    const cache = new AnswerCache(1000)
    cache.set(a, answer('x'.repeat(2000)))
    expect(cache.get(a)).toBeUndefined()
  })

  it('contains answers from only one dataset version', () => {
    const cache = new AnswerCache(10_000)
    cache.set(a, answer('old'))
    cache.useVersion('v1')
    expect(cache.get(a)).toBe('old')
    cache.set(b, answer('new', 'v2'))
    expect([cache.get(a), cache.get(b)]).toEqual([undefined, 'new'])
    cache.useVersion('v3')
    expect(cache.get(b)).toBeUndefined()
  })
})

describe('keepChecking', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.clearAllTimers()
    vi.useRealTimers()
  })

  /** Returns a cache that has an answer from v1 and checks the version every second. */
  function start(check: () => Promise<string>): AnswerCache {
    const cache = new AnswerCache(10_000)
    cache.set(a, answer('old'))
    keepChecking(cache, async () => {
      const since = performance.now()
      return { version: await check(), since }
    })
    return cache
  }

  it('removes answers from another version', async () => {
    const cache = start(async () => 'v2')
    await vi.advanceTimersByTimeAsync(1000)
    expect([cache.get(a), cache.isStale]).toEqual([undefined, false])
  })

  it('marks answers as stale, but keeps them, while the version is unknown', async () => {
    let known = false
    const cache = start(() => (known ? Promise.resolve('v1') : Promise.reject(new Error('no replica'))))
    expect(cache.isStale).toBe(false)
    await vi.advanceTimersByTimeAsync(1000)
    expect([cache.get(a), cache.isStale]).toEqual(['old', true])
    known = true
    await vi.advanceTimersByTimeAsync(1000)
    expect([cache.get(a), cache.isStale]).toEqual(['old', false])
  })

  it('marks answers as stale while a check is unanswered', async () => {
    const cache = start(() => new Promise(() => {}))
    await vi.advanceTimersByTimeAsync(1000)
    expect(cache.isStale).toBe(false)
    await vi.advanceTimersByTimeAsync(1000)
    expect(cache.isStale).toBe(true)
  })

  it('counts a late result from the beginning of its check', async () => {
    let count = 0
    // The first check reads the version just before Redis is lost, and its result arrives late. Later checks hang.
    const cache = start(() => new Promise((resolve) => count++ === 0 && setTimeout(() => resolve('v1'), 1950)))
    await vi.advanceTimersByTimeAsync(2100)
    expect(cache.isStale).toBe(true)
    await vi.advanceTimersByTimeAsync(870)
    expect(cache.isStale).toBe(true)
  })
})
