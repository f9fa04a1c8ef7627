import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEntries } from './entries.ts'
import { MAX_ALIASES, MAX_CONTEXT_VALUES, MAX_PAYLOAD_BYTES } from './entry-details.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entries-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function read(name: string, content: string) {
  const file = join(folder, name)
  await writeFile(file, content)
  return readEntries(file)
}

const FULL = {
  text: 'apple',
  weight: 3,
  payload: { sku: 7 },
  aliases: ['pomme', 'Apfel'],
  contexts: { category: ['fruit', 'food'], season: ['autumn'] },
  pinned: true,
  updated: Date.UTC(2026, 10, 23),
}

describe('what a line says of its entry', () => {
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
  ])('is the same in every format: %s', async (name, content) => {
    expect(await read(name, content)).toEqual({
      entries: [FULL, { text: 'pear', weight: 1 }],
      skipped: 0,
      problems: [],
      unknownColumns: [],
      hasUnnamedColumns: false,
    })
  })

  it('what is no JSON in a column is a text', async () => {
    const { entries } = await read('a.csv', 'text,weight,payload\napple,1,see below\npear,1,12\n')
    expect(entries.map(({ payload }) => payload)).toEqual(['see below', 12])
  })

  it.each([
    '12345678901234567890',
    '1e5',
    'true',
    'null',
    '{"a":1}',
    '',
    ' x ',
  ])('a text in JSON is given back as it is: %j', async (payload) => {
    const { entries } = await read('a.jsonl', JSON.stringify({ text: 'apple', weight: 1, payload }))
    expect(entries).toEqual([{ text: 'apple', weight: 1, payload }])
  })

  it('what is blocked needs no weight', async () => {
    const { entries } = await read('a.csv', 'text,weight,blocked\napple,,true\n')
    expect(entries).toEqual([{ text: 'apple', weight: 0, blocked: true }])
  })

  it.each([
    ['a.csv', 'text,blocked\nfoo,true\nbar,1\nbaz,false\n'],
    ['a.tsv', 'blocked\ttext\nyes\tfoo\n1\tbar\n0\tbaz\n'],
  ])('nor a column of weights: %s', async (name, content) => {
    const { entries, problems } = await read(name, content)
    expect(entries).toEqual(['foo', 'bar'].map((text) => ({ text, weight: 0, blocked: true })))
    expect(problems.map(({ line }) => line)).toEqual([4])
  })

  it('a column whose name is misspelt is no weight', async () => {
    const { entries, skipped, unknownColumns } = await read('a.csv', 'text,blockd\nfoo,true\nbar,1\n')
    expect([entries, skipped, unknownColumns]).toEqual([[], 2, ['blockd']])
  })

  it('the first line is an entry where it can be one', async () => {
    const { entries } = await read('a.csv', 'text,5\nfoo,3\n')
    expect(entries).toEqual([
      { text: 'text', weight: 5 },
      { text: 'foo', weight: 3 },
    ])
  })

  it.each([
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2026-11-23T12:00', Date.UTC(2026, 10, 23, 12)],
    ['2026-11-23T12:00:30.5', Date.UTC(2026, 10, 23, 12, 0, 30, 500)],
    ['2026-11-23T12:00+09:00', Date.UTC(2026, 10, 23, 3)],
    ['2026-11-23T12:00-0330', Date.UTC(2026, 10, 23, 15, 30)],
  ])('a date without a time zone is in UTC, wherever it is read: %s', async (updated, time) => {
    const zone = process.env.TZ
    process.env.TZ = 'Asia/Seoul'
    try {
      const { entries } = await read('a.jsonl', JSON.stringify({ text: 'apple', weight: 1, updated }))
      expect(entries).toEqual([{ text: 'apple', weight: 1, updated: time }])
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })

  it.each([
    [{ pinned: 'maybe' }, 'pinned takes true or false, got "maybe"'],
    [{ blocked: 2 }, 'blocked takes true or false, got 2'],
    [{ updated: 'yesterday' }, 'updated takes a date such as 2026-11-23, got "yesterday"'],
    [{ updated: 1e300 }, 'updated takes a date'],
    [{ updated: '2026-13-45' }, 'updated takes a date'],
    [{ updated: '2026-02-31' }, 'updated takes a date'],
    [{ updated: '2026-02-29T12:00Z' }, 'updated takes a date'],
    [{ aliases: Array(MAX_ALIASES + 1).fill('a') }, `aliases takes at most ${MAX_ALIASES} texts`],
    [{ aliases: [1] }, 'aliases takes at most'],
    [{ aliases: ['a\u0007b'] }, 'an alias is wrong: the text holds a control character'],
    [{ payload: 'x'.repeat(MAX_PAYLOAD_BYTES) }, `the payload takes at most ${MAX_PAYLOAD_BYTES} bytes of JSON`],
    [{ contexts: { Category: 'a' } }, 'a context is named with lower-case letters, digits, - and _, got "Category"'],
    [{ contexts: 'fruit' }, 'contexts takes an object, such as {"category":["fruit"]}'],
    [{ category: { a: 1 } }, 'the context category takes'],
    [{ category: ['a\u0004b'] }, 'the context category takes'],
    [{ category: Array.from({ length: MAX_CONTEXT_VALUES + 1 }, (_, at) => `c${at}`) }, 'the context category takes'],
  ])('and when it is wrong the line is left out: %j', async (wrong, reason) => {
    const { entries, problems } = await read('a.jsonl', JSON.stringify({ text: 'apple', weight: 1, ...wrong }))
    expect(entries).toEqual([])
    expect(problems).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })])
  })

  it('cannot reach a prototype', async () => {
    const line = '{"text":"a","weight":1,"__proto__":{"x":1},"contexts":{"__proto__":["x"],"constructor":["y"]}}'
    const { entries, skipped, unknownColumns } = await read('a.jsonl', line)
    expect([entries.length, skipped, unknownColumns]).toEqual([0, 1, ['__proto__']])
    expect(({} as { x?: number }).x).toBeUndefined()
  })

  it('names the columns that mean nothing, and refuses those that are named twice', async () => {
    expect((await read('a.csv', 'text,weight,colour,size\na,1,red,\n')).unknownColumns).toEqual(['colour', 'size'])
    await expect(read('b.csv', 'text,weight,payload,payload\na,1,b,c\n')).rejects.toThrow(
      'names the column payload twice',
    )
  })

  it.each([
    ['a.csv', 'a,1,red\nb,2\n', true],
    ['a.tsv', 'a\t1\tred\nb\t2\n', true],
    ['b.csv', 'text,weight\na,1,red\n', true],
    ['c.csv', 'a,1,,\nb,2\n', false],
    ['b.tsv', 'text\tweight\na\t1\t\n', false],
  ])('tells of columns that no name is given for: %s', async (name, content, expected) => {
    const { hasUnnamedColumns, skipped } = await read(name, content)
    expect([hasUnnamedColumns, skipped]).toEqual([expected, 0])
  })

  it('whatever it is, a line is taken or told', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 8 }),
        fc.constantFrom('payload', 'aliases', 'updated', 'contexts', 'category'),
        async (values, name) => {
          const lines = values.map((value) => JSON.stringify({ text: 'a', weight: 1, [name]: value }))
          const { entries, skipped } = await read('a.jsonl', lines.join('\n'))
          expect(entries.length + skipped).toBe(values.length)
        },
      ),
      { numRuns: 50 },
    )
  })
})
