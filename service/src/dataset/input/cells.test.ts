import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowSplitter } from './cells.ts'
import { MAX_LINE_LENGTH } from './lines.ts'
import { splitLine } from './quoted-row.ts'

function split(text: string, delimiter = ','): [line: number, cells: string[] | string][] {
  const rows: [number, string[] | string][] = []
  const splitter = new RowSplitter(delimiter, (cells, line) => rows.push([line, cells]))
  for (const [at, line] of text.split('\n').entries()) splitter.push(line, at + 1)
  splitter.end()
  return rows
}

describe('RowSplitter', () => {
  it.each([
    ['a,b', ['a', 'b']],
    ['"a",b', ['a', 'b']],
    ['"a ""b""",5', ['a "b"', '5']],
    ['"",5', ['', '5']],
    ['"""",5', ['"', '5']],
    ['"a,b",', ['a,b', '']],
    ['12" disk,5', ['12" disk', '5']],
    ['a"b",5', ['a"b"', '5']],
    ['"Quoted" title,5', ['"Quoted" title', '5']],
    ['"Dune, part" two,5', ['"Dune, part" two', '5']],
    ['"a" and "b",5', ['"a" and "b"', '5']],
    [' "a",5', ['a', '5']],
    ['5, "a, b" , "c"  ', ['5', 'a, b', 'c']],
    ['5, "a" b', ['5', ' "a" b']],
    ['"say \\"hi, you\\"",5', ['say "hi, you"', '5']],
    ['"12\\"",5', ['12"', '5']],
    ['"a \\\\ \\"b\\"",5', ['a \\ "b"', '5']],
    ['"C:\\",5', ['C:\\', '5']],
    ['"a \\"b" c,5', ['"a \\"b" c', '5']],
    ['5,"b', 'a quoted field is not closed'],
  ])('reads quotes like spreadsheets: %s', (line, cells) => {
    expect(split(line)).toEqual([[1, cells]])
  })

  it('reads rows of several lines, with the number of the first line', () => {
    expect(split('a,"b\n\nc""\n",1\n\nd,e,2\nf,"\n",3')).toEqual([
      [1, ['a', 'b\n\nc"\n', '1']],
      [6, ['d', 'e', '2']],
      [7, ['f', '\n', '3']],
    ])
  })

  it.each([
    ['one row with doubled quotes', '"a\\"",\nb",5\nc,6', ['a\\",\nb|5', 'c|6']],
    ['rows that each end on their line', '"12\\"",5\n"13\\"",6\npear,"7"', ['12"|5', '13"|6', 'pear|7']],
    ['a backslash at the end of a text', '"12\\"",5\n"C:\\",6\n"""hi""",7', ['12"|5', 'C:\\|6', '"hi"|7']],
    ['a row of several lines', '"one\nsays \\"hi\\", ok",5\nc,6', ['one\nsays "hi", ok|5', 'c|6']],
    ['text after the quote on the first of several lines', '"a \\"b\\" c\nd",5\ne,6', ['a "b" c\nd|5', 'e|6']],
    ['later rows', '"a \\"b\\"",5\n"a \\"b\\", c\\\nd",6', ['a "b"|5', 'a "b", c\nd|6']],
    ['a comma after the quote, in later rows', '"a \\"b\\"",5\n"a\\", b",6', ['a "b"|5', 'a", b|6']],
  ])('reads quotes after backslashes: %s', (_, text, rows) => {
    const [, ...cells] = split(`x,y\n${text}`).map(([, own]) => [own].flat().join('|'))
    expect(cells).toEqual(rows)
  })

  it('does not skip rows after a quote that is escaped by a backslash', () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => `w${at},${at}`)
    const rows = split(['a,b,c', '"12\\"",5', ...lines].join('\n')).slice(1)
    expect(rows[0]).toEqual([2, ['12"', '5']])
    expect(rows.slice(1)).toEqual(lines.map((line, at) => [at + 3, line.split(',')]))
  })

  it.each([
    ['followed by a quote with text after it', '"b\n"c" d,2\ne,3'],
    ['closed by another quote in the wrong column', '"b\nc,"2"\n'],
    ['at the end', '"b\nc,2'],
    ['that is the whole line', '"\nc,2'],
    ['in a file of one line', '"b,1'],
  ])('loses only one line to an unclosed quote: %s', (_, text) => {
    const [first, ...others] = split(`x,y\n${text}`).slice(1)
    expect(first).toEqual([2, 'a quoted field is not closed'])
    expect(others).toEqual(
      text
        .split('\n')
        .slice(1)
        .filter((line) => line !== '')
        .map((line, at) => [at + 3, splitLine(line, ',')]),
    )
  })

  it('loses only one line to a quote that is not closed within the maximum row length', () => {
    const lines = Array.from({ length: 50_000 }, (_, at) => `w${at},${at}`)
    const rows = split(['"open,1', ...lines].join('\n'))
    expect(rows[0]).toEqual([1, 'a quoted field is not closed'])
    expect(rows.slice(1)).toEqual(lines.map((line, at) => [at + 2, line.split(',')]))
  })

  it.each([
    1, 3,
  ])('reports a quoted field above the maximum row length once, and continues after it: %i columns', (width) => {
    const cells = Array.from({ length: width }, (_, at) => `c${at}`)
    const prose = Array.from({ length: 40_000 }, (_, at) =>
      at % 4 === 0 ? `of, ""words"" and ${at}` : `, one, two, three, ${at}`,
    )
    const long = ['"first', ...prose, `last",${cells.slice(1).join(',')}`]
    const rows = split([cells.join(','), ...long, ...long, cells.join(',')].join('\n'))
    expect(rows).toEqual([
      [1, cells],
      [2, 'the quoted field that begins on line 2 is longer than 65536 characters'],
      [40_004, 'the quoted field that begins on line 40004 is longer than 65536 characters'],
      [80_006, cells],
    ])
  })

  it('loses only one line to an unclosed quote before rows with missing last cells', () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => `w${at}\t${at}`)
    const rows = split(['text\tweight\tpayload', '"open\t1', ...lines].join('\n'), '\t')
    expect(rows.slice(1)).toEqual([
      [2, 'a quoted field is not closed'],
      ...lines.map((line, at) => [at + 3, line.split('\t')]),
    ])
  })

  it('rejects a file that ends in a quoted field above the maximum row length', () => {
    const prose = Array.from({ length: 40_000 }, () => 'words')
    expect(() => split(['x,y', '"first', ...prose].join('\n'))).toThrow(
      'the quoted field that begins on line 2 is longer than 65536 characters and is not closed',
    )
  })

  it('reads a line again if it cannot end a quoted field that is too long', () => {
    const prose = Array.from({ length: 40_000 }, () => 'words')
    expect(split(['x,y', '"first', ...prose, '"b" c,2', 'd,3'].join('\n')).slice(2)).toEqual([
      [40_003, ['"b" c', '2']],
      [40_004, ['d', '3']],
    ])
  })

  it('takes linear time for unclosed quotes', () => {
    // Each line closes the quote of the previous line, and opens another.
    const lines = Array.from({ length: 200_000 }, () => 'a","c')
    const rows = split(['"open', ...lines, 'last,1'].join('\n'))
    expect(rows).toHaveLength(lines.length + 2)
    expect(rows.at(-1)).toEqual([lines.length + 2, ['last', '1']])
  }, 20_000)

  it('rejects lines above the maximum row length', () => {
    const long = 'x'.repeat(MAX_LINE_LENGTH + 1)
    expect(split(`${long}\n"${long}\na,b`)).toEqual([
      [1, 'the line is longer than 65536 characters'],
      [2, 'the line is longer than 65536 characters'],
      [3, ['a', 'b']],
    ])
  })

  it('reads back any cells that are written with quotes', () => {
    const cell = fc.string({ unit: fc.constantFrom('"', ',', '\n', 'a', ' ', 'é', '\\'), maxLength: 6 })
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }))
    const written = (text: string) => `"${text.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows.map((cells) => cells.map(written).join(',')).join('\n')
        expect(split(text).map(([, cells]) => cells)).toEqual(rows)
      }),
    )
  })

  it('assigns each line to exactly one row', () => {
    const line = fc.string({ unit: fc.constantFrom('"', ',', 'a', ' ', '\\'), maxLength: 8 })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const rows = split([...lines, 'last,1'].join('\n'))
        const numbers = rows.map(([number]) => number)
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
        expect(JSON.stringify(rows.at(-1))).toContain('last')
      }),
    )
  })
})
