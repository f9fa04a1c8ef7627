import { describe, expect, it } from 'vitest'
import { readFileOf } from '../testing/dataset-file.ts'
import { MAX_REASONS } from './left-out.ts'

/** Reads a file, and returns the messages and the warning, without the folder of the file. */
async function read(name: string, content: string) {
  const { messages, warning, skipped } = await readFileOf(name, content)
  const short = (message: string) => message.replace(/^\/.*\//, '')
  return { messages: messages.map(short), warning: warning === undefined ? undefined : short(warning), skipped }
}

const times = (count: number, row: (at: number) => string) => Array.from({ length: count }, (_, at) => row(at)).join('')

describe('rows that are left out', () => {
  it('for one reason are described in one line, with the first places', async () => {
    const content = `text,weight\napple,3\n${times(1500, () => ',9\n')}fig,x\n`
    expect(await read('a.csv', content)).toMatchObject({
      messages: [
        'a.csv: 1,500 rows left out: the text is empty (lines 3, 4, 5, …)',
        'a.csv:1503: left out: the weight must be a number that is at least 0, got "x"',
      ],
      skipped: 1501,
    })
    const { messages } = await read('a.csv', 'text,weight\n,9\napple,3\n,9\n')
    expect(messages).toEqual(['a.csv: 2 rows left out: the text is empty (lines 2, 4)'])
  })

  it('because of a missing text are one line, even if their other fields differ', async () => {
    const content = `{"id":1,"title":"a"}\n{"text":"apple","weight":3}\n{"id":2,"title":"b","price":1}\n`
    expect((await read('a.jsonl', content)).messages).toEqual([
      'a.jsonl: 2 rows left out: it has no field "text"; its fields are "id", "title" (lines 1, 3)',
    ])
  })

  it.each([
    [
      'a.tsv',
      'apple\t3\na\tb\nc\td\ne\tf\nf\tg\n',
      'the weight must be a number that is at least 0, got values such as "b" (lines 2, 3, 4, …)',
    ],
    [
      'a.csv',
      'text;weight;x\napple;3;1\na;1.000;1\nb;2,500;1\n',
      'the weight 1.000 is ambiguous: write 1000 or 1 (lines 3, 4)',
    ],
    [
      'a.jsonl',
      '{"text":"a","weight":"x"}\n{"text":"apple","weight":3}\n{"text":"b","weight":{"c":1}}\n',
      'the weight must be a number that is at least 0, got values such as "x" (lines 1, 3)',
    ],
    [
      'a.json',
      '[{"text":"a","weight":1,"aliases":[1]},{"text":"apple","weight":3},{"text":"b","weight":1,"aliases":[null]}]',
      'aliases must be strings, got values such as 1 (elements 1, 3)',
    ],
    [
      'a.json',
      '[{"id1":{"text":"a"}},{"text":"apple","weight":3},{"id2":{"text":"b"}}]',
      'it has no field "text", but its field "id1" is an object that has one: write only these objects to the file (elements 1, 3)',
    ],
    [
      'a.jsonl',
      '{"a":[{"text":"a"}]}\n{"text":"apple","weight":3}\n{"b":[{"text":"a"}]}\n',
      'it is not an entry, but has an array "a": if this array contains the entries, the file must contain only this array (lines 1, 3)',
    ],
  ])('for reasons that differ only in values are described in one line: %s', async (name, content, reason) => {
    const { messages, skipped } = await read(name, content)
    expect(messages).toEqual([`${name}: ${skipped} rows left out: ${reason}`])
  })

  it('because of a missing text are grouped by what to do', async () => {
    const { messages } = await read('a.jsonl', '{}\n{"text":"apple","weight":3}\n{"a":{"text":"b"}}\n')
    expect(messages).toHaveLength(2)
  })

  it('of an array have the numbers of their elements', async () => {
    const rows = ['{"id":1}', '{"text":"apple","weight":3}', '{"id":2}', '{"text":"","weight":3}']
    expect((await read('a.json', `[${rows.join(',')}]`)).messages).toEqual([
      'a.json: 2 rows left out: it has no field "text"; its fields are "id" (elements 1, 3)',
      'a.json:1: left out: element 4: the text is empty',
    ])
  })

  it('for many different reasons are counted together after the first ones', async () => {
    const { messages, skipped } = await read(
      'a.tsv',
      `apple\t3\n${times(MAX_REASONS + 5, (at) => `a\tb${'\tc'.repeat(at)}\n`)}`,
    )
    expect(skipped).toBe(MAX_REASONS + 5)
    expect(messages).toHaveLength(MAX_REASONS + 1)
    expect(messages.at(-1)).toBe('… and 5 more bad lines')
  })
})

describe('the warning', () => {
  it('says that most rows are left out, and why most often', async () => {
    const bad = `${times(500, (at) => `a\t${at + 1},000\n`)}${times(245, () => 'b\t-\n')}`
    expect((await read('a.tsv', `${times(466, (at) => `c${at}\t1\n`)}${bad}`)).warning).toBe(
      'a.tsv: left out 745 of 1,211 rows (62%); most frequent reason (500 rows): ' +
        'the weight must be a number that is at least 0, without thousands separators',
    )
  })

  it.each([
    ['apple\t3\n', undefined],
    ['apple\t3\nx\n', undefined],
    ['apple\t3\nx\ny\n', '(67%)'],
    ['x\n', '(100%)'],
    [`apple\t3\n${times(1000, () => 'x\n')}`, '(99%)'],
  ])('depends on the share of these rows: %j', async (content, percent) => {
    const { warning } = await read('a.tsv', content)
    expect(/\(\d+%\)/.exec(warning ?? '')?.[0]).toBe(percent)
  })
})
