/** Whatever bytes a dataset file contains, reading it yields valid entries and problems, or throws a DatasetError. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exceedsCodePoints } from '../text/strings.ts'
import { buildDataset } from './build.ts'
import {
  DatasetError,
  type Entry,
  forEachEntry,
  MAX_LINE_LENGTH,
  MAX_TEXT_LENGTH,
  MAX_WEIGHT,
  type Problem,
} from './entries.ts'
import { MAX_ALIASES, MAX_CONTEXT_VALUES, MAX_CONTEXTS, MAX_PAYLOAD_BYTES } from './entry-details.ts'
import { CHUNK_BYTES } from './input/bytes.ts'
import { MAX_REASONS } from './left-out.ts'
import { shorten } from './shorten.ts'

const INHERITED = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']
const ENDINGS = ['tsv', 'csv', 'jsonl', 'json']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fuzz-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Read {
  entries: Entry[]
  lines: number[]
  problems: Problem[]
}

/** Reads a file with the given content. Resolves with undefined if reading it throws a DatasetError. */
async function read(content: string | Uint8Array, ending: string): Promise<Read | undefined> {
  const file = join(folder, `file.${ending}`)
  await writeFile(file, content)
  const read: Read = { entries: [], lines: [], problems: [] }
  try {
    const { skipped, messages } = await forEachEntry(
      file,
      (entry, line) => {
        read.entries.push(entry)
        read.lines.push(line)
      },
      { onProblem: (problem) => read.problems.push(problem) },
    )
    expect(skipped).toBe(read.problems.length)
    expect(messages.length).toBeLessThanOrEqual(Math.min(skipped, MAX_REASONS + 1))
    for (const message of messages) expect(message).not.toMatch(/[\r\n]/)
  } catch (error) {
    expect(error).toBeInstanceOf(DatasetError)
    expect((error as Error).message).not.toMatch(/call stack|undefined|[\r\n]/)
    return undefined
  }
  for (const entry of read.entries) expectInBounds(entry)
  for (const { reason } of read.problems) {
    expect(reason.length).toBeLessThan(200)
    expect(reason).not.toMatch(/[\r\n]/)
  }
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  return read
}

function expectInBounds({ text, weight, payload, aliases = [], contexts = {} }: Entry): void {
  for (const name of [text, ...aliases]) {
    expect(name.trim()).not.toBe('')
    expect(name).not.toMatch(/\p{Cc}| {2}/u)
    expect(name.isWellFormed() && !exceedsCodePoints(name.normalize('NFC'), MAX_TEXT_LENGTH)).toBe(true)
  }
  expect(weight >= 0 && weight <= MAX_WEIGHT).toBe(true)
  if (payload !== undefined) expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
  expect(aliases.length).toBeLessThanOrEqual(MAX_ALIASES)
  expect(Object.keys(contexts).length).toBeLessThanOrEqual(MAX_CONTEXTS)
  for (const [name, values] of Object.entries(contexts)) {
    expect(name).toMatch(/^[a-z][a-z0-9_-]*$/)
    expect(values.length).toBeLessThanOrEqual(MAX_CONTEXT_VALUES)
    for (const value of values) expect(value).not.toMatch(/\p{Cc}/u)
  }
}

const NAMES = [
  'text',
  'weight',
  'payload',
  'aliases',
  'category',
  'context.a',
  'contexts',
  'pinned',
  'blocked',
  'updated',
]
const cell = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    '1',
    'true',
    '1e999',
    '-1',
    'a|b',
    '"',
    '""',
    '"a',
    'a"',
    '"a"b',
    '\n',
    '1,5',
    'é',
    '{"__proto__":{"polluted":1}}',
    '2026-02-31',
    '0x10',
    '\ufeff',
    '\u0000',
  ),
)
const name = fc.constantFrom(...NAMES, ...INHERITED, ...INHERITED.map((of) => `context.${of}`), ' Text ')
const table = fc
  .array(fc.array(fc.oneof({ weight: 3, arbitrary: cell }, name), { maxLength: 8 }), { maxLength: 12 })
  .chain((rows) =>
    fc
      .tuple(fc.constantFrom('\t', ',', ';'), fc.constantFrom('\n', '\r\n', '\r', '\n\n'))
      .map(([tab, end]) => rows.map((cells) => cells.join(tab)).join(end)),
  )
const json = fc.jsonValue({ stringUnit: 'binary' })
const object = fc
  .array(
    fc.tuple(
      name,
      fc.oneof(json, cell, fc.array(cell), fc.dictionary(fc.constantFrom('a', ...INHERITED), fc.array(cell))),
    ),
    {
      maxLength: 8,
    },
  )
  .map((fields) => `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`)
const jsonl = fc
  .array(
    fc.oneof(
      object,
      json.map((value) => JSON.stringify(value)),
      cell,
    ),
    { maxLength: 12 },
  )
  .map((lines) => lines.join('\n'))

describe.each(ENDINGS)('a file that ends in .%s', (ending) => {
  it('gives valid entries or problems, for any bytes and for content that resembles a dataset', async () => {
    const content = fc.oneof(fc.uint8Array({ maxLength: 300 }), table, jsonl)
    await fc.assert(
      fc.asyncProperty(content, async (raw) => {
        const found = await read(raw, ending)
        if (!found || found.entries.every(({ blocked }) => blocked)) return
        // A dataset can be built from the entries, unless all of them are blocked.
        let dataset: ReturnType<typeof buildDataset>
        try {
          dataset = buildDataset(found.entries)
        } catch (error) {
          expect((error as Error).message).toBe('the dataset contains no valid entries')
          return
        }
        for (const [key] of dataset.keys()) expect(key.startsWith('autocomplete:')).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('gives the same entries regardless of chunk boundaries', async () => {
    // Chunk boundaries split multi-byte characters and CRLF line endings.
    const end = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -8, max: 8 }),
        end,
        fc.constantFrom('é', '가', '😀'),
        async (off, lineEnd, letter) => {
          const line = (text: string) =>
            ending.startsWith('json') ? JSON.stringify({ text, weight: 1 }) : `${text}${ending === 'csv' ? ',' : '\t'}1`
          const texts = ['first', letter.repeat(9), `${letter}b`, `${letter}c`, 'last']
          const tail = texts.map(line).join(lineEnd)
          // A line of spaces counts as empty.
          const before = CHUNK_BYTES - Math.floor(Buffer.byteLength(tail) / 2) + off
          const found = await read(
            `${`${' '.repeat(1000)}\n`.repeat(before / 1001)}${' '.repeat(before % 1001)}${lineEnd}${tail}`,
            ending,
          )
          expect(found?.entries.map(({ text }) => text)).toEqual(texts)
          expect(found?.problems).toEqual([])
          const [first = 0] = found?.lines ?? []
          expect(found?.lines).toEqual(texts.map((_, at) => first + at))
        },
      ),
      { numRuns: 40 },
    )
  })

  it('with an endless line takes bounded memory', async () => {
    const found = await read(Buffer.alloc(20 * MAX_LINE_LENGTH, 'a'), ending)
    expect(found?.problems).toEqual([
      expect.objectContaining({ line: 1, reason: expect.stringContaining('longer than') }),
    ])
  })
})

describe('a line with deep nesting', () => {
  const deep = (room: number) => `${'['.repeat(room / 2)}${']'.repeat(room / 2)}`
  it.each([...NAMES, 'unknown'])('in %s is at most one bad line', async (field) => {
    const line = (of: string) => `{"text":"apple","weight":1,"${field}":${of}}`
    const found = await read(`${line(deep(60_000))}\n{"text":"banana","weight":1}\n`, 'jsonl')
    expect(found?.entries.map(({ text }) => text)).toEqual(field === 'unknown' ? ['apple', 'banana'] : ['banana'])
  })

  it.each([...NAMES, 'unknown'])('of extended JSON in %s is at most one bad line', async (field) => {
    const nested = `${'{"$oid":'.repeat(7_000)}{}${'}'.repeat(7_000)}`
    const found = await read(
      `{"text":"apple","weight":1,"${field}":${nested}}\n{"text":"banana","weight":1}\n`,
      'jsonl',
    )
    expect(found?.entries.map(({ text }) => text)).toEqual(
      field === 'unknown' || field === 'contexts' ? ['apple', 'banana'] : ['banana'],
    )
  })

  it('in a column of payloads is one bad line', async () => {
    const found = await read(`text\tweight\tpayload\napple\t1\t${deep(60_000)}\nbanana\t1\t[1]\n`, 'tsv')
    expect(found?.entries).toEqual([{ text: 'banana', weight: 1, payload: [1] }])
    expect(found?.problems[0]?.reason).toBe('the payload is nested too deeply')
  })
})

it('messages show any value, and truncate long ones', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(shorten(value).length).toBeLessThanOrEqual(41)
      expect(shorten(value).isWellFormed()).toBe(true)
    }),
  )
})

describe('a context named like an inherited property', () => {
  const LETTERS = INHERITED.filter((of) => /^[a-z]+$/.test(of))
  it.each(LETTERS)('%s works like any other name', async (of) => {
    const found = await read(`{"text":"apple","weight":1,"contexts":{"${of}":["x"]}}\ntext`, 'jsonl')
    expect(found?.entries).toEqual([{ text: 'apple', weight: 1, contexts: { [of]: ['x'] } }])
  })

  it.each(['__proto__', 'hasOwnProperty', 'toString'])('%s is rejected', async (of) => {
    const found = await read(`{"text":"apple","weight":1,"contexts":{"${of}":["x"]}}`, 'jsonl')
    expect(found?.problems[0]?.reason).toContain(`the name of a context may contain only lower-case letters`)
  })
})
