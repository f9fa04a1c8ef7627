import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonValueSplitter } from './json-values.ts'
import { MAX_LINE_LENGTH } from './lines.ts'

function split(...chunks: string[]): [line: number, value: string][] {
  const values: [number, string][] = []
  const splitter = new JsonValueSplitter((value, line) => {
    values.push([line, 'json' in value ? value.json : value.reason])
  })
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return values
}

describe('JsonValueSplitter', () => {
  it('splits an array, and reports where each value starts', () => {
    expect(split('[\n {"a":"]}\\"{["},\n\n {\n "b": [1, {}]\n},"x\\\\", 12 ,null,[2]\n]\n')).toEqual([
      [2, '{"a":"]}\\"{["}'],
      [4, '{\n "b": [1, {}]\n}'],
      [6, '"x\\\\"'],
      [6, '12'],
      [6, 'null'],
      [6, '[2]'],
    ])
  })

  it('counts the values of each array', () => {
    const elements: (number | undefined)[] = []
    const splitter = new JsonValueSplitter((_value, _line, element) => elements.push(element))
    splitter.push('{} [1,{"a":[2]}, nonsense] {} [3]')
    splitter.end()
    expect(elements).toEqual([undefined, 1, 2, 3, undefined, 1])
  })

  it('splits values without an array, and several arrays', () => {
    const values = [
      [1, '{"a":1}'],
      [2, '{"b":2}'],
    ]
    expect(split('{"a":1}\n{"b":2}')).toEqual(values)
    expect(split('[{"a":1}]\n[{"b":2}]')).toEqual(values)
    expect(split('')).toEqual([])
    expect(split('[]')).toEqual([])
  })

  it('continues after a value that is invalid or too long', () => {
    const long = JSON.stringify({ a: 'x'.repeat(MAX_LINE_LENGTH) })
    expect(split(`[nonsense, {"a" 1},\n${long},{"b":2}]`)).toEqual([
      [1, 'nonsense'],
      [1, '{"a" 1}'],
      [2, 'the JSON value is longer than 65536 characters: write each entry as its own object'],
      [2, '{"b":2}'],
    ])
  })

  it('rejects a document that is truncated', () => {
    expect(() => split('[{"a":1},\n{"b":2}')).toThrow(
      'the JSON array that starts on line 1 is not closed; the file may be truncated',
    )
    expect(() => split('[{"a":1},\n{"b":')).toThrow('the JSON value that starts on line 2 is not closed')
    expect(() => split('[{"a":1},\n"b')).toThrow('the JSON value that starts on line 2 is not closed')
  })

  it('splits any array, regardless of indentation and chunk boundaries', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ stringUnit: 'binary' }), { maxLength: 6 }),
        fc.constantFrom(0, 2),
        fc.array(fc.nat(200), { maxLength: 6 }),
        (array, indent, cuts) => {
          const text = JSON.stringify(array, undefined, indent)
          const ends = [...cuts.toSorted((a, b) => a - b), text.length]
          const chunks = ends.map((end, at) => text.slice(ends[at - 1] ?? 0, end))
          expect(split(...chunks).map(([, json]) => JSON.parse(json))).toEqual(JSON.parse(text))
        },
      ),
    )
  })
})
