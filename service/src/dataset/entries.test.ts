import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forEachEntry, MAX_LINE_LENGTH, MAX_PROBLEMS, readEntries } from './entries.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entries-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(name: string, content: string | Buffer) {
  const file = join(folder, name)
  await writeFile(file, content)
  const { entries, skipped, problems } = await readEntries(file)
  return { entries, skipped, problems: problems.map(({ line, reason }) => `${line}: ${reason}`) }
}

const apple = { text: 'apple', weight: 3 }
const pear = { text: 'pear', weight: 2.5 }

describe('readEntries', () => {
  it('reads TSV, with a byte order mark, CRLF and empty lines', async () => {
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

  it('counts bad lines with their line and reason, and goes on', async () => {
    const content =
      'apple\t3\nno weight\n\t5\nbanana\tmany\nkiwi\t-1\nplum\t1e999\nlime\t0x10\ntab\u0007\t1\nfig\t2e100\npear\t2.5\n'
    expect(await read('bad.tsv', content)).toEqual({
      entries: [apple, pear],
      skipped: 8,
      problems: [
        '2: it needs two columns, text<TAB>weight',
        '3: the text is empty',
        '4: the weight must be a number of 0 or more, got "many"',
        '5: the weight must be a number of 0 or more, got "-1"',
        '6: the weight must be a number of 0 or more, got "1e999"',
        '7: the weight must be a number of 0 or more, got "0x10"',
        '8: the text holds a control character',
        '9: the weight takes at most 1e+100, got "2e100"',
      ],
    })
  })

  it('names the faults of JSONL and CSV lines', async () => {
    const jsonl =
      '{"text":"apple","weight":3}\nnonsense\n[1]\n{"text":7,"weight":1}\n{"text":"x"}\n{"text":"y","weight":1e999}\n'
    expect((await read('bad.jsonl', jsonl)).problems).toEqual([
      '2: it is not valid JSON',
      '3: it is not a JSON object',
      '4: the text must be a string, got 7',
      '5: the weight must be a number of 0 or more, got nothing',
      '6: the weight must be a number of 0 or more, got Infinity',
    ])
    expect((await read('bad.csv', 'text,weight\napple,3\nlonely\npear,\n')).problems).toEqual([
      '3: the weight must be a number of 0 or more, got nothing',
      '4: the weight must be a number of 0 or more, got ""',
    ])
  })

  it('loses one line to a quote that is not closed, and not the rest of the file', async () => {
    const { entries, problems } = await read('quote.csv', 'text,weight\napple,3\n"bar,6\npear,2.5\n')
    expect(entries).toEqual([apple, pear])
    expect(problems).toEqual(['3: it is not valid CSV: a quote is not closed, or stands where none may'])
  })

  it('reads line ends of both kinds in one file', async () => {
    expect((await read('mixed.csv', 'text,weight\r\napple,3\npear,2.5\r\n')).entries).toEqual([apple, pear])
  })

  it('reads line ends of every kind, also where one chunk of the file ends and the next begins', async () => {
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

  it('counts a line that is too long as a bad one, and goes on', async () => {
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

  it('tells how far it is, and stops when it is told to', async () => {
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
  })

  it('does not echo a whole long value', async () => {
    const { problems } = await read('long.tsv', `apple\t${'x'.repeat(5000)}\n`)
    expect((problems[0] as string).length).toBeLessThan(120)
  })

  it('leaves out what is not UTF-8', async () => {
    const content = Buffer.concat([Buffer.from('apple\t3\n'), Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('\t1\n')])
    expect(await read('latin.tsv', content)).toEqual({
      entries: [apple],
      skipped: 1,
      problems: ['2: the text is not valid UTF-8'],
    })
  })

  it('keeps only the first problems, and counts all', async () => {
    const { skipped, problems } = await read('many.tsv', 'x\n'.repeat(MAX_PROBLEMS + 5))
    expect([skipped, problems.length]).toEqual([MAX_PROBLEMS + 5, MAX_PROBLEMS])
  })

  it('says why a file cannot be read', async () => {
    for (const ending of ['tsv', 'csv', 'jsonl']) {
      await expect(readEntries(join(folder, `missing.${ending}`))).rejects.toThrow(/: there is no such file$/)
      await mkdir(join(folder, `folder.${ending}`))
      await expect(readEntries(join(folder, `folder.${ending}`))).rejects.toThrow(/: it is not a regular file$/)
    }
    await expect(readEntries(join(folder, 'words.xlsx'))).rejects.toThrow(/must end in \.tsv, \.txt, \.csv, \.jsonl/)
    await expect(readEntries(`${folder}/`)).rejects.toThrow(/must end in/)
  })
})
