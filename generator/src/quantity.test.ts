import { describe, expect, it } from 'vitest'
import { bytes, formatBytes, millicores } from './quantity.ts'

describe('quantities', () => {
  it.each([
    ['850m', 850],
    ['2', 2000],
    ['1.5', 1500],
    ['0.1', 100],
  ])('%s is %i millicores', (cpu, expected) => {
    expect(millicores(cpu)).toBe(expected)
  })

  it.each([
    ['1Ki', 1024],
    ['512Mi', 536_870_912],
    ['2Gi', 2_147_483_648],
  ])('%s is %i bytes', (memory, expected) => {
    expect(bytes(memory)).toBe(expected)
  })

  it('are shown in the unit people read', () => {
    expect(formatBytes(bytes('512Mi'))).toBe('512 MiB')
    expect(formatBytes(bytes('9472Mi'))).toBe('9.25 GiB')
  })
})
