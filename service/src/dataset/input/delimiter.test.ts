import { describe, expect, it } from 'vitest'
import { detectDelimiter, statedDelimiter } from './delimiter.ts'

describe('detectDelimiter', () => {
  it.each([
    [',', ['text,weight', 'a;b,5']],
    [';', ['text;weight', 'a,b;5']],
    ['\t', ['text\tweight', 'a,b;c\t5']],
    [';', ['"Weight";"Text"', '5;a']],
    [';', ['id;text,en;text', '1;x;a']],
    [',', ['text', 'a;b']],
    [',', ['apple,5']],
    [';', ['apple;5']],
    ['\t', ['apple\t5']],
    [';', ['apple;1,5', 'pear;3']],
    [';', ['apple;1,5', 'pear;2,5']],
    [',', ['AC;DC,5', 'pear,3']],
    [',', ['Catch;22,5', 'pear,3']],
    ['\t', ['Seoul, Korea\t5', 'Paris; France\t3']],
    [',', ['"a;b",5']],
    [';', ['name;count', 'apple;5', 'pear;3']],
    [';', ['name;count;x']],
    [',', ['nonsense']],
    [',', []],
  ])('finds %j in %j', (delimiter, lines) => {
    expect(detectDelimiter(lines)).toBe(delimiter)
  })

  it('reads the delimiter that Excel states', () => {
    expect(['sep=;', 'SEP=,', '"sep=\t"', 'sep=x', 'sep;1'].map(statedDelimiter)).toEqual([
      ';',
      ',',
      '\t',
      undefined,
      undefined,
    ])
    expect(() => statedDelimiter('sep=|')).toThrow(
      '"|" is not a supported separator: separate the columns by commas, semicolons, or tabs',
    )
  })
})
