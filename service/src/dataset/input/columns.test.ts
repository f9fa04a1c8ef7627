import { describe, expect, it } from 'vitest'
import { apple, pear, readFileOf, rowsOf } from '../../testing/dataset-file.ts'

describe('quoted fields', () => {
  it.each([
    ['a.tsv', '"a ""b"""\t5\n"Quoted" title\t4\n12" disk\t3\n"tab\tin it"\t2\n'],
    ['a.csv', '"a ""b""",5\n"Quoted" title,4\n12" disk,3\n"tab\tin it",2\n'],
  ])('are read like in spreadsheets: %s', async (name, content) => {
    expect(await rowsOf(name, content)).toEqual({
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
      const { entries, problems } = await readFileOf(name, rows.join('\n').replaceAll(',', tab).replaceAll('\n', end))
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
    const { entries, problems } = await rowsOf('open.tsv', `apple\t3\n"open\t1\n${others}\n`)
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
    expect((await rowsOf('names.csv', `${names}\napple,3\n`)).entries).toEqual([apple])
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
    await expect(rowsOf(name, `${names}\napple|3\n`)).rejects.toThrow(
      `${name}: ${separator} is not a supported separator: separate the columns by ${accepted}`,
    )
  })

  it.each([
    ['a.csv', 'title,weight,category', 'title, weight, category'],
    ['a.csv', 'Title;"Weight"', 'Title, Weight'],
    [
      'a.csv',
      Array.from({ length: 22 }, (_, at) => `c${at}`)
        .join(',')
        .replace('c1,', 'weight,'),
      `c0, weight, ${Array.from({ length: 18 }, (_, at) => `c${at + 2}`).join(', ')}, …`,
    ],
  ])('must name a column text: %s %s', async (file, header, names) => {
    await expect(rowsOf(file, `${header}\n${header.replaceAll(/\w+/g, '3')}\n`)).rejects.toThrow(
      `${file}: line 1 looks like a header, but has no column "text": rename the column with the texts; its columns are ${names.replaceAll(/[\w.]+/g, '"$&"')}`,
    )
  })

  it('must name text and weight', async () => {
    await expect(rowsOf('a.tsv', 'id\tname\tcontext.brand\n3\t3\t3\n')).rejects.toThrow(
      'a.tsv: line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "id", "name", "context.brand"',
    )
  })

  it.each([
    ['a.csv', 'title,price\napple,3\npear,2.5\n', 1, '"title"', '"price"'],
    ['a.tsv', '\n"SKU"\tQty 2026\n\napple\t3\npear\t2.5\n', 2, '"SKU"', '"Qty 2026"'],
    ['a.csv', '# May\nword,count\napple,3\n# June\nword,count\npear,2.5\n', 2, '"word"', '"count"'],
    ['a.csv', 'word,count\napple,3,\npear,2.5,,\n', 1, '"word"', '"count"'],
    ['a.csv', 'Begriff;Umsatz;\napple;3;\npear;2,5;\n', 1, '"Begriff"', '"Umsatz"'],
    ['a.csv', 'Begriff;Umsatz\napple;3\npear;2,5\n', 1, '"Begriff"', '"Umsatz"'],
    ['a.tsv', 'category\tmany\napple\t3\npear\t2.5\n', 1, '"category"', '"many"'],
  ])('is taken for a header if the second column has weights only below it: %s %j', async (name, content, line, text, weight) => {
    const { entries, problems, hints } = await readFileOf(name, content)
    expect([entries, problems]).toEqual([[apple, pear], []])
    expect(hints).toEqual([
      `line ${line} was taken for a header, with the texts in ${text} and the weights in ${weight}; if this is right, rename these columns to text and weight`,
    ])
  })

  it('is left out if the second line has no weight, either', async () => {
    const { entries, problems, hints } = await readFileOf('a.csv', 'title,price\nfoo,bar\napple,3\n')
    expect([entries, problems.map(({ line }) => line), hints]).toEqual([[apple], [1, 2], []])
    expect((await readFileOf('a.csv', 'title,price\n')).problems).toHaveLength(1)
    expect((await readFileOf('a.csv', 'Fruit,2026 list\ntext,weight\napple,3\n')).entries).toEqual([apple])
  })

  it('is an entry if its second column is a weight, or a bad entry if no column name is known', async () => {
    expect((await rowsOf('a.csv', 'weight,3,category\n')).entries).toEqual([{ text: 'weight', weight: 3 }])
    expect((await rowsOf('c.tsv', 'term\tmany\tred\napple\t3\n')).problems).toHaveLength(1)
  })

  it('must name a weight column', async () => {
    await expect(rowsOf('names.csv', '\ntext,count\napple,3\n')).rejects.toThrow(
      'names.csv: the header on line 2 has no column "weight": rename or add the column with the weights; its columns are "text", "count"',
    )
  })
})

describe('an empty row', () => {
  it.each([
    [',,,\n\ntext,weight,category\napple,3,\n,,\n" ",,\npear,2.5,\n,,\n'],
    [';;\ntext;weight\napple;3\npear;2,5\n;\n;\n'],
  ])('is skipped, even before the names of the columns: %j', async (content) => {
    expect(await rowsOf('empty.csv', content)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
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
      const { problems } = await rowsOf('ambiguous.csv', `${names}bar;${weight}\nbaz; "${weight}"\n`)
      expect(problems[0]).toBe(`2: the weight ${weight} is ambiguous: ${advice}`)
    }
    expect((await rowsOf('alone.csv', `bar;${weight}\n`)).problems).toHaveLength(1)
  })

  it('is read if it is unambiguous and ; separates columns', async () => {
    const weights = ['1,5', '1.5', '1000', '0.125', '0,125', '1000.125', '1.2340', '12,3450', '1e3', '1.000e2']
    const { entries, problems } = await rowsOf('clear.csv', weights.map((weight) => `a;${weight}\n`).join(''))
    expect(problems).toEqual([])
    expect(entries.map(({ weight }) => weight)).toEqual([
      1.5, 1.5, 1000, 0.125, 0.125, 1000.125, 1.234, 12.345, 1000, 100,
    ])
    expect((await rowsOf('blocked.csv', 'text;weight;blocked\na;1.000;true\n')).problems).toEqual([])
  })

  it.each([
    ['a.tsv', 'a\t1.000\nb\t1,5\n'],
    ['a.tsv', 'a\t1,5\nb\t1.000\n'],
    ['a.csv', 'text,weight\na,"1,5"\nb,1.000\n'],
    ['a.json', '[{"text":"a","weight":"1.000"},{"text":"b","weight":"1,5"}]'],
    ['a.jsonl', '{"text":"a","weight":"1,5"}\n{"text":"b","WEIGHT":"1.000"}\n'],
  ])('makes the dots of a whole file ambiguous if semicolons do not separate columns: %s %j', async (name, content) => {
    await expect(rowsOf(name, content)).rejects.toThrow(
      /: the weight 1\.000 is ambiguous, because 1,5 has a decimal comma: write decimals with a dot, and thousands without a separator$/,
    )
  })

  it.each(['1.234.567', '1.234,5'])('shows that the dots of a file may separate thousands: %s', async (weight) => {
    await expect(rowsOf('a.tsv', `a\t1.000\nb\t${weight}\n`)).rejects.toThrow(
      `: the weight 1.000 is ambiguous, because ${weight} has dots between thousands: write decimals with a dot, and thousands without a separator`,
    )
  })

  it('is reported if all dots may separate thousands', async () => {
    const hintsOf = async (name: string, ...weights: string[]) =>
      (await readFileOf(name, weights.map((weight, at) => `a${at},${weight}\n`).join(''))).hints
    expect(await hintsOf('a.csv', '12', '1.234', '999', '50.000')).toEqual([
      'the dot in weights such as 1.234 is read as a decimal mark; if it separates thousands, remove it',
    ])
    for (const other of ['1234', '0.125', '2.5', '.5', '1000.125']) {
      expect(await hintsOf('a.csv', '12', '1.234', '999', other), other).toEqual([])
    }
    expect(await hintsOf('a.csv', '1.234', '50.000')).toEqual([])
    expect(await hintsOf('a.csv', '12', '999')).toEqual([])
    const hintsOfJson = async (...weights: unknown[]) =>
      (await readFileOf('a.json', JSON.stringify(weights.map((weight, at) => ({ text: `a${at}`, weight }))))).hints
    expect(await hintsOfJson('12', '1.234')).toEqual([
      'the dot in weights such as 1.234 is read as a decimal mark; if it separates thousands, remove it',
    ])
    expect(await hintsOfJson('1.234', 12, '999')).toHaveLength(1)
    expect(await hintsOfJson('1.234', { $numberInt: '12' })).toHaveLength(1)
    for (const other of [0.5, 1000, 1.234, { $numberDouble: '0.5' }, { $numberLong: '5000' }]) {
      expect(await hintsOfJson('1.234', '12', other), JSON.stringify(other)).toEqual([])
      expect(await hintsOfJson(other, '1.234', '12'), JSON.stringify(other)).toEqual([])
    }
    // Numbers in JSON always have a decimal dot.
    expect(await hintsOfJson(12, 1.234)).toEqual([])
    expect(await hintsOfJson({ $numberInt: '12' }, { $numberDouble: '1.234' })).toEqual([])
  })

  it('has a decimal dot in a file without decimal commas', async () => {
    const { entries, problems } = await rowsOf('dots.tsv', 'a\t1.000\nb\t2.500\nc\t1,000\n')
    expect(entries.map(({ weight }) => weight)).toEqual([1, 2.5])
    expect(problems).toEqual([
      '3: the weight must be a number that is at least 0, without thousands separators, got "1,000"',
    ])
  })
})

it('searches for a header in linear time', async () => {
  const { problems } = await rowsOf('a.csv', `title,price\nShirt,1${' '.repeat(60_000)}x\n`)
  expect(problems).toHaveLength(2)
}, 10_000)

it('ignores invisible characters around values, except in texts and payloads', async () => {
  for (const mark of ['\u200E', '\u202A \u202C', '\u200B', '\uFEFF']) {
    const around = (value: string) => `${mark}${value}${mark}`
    expect((await rowsOf('a.csv', `apple,${around('3')}\n`)).entries).toEqual([apple])
    expect((await rowsOf('a.csv', `pear;${around('2,5')}\n`)).entries).toEqual([pear])
    const cells = ['apple', '3', 'true', '2026-11-23', 'fruit'].map(around).join(',')
    const rows = `text,weight,pinned,updated,category,payload\n${cells},\u200Ex\u200E\npear,2.5,${mark},${mark},${mark},\n`
    const { entries, problems } = await rowsOf('a.csv', rows)
    const [first, second] = entries
    expect({ ...first, text: first?.text.replaceAll(/[^a-z]/g, '') }).toEqual({
      ...apple,
      pinned: true,
      updated: Date.UTC(2026, 10, 23),
      payload: '\u200Ex\u200E',
      contexts: { category: ['fruit'] },
    })
    expect([second, problems]).toEqual([pear, []])
  }
  expect((await rowsOf('a.csv', 'apple,3\0\npear,2.5\n')).entries).toEqual([apple, pear])
  // Parts of the flag of England are invisible, too.
  const flag = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'
  expect((await rowsOf('a.csv', `text,weight,category\napple,3,${flag}\n`)).entries[0]?.contexts).toEqual({
    category: [flag],
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
    '12,34,567',
    '1’234',
    '1_000',
    '1.234,5',
  ])('is rejected with the rule: %s', async (weight) => {
    const problem = `the weight must be a number that is at least 0, without thousands separators, got "${weight}"`
    expect((await rowsOf('a.tsv', `apple\t${weight}\n`)).problems).toEqual([`1: ${problem}`])
    expect((await rowsOf('a.jsonl', JSON.stringify({ text: 'apple', weight }))).problems).toEqual([`1: ${problem}`])
  })
})
