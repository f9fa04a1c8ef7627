import { expect, it } from 'vitest'
import { parseCpuList } from './cpus.ts'

it.each([
  ['0-2,5', [0, 1, 2, 5]],
  ['7', [7]],
  ['', []],
])('parses the list of CPUs %j as %j', (list, cpus) => expect(parseCpuList(list)).toEqual(cpus))
