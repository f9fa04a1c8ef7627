import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createDocument, printYaml, readValues } from './helm-yaml.ts'

const read = (text: string) => readValues(Buffer.from(text))

describe('readValues', () => {
  it.each<[string, unknown]>([
    ...['y', 'yes', 'On', 'TRUE', '!!bool yes'].map((text) => [text, true] as [string, unknown]),
    ...['n', 'NO', 'off', 'False'].map((text) => [text, false] as [string, unknown]),
    ...['', '~', 'null', 'Null'].map((text) => [text, null] as [string, unknown]),
    ['010', 8],
    ['0o17', 15],
    ['08', 8],
    ['1_000', 1000],
    ['0x1F', 31],
    ['-0b101', -5],
    ['1e3', 1000],
    ['+.5', 0.5],
    ['.5_0', 0.5],
    ['18446744073709551616', 2 ** 64],
    ['0xffffffffffffffffff', '0xffffffffffffffffff'],
    ['12:30', '12:30'],
    ['2001-01-01', '2001-01-01'],
    ['"yes"', 'yes'],
    ["'010'", '010'],
    ['!!str 010', '010'],
    ['!!float 1', 1],
    ['!!binary aGk=', 'hi'],
    ['! yes', 'yes'],
    ['<<', '<<'],
    ['_1', '_1'],
    ['|\n  a\n  b', 'a\nb\n'],
    ['[a, {b: no}]', ['a', { b: false }]],
    ['"\\x41\\u00e9"', 'Aé'],
  ])('reads %j as go-yaml does', (text, value) => {
    expect(read(`a: ${text}\n`)).toEqual([{ a: value }])
  })

  it.each<[string, string, object]>([
    ['an empty file', '', {}],
    ['only comments', '# nothing\n---\n', {}],
    ['null', '~\n', {}],
    ['a byte order mark', '\ufeffa: 1\n', { a: 1 }],
    ['Windows line ends', 'a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
    ['JSON with tabs', '{\n\t"a": {\n\t\t"b": [1, true, null, "x"]\n\t}\n}\n', { a: { b: [1, true, null, 'x'] } }],
    ['keys that are not strings', 'yes: 1\n010: 2\n1.50: 3\n', { true: 1, 8: 2, 1.5: 3 }],
    ['merge keys, in order', 'k: &x {a: 1, b: 2}\nl: {a: 0, <<: *x, b: 3}\n', { k: { a: 1, b: 2 }, l: { a: 1, b: 3 } }],
    ['merge keys that occur twice', 'x: {<<: {a: 1}, <<: {a: 2}, a: 3}\n', { x: { a: 3 } }],
    [
      'the same key in several maps',
      'x: &x {a: 1}\nw: {a: 1}\nz: [*x, *x]\n',
      { x: { a: 1 }, w: { a: 1 }, z: [{ a: 1 }, { a: 1 }] },
    ],
    ['lists of merge keys', 'x: {<<: [{a: 1}, {a: 2, b: 2}]}\n', { x: { a: 1, b: 2 } }],
    ['tabs after values and in strings', 'a:\t1\t\nb: "\t"\n', { a: 1, b: '\t' }],
    ['line separators in JSON', '{"a": "\u2028"}', { a: '\u2028' }],
    ['__proto__', '__proto__: {a: 1}\n', JSON.parse('{"__proto__": {"a": 1}}')],
  ])('reads %s', (_, text, values) => {
    expect(read(text)).toEqual([values])
  })

  it('returns what Helm 3 and Helm 4 read if there are several documents', () => {
    expect(read('a: {b: 1}\n--- # more\na: {c: 2}\n---\nd: 3\n')).toEqual([
      { a: { b: 1 } },
      { a: { b: 1, c: 2 }, d: 3 },
    ])
    expect(read('---\na: 1\n---\n')).toEqual([{ a: 1 }])
  })

  it.each<[string, RegExp]>([
    ['- a\n', /^the file must contain a map of values, got a list$/],
    ['text\n', /^the file must contain a map of values, got "text"$/],
    ['a: 1\n b: 2\n', / at line 1, column 4$/],
    ['a:\n\tb: 1\n', /^line 2 is indented with a tab; use spaces$/],
    ['a: 1\n\t# comment\n', /^line 2 is indented with a tab; use spaces$/],
    ['a:\n  - \tb\n', /^line 2 is indented with a tab; use spaces$/],
    ['a: |\n  \tb\n', /^a text block is indented with a tab; use spaces$/],
    ['a: .inf\n', /^Infinity is not a value in JSON$/],
    ['~: 1\n', /^a key must be a string, a number, or a boolean, got null$/],
    ['a: &a [*a]\n', /^the anchor a contains itself$/],
    ['a: *b\n', /b/],
    ['a: {b: 1}\na: {c: 2}\n', /^the key a occurs twice, and Helm ignores the first one; keep only one$/],
    ['a: {b: [{c: 1, "c": 2}]}\n', /^the key a\.b\.0\.c occurs twice/],
    ['{"a": {"8": 1, 010: 2}}', /^the key a\.8 occurs twice/],
    ['a: 1\n---\nb: {y: 1, yes: 2}\n', /^the key b\.true occurs twice/],
    ['a: {<<: 1}\n', /^the value of a merge key \(<<\) must be a map or a list of maps$/],
    ['a: !!int yes\n', /^cannot read "yes" as !!int$/],
    ['a: !!binary "!"\n', /^!!binary must be base64$/],
    ['{"a": "\\/"}', /^the escape \\\/ is not accepted$/],
    ['a: "\\\\\\ud83d\\ude00"\n', /^the escape \\ud83d is not accepted$/],
    ['%YAML 1.1\n---\na: 1\n', /^directives are not accepted, got %YAML 1\.1$/],
    ['a: \u0007\n', /^control characters are not allowed, got U\+0007$/],
    ['--- {a: 1}\n', /^only a comment may follow ---, got "--- \{a: 1\}"$/],
    ['a: 1\n---\n[\n', /must/],
  ])('rejects %j in one line', (text, message) => {
    expect(() => read(text)).toThrow(message)
    expect(() => read(text)).toThrow(/^[^\n]*$/)
  })

  it('rejects other encodings', () => {
    for (const file of [Buffer.from('\ufeffa: 1\n', 'utf16le'), Buffer.from([0x61, 0x3a, 0x20, 0xff])]) {
      expect(() => readValues(file)).toThrow('the file must be UTF-8')
    }
  })
})

describe('printYaml', () => {
  it.each([
    ...[
      'yes',
      'NO',
      'on',
      'y',
      'n',
      '~',
      '',
      'null',
      '010',
      '1_000',
      '+_0',
      '-_1.5',
      '0_x1F',
      '1e3',
      '0x1F',
      '12:30',
      '0b1',
      '.5',
      '1_0e3',
    ],
    ...[
      '<<',
      '=',
      '2001-01-01',
      '.inf',
      '1.2.3',
      '+1',
      'a: b',
      '#',
      ' a',
      'a ',
      'a\tb',
      'a\nb\n',
      '\u0085',
      '\u2028',
      '\ufeff',
    ],
    ...['\u007f', '\u0000', '- a', '@', '`', '%', '한국어', '😀', '\\', '"', "'"],
  ])('prints %j so that readers of YAML 1.1 and 1.2 read the same text', (text) => {
    const values = { [text]: text, list: [text] }
    const printed = printYaml(createDocument(values))
    expect(read(printed)).toEqual([values])
    expect(parse(printed)).toEqual(values)
    expect(parse(printed, { version: '1.1' })).toEqual(values)
  })

  it('quotes no more than necessary', () => {
    const plain = ['850m', '1Gi', '8k', '768mb', 'ClusterIP', 'docs/runbooks', 'nginx']
    expect(printYaml(createDocument(plain))).toBe(plain.map((text) => `- ${text}\n`).join(''))
  })
})
