import { describe, expect, it } from 'vitest'
import { AnswerCache } from './answer-cache.ts'

const answer = (body: string, version = 'v1') => ({ body, version })

describe('AnswerCache', () => {
  it('forgets what was not asked for the longest when its bytes are full', () => {
    const cache = new AnswerCache(2500)
    for (const url of ['/a', '/b']) cache.set(url, answer('x'.repeat(1000)))
    cache.get('/a')
    cache.set('/c', answer('x'.repeat(1000)))
    expect(['/a', '/b', '/c'].map((url) => cache.get(url) !== undefined)).toEqual([true, false, true])
  })

  it('does not keep an answer that is larger than all its bytes', () => {
    const cache = new AnswerCache(1000)
    cache.set('/a', answer('x'.repeat(2000)))
    expect(cache.get('/a')).toBeUndefined()
  })

  it('holds answers of one version of the dataset', () => {
    const cache = new AnswerCache(10_000)
    cache.set('/a', answer('old'))
    cache.useVersion('v1')
    expect(cache.get('/a')).toBe('old')
    cache.set('/b', answer('new', 'v2'))
    expect([cache.get('/a'), cache.get('/b')]).toEqual([undefined, 'new'])
    cache.useVersion('v3')
    expect(cache.get('/b')).toBeUndefined()
  })
})
