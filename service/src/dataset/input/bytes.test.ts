import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apple, pear, rowsOf } from '../../testing/dataset-file.ts'
import { forEachEntry } from '../entries.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entries-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a compressed file', () => {
  it.each([
    ['a.tsv.gz', 'apple\t3\npear\t2.5\n'],
    ['a.TXT.GZ', 'apple\t3\npear\t2.5\n'],
    ['a.csv.gz', 'text;weight\napple;3\npear;2,5\n'],
    ['a.jsonl.gz', '{"text":"apple","weight":3}\n{"text":"pear","weight":2.5}\n'],
    ['a.json.gz', '[{"text":"apple","weight":3},{"text":"pear","weight":2.5}]'],
    ['unsaid.tsv', 'apple\t3\npear\t2.5\n'],
  ])('is unpacked: %s', async (name, content) => {
    expect((await rowsOf(name, gzipSync(content))).entries).toEqual([apple, pear])
  })

  it('may be uncompressed despite its name, consist of several members, or be in UTF-16', async () => {
    expect((await rowsOf('plain.tsv.gz', 'apple\t3\n')).entries).toEqual([apple])
    const parts = Buffer.concat([gzipSync('apple\t3\npea'), gzipSync('r\t2.5\n')])
    expect((await rowsOf('parts.tsv.gz', parts)).entries).toEqual([apple, pear])
    expect((await rowsOf('wide.tsv.gz', gzipSync(Buffer.from('apple\t3\n', 'utf16le')))).entries).toEqual([apple])
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
    await expect(rowsOf('cut.tsv.gz', packed.subarray(0, -12))).rejects.toThrow(
      /cut\.tsv\.gz: its gzip data is damaged or truncated \(unexpected end of file\)$/,
    )
    packed[20] = 255
    await expect(rowsOf('damaged.tsv.gz', packed)).rejects.toThrow(/: its gzip data is damaged or truncated/)
  })

  it.each([
    ['504b0506', 'it is an empty ZIP archive'],
    ['04224d18', 'it is compressed with lz4: unpack it, or use gzip'],
    ['377abcaf271c', 'it is a 7z archive: unpack it'],
    ['5041523115', 'it is a Parquet file: save it as CSV or JSON lines'],
    ['4f626a01', 'it is an Avro file: save it as CSV or JSON lines'],
    ['4f52430a', 'it is an ORC file: save it as CSV or JSON lines'],
    ['4152524f57310000', 'it is an Arrow file: save it as CSV or JSON lines'],
    ['4645413100000000', 'it is an Arrow file: save it as CSV or JSON lines'],
    ['ffffffff78010000', 'it is an Arrow stream: save it as CSV or JSON lines'],
    ['894844460d0a1a0a', 'it is an HDF5 file: save it as CSV or JSON lines'],
    ['934e554d5059', 'it is a NumPy array: save it as CSV or JSON lines'],
    ['80049515', 'it is a Python pickle: save it as CSV or JSON lines'],
    ['580a00000003', 'it is an R data file: save it as CSV or JSON lines'],
    ['524458330a580a00000003', 'it is an R data file: save it as CSV or JSON lines'],
    ['2a000000075f6964006a', 'it is a BSON dump: export the collection with mongoexport'],
    [Buffer.from('PGDMP\u0001').toString('hex'), 'it is a PostgreSQL archive: export the table as CSV'],
    ['526172211a0701', 'it is a RAR archive: unpack it'],
    [Buffer.from('SQLite format 3\0').toString('hex'), 'it is an SQLite database: export the table as CSV'],
    [Buffer.from('REDIS0011').toString('hex'), 'it is a Redis database file: pass the files that it was built from'],
    [Buffer.from('\n<!DOCTYPE html>').toString('hex'), 'it is a web page: download the data itself'],
    [Buffer.from('<html lang="en">\n<head>').toString('hex'), 'it is a web page: download the data itself'],
    [Buffer.from('\uFEFF<?xml version="1.0"?>').toString('hex'), 'it is an XML file: save the data as CSV'],
    [Buffer.from('<products lang="en">\n  <product>').toString('hex'), 'it is an XML file: save the data as CSV'],
    ...[
      '┌───────┬────────┐\n',
      '┏━━━━━━━┳━━━━━━━━┓\n',
      '╭───────┬────────╮\n',
      '╔═══════╦════════╗\n',
      '+-------+--------+\n',
      '*************************** 1. row ***************************\n',
      '-[ RECORD 1 ]-\n',
      'Row 1:\n──────\n',
    ].map((start) => [
      Buffer.from(start).toString('hex'),
      'it is a table for reading in a terminal: export the table as CSV',
    ]),
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
    await expect(rowsOf('other.csv', bytes)).rejects.toThrow(`other.csv: ${reason}`)
    await expect(rowsOf('packed.csv.gz', gzipSync(bytes))).rejects.toThrow(`packed.csv.gz: ${reason}`)
    await expect(rowsOf('other.xyz', bytes)).rejects.toThrow(`other.xyz: ${reason}`)
  })

  it('is not mistaken for another format', async () => {
    for (const text of [
      'PAR1',
      'Obj',
      '<html>',
      '<b>a</b> <i>b</i>',
      '+--',
      '┌',
      'REDIS',
      'BZh',
      '7z',
      'version',
      'ORC',
      'ARROW1',
      'X',
      'RDX3',
      'PGDMP',
    ]) {
      expect((await rowsOf('names.tsv', `${text}\t3\n`)).entries).toEqual([{ text, weight: 3 }])
    }
  })

  it('that is compressed twice is rejected', async () => {
    const twice = gzipSync(gzipSync('apple\t3\n'))
    await expect(rowsOf('twice.tsv.gz', twice)).rejects.toThrow('it is compressed with gzip twice: decompress it once')
  })
})
