import { describe, expect, it } from 'vitest'
import { type DatasetMeta, FORMAT, parseMeta } from './dataset-meta.ts'
import { DEFAULT_MATCH_SETTINGS } from './match-settings.ts'

const meta: DatasetMeta = {
  format: FORMAT,
  version: '0123456789abcdef',
  entries: 3,
  blockEntries: 16,
  indexParts: 1,
  indexBytes: 100,
  meanScore: 1.5,
  match: DEFAULT_MATCH_SETTINGS,
}
const INVALID = 'the metadata of the dataset is invalid: build the dataset again with npm run dataset'

describe('parseMeta', () => {
  it('reads the meta that the builder writes', () => {
    expect(parseMeta(JSON.stringify(meta))).toEqual(meta)
    expect(parseMeta(JSON.stringify({ ...meta, meanScore: 0 }))).toEqual({ ...meta, meanScore: 0 })
  })

  it('rejects a dataset of another format and says to build it again', () => {
    const error = (format: string) =>
      new Error(`the dataset has ${format}, expected format 10: build it again with npm run dataset`)
    expect(() => parseMeta('{"format":3,"version":"0123456789abcdef"}')).toThrow(error('format 3'))
    expect(() => parseMeta(JSON.stringify({ ...meta, format: FORMAT + 1 }))).toThrow(error(`format ${FORMAT + 1}`))
    expect(() => parseMeta('{}')).toThrow(error('no format'))
    expect(() => parseMeta('{"format":{"a":"\\n"}}')).toThrow(error('no format'))
  })

  it.each([
    '',
    '{',
    'nothing\nat all',
    'null',
    '4',
    '"4"',
    ...['entries', 'blockEntries', 'indexParts', 'indexBytes'].flatMap((name) =>
      [0, -1, 1.5, 1e300, '3', null, undefined].map((value) => JSON.stringify({ ...meta, [name]: value })),
    ),
    ...['3', null, undefined].map((meanScore) => JSON.stringify({ ...meta, meanScore })),
    ...[
      undefined,
      null,
      'first',
      {},
      { ...DEFAULT_MATCH_SETTINGS, infix: 'on' },
      { ...DEFAULT_MATCH_SETTINGS, correct: 'all' },
      { ...DEFAULT_MATCH_SETTINGS, exact: undefined },
    ].map((match) => JSON.stringify({ ...meta, match })),
  ])('rejects %j', (json) => {
    expect(() => parseMeta(json)).toThrow(new Error(INVALID))
  })

  it.each([undefined, '', 'a b', 'x\r\nSet-Cookie: a', 'a'.repeat(65), 7, ['a']])('rejects version %j', (version) => {
    expect(() => parseMeta(JSON.stringify({ ...meta, version }))).toThrow(
      'the version of the dataset must be 1 to 64 letters',
    )
  })
})
