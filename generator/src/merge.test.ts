import { describe, expect, it } from 'vitest'
import { merge } from './merge.ts'

describe('merge', () => {
  it('merges objects by key, and replaces all other values', () => {
    const base = { a: { b: 1, c: 2 }, list: [1, 2], d: 3 }
    expect(merge<object>(base, { a: { c: 9, e: 4 }, list: [5] })).toEqual({ a: { b: 1, c: 9, e: 4 }, list: [5], d: 3 })
    expect(base).toEqual({ a: { b: 1, c: 2 }, list: [1, 2], d: 3 })
  })

  it('treats __proto__ like any other key', () => {
    const merged = merge<Record<string, unknown>>({}, JSON.parse('{"__proto__":{"polluted":true}}'))
    expect(Object.keys(merged)).toEqual(['__proto__'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
  })
})
