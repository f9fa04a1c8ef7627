import { describe, expect, it } from 'vitest'
import {
  bytes,
  counted,
  formatBytes,
  formatCpus,
  memoryQuantity,
  millicores,
  quantity,
  redisBytes,
} from './quantity.ts'

describe('quantities', () => {
  it.each([
    ['850m', 850],
    ['2', 2000],
    ['1.5', 1500],
    ['0.1', 100],
    ['1.1', 1100],
    [2, 2000],
    [0.5, 500],
    ['1e3', 1_000_000],
    ['1k', 1_000_000],
    ['1500u', 2],
  ])('%j is %i millicores', (cpu, expected) => {
    expect(millicores(cpu)).toBe(expected)
  })

  it.each([
    ['1Ki', 1024],
    ['512Mi', 536_870_912],
    ['2Gi', 2_147_483_648],
    ['1.5Gi', 1_610_612_736],
    ['500M', 500_000_000],
    ['8G', 8_000_000_000],
    ['1Ti', 2 ** 40],
    ['1e9', 1_000_000_000],
    ['1E', 1e18],
    [128_974_848, 128_974_848],
    ['128974848000m', 128_974_848],
  ])('%j is %i bytes', (memory, expected) => {
    expect(bytes(memory)).toBe(expected)
  })

  it.each([
    '8GB',
    '8gi',
    'lots',
    '',
    '1 Gi',
    '-1',
    '1e',
    '0x10',
    'NaN',
    'Infinity',
    '1e400',
    null,
    {},
    Number.NaN,
  ])('%j is not a quantity', (text) => {
    expect(quantity(text)).toBeUndefined()
    expect(() => bytes(text as string)).toThrow(/is not a Kubernetes quantity$/)
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

describe('formatCpus', () => {
  it.each([
    [1, undefined, '1 CPU'],
    [0.999, undefined, '1 CPU'],
    [0.999, 3, '0.999 CPUs'],
    [0, undefined, '0 CPUs'],
    [7.91, 1, '7.9 CPUs'],
    [1000, undefined, '1,000 CPUs'],
  ] as const)('formats %d with %j decimals as %s', (value, decimals, text) => {
    expect(formatCpus(value, decimals)).toBe(text)
  })
})

describe('counted', () => {
  it.each([
    [1, 'entry', '1 entry'],
    [2, 'entry', '2 entries'],
    [0, 'process', '0 processes'],
    [0.9, 'user', '1 user'],
    [1000, 'user', '1,000 users'],
  ])('formats %d %s as %s', (count, noun, text) => {
    expect(counted(count, noun)).toBe(text)
  })
})
