import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFileOf } from '../testing/dataset-file.ts'
import { MAX_UNDATED, type ReadOptions } from './entries.ts'
import { MAX_ALIASES, MAX_CONTEXT_VALUES, MAX_PAYLOAD_BYTES } from './entry-details.ts'

const NO_HEADER = 'only the first two columns are read, because there is no header that names the columns'
const IGNORED = 'which are ignored; put cells that contain the separator in quotes'

const FULL = {
  text: 'apple',
  weight: 3,
  payload: { sku: 7 },
  aliases: ['pomme', 'Apfel'],
  contexts: { category: ['fruit', 'food'], season: ['autumn'] },
  pinned: true,
  updated: Date.UTC(2026, 10, 23),
}

describe('the optional values of a row', () => {
  it.each([
    [
      'a.csv',
      'Weight,text,payload,aliases,category,context.season,pinned,blocked,updated\n' +
        '3,apple,"{""sku"":7}",pomme|Apfel,fruit | food,autumn,yes,no,2026-11-23\n1,pear,,,,,,,\n',
    ],
    [
      'a.tsv',
      'text\tweight\tpayload\taliases\tcategory\tcontext.season\tpinned\tupdated\n' +
        'apple\t3\t{"sku":7}\tpomme|Apfel\tfruit|food\tautumn\t1\t2026-11-23T00:00:00Z\npear\t1\n',
    ],
    ['a.jsonl', `${JSON.stringify(FULL)}\n{"text":"pear","weight":1,"category":null,"aliases":[]}\n`],
    [
      'b.jsonl',
      `${JSON.stringify({ ...FULL, contexts: { season: 'autumn' }, category: ['fruit', 'food'] })}\n{"text":"pear","weight":1}\n`,
    ],
  ])('are the same in every format: %s', async (name, content) => {
    expect(await readFileOf(name, content)).toEqual({
      entries: [FULL, { text: 'pear', weight: 1 }],
      skipped: 0,
      messages: [],
      problems: [],
      unknownColumns: [],
      hints: [],
    })
  })

  it('a payload in a column is a string if it is not valid JSON', async () => {
    const { entries } = await readFileOf('a.csv', 'text,weight,payload\napple,1,see below\npear,1,12\n')
    expect(entries.map(({ payload }) => payload)).toEqual(['see below', 12])
  })

  it('a number in a payload column is a string if it would lose digits', async () => {
    const rows = ['9007199254740993', '-12345678901234567890', '1e400', '9007199254740991', '0.5']
    const { entries } = await readFileOf(
      'a.csv',
      `text,weight,payload\n${rows.map((row, at) => `a${at},1,${row}`).join('\n')}`,
    )
    expect(entries.map(({ payload }) => payload)).toEqual([...rows.slice(0, 3), 9007199254740991, 0.5])
  })

  it.each([
    '9007199254740993',
    '1e400',
    '{"id":[9007199254740993]}',
  ])('a payload in JSON may not have a number that would lose digits: %s', async (payload) => {
    const { entries, problems } = await readFileOf('a.jsonl', `{"text":"apple","weight":1,"payload":${payload}}`)
    expect(entries).toEqual([])
    expect(problems[0]?.reason).toBe('a number in the payload is too large: put it in quotes')
  })

  it.each([
    '12345678901234567890',
    '1e5',
    'true',
    'null',
    '{"a":1}',
    '',
    ' x ',
  ])('a string payload in JSON stays unchanged: %j', async (payload) => {
    const { entries } = await readFileOf('a.jsonl', JSON.stringify({ text: 'apple', weight: 1, payload }))
    expect(entries).toEqual([{ text: 'apple', weight: 1, payload }])
  })

  it('a blocked row needs no weight', async () => {
    const { entries } = await readFileOf('a.csv', 'text,weight,blocked\napple,,true\n')
    expect(entries).toEqual([{ text: 'apple', weight: 0, blocked: true }])
  })

  it.each([
    ['a.csv', 'text,blocked\nfoo,true\nbar,1\nbaz,false\n'],
    ['a.tsv', 'blocked\ttext\nyes\tfoo\n1\tbar\n0\tbaz\n'],
  ])('a list of blocked texts needs no weight column: %s', async (name, content) => {
    const { entries, problems } = await readFileOf(name, content)
    expect(entries).toEqual(['foo', 'bar'].map((text) => ({ text, weight: 0, blocked: true })))
    expect(problems.map(({ line }) => line)).toEqual([4])
  })

  it('a column with a misspelled name is not the weight', async () => {
    await expect(readFileOf('a.csv', 'text,blockd\nfoo,true\nbar,1\n')).rejects.toThrow(
      ': the header on line 1 has no column "weight": rename or add the column with the weights; its columns are "text", "blockd"',
    )
    const { problems } = await readFileOf('a.csv', 'text,blocked\nfoo,true\nbar,no\n')
    expect(problems).toEqual([
      expect.objectContaining({ line: 3, reason: 'there is no weight: the header has no column "weight"' }),
    ])
  })

  it('the first line is an entry if possible', async () => {
    const { entries } = await readFileOf('a.csv', 'text,5\nfoo,3\n')
    expect(entries).toEqual([
      { text: 'text', weight: 5 },
      { text: 'foo', weight: 3 },
    ])
  })

  it.each([
    [{ tenant: 42 }, { tenant: ['42'] }],
    [{ tenant: -0.5 }, { tenant: ['-0.5'] }],
    [{ tenant: true }, { tenant: ['true'] }],
    [{ contexts: { stock: [false, 7, 'x', '7'] } }, { stock: ['false', '7', 'x'] }],
  ])('a number or a boolean in a context becomes a string: %j', async (given, contexts) => {
    const { entries } = await readFileOf('a.jsonl', JSON.stringify({ text: 'apple', weight: 1, ...given }))
    expect(entries).toEqual([{ text: 'apple', weight: 1, contexts }])
  })

  it('empty context columns do not count toward the limit', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `context.c${at}`)
    const { entries } = await readFileOf('a.csv', `text,weight,${names.join()}\napple,1,${'x,'.repeat(8)},,\n`)
    expect(Object.keys(entries[0]?.contexts ?? {})).toHaveLength(8)
  })

  it.each([
    ['a.jsonl', '{"text":"x","tenant":"a","blocked":true}'],
    ['a.csv', 'text,tenant,blocked\nx,a,true\n'],
    ['b.csv', 'text,tenant,blocked,weight\nx,a,yes,\n'],
  ])('a blocked row may have contexts: %s', async (name, content) => {
    const { entries } = await readFileOf(name, content)
    expect(entries).toEqual([{ text: 'x', weight: 0, blocked: true, contexts: { tenant: ['a'] } }])
  })

  it('dates are read only if they are used', async () => {
    const content = 'text,weight,updated\napple,1,yesterday\npear,2,2026-01-01 12:00:00\n'
    const used = await readFileOf('a.csv', content)
    expect(used.entries).toEqual([{ text: 'pear', weight: 2, updated: Date.UTC(2026, 0, 1, 12) }])
    expect(used.problems.map(({ line }) => line)).toEqual([2])
    const ignored = await readFileOf('a.csv', content, { usesDates: false })
    expect([ignored.entries, ignored.skipped]).toEqual([
      [
        { text: 'apple', weight: 1 },
        { text: 'pear', weight: 2 },
      ],
      0,
    ])
  })

  it('reads dates with day and month in the order that other dates of the file show', async () => {
    const rows = (...dates: string[]) =>
      `text,weight,updated\n${dates.map((date, at) => `row${at},1,${date}\n`).join('')}`
    const days = async (content: string, options?: ReadOptions) => {
      const { entries, problems } = await readFileOf('a.csv', content, options)
      const shown = entries.map(
        ({ text, updated }) => `${text} ${new Date(updated as number).toISOString().slice(0, 10)}`,
      )
      return [...shown.sort(), ...problems.map(({ line, reason }) => `${line}: ${reason}`)]
    }
    expect(await days(rows('01/02/2026', '31/12/2026', '03/04/2026', '12/31/2026'))).toEqual([
      ...['row0 2026-02-01', 'row1 2026-12-31', 'row2 2026-04-03'],
      '5: updated must have the day before the month, like the other rows, got "12/31/2026"',
    ])
    expect(await days(rows('01/02/2026', '05/05/2026', '12/31/2026', '2026-03-04', '01.02.2026'))).toEqual([
      ...['row0 2026-01-02', 'row1 2026-05-05', 'row2 2026-12-31', 'row3 2026-03-04', 'row4 2026-02-01'],
    ])
    expect(await days(rows('31/02/2026'))).toEqual([expect.stringMatching(/^2: updated must be a date such as/)])
    await expect(days(rows('2026-01-01', '01/02/2026', '03/04/2026'))).rejects.toThrow(
      'no date shows whether updated has the day or the month first ("01/02/2026" on line 3): pass --date-order day-first or --date-order month-first',
    )
    expect(await days(rows('01/02/2026', '31/12/2026'), { dateOrder: 'month-first' })).toEqual([
      'row0 2026-01-02',
      '3: updated must have the month before the day, as set by --date-order, got "31/12/2026"',
    ])
    expect(await days(rows('01/02/2026', '03/04/2026'), { dateOrder: 'day-first' })).toEqual([
      ...['row0 2026-02-01', 'row1 2026-04-03'],
    ])
  })

  it('stops after many rows without a date that shows the order of day and month', async () => {
    const rows = (count: number) => `text,weight,updated\n${'apple,1,01/02/2026\n'.repeat(count)}pear,1,31/01/2026\n`
    expect((await readFileOf('a.csv', rows(MAX_UNDATED))).entries).toHaveLength(MAX_UNDATED + 1)
    await expect(readFileOf('a.csv', rows(MAX_UNDATED + 1))).rejects.toThrow(
      /: no date shows whether updated has the day or the month first \("01\/02\/2026" on line 2\)/,
    )
  })

  it.each([
    [{ pinned: 'maybe' }, 'pinned must be true or false, got "maybe"'],
    [{ blocked: 2 }, 'blocked must be true or false, got 2'],
    [{ updated: 'yesterday' }, 'updated must be a date such as 2026-11-23 or 2026-11-23T12:00:00Z, got "yesterday"'],
    [{ updated: '2026-02-31' }, 'updated must be a date'],
    [{ updated: true }, 'updated must be a date such as 2026-11-23 or 2026-11-23T12:00:00Z, got true'],
    [{ aliases: Array(MAX_ALIASES + 1).fill('a') }, `an entry may have at most ${MAX_ALIASES} aliases, got 21`],
    [{ aliases: [1] }, 'aliases must be strings, got 1'],
    [{ aliases: { a: 1 } }, 'aliases must be strings, got {"a":1}'],
    [{ aliases: ['a', null] }, 'aliases must be strings, got null'],
    [{ aliases: ['a\uFFFDb'] }, 'invalid alias: the text is not valid UTF-8'],
    [{ aliases: ['\u0007'] }, 'invalid alias: the text is empty'],
    [{ aliases: 'NYC, '.repeat(50) }, 'invalid alias: the text is longer than 200 characters; separate aliases by |'],
    [{ payload: 'x'.repeat(MAX_PAYLOAD_BYTES) }, `the payload must be at most ${MAX_PAYLOAD_BYTES} bytes of JSON`],
    [
      { contexts: { Category: 'a' } },
      'the name of a context may contain only lower-case letters, digits, -, and _, got "Category"',
    ],
    [{ contexts: { '': 'a' } }, 'the name of a context may contain only lower-case letters, digits, -, and _, got ""'],
    [{ contexts: 'fruit' }, 'contexts must be an object, such as {"category":["fruit"]}'],
    [{ contexts: [1] }, 'contexts must be an object, such as {"category":["fruit"]}'],
    [
      { contexts: Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`c${at}`, 'x'])) },
      'an entry may have at most 8 contexts, got 9',
    ],
    [{ category: { a: 1 } }, 'a value of the context category must be a string, a number, true, or false, got {"a":1}'],
    [{ tenant: ['a', null] }, 'a value of the context tenant must be a string, a number, true, or false, got null'],
    [{ tenant: 2 ** 60 }, 'a value of the context tenant must be in quotes, because the number is too large'],
    [{ tenant: [''] }, 'a value of the context tenant must not be empty, got ""'],
    [{ tenant: 'x'.repeat(65) }, 'a value of the context tenant must have at most 64 characters, got "xxx'],
    [
      { category: ['a\u0004b'] },
      'a value of the context category must not contain control characters, got "a\\u0004b"',
    ],
    [{ category: ['a\uFFFDb'] }, 'a value of the context category must be valid UTF-8'],
    [
      { category: Array.from({ length: MAX_CONTEXT_VALUES + 1 }, (_, at) => `c${at}`) },
      'the context category may have at most 16 values',
    ],
  ])('a row with an invalid value is left out: %j', async (wrong, reason) => {
    const { entries, problems } = await readFileOf('a.jsonl', JSON.stringify({ text: 'apple', weight: 1, ...wrong }))
    expect(entries).toEqual([])
    expect(problems).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })])
  })

  it('cannot change a prototype', async () => {
    const line = '{"text":"a","weight":1,"__proto__":{"x":1},"contexts":{"__proto__":["x"],"constructor":["y"]}}'
    const { entries, skipped, unknownColumns } = await readFileOf('a.jsonl', line)
    expect([entries.length, skipped, unknownColumns]).toEqual([0, 1, ['__proto__']])
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('lists unknown columns, and rejects a file that names a column twice', async () => {
    expect((await readFileOf('a.csv', 'text,weight,colour,size\na,1,red,\n')).unknownColumns).toEqual([
      'colour',
      'size',
    ])
    expect((await readFileOf('c.csv', 'text,weight,context.\na,1,red\n')).unknownColumns).toEqual(['context.'])
    await expect(readFileOf('b.csv', 'text,weight,payload,payload\na,1,b,c\n')).rejects.toThrow(
      'names the column payload twice',
    )
  })

  it('lets unknown and empty names occur several times', async () => {
    const content = 'text,note,,weight,note,,\na,x,,1,y,,\nb,,,2,,,\n'
    const { entries, unknownColumns, hints } = await readFileOf('a.csv', content)
    expect(entries).toEqual([
      { text: 'a', weight: 1 },
      { text: 'b', weight: 2 },
    ])
    expect([unknownColumns, hints]).toEqual([['note'], []])
    const indexed = await readFileOf('a.csv', ',text,weight\n0,a,1\n1,b,2\n')
    expect([indexed.entries.length, indexed.unknownColumns]).toEqual([2, []])
    expect(indexed.hints).toEqual(['columns without a name in the header are ignored'])
  })

  it('joins the values of a context that is given twice', async () => {
    const expected = [{ text: 'a', weight: 1, contexts: { category: ['x', 'y'] } }]
    const content = 'text,weight,category,context.category\na,1,x|y,y\n'
    expect((await readFileOf('a.csv', content)).entries).toEqual(expected)
    const row = { text: 'a', weight: 1, category: 'x', contexts: { category: ['x', 'y'] } }
    expect((await readFileOf('a.jsonl', JSON.stringify(row))).entries).toEqual(expected)
  })

  it('stores the values of contexts in NFC, without white space around them', async () => {
    const value = 'Crème 한국'.normalize('NFD')
    const expected = [{ text: 'a', weight: 1, contexts: { category: ['Crème 한국'] } }]
    for (const category of [value, [value], [` ${value}\t`, 'Crème 한국'], ` ${value} `]) {
      expect((await readFileOf('a.jsonl', JSON.stringify({ text: 'a', weight: 1, category }))).entries).toEqual(
        expected,
      )
    }
    expect((await readFileOf('a.csv', `text,weight,category\na,1, ${value} \n`)).entries).toEqual(expected)
  })

  it('accepts the usual words for true and false', async () => {
    for (const word of ['true', 'TRUE', 't', 'yes', 'Y', 'on', '1']) {
      expect((await readFileOf('a.csv', `text,weight,pinned\na,1,${word}\n`)).entries[0]?.pinned, word).toBe(true)
    }
    for (const word of ['false', 'F', 'no', 'n', 'OFF', '0', '']) {
      const { entries } = await readFileOf('a.csv', `text,weight,pinned\na,1,${word}\n`)
      expect(entries, word).toEqual([{ text: 'a', weight: 1 }])
    }
  })

  it.each([
    ['a.csv', 'a,1,red\nb,2\n', [NO_HEADER]],
    ['a.tsv', 'a\t1\tred\nb\t2\n', [NO_HEADER]],
    ['b.csv', 'text,weight\na,1,red\n', [`1 row has more cells than the header (line 2), ${IGNORED}`]],
    [
      'd.csv',
      'text,weight\na,1\nb,1,red\n"c\nd",1,,red\n',
      [`2 rows have more cells than the header (first: line 3), ${IGNORED}`],
    ],
    ['c.csv', 'a,1,,\nb,2\n', []],
    ['c.csv', 'Shop of Acme,,,x\ntext,weight\na,1\n', []],
    [
      'c.tsv',
      'weight\ttext\n1\t12\tapple\n2\t5\tpear\n',
      [
        '2 rows have more cells than the header (first: line 2), which are ignored; name all columns in the header, because cells are assigned to columns from left to right',
      ],
    ],
    ['b.tsv', 'text\tweight\na\t1\t\n', []],
  ])('reports additional cells: %s %j', async (name, content, expected) => {
    expect((await readFileOf(name, content)).hints).toEqual(expected)
  })

  it('accepts what spreadsheets and databases write for true, false, and missing values', async () => {
    for (const word of ['WAHR', 'VRAI', 'VERDADERO', 'ИСТИНА', '1.0']) {
      expect((await readFileOf('a.csv', `text,weight,pinned\na,1,${word}\n`)).entries[0]?.pinned, word).toBe(true)
    }
    const names = 'text,weight,payload,aliases,category,pinned,blocked,updated'
    for (const word of ['FALSCH', 'FAUX', 'FALSO', 'ЛОЖЬ', '0.0']) {
      const { entries, problems } = await readFileOf('a.csv', `${names}\na,1,,,,${word},${word},\n`)
      expect([entries, problems], word).toEqual([[{ text: 'a', weight: 1 }], []])
    }
    for (const missing of ['NULL', '\\N']) {
      const { entries, problems } = await readFileOf('a.csv', `${names}\na,1${`,${missing}`.repeat(6)}\n`)
      expect([entries, problems], missing).toEqual([[{ text: 'a', weight: 1 }], []])
      expect((await readFileOf('b.csv', `text,weight,blocked\na,${missing},1\n`)).entries).toEqual([
        { text: 'a', weight: 0, blocked: true },
      ])
    }
    for (const date of ['0000-00-00 00:00:00', '0001-01-01T00:00:00Z', '0001-01-01']) {
      const { entries } = await readFileOf('a.csv', `text,weight,updated\nNULL,1,${date}\n`)
      expect(entries, date).toEqual([{ text: 'NULL', weight: 1 }])
    }
  })

  it('says how to pin or block an entry in one locale', async () => {
    const { problems } = await readFileOf('a.csv', 'text,weight,pinned,blocked\na,1,ja,\nb,1,,en-US\nc,1,x,\n')
    expect(problems.map(({ reason }) => reason)).toEqual([
      'pinned must be true or false, got "ja"; to pin it in one locale, give the row this locale',
      'blocked must be true or false, got "en-US"; to block it in one locale, give the row this locale',
      'pinned must be true or false, got "x"',
    ])
  })

  it('reads JSON arrays in columns with lists', async () => {
    const cells = ['"[""x"",""y, z""]"', '"[1, true]"', '[a']
    const rows = `text,weight,aliases,category\na,1,${cells[0]},${cells[1]}\nb,1,${cells[2]},${cells[2]}\n`
    expect((await readFileOf('a.csv', rows)).entries).toEqual([
      { text: 'a', weight: 1, aliases: ['x', 'y, z'], contexts: { category: ['1', 'true'] } },
      { text: 'b', weight: 1, aliases: ['[a'], contexts: { category: ['[a'] } },
    ])
  })

  it('reads contexts in a column as JSON', async () => {
    const cells = ['"{""category"":[""fruit"",""food""],""tenant"":7}"', '', 'null', "{'category':'fruit'}"]
    const rows = cells.map((cell, at) => `${at},1,${cell}\n`).join('')
    const { entries, problems } = await readFileOf('a.csv', `text,weight,contexts\n${rows}`)
    expect(entries).toEqual([
      { text: '0', weight: 1, contexts: { category: ['fruit', 'food'], tenant: ['7'] } },
      { text: '1', weight: 1 },
      { text: '2', weight: 1 },
    ])
    expect(problems.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
      '5: contexts must be an object, such as {"category":["fruit"]}',
    ])
  })

  it('every row gives an entry or a problem', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.constantFrom('payload', 'aliases', 'updated', 'contexts', 'category'),
        async (values, name) => {
          const lines = values.map((value) => JSON.stringify({ text: 'a', weight: 1, [name]: value }))
          const { entries, skipped } = await readFileOf('a.jsonl', lines.join('\n'))
          expect(entries.length + skipped).toBe(values.length)
        },
      ),
      { numRuns: 50 },
    )
  })
})
