import { describe, expect, it } from 'vitest'
import { heapOptions, openFilesWarning, processLimits, readLimits } from './process-limits.ts'

const limits = (over: object) =>
  processLimits({ WEB_CONCURRENCY: 1, RANKING_THREADS: 1, CPU_LIMIT_MILLICORES: 0, MEMORY_LIMIT_BYTES: 0, ...over })

describe('processLimits', () => {
  it.each([
    [0, 1],
    [500, 1],
    [1500, 1],
    [2000, 2],
    [7900, 7],
  ])('WEB_CONCURRENCY 0 with %i millicores is %i processes', (CPU_LIMIT_MILLICORES, processes) => {
    expect(limits({ WEB_CONCURRENCY: 0, CPU_LIMIT_MILLICORES }).processes).toBe(processes)
  })

  it('otherwise uses WEB_CONCURRENCY unchanged', () => {
    expect(limits({ WEB_CONCURRENCY: 3, CPU_LIMIT_MILLICORES: 1500 }).processes).toBe(3)
  })

  it('leaves heaps to Node when the memory limit is unknown', () => {
    expect(limits({})).toEqual({ processes: 1, processHeapMb: undefined, threadHeapMb: undefined })
  })

  it('gives all heaps together three quarters of the memory', () => {
    const MEMORY_LIMIT_BYTES = 2 ** 31
    expect(limits({ WEB_CONCURRENCY: 2, RANKING_THREADS: 2, MEMORY_LIMIT_BYTES })).toEqual({
      processes: 2,
      processHeapMb: 512,
      threadHeapMb: 128,
    })
  })
})

it.each([
  [16, 2],
  [100, 12],
  [128, 16],
  [4096, 16],
])('a heap of %i MiB gets %i MiB for new objects', (heapMb, newSpaceMb) => {
  expect(heapOptions(heapMb)).toEqual([`--max-old-space-size=${heapMb}`, `--max-semi-space-size=${newSpaceMb}`])
})

describe('openFilesWarning', () => {
  const limits = (files: string) =>
    `Limit   Soft Limit  Hard Limit  Units\nMax open files   ${files}   ${files}   files\n`

  it.each([
    ['1024', 2000],
    ['2199', 2000],
  ])('is a line if %s files are too few for %i connections', (files, HTTP_MAX_CONNECTIONS) => {
    expect(openFilesWarning(limits(files), { HTTP_MAX_CONNECTIONS })).toBe(
      `HTTP_MAX_CONNECTIONS 2000 needs a limit of at least 2200 open files (ulimit -n), but the limit is ${files}`,
    )
  })

  it.each(['2200', '1048576', 'unlimited'])('is undefined if %s files are enough', (files) => {
    expect(openFilesWarning(limits(files), { HTTP_MAX_CONNECTIONS: 2000 })).toBeUndefined()
  })

  it('is undefined if the limit is unknown', () => {
    expect(openFilesWarning('', { HTTP_MAX_CONNECTIONS: 1_000_000 })).toBeUndefined()
  })

  it.runIf(process.platform === 'linux')('knows the limit of this process', () => {
    expect(readLimits()).toMatch(/^Max open files +(\d+|unlimited) /m)
  })
})
