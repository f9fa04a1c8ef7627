import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forEachEntry, MAX_LINE_LENGTH, MAX_PROBLEMS, type ReadOptions, readEntries } from './entries.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entries-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(name: string, content: string | Buffer, options?: ReadOptions) {
  const { entries, skipped, problems } = await readAll(name, content, options)
  return { entries, skipped, problems: problems.map(({ line, reason }) => `${line}: ${reason}`) }
}

async function readAll(name: string, content: string | Buffer, options?: ReadOptions) {
  const file = join(folder, name)
  await writeFile(file, content)
  return readEntries(file, options)
}

/** Encodes a string in big-endian UTF-16. */
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

const apple = { text: 'apple', weight: 3 }
const pear = { text: 'pear', weight: 2.5 }

describe('readEntries', () => {
  it('reads TSV with a byte order mark, CRLF, and empty lines', async () => {
    expect(await read('a.tsv', '\uFEFFapple\t3\r\n\r\npear\t2.5\r\n')).toEqual({
      entries: [apple, pear],
      skipped: 0,
      problems: [],
    })
  })

  it('reads CSV with and without a header, with quotes and columns in any order', async () => {
    expect((await read('a.csv', 'apple,3\npear,2.5\n')).entries).toEqual([apple, pear])
    expect((await read('b.csv', 'id,Weight,text\n1,3,apple\n2,2.5,pear\n')).entries).toEqual([apple, pear])
    expect((await read('c.csv', 'text,weight\n"Seoul, Korea",7\n')).entries).toEqual([
      { text: 'Seoul, Korea', weight: 7 },
    ])
  })

  it('reads JSONL', async () => {
    expect((await read('a.jsonl', '{"text":"apple","weight":3}\n{"weight":2.5,"text":"pear"}\n')).entries).toEqual([
      apple,
      pear,
    ])
  })

  it('reports bad lines with their numbers and reasons, and continues', async () => {
    const content = 'apple\t3\nno weight\n\t5\nbanana\tmany\nkiwi\t-1\nplum\t1e999\nlime\t0x10\nfig\t2e100\npear\t2.5\n'
    expect(await read('bad.tsv', content)).toEqual({
      entries: [apple, pear],
      skipped: 7,
      problems: [
        '2: it needs two columns, text<TAB>weight',
        '3: the text is empty',
        '4: the weight must be a number that is at least 0, got "many"',
        '5: the weight must be a number that is at least 0, got "-1"',
        '6: the weight must be a number that is at least 0, got "1e999"',
        '7: the weight must be a number that is at least 0, got "0x10"',
        '8: the weight must be at most 1e+100, got "2e100"',
      ],
    })
  })

  it('reports the reasons for bad lines in JSONL and CSV', async () => {
    const jsonl =
      '{"text":"apple","weight":3}\nnonsense\n[1]\n{"text":7,"weight":1}\n{"text":"x"}\n{"text":"y","weight":1e999}\n'
    expect((await read('bad.jsonl', jsonl)).problems).toEqual([
      '2: it is not valid JSON',
      '3: it is not a JSON object',
      '4: the text must be a string, got 7',
      '5: the weight must be a number that is at least 0, got nothing',
      '6: the weight must be a number that is at least 0, got Infinity',
    ])
    expect((await read('bad.csv', 'text,weight\napple,3\nlonely\npear,\n')).problems).toEqual([
      '3: the row has 1 cell, the header 2 (the weight must be a number that is at least 0, got nothing)',
      '4: the weight must be a number that is at least 0, got ""',
    ])
  })

  it('says if a bad row has more or fewer cells than the header', async () => {
    const rows = ['New York, USA,5,city,false', 'kiwi,3', 'plum', 'fig,x,,', 'lime,1,fruit,maybe,,', 'nut,1,,no,note']
    const { entries, problems } = await read('cells.csv', ['text,weight,category,pinned', ...rows].join('\n'))
    expect(entries.map(({ text }) => text)).toEqual(['kiwi', 'nut'])
    expect(problems).toEqual([
      '2: the row has 5 cells, the header 4 (pinned must be true or false, got "city")',
      '4: the row has 1 cell, the header 4 (the weight must be a number that is at least 0, got nothing)',
      '5: the weight must be a number that is at least 0, got "x"',
      '6: pinned must be true or false, got "maybe"',
    ])
    // Spreadsheets write empty cells for columns to the right of the table.
    expect((await read('empty.csv', 'text,weight,,\nfig,x\n')).problems).toEqual([
      '2: the weight must be a number that is at least 0, got "x"',
    ])
    expect((await read('plain.csv', 'apple,3\nNew York, USA,5\n')).problems).toEqual([
      '2: the row has 3 cells, expected 2 (the weight must be a number that is at least 0, got " USA")',
    ])
  })

  it.each([
    ['R&amp;D', 'R&D', '&amp;'],
    ['M&uuml;ller', 'M&M; Müller', '&uuml;'],
    ['Levi&#39;s', 'A & B; C', '&#39;'],
    ['Levi&#x2019;s', 'A&; B&#; C', '&#x2019;'],
    ['1&frac12; l', '&quot', '&frac12;'],
  ])('advises to replace HTML entities: %s', async (bad, good, entity) => {
    const hint = (entries: string, first: string) =>
      `${entries} HTML entities, which are not decoded (${first}${entity} in line 2); replace them with their characters`
    const one = await readAll('one.tsv', `${good}\t1\n${bad}\t2\n`)
    expect([one.entries.length, one.hints]).toEqual([2, [hint('1 entry contains', '')]])
    const aliases = ['text\tweight\taliases\tcategory', `a\t1\tx|${bad}\t`, `b\t1\t\t${bad}`, `c\t1\t${good}\t`]
    expect((await readAll('aliases.tsv', aliases.join('\n'))).hints).toEqual([hint('2 entries contain', 'first: ')])
    const json = [{ text: good }, { text: bad }].map((row) => JSON.stringify({ ...row, weight: 1 }))
    expect((await readAll('a.jsonl', json.join('\n'))).hints).toEqual([hint('1 entry contains', '')])
  })

  it('loses only one line to an unclosed quote', async () => {
    const { entries, problems } = await read('quote.csv', 'text,weight\napple,3\n"bar,6\npear,2.5\n')
    expect(entries).toEqual([apple, pear])
    expect(problems).toEqual(['3: a quoted field is not closed'])
  })

  it('reads line ends of both kinds in one file', async () => {
    expect((await read('mixed.csv', 'text,weight\r\napple,3\npear,2.5\r\n')).entries).toEqual([apple, pear])
  })

  it('reads all kinds of line ends, even across chunk boundaries', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const count = 100_000
      const lines = Array.from({ length: count }, (_, i) => `가${i}\t${i}`)
      for (const first of ['', 'x', 'xy', 'xyz']) {
        const { entries, problems } = await read('chunks.tsv', [`${first}a\t1`, ...lines].join(end))
        expect(problems).toEqual([])
        expect(entries).toHaveLength(count + 1)
        expect(entries.at(-1)).toEqual({ text: `가${count - 1}`, weight: count - 1 })
      }
    }
  })

  it('counts a line that is too long as bad, and continues', async () => {
    const long = (length: number) => `${'x'.repeat(length - 2)}\t1`
    const content = `apple\t3\n${long(MAX_LINE_LENGTH)}\n${long(MAX_LINE_LENGTH + 1)}\n${long(3_000_000)}\npear\t2.5\n`
    expect(await read('long-lines.tsv', content)).toEqual({
      entries: [apple, pear],
      skipped: 3,
      problems: [
        '2: the text is longer than 200 characters',
        '3: the line is longer than 65536 characters',
        '4: the line is longer than 65536 characters',
      ],
    })
  })

  it('reports progress, and stops when it is aborted', async () => {
    const file = join(folder, 'progress.tsv')
    await writeFile(file, 'apple\t3\n'.repeat(100_000))
    const parts: number[] = []
    await forEachEntry(file, () => {}, { onProgress: (part) => parts.push(part) })
    expect(parts.length).toBeGreaterThan(2)
    expect(parts).toEqual(parts.toSorted((a, b) => a - b))
    expect(parts.at(-1)).toBe(1)

    const interrupt = new AbortController()
    const onProgress = () => interrupt.abort(new Error('enough'))
    await expect(forEachEntry(file, () => {}, { onProgress, signal: interrupt.signal })).rejects.toThrow(/^enough$/)
    await expect(forEachEntry(file, () => {}, { signal: AbortSignal.abort() })).rejects.toThrow(
      /^This operation was aborted$/,
    )
  })

  it('truncates long values in messages', async () => {
    const { problems } = await read('long.tsv', `apple\t${'x'.repeat(5000)}\n`)
    expect((problems[0] as string).length).toBeLessThan(120)
  })

  it('leaves out lines that are not UTF-8', async () => {
    const content = Buffer.concat([Buffer.from('apple\t3\n'), Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('\t1\n')])
    expect(await read('one-bad-line.tsv', content)).toEqual({
      entries: [apple],
      skipped: 1,
      problems: ['2: the text is not valid UTF-8'],
    })
  })

  it('stores only the first problems, but counts all', async () => {
    const { skipped, problems } = await read('many.tsv', 'x\n'.repeat(MAX_PROBLEMS + 5))
    expect([skipped, problems.length]).toEqual([MAX_PROBLEMS + 5, MAX_PROBLEMS])
  })

  it('explains why a file cannot be read', async () => {
    for (const ending of ['tsv', 'csv', 'jsonl']) {
      await expect(readEntries(join(folder, `missing.${ending}`))).rejects.toThrow(/: there is no such file$/)
      await mkdir(join(folder, `folder.${ending}`))
      await expect(readEntries(join(folder, `folder.${ending}`))).rejects.toThrow(/: it is not a regular file$/)
    }
    for (const name of ['words.xlsx', 'words.gz', 'words', 'words.constructor', '']) {
      await expect(readEntries(join(folder, name))).rejects.toThrow(
        /: its name must end in \.tsv, \.txt, \.csv, \.jsonl, \.ndjson, or \.json, optionally followed by \.gz$/,
      )
    }
  })
})

describe('quoted fields', () => {
  it.each([
    ['a.tsv', '"a ""b"""\t5\n"Quoted" title\t4\n12" disk\t3\n"tab\tin it"\t2\n'],
    ['a.csv', '"a ""b""",5\n"Quoted" title,4\n12" disk,3\n"tab\tin it",2\n'],
  ])('are read like in spreadsheets: %s', async (name, content) => {
    expect(await read(name, content)).toEqual({
      entries: [
        { text: 'a "b"', weight: 5 },
        { text: '"Quoted" title', weight: 4 },
        { text: '12" disk', weight: 3 },
        { text: 'tab in it', weight: 2 },
      ],
      skipped: 0,
      problems: [],
    })
  })

  it.each([
    '\n',
    '\r\n',
    '\r',
  ])('may contain line ends, which become spaces in texts and are invalid in contexts: %j', async (end) => {
    for (const [name, tab] of [
      ['spanning.csv', ','],
      ['spanning.tsv', '\t'],
    ] as const) {
      const rows = [
        'text,weight,note,payload,category',
        'apple,3,"one\n\ntwo",x,',
        'plum,1,,"x\ny",fruit',
        '"two\nlines",2,,,',
        'fig,1,,,"a\nb"',
        'pear,2.5,,,',
      ]
      const { entries, problems } = await readAll(name, rows.join('\n').replaceAll(',', tab).replaceAll('\n', end))
      expect(entries).toEqual([
        { ...apple, payload: 'x' },
        { text: 'plum', weight: 1, payload: 'x\ny', contexts: { category: ['fruit'] } },
        { text: 'two lines', weight: 2 },
        pear,
      ])
      expect(problems.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
        '9: a value of the context category must not contain control characters, got "a\\nb"',
      ])
    }
  })

  it('that are not closed do not include the rest of the file', async () => {
    const others = Array.from({ length: 20_000 }, (_, at) => `word${at}\t${at}`).join('\n')
    const { entries, problems } = await read('open.tsv', `apple\t3\n"open\t1\n${others}\n`)
    expect(entries).toHaveLength(20_001)
    expect(problems).toEqual(['2: a quoted field is not closed'])
  })
})

describe('the first line', () => {
  it.each([
    ['a byte order mark', '\uFEFFtext,weight'],
    ['another case and spaces', ' Text , WEIGHT '],
    ['quotes', '"text","weight"'],
    ['a byte order mark and quotes', '\uFEFF"Text"," weight"'],
    ['spaces around quotes', ' "text" , "weight" '],
  ])('names columns with %s', async (_, names) => {
    expect((await read('names.csv', `${names}\napple,3\n`)).entries).toEqual([apple])
  })

  it.each([
    ['a.csv', 'text|weight', '"|"', 'commas, semicolons, or tabs'],
    ['a.csv', ' "Weight" | Text ', '"|"', 'commas, semicolons, or tabs'],
    ['a.csv', 'text:weight', '":"', 'commas, semicolons, or tabs'],
    ['a.csv', 'text weight', '" "', 'commas, semicolons, or tabs'],
    ['a.tsv', 'text|weight', '"|"', 'tabs, or by commas in a .csv file'],
    ['a.tsv', 'text,weight', '","', 'tabs, or by commas in a .csv file'],
    ['a.txt', 'id;text;weight', '";"', 'tabs, or by commas in a .csv file'],
  ])('must have a supported separator: %s %s', async (name, names, separator, accepted) => {
    await expect(read(name, `${names}\napple|3\n`)).rejects.toThrow(
      `${name}: ${separator} is not a supported separator: separate the columns by ${accepted}`,
    )
  })

  it.each([
    ['a.csv', 'title,weight,category', 'title, weight, category'],
    ['a.csv', 'Title;"Weight"', 'Title, Weight'],
    ['a.tsv', 'id\tname\tcontext.brand', 'id, name, context.brand'],
    [
      'a.csv',
      Array.from({ length: 12 }, (_, at) => `c${at}`)
        .join(',')
        .replace('c1,', 'weight,'),
      'c0, weight, c2, c3, c4, c5, c6, c7, c8, c9, …',
    ],
  ])('must name a column text: %s %s', async (file, header, names) => {
    await expect(read(file, `${header}\n${header.replaceAll(/\w+/g, '3')}\n`)).rejects.toThrow(
      `${file}: the first line looks like a header, but has no column "text"; its columns are ${names.replaceAll(/[\w.]+/g, '"$&"')}`,
    )
  })

  it('is an entry if its second column is a weight, or a bad entry if no column name is known', async () => {
    expect((await read('a.csv', 'weight,3,category\n')).entries).toEqual([{ text: 'weight', weight: 3 }])
    expect((await read('b.tsv', 'category\tmany\napple\t3\n')).problems).toHaveLength(1)
    expect((await read('c.tsv', 'term\tmany\tred\napple\t3\n')).problems).toHaveLength(1)
  })

  it('is reported if it names no weight column', async () => {
    expect((await read('names.csv', 'text,count\napple,3\n')).problems).toEqual([
      '2: there is no weight: the first line has no column "weight"',
    ])
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
    expect(await read('delimiter.csv', content)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
  })

  it('must be a semicolon for a decimal comma in weights', async () => {
    expect((await read('a.csv', 'a;"1,5"\n')).entries).toEqual([{ text: 'a', weight: 1.5 }])
    expect((await read('b.csv', 'a,"1,5"\n')).problems).toEqual([
      '1: the weight must be a number that is at least 0, got "1,5"',
    ])
  })
})

describe('an empty row', () => {
  it.each([
    [',,,\n\ntext,weight,category\napple,3,\n,,\n" ",,\npear,2.5,\n,,\n'],
    [';;\ntext;weight\napple;3\npear;2,5\n;\n;\n'],
  ])('is skipped, even before the names of the columns: %j', async (content) => {
    expect(await read('empty.csv', content)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
  })
})

describe('a file without entries', () => {
  const hint =
    'no row is an entry: each row must begin with a text and a weight, or the first row must name the columns, including text and weight'

  it.each([
    ['shop.csv', 'Handle,Title,Vendor\nred-shirt,Red Shirt,Acme\n'],
    ['swapped.tsv', '3\tapple\n2\tpear\n'],
    ['words.txt', 'apple\npear\n'],
  ])('is reported with advice, unless the columns are named: %s', async (name, content) => {
    expect((await readAll(name, content)).hints).toEqual([hint])
    const entry = name === 'shop.csv' ? 'apple,3' : 'apple\t3'
    expect((await readAll(name, `${content}${entry}\n`)).hints).toEqual([])
    expect((await readAll('named.csv', 'text,count\napple,3\n')).hints).toEqual([])
    expect((await readAll('empty.csv', '')).hints).toEqual([])
  })
})

describe('white space and control characters', () => {
  it.each([
    '\n',
    '\r\n',
    '\t',
    '\u0000',
    '\u0007',
    '\u0085',
    '  ',
    ' \u001F\u3000',
  ])('are one space: %j', async (run) => {
    const row = { text: `${run}New${run}York${run}`, weight: 1, aliases: [`Big${run}Apple${run}`] }
    expect(await read('runs.jsonl', JSON.stringify(row))).toEqual({
      entries: [{ text: 'New York', weight: 1, aliases: ['Big Apple'] }],
      skipped: 0,
      problems: [],
    })
    const cells = `text,weight,aliases\n"${row.text}",1,"${row.aliases[0]}|Gotham"\n`
    expect(await read('runs.csv', cells)).toEqual({
      entries: [{ text: 'New York', weight: 1, aliases: ['Big Apple', 'Gotham'] }],
      skipped: 0,
      problems: [],
    })
  })

  it('do not include invisible characters, which do not separate words', async () => {
    const { entries } = await read('joined.jsonl', JSON.stringify({ text: 'a\uFEFFb', weight: 1 }))
    expect(entries).toEqual([{ text: 'a\uFEFFb', weight: 1 }])
  })
})

describe('a weight with a decimal comma or separated thousands', () => {
  it.each([
    ['1.000', 'write 1000 or 1'],
    ['2.500', 'write 2500 or 2.5'],
    ['1.234', 'write 1234 or 1.2340'],
    ['12.050', 'write 12050 or 12.05'],
    ['1,000', 'write 1000 or 1'],
    ['100,001', 'write 100001 or 100,0010'],
  ])('is rejected if it is ambiguous and ; separates columns: %s', async (weight, advice) => {
    for (const names of ['text;weight\n', 'foo;1,5\n', 'foo;1.5\n', 'sep=;\n']) {
      const { problems } = await read('ambiguous.csv', `${names}bar;${weight}\nbaz; "${weight}"\n`)
      expect(problems[0]).toBe(`2: the weight ${weight} is ambiguous: ${advice}`)
    }
    expect((await read('alone.csv', `bar;${weight}\n`)).problems).toHaveLength(1)
  })

  it('is read if it is unambiguous and ; separates columns', async () => {
    const weights = ['1,5', '1.5', '1000', '0.125', '0,125', '1000.125', '1.2340', '12,3450', '1e3', '1.000e2']
    const { entries, problems } = await read('clear.csv', weights.map((weight) => `a;${weight}\n`).join(''))
    expect(problems).toEqual([])
    expect(entries.map(({ weight }) => weight)).toEqual([
      1.5, 1.5, 1000, 0.125, 0.125, 1000.125, 1.234, 12.345, 1000, 100,
    ])
    expect((await read('blocked.csv', 'text;weight;blocked\na;1.000;true\n')).problems).toEqual([])
  })

  it.each([
    ['a.tsv', 'a\t1.000\nb\t1,5\n'],
    ['a.tsv', 'a\t1,5\nb\t1.000\n'],
    ['a.csv', 'text,weight\na,"1,5"\nb,1.000\n'],
  ])('makes the dots of a whole file ambiguous if other characters separate columns: %s %j', async (name, content) => {
    await expect(read(name, content)).rejects.toThrow(
      /: the weight 1\.000 is ambiguous, because 1,5 has a decimal comma: write decimals with a dot, and thousands without a separator$/,
    )
  })

  it('has a decimal dot in a file without decimal commas', async () => {
    const { entries, problems } = await read('dots.tsv', 'a\t1.000\nb\t2.500\nc\t1,000\n')
    expect(entries.map(({ weight }) => weight)).toEqual([1, 2.5])
    expect(problems).toEqual([
      '3: the weight must be a number that is at least 0, without thousands separators, got "1,000"',
    ])
  })
})

describe('a weight with separators', () => {
  it.each([
    '1,234',
    '1,234,567.5',
    '1 234',
    '1\u00A0234',
    '1\u202F234,5',
    "1'234",
    '1’234',
    '1_000',
    '1.234,5',
  ])('is rejected with the rule: %s', async (weight) => {
    const problem = `the weight must be a number that is at least 0, without thousands separators, got "${weight}"`
    expect((await read('a.tsv', `apple\t${weight}\n`)).problems).toEqual([`1: ${problem}`])
    expect((await read('a.jsonl', JSON.stringify({ text: 'apple', weight }))).problems).toEqual([`1: ${problem}`])
  })
})

describe('JSON', () => {
  it('lines may end with commas, and objects may span several lines', async () => {
    const lines = '{"text":"apple","weight":3},\n\n{"text":"pear","weight":2.5} , \n'
    expect(await read('commas.jsonl', lines)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
    const objects = [apple, pear].map((entry) => JSON.stringify(entry, undefined, 2)).join('\n')
    expect(await read('objects.jsonl', objects)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
  })

  it.each([
    ['a.csv', JSON.stringify(apple)],
    ['a.txt', `\n[\n ${JSON.stringify(apple)}]`],
  ])('must be in a file with a name for JSON: %s', async (name, content) => {
    await expect(read(name, content)).rejects.toThrow(`${name}: it contains JSON: its name must end in .json or .jsonl`)
    expect((await read(name, `{"a"}\t5\n{"b"}\t4\n`)).entries).toHaveLength(2)
  })

  const array = [apple, { text: '가', weight: 1, tenant: 42 }, 'text', pear]
  const expected = {
    entries: [apple, { text: '가', weight: 1, contexts: { tenant: ['42'] } }, pear],
    skipped: 1,
  }

  it.each([
    ['an array', 'a.json', JSON.stringify(array), '1: element 3'],
    ['an indented array', 'a.json', `\uFEFF${JSON.stringify(array, undefined, 2)}`, '11: element 3'],
    ['an array that claims to be lines', 'a.jsonl', JSON.stringify(array), '1: element 3'],
    ['an indented array that claims to be lines', 'a.ndjson', JSON.stringify(array, undefined, 2), '11: element 3'],
    ['lines that claim to be an array', 'a.json', array.map((value) => JSON.stringify(value)).join('\r\n'), '3'],
  ])('is read as %s', async (_, name, content, place) => {
    expect(await read(name, content)).toEqual({ ...expected, problems: [`${place}: it is not a JSON object`] })
  })

  it('reports the number of an invalid array element', async () => {
    const many = Array.from({ length: 20 }, (_, at) => ({ text: 'a', weight: at === 16 ? -1 : 1 }))
    expect((await read('element.json', JSON.stringify(many))).problems).toEqual([
      '1: element 17: the weight must be a number that is at least 0, got -1',
    ])
  })

  it.each([
    ['a.json', { total: 1, items: [apple] }, 'items'],
    ['a.jsonl', { items: [apple] }, 'items'],
    ['a.json', { total: 1, meta: { pages: [1] }, items: [apple] }, 'items'],
    ['a.json', { took: 1, hits: { total: 1, hits: [{ _source: apple }] } }, 'hits'],
    ['a.json', { 'the data': Array.from({ length: 10_000 }, () => apple) }, 'the data'],
  ])('explains that the array is inside an object: %s', async (name, content, inside) => {
    for (const indent of name === 'a.json' ? [0, 2] : [0]) {
      const { entries, problems } = await read(name, `\n ${JSON.stringify(content, undefined, indent)}`)
      expect(entries).toEqual([])
      expect(problems).toEqual([
        `2: it is not an entry, but has an array "${inside}": if this array contains the entries, the file must contain only this array`,
      ])
    }
  })

  it('does not mistake the arrays of an entry for a list of entries', async () => {
    const long = Array.from({ length: 10_000 }, () => apple)
    expect((await read('payload.json', JSON.stringify({ text: 'a', weight: 1, note: [apple] }))).entries).toHaveLength(
      1,
    )
    for (const entry of [
      { text: 'a', weight: 1, note: long },
      { payload: long, text: 'a', weight: 1 },
    ]) {
      expect((await read('payload.json', JSON.stringify(entry))).problems).toEqual([
        '1: the JSON value is longer than 65536 characters',
      ])
    }
  })

  it('with a large array takes bounded memory, and is read to its end', async () => {
    const many = Array.from({ length: 50_000 }, (_, at) => ({ text: `word ${at}`, weight: at }))
    const { entries, problems } = await read('large.json', JSON.stringify(many))
    expect([entries, problems]).toEqual([many, []])
  })

  it.each(['[1]', '[[[[', '["a"]', '[]', 'nonsense'])('lines may begin with a bad line: %s', async (line) => {
    const { entries, skipped } = await read('lines.jsonl', `${line}\n{"text":"apple","weight":3}\n`)
    expect([entries, skipped]).toEqual([[apple], 1])
  })

  it('that is truncated is rejected', async () => {
    const content = JSON.stringify([apple, pear])
    await expect(read('cut.json', content.slice(0, -1))).rejects.toThrow(
      /^cannot read dataset .*cut\.json: the JSON array that starts in line 1 is not closed; the file may be truncated$/,
    )
    await expect(read('cut.json', content.slice(0, -5))).rejects.toThrow(
      /: the JSON value that starts in line 1 is not/,
    )
  })
})

describe('a compressed file', () => {
  it.each([
    ['a.tsv.gz', 'apple\t3\npear\t2.5\n'],
    ['a.TXT.GZ', 'apple\t3\npear\t2.5\n'],
    ['a.csv.gz', 'text;weight\napple;3\npear;2,5\n'],
    ['a.jsonl.gz', '{"text":"apple","weight":3}\n{"text":"pear","weight":2.5}\n'],
    ['a.json.gz', '[{"text":"apple","weight":3},{"text":"pear","weight":2.5}]'],
    ['unsaid.tsv', 'apple\t3\npear\t2.5\n'],
  ])('is unpacked: %s', async (name, content) => {
    expect((await read(name, gzipSync(content))).entries).toEqual([apple, pear])
  })

  it('may be uncompressed despite its name, consist of several members, or be in UTF-16', async () => {
    expect((await read('plain.tsv.gz', 'apple\t3\n')).entries).toEqual([apple])
    const parts = Buffer.concat([gzipSync('apple\t3\npea'), gzipSync('r\t2.5\n')])
    expect((await read('parts.tsv.gz', parts)).entries).toEqual([apple, pear])
    expect((await read('wide.tsv.gz', gzipSync(Buffer.from('apple\t3\n', 'utf16le')))).entries).toEqual([apple])
  })

  it('reports the fraction of it that has been read', async () => {
    const file = join(folder, 'progress.tsv.gz')
    const lines = Array.from({ length: 200_000 }, (_, at) => `word ${Math.sin(at)}\t${at}`)
    await writeFile(file, gzipSync(lines.join('\n')))
    const parts: number[] = []
    await forEachEntry(file, () => {}, { onProgress: (part) => parts.push(part) })
    expect(parts.length).toBeGreaterThan(2)
    expect(parts).toEqual(parts.toSorted((a, b) => a - b))
    expect(parts[0]).toBeLessThan(0.5)
    expect(parts.at(-1)).toBe(1)
  })

  it('that is damaged or truncated is rejected', async () => {
    const packed = gzipSync('apple\t3\n'.repeat(100))
    await expect(read('cut.tsv.gz', packed.subarray(0, -12))).rejects.toThrow(
      /cut\.tsv\.gz: its gzip data is damaged or truncated \(unexpected end of file\)$/,
    )
    packed[20] = 255
    await expect(read('damaged.tsv.gz', packed)).rejects.toThrow(/: its gzip data is damaged or truncated/)
  })

  it.each([
    ['504b0506', 'it is an empty ZIP archive'],
    ['04224d18', 'it is compressed with lz4: unpack it, or use gzip'],
    ['377abcaf271c', 'it is a 7z archive: unpack it'],
    ['5041523115', 'it is a Parquet file: save it as CSV or JSON lines'],
    ['4f626a01', 'it is an Avro file: save it as CSV or JSON lines'],
    [Buffer.from('SQLite format 3\0').toString('hex'), 'it is an SQLite database: export the table as CSV'],
    [Buffer.from('REDIS0011').toString('hex'), 'it is a Redis database file: pass the files that it was built from'],
    [Buffer.from('\n<!DOCTYPE html>').toString('hex'), 'it is a web page: download the data itself'],
    [Buffer.from('<html lang="en">\n<head>').toString('hex'), 'it is a web page: download the data itself'],
    [Buffer.from('\uFEFF<?xml version="1.0"?>').toString('hex'), 'it is an XML file: save the data as CSV'],
    [
      Buffer.from('version https://git-lfs.github.com/spec/v1\n').toString('hex'),
      'it is a Git LFS pointer: fetch the data with "git lfs pull"',
    ],
    [Buffer.from(`a.csv\0${'0'.repeat(251)}ustar`).toString('hex'), 'it is a tar archive: unpack it'],
    ['504b0304', 'it is a ZIP archive or an Excel workbook: unpack it, or save it as CSV'],
    ['d0cf11e0a1b11ae1', 'it is an Excel workbook: save it as CSV'],
    ['28b52ffd', 'it is compressed with zstd: unpack it, or use gzip'],
    ['fd377a585a00', 'it is compressed with xz: unpack it, or use gzip'],
    ['425a6839314159265359', 'it is compressed with bzip2: unpack it, or use gzip'],
    ['fffe000061000000', 'it is encoded in UTF-32'],
  ])('in another format is identified: %s', async (start, reason) => {
    const bytes = Buffer.from(`${start}00000000`, 'hex')
    await expect(read('other.csv', bytes)).rejects.toThrow(`other.csv: ${reason}`)
    await expect(read('packed.csv.gz', gzipSync(bytes))).rejects.toThrow(`packed.csv.gz: ${reason}`)
    await expect(read('other.xyz', bytes)).rejects.toThrow(`other.xyz: ${reason}`)
  })

  it('is not mistaken for another format', async () => {
    for (const text of ['PAR1', 'Obj', '<html>', 'REDIS', 'BZh', '7z', 'version']) {
      expect((await read('names.tsv', `${text}\t3\n`)).entries).toEqual([{ text, weight: 3 }])
    }
  })

  it('that is compressed twice is rejected', async () => {
    const twice = gzipSync(gzipSync('apple\t3\n'))
    await expect(read('twice.tsv.gz', twice)).rejects.toThrow('it is compressed with gzip twice: decompress it once')
  })
})

describe('the encoding of a file', () => {
  const content = 'text,weight\napple,3\ncafé,2\n한국어,1\n'
  const expected = {
    entries: [apple, { text: 'café', weight: 2 }, { text: '한국어', weight: 1 }],
    skipped: 0,
    problems: [],
  }

  it.each([
    ['UTF-8', Buffer.from(content)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${content}`)],
    ['UTF-16, lower byte first', Buffer.from(`\uFEFF${content}`, 'utf16le')],
    ['UTF-16, higher byte first', utf16be(`\uFEFF${content}`)],
    ['UTF-16 without a byte order mark', Buffer.from(content, 'utf16le')],
    ['UTF-16 without a byte order mark, higher byte first', utf16be(content)],
  ])('is detected: %s', async (_, bytes) => {
    expect(await read('encoded.csv', bytes)).toEqual(expected)
    expect(await read('encoded.csv', bytes, { encoding: 'utf-8' })).toEqual(expected)
  })

  it('may be UTF-16 of any length', async () => {
    const lines = Array.from({ length: 100_000 }, (_, at) => `가나${at}\t${at}`)
    const { entries, problems } = await read('long.tsv', Buffer.from(`\uFEFF${lines.join('\r\n')}`, 'utf16le'))
    expect(problems).toEqual([])
    expect(entries).toHaveLength(lines.length)
    expect(entries.at(-1)).toEqual({ text: '가나99999', weight: 99_999 })
  })

  it.each([
    ['windows-1252', 'caf\xE9 \x80\t2\n', 'café €'],
    ['latin1', 'caf\xE9\t2\n', 'café'],
    ['windows-1251', '\xCC\xEE\xF1\xEA\xE2\xE0\t2\n', 'Москва'],
    ['euc-kr', '\xC7\xD1\xB1\xB9\t2\n', '한국'],
    ['utf-16le', 'a\0\t\x002\0', 'a'],
  ])('may be specified: %s', async (encoding, bytes, text) => {
    expect((await read('given.tsv', Buffer.from(bytes, 'latin1'), { encoding })).entries).toEqual([{ text, weight: 2 }])
  })

  it('must be known', async () => {
    await expect(read('given.tsv', 'apple\t3\n', { encoding: 'klingon' })).rejects.toThrow(
      /: the encoding "klingon" is unknown: use a name such as utf-8, utf-16le, windows-1252, or euc-kr$/,
    )
  })

  it.each([
    ['windows-1252', 'text\tweight\ncaf\xE9\t2\nna\xEFve\t1\nd\xE9j\xE0 vu\t1\n', 'byte 0xE9 in line 2'],
    ['windows-1251', '\xCC\xEE\xF1\xEA\xE2\xE0\t2\n\xEF\xF0\xE8\xE2\xE5\xF2\t1\n', 'byte 0xCC in line 1'],
    ['macintosh', 'M\x9Fller\t2\nSch\x9An\t1\n', 'byte 0x9F in line 1'],
    ['euc-kr', 'apple\t3\n\xC7\xD1\xB1\xB9\t2\n\xC7\xD1\xB1\xB9\xBE\xEE\t1\n', 'byte 0xC7 in line 2'],
    ['shift_jis', '\x83\x89\x81\x5B\x83\x81\x83\x93\t1\n\x82\xB7\x82\xB5\t1\n', 'byte 0x83 in line 1'],
    ['gb18030', '\xB1\xB1\xBE\xA9\xB4\xF3\xD1\xA7\t1\n\xC9\xCF\xBA\xA3\t1\n', 'byte 0xB1 in line 1'],
  ])('is guessed if the whole file is in a different encoding: %s', async (encoding, bytes, where) => {
    await expect(read('other.tsv', Buffer.from(bytes, 'latin1'))).rejects.toThrow(
      `other.tsv: it is not UTF-8 (${where}); it looks like ${encoding}: pass --encoding ${encoding}, or convert it with iconv`,
    )
  })

  it('is not guessed if it is unclear', async () => {
    await expect(read('dos.tsv', Buffer.from('M\x81ller\t2\nSch\x94n\t1\n', 'latin1'))).rejects.toThrow(
      'dos.tsv: it is not UTF-8 (byte 0x81 in line 1); its encoding is unclear: pass --encoding NAME, or convert it with iconv',
    )
  })

  it('is guessed in a single hint if only some lines are in a different encoding', async () => {
    const good = Array.from({ length: 100 }, (_, at) => `été ${at}\t1\n`).join('')
    const bad = Buffer.from('caf\xE9\t2\n\xE9t\xE9\t2\n', 'latin1')
    const { entries, problems, hints } = await readAll('some.tsv', Buffer.concat([Buffer.from(good), bad]))
    expect(entries).toHaveLength(100)
    expect(problems.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
      '101: the text is not valid UTF-8',
      '102: the text is not valid UTF-8',
    ])
    expect(hints).toEqual([
      '2 lines are not valid UTF-8 (first: byte 0xE9 in line 101); if the file is in windows-1252, ' +
        'pass --encoding windows-1252, or convert it with iconv',
    ])
    expect((await readAll('good.tsv', good)).hints).toEqual([])
  })

  it('is not reported because of valid replacement characters', async () => {
    const { problems, hints } = await readAll('replaced.tsv', 'apple\t3\na\uFFFDb\t1\nc\uFFFDd\t1\n')
    expect([problems.length, hints]).toEqual([2, []])
  })

  it('is reported if it does not fit the specified one', async () => {
    const { hints } = await readAll('bad.tsv', Buffer.from('apple\t3\n\xFF\xFF\t1\n', 'latin1'), { encoding: 'euc-kr' })
    expect(hints).toEqual(['1 line is not valid euc-kr (line 2)'])
  })
})

describe('a text without a visible character', () => {
  it.each([
    '\u200B',
    '\u200E\u200F',
    '\uFEFF',
    '\u00AD',
    '\u2060 \u200D',
    '\u3164',
    '\u0085',
    '\u{E0001}',
    '\uFE0F',
  ])('is empty: %j', async (text) => {
    expect((await read('empty.jsonl', JSON.stringify({ text, weight: 1 }))).problems).toEqual(['1: the text is empty'])
    expect((await read('empty.tsv', `apple\t3\n${text}\t1\n`)).entries).toEqual([apple])
  })

  it('may contain invisible characters besides visible ones', async () => {
    expect((await read('mark.jsonl', JSON.stringify({ text: '\u200Eleftmark', weight: 1 }))).entries).toEqual([
      { text: '\u200Eleftmark', weight: 1 },
    ])
  })
})
