import { describe, expect, it } from 'vitest'
import { apple, pear, rowsOf } from '../../testing/dataset-file.ts'
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
    [';', ['Produkt;Umsatz', 'Schuh;1.234,50', 'Hut;2.500,00']],
    [';', ['apple;1 234,5', 'pear;$2,500']],
    [';', ['apple;1,50 EUR', 'pear;2,50 EUR']],
    ['\t', ['apple\t1,5', 'pear\t2,500.0']],
    [',', ['AC;DC,5', 'pear,3']],
    [',', ['Catch;22,5', 'pear,3']],
    ['\t', ['Seoul, Korea\t5', 'Paris; France\t3']],
    [',', ['"a;b",5']],
    [';', ['name;count', 'apple;5', 'pear;3']],
    [';', ['name;count;x']],
    [';', ['name, id;count;x', 'a, b;c;d']],
    [
      '\t',
      ['Keyword Stats', 'May 1, 2025 - May 1, 2026', 'Keyword\tCurrency\tSearches', 'shoes\tEUR\t12', 'hats\tEUR\t5'],
    ],
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

describe('the delimiter of CSV', () => {
  it.each([
    ['semicolons', 'text;weight\napple;3\npear;2,5\n'],
    ['semicolons without names', 'apple;3\npear;2,5\n'],
    ['semicolons in quotes', '"Weight";"Text"\r\n"3";"apple"\r\n"2,5";"pear"\r\n'],
    ['semicolons and a line of Excel', 'sep=;\r\napple;3\r\npear;2,5\r\n'],
    ['tabs', 'text\tweight\napple\t3\npear\t2.5\n'],
    ['commas', 'apple,3\npear,2.5\n'],
  ])('is detected: %s', async (_, content) => {
    expect(await rowsOf('delimiter.csv', content)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
  })

  it('must be a semicolon for a decimal comma in weights', async () => {
    expect((await rowsOf('a.csv', 'a;"1,5"\n')).entries).toEqual([{ text: 'a', weight: 1.5 }])
    expect((await rowsOf('b.csv', 'a,"1,5"\n')).problems).toEqual([
      '1: the weight must be a number that is at least 0, with a dot as the decimal mark, got "1,5"',
    ])
  })
})
