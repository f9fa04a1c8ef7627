import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apple, pear, rowsOf } from '../testing/dataset-file.ts'
import { forEachEntry, MAX_LINE_LENGTH, readEntries } from './entries.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entries-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('readEntries', () => {
  it('reads TSV with a byte order mark, CRLF, and empty lines', async () => {
    expect(await rowsOf('a.tsv', '\uFEFFapple\t3\r\n\r\npear\t2.5\r\n')).toEqual({
      entries: [apple, pear],
      skipped: 0,
      problems: [],
    })
  })

  it('reads CSV with and without a header, with quotes and columns in any order', async () => {
    expect((await rowsOf('a.csv', 'apple,3\npear,2.5\n')).entries).toEqual([apple, pear])
    expect((await rowsOf('b.csv', 'id,Weight,text\n1,3,apple\n2,2.5,pear\n')).entries).toEqual([apple, pear])
    expect((await rowsOf('c.csv', 'text,weight\n"Seoul, Korea",7\n')).entries).toEqual([
      { text: 'Seoul, Korea', weight: 7 },
    ])
  })

  it('reads JSONL', async () => {
    expect((await rowsOf('a.jsonl', '{"text":"apple","weight":3}\n{"weight":2.5,"text":"pear"}\n')).entries).toEqual([
      apple,
      pear,
    ])
  })

  it('reports bad lines with their numbers and reasons, and continues', async () => {
    const content = 'apple\t3\nno weight\n\t5\nbanana\tmany\nkiwi\t-1\nplum\t1e999\nlime\t0x10\nfig\t2e100\npear\t2.5\n'
    expect(await rowsOf('bad.tsv', content)).toEqual({
      entries: [apple, pear],
      skipped: 7,
      problems: [
        '2: it needs two columns, text<TAB>weight',
        '3: the text is empty',
        '4: the weight must be a number that is at least 0, got "many"',
        '5: the weight must be a number that is at least 0, got "-1"',
        '6: the weight must be at most 1e+100, got "1e999"',
        '7: the weight must be a number that is at least 0, got "0x10"',
        '8: the weight must be at most 1e+100, got "2e100"',
      ],
    })
  })

  it('reports the reasons for bad lines in JSONL and CSV', async () => {
    const jsonl =
      '{"text":"apple","weight":3}\nnonsense\n[1]\n{"text":7,"weight":1}\n{"text":"x"}\n{"text":"y","weight":1e999}\n'
    expect((await rowsOf('bad.jsonl', jsonl)).problems).toEqual([
      '2: it is not valid JSON',
      '3: it is not a JSON object, such as {"text":"apple","weight":3}',
      '4: the text must be a string, got 7',
      '5: the weight must be a number that is at least 0, got nothing',
      '6: the weight must be at most 1e+100, got Infinity',
    ])
    expect((await rowsOf('bad.csv', 'text,weight\napple,3\nlonely\npear,\n')).problems).toEqual([
      '3: the row has 1 cell, the header 2 (the weight must be a number that is at least 0, got nothing)',
      '4: the weight must be a number that is at least 0, got ""',
    ])
  })

  it('says if a bad row has more or fewer cells than the header', async () => {
    const rows = ['New York, USA,5,city,false', 'kiwi,3', 'plum', 'fig,x,,', 'lime,1,fruit,maybe,,', 'nut,1,,no,note']
    const { entries, problems } = await rowsOf('cells.csv', ['text,weight,category,pinned', ...rows].join('\n'))
    expect(entries.map(({ text }) => text)).toEqual(['kiwi', 'nut'])
    expect(problems).toEqual([
      '2: the row has 5 cells, the header 4 (pinned must be true or false, got "city")',
      '4: the row has 1 cell, the header 4 (the weight must be a number that is at least 0, got nothing)',
      '5: the weight must be a number that is at least 0, got "x"',
      '6: pinned must be true or false, got "maybe"',
    ])
    // Spreadsheets write empty cells for columns to the right of the table.
    expect((await rowsOf('empty.csv', 'text,weight,,\nfig,x\n')).problems).toEqual([
      '2: the weight must be a number that is at least 0, got "x"',
    ])
    expect((await rowsOf('plain.csv', 'apple,3\nNew York, USA,5\n')).problems).toEqual([
      '2: the row has 3 cells, expected 2 (the weight must be a number that is at least 0, got " USA")',
    ])
  })

  it('loses only one line to an unclosed quote', async () => {
    const { entries, problems } = await rowsOf('quote.csv', 'text,weight\napple,3\n"bar,6\npear,2.5\n')
    expect(entries).toEqual([apple, pear])
    expect(problems).toEqual(['3: a quoted field is not closed'])
  })

  it('reads line ends of both kinds in one file', async () => {
    expect((await rowsOf('mixed.csv', 'text,weight\r\napple,3\npear,2.5\r\n')).entries).toEqual([apple, pear])
  })

  it('reads all kinds of line ends, even across chunk boundaries', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const count = 100_000
      const lines = Array.from({ length: count }, (_, i) => `가${i}\t${i}`)
      for (const first of ['', 'x', 'xy', 'xyz']) {
        const { entries, problems } = await rowsOf('chunks.tsv', [`${first}a\t1`, ...lines].join(end))
        expect(problems).toEqual([])
        expect(entries).toHaveLength(count + 1)
        expect(entries.at(-1)).toEqual({ text: `가${count - 1}`, weight: count - 1 })
      }
    }
  })

  it('counts a line that is too long as bad, and continues', async () => {
    const long = (length: number) => `${'x'.repeat(length - 2)}\t1`
    const content = `apple\t3\n${long(MAX_LINE_LENGTH)}\n${long(MAX_LINE_LENGTH + 1)}\n${long(3_000_000)}\npear\t2.5\n`
    expect(await rowsOf('long-lines.tsv', content)).toEqual({
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
    const { problems } = await rowsOf('long.tsv', `apple\t${'x'.repeat(5000)}\n`)
    expect((problems[0] as string).length).toBeLessThan(200)
  })

  it('leaves out lines that are not UTF-8', async () => {
    const content = Buffer.concat([Buffer.from('apple\t3\n'), Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('\t1\n')])
    expect(await rowsOf('one-bad-line.tsv', content)).toEqual({
      entries: [apple],
      skipped: 1,
      problems: ['2: the text is not valid UTF-8'],
    })
  })

  it('explains why a file cannot be read', async () => {
    for (const ending of ['tsv', 'csv', 'jsonl']) {
      await expect(readEntries(join(folder, `missing.${ending}`))).rejects.toThrow(/: there is no such file$/)
      await mkdir(join(folder, `folder.${ending}`))
      await expect(readEntries(join(folder, `folder.${ending}`))).rejects.toThrow(/: it is not a regular file$/)
    }
    await expect(readEntries(folder)).rejects.toThrow(/: it is not a regular file$/)
    await expect(readEntries(join(folder, 'missing'))).rejects.toThrow(/: there is no such file$/)
    for (const name of ['words.xlsx', 'words.gz', 'words', 'words.constructor']) {
      await writeFile(join(folder, name), 'apple\t3\n')
      await expect(readEntries(join(folder, name))).rejects.toThrow(
        /: its name must end in \.tsv, \.txt, \.csv, \.jsonl, \.ndjson, or \.json, optionally followed by \.gz$/,
      )
    }
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
    expect(await rowsOf('runs.jsonl', JSON.stringify(row))).toEqual({
      entries: [{ text: 'New York', weight: 1, aliases: ['Big Apple'] }],
      skipped: 0,
      problems: [],
    })
    const cells = `text,weight,aliases\n"${row.text}",1,"${row.aliases[0]}|Gotham"\n`
    expect(await rowsOf('runs.csv', cells)).toEqual({
      entries: [{ text: 'New York', weight: 1, aliases: ['Big Apple', 'Gotham'] }],
      skipped: 0,
      problems: [],
    })
  })

  it('do not include invisible characters, which do not separate words', async () => {
    const { entries } = await rowsOf('joined.jsonl', JSON.stringify({ text: 'a\uFEFFb', weight: 1 }))
    expect(entries).toEqual([{ text: 'a\uFEFFb', weight: 1 }])
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
    expect((await rowsOf('empty.jsonl', JSON.stringify({ text, weight: 1 }))).problems).toEqual([
      '1: the text is empty',
    ])
    expect((await rowsOf('empty.tsv', `apple\t3\n${text}\t1\n`)).entries).toEqual([apple])
  })

  it('may contain invisible characters besides visible ones', async () => {
    expect((await rowsOf('mark.jsonl', JSON.stringify({ text: '\u200Eleftmark', weight: 1 }))).entries).toEqual([
      { text: '\u200Eleftmark', weight: 1 },
    ])
  })
})
