import { describe, expect, it } from 'vitest'
import { bytes, formatBytes, memoryQuantity, millicores, redisBytes } from './quantity.ts'

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

  it('are formatted in the largest fitting unit', () => {
    expect(formatBytes(bytes('512Mi'))).toBe('512 MiB')
    expect(formatBytes(bytes('9472Mi'))).toBe('9.25 GiB')
  })

  it.each([
    [1, 64, '64Mi'],
    [64 * 2 ** 20, 64, '64Mi'],
    [64 * 2 ** 20 + 1, 64, '128Mi'],
    [1000 * 2 ** 20, 64, '1Gi'],
  ])('%i bytes in steps of %i Mi are %s', (value, step, quantity) => {
    expect(memoryQuantity(value, step)).toBe(quantity)
  })

  it('use powers of two for the units of redis.conf', () => {
    expect(redisBytes('768mb')).toBe(768 * 2 ** 20)
  })
})
