import { expect, it, vi } from 'vitest'
import { parseCpuList, shareCpus } from './cpus.ts'

it.each([
  ['0', [0]],
  ['0-2,5', [0, 1, 2, 5]],
  ['3,8-9', [3, 8, 9]],
  ['', []],
])('%j are CPUs', (list, cpus) => {
  expect(parseCpuList(list)).toEqual(cpus)
})

it('without taskset there is one line', async () => {
  vi.stubEnv('PATH', '')
  await expect(shareCpus().finally(() => vi.unstubAllEnvs())).rejects.toThrow(/^taskset is missing, .*$/)
})
