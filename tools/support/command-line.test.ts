import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { integer, readCommandLine, UsageError } from './command-line.ts'

const LINE = {
  script: 'paint',
  summary: 'Paints a wall.',
  operands: ['WALL', '[COLOR]'],
  options: {
    coats: { type: 'string', short: 'c', value: 'N', help: 'how many coats' },
    tool: { type: 'string', value: 'NAME', multiple: true, help: 'a tool' },
    dry: { type: 'boolean', help: `a help text that is ${'long '.repeat(20)}and wraps` },
  },
  notes: `Colors:\n  red   ${'warm '.repeat(24)}color\n\nExit codes: 0 painted.`,
} as const

let printed = ''
beforeEach(() => {
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text
    return true
  })
})
afterEach(() => void vi.restoreAllMocks())

it('reads options and arguments', () => {
  expect(readCommandLine(LINE, ['north', '-c', '2', '--tool=brush', '--tool', 'roller', '--', '--red'])).toEqual({
    values: { coats: '2', tool: ['brush', 'roller'] },
    operands: ['north', '--red'],
  })
})

it('accepts a flag that is given twice', () => {
  expect(readCommandLine(LINE, ['a', '--dry', '--dry'])?.values).toEqual({ dry: true })
})

describe('rejects', () => {
  it.each([
    [[], 'WALL is missing'],
    [['a', 'b', 'c'], 'unexpected argument "c"'],
    [['a', '--wet'], "Unknown option '--wet'"],
    [['a', '--coats'], "Option '-c, --coats <value>' argument missing"],
    [['a', '--coats', '--dry'], '--coats needs a value; if the value begins with -, write --coats=VALUE'],
    [['a', '-c', '-1'], '--coats needs a value; if the value begins with -, write --coats=VALUE'],
    [['a', '--coats='], '--coats needs a value, got ""'],
    [['a', '--tool', 'brush', '--tool', ''], '--tool needs a value, got ""'],
    [['a', '--coats', '1', '--coats', '2'], '--coats is given twice, but takes only one value'],
    [['a', '-c1', '--dry', '--coats=1'], '--coats is given twice, but takes only one value'],
    [['a', ''], 'an argument is empty'],
    [['a', '--dry=yes'], "Option '--dry' does not take an argument"],
  ])('%j', (args, message) => {
    expect(() => readCommandLine(LINE, args)).toThrow(UsageError)
    expect(() => readCommandLine(LINE, args)).toThrow(message)
  })

  it.each(['', '-1', '1.5', '1e2', '11', ' 3'])('%j where an integer from 0 to 10 is needed', (text) => {
    expect(() => integer('--coats', text, 0, 10)).toThrow(
      new UsageError(`--coats must be an integer from 0 to 10, got ${JSON.stringify(text)}`),
    )
  })
})

it('accepts any number of arguments if the last operand ends with "..."', () => {
  const line = { script: 'x', summary: 'X.', operands: ['[FILE...]'] }
  expect(readCommandLine(line, ['a', 'b', 'c'])?.operands).toEqual(['a', 'b', 'c'])
  expect(readCommandLine(line, [])?.operands).toEqual([])
})

it.each(['--help', '-h'])('prints the help with %s, even if required arguments are missing', (flag) => {
  expect(readCommandLine(LINE, [flag])).toBeUndefined()
  expect(printed).toBe(`usage: npm run paint -- [OPTION]... WALL [COLOR]

Paints a wall.

  -c, --coats N  how many coats
  --tool NAME    a tool; may be repeated
  --dry          a help text that is long long long long long long long long long long long long long long long long
                 long long long long and wraps
  -h, --help     show this text

Colors:
  red   ${'warm '.repeat(22).trim()}
        warm warm color

Exit codes: 0 painted.
`)
})

it('reads an integer', () => {
  expect(integer('--coats', '10', 0, 10)).toBe(10)
})
