import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { link, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DATASET_CLI as CLI, ended, runDataset } from '../testing/dataset-cli.ts'
import { buildDataset } from './build.ts'
import { demoEntries } from './demo.ts'

const DEMO_ENTRIES = 100_506
const DOCKERFILE = fileURLToPath(new URL('../../redis-with-data/Dockerfile', import.meta.url))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dataset-'))
})
afterEach(() => rm(folder, { recursive: true }))

const dataset = (...args: string[]) => runDataset(folder, ...args)

describe('the dataset builder', () => {
  it('builds from several files and reports lines that it left out', async () => {
    await writeFile(join(folder, 'a.tsv'), 'apple\t3\noops\n')
    await writeFile(join(folder, 'b.jsonl'), '{"text":"Apple","weight":1}\n{"text":"pear","weight":2}\n')
    const { code, stdout, stderr } = await dataset('--out', 'dump.rdb', '--json', 'a.tsv', 'b.jsonl')
    expect(stderr).toBe('a.tsv:2: left out: it needs two columns, text<TAB>weight\n')
    expect(JSON.parse(stdout)).toMatchObject({ file: 'dump.rdb', entries: 2, duplicates: 1, skipped: 1 })
    expect(code).toBe(0)
  })

  it('reads exports of other tools as the documentation describes', async () => {
    const page = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
    const command = /^sed .* Queries\.csv > queries\.csv$/m.exec(page)?.[0] as string
    await writeFile(
      join(folder, 'Queries.csv'),
      'Top queries,Clicks,Impressions,CTR,Position\nred shoes,15,3000,0.5%,7.31\n',
    )
    await writeFile(
      join(folder, 'products.csv'),
      'Handle,text,context.vendor,Option1 Value,weight\nred-hat,Red Hat,Acme,S,12\nred-hat,,,M,3\n',
    )
    execFileSync('sh', ['-c', command], { cwd: folder })
    const { stdout, stderr } = await dataset('--out', 'dump.rdb', '--json', 'queries.csv', 'products.csv')
    expect(JSON.parse(stdout)).toMatchObject({ entries: 2, skipped: 1 })
    expect(stderr).toContain('products.csv:3: left out: the text is empty\n')
  })

  it('prints no control characters from files and their names', async () => {
    const name = 'red\u001b[31m.csv'
    await writeFile(join(folder, name), 'text,weight,\u009b31m\na,1,x\nb,\u009b2J\n')
    const { stderr } = await dataset('--out', 'dump.rdb', name)
    expect(stderr).toContain('red\\u001b[31m.csv: unknown column "\\u009b31m" ignored\n')
    expect(stderr).toContain('got "\\u009b2J")\n')
    expect(stderr).toMatch(/^[^\p{Cc}]+(?:\n[^\p{Cc}]+)*\n$/u)
  })

  it('counts in the singular and the plural', async () => {
    // Each row has a different number of cells. Each is therefore left out for a different reason, and gets its own
    // line.
    const rows = (count: number) => Array.from({ length: count }, (_, at) => `a\tb${'\tc'.repeat(at)}\n`).join('')
    await writeFile(join(folder, 'a.tsv'), `apple\t3\nApple\t1\n${rows(21)}`)
    const one = await dataset('--out', 'dump.rdb', 'a.tsv')
    expect(one.stdout).toMatch(/^dump\.rdb: 1 entry \(1 duplicate, 0 blocked, 21 bad lines left out\), version /)
    expect(one.stderr).toMatch(/\n… and 1 more bad line\n/)
    await writeFile(join(folder, 'a.tsv'), `apple\t3\npear\t3\n${rows(1022)}`)
    const many = await dataset('--out', 'dump.rdb', 'a.tsv')
    expect(many.stdout).toMatch(/^dump\.rdb: 2 entries \(0 duplicates, 0 blocked, 1,022 bad lines left out\), version /)
    expect(many.stderr).toMatch(/\n… and 1,002 more bad lines\n/)
    expect(many.stderr.trimEnd().split('\n').at(-1)).toBe(
      'a.tsv: left out 1,022 of 1,024 rows (99%); most frequent reason (1,022 rows): the weight must be a number that is at least 0',
    )
  })

  it('builds the demo dataset if no file is given', async () => {
    const { code, stdout } = await dataset('--out', 'dump.rdb')
    const { version, entries } = buildDataset(await demoEntries()).meta
    expect(stdout).toMatch(
      new RegExp(
        `^dump\\.rdb: ${entries.toLocaleString('en-US')} entries \\(.* left out\\), version ${version}, [\\d,]+ bytes\n$`,
      ),
    )
    expect(entries).toBe(DEMO_ENTRIES)
    expect(code).toBe(0)
  })

  it('writes nothing and explains why if no entry is valid', async () => {
    await writeFile(join(folder, 'bad.tsv'), 'oops\n')
    const { code, stderr } = await dataset('--out', 'dump.rdb', 'bad.tsv')
    expect(stderr.split('\n')).toEqual([
      'bad.tsv:1: left out: it needs two columns, text<TAB>weight',
      'bad.tsv: the rows have only one column: add a weight to each, such as 1, in a second column',
      'dataset: the dataset contains no valid entries',
      '',
    ])
    expect(code).toBe(1)
    expect(await readdir(folder)).toEqual(['bad.tsv'])
  })

  describe('with more texts, words, or scores than a Map can have', () => {
    const MOST = 20_000
    /**
     * Limits every Map to fewer items than V8 does, because building a dataset of more than 2^24 entries takes minutes.
     */
    const LIMIT = `
      const { set } = Map.prototype
      Map.prototype.set = function (key, value) {
        if (this.size === ${MOST} && !this.has(key)) throw new RangeError('Map maximum size exceeded')
        return set.call(this, key, value)
      }`
    const build = (rows: string[]) => {
      const limit = `data:text/javascript,${encodeURIComponent(LIMIT)}`
      const args = ['--import', limit, CLI, '--out', 'dump.rdb', '--json', 'rows.tsv']
      return writeFile(join(folder, 'rows.tsv'), rows.join('\n')).then(() =>
        ended(spawn(process.execPath, args, { cwd: folder })),
      )
    }
    const letters = (at: number) => String(at).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] as string)
    const rowsOf = (count: number, row: (at: number) => string) => Array.from({ length: count }, (_, at) => row(at))

    it.each([
      ['texts', MOST + 1, (at: number) => `a${at % 200} b${Math.floor(at / 200)}\t1`],
      ['words', MOST / 2 + 1, (at: number) => `y${letters(at)} z${letters(at)}\t1`],
      ['scores', MOST + 1, (at: number) => `apple\t${at + 1}`],
    ])('prints one line about the number of %s, and writes nothing', async (_, count, row) => {
      const { code, stdout, stderr } = await build(rowsOf(count, row))
      expect(stderr).toBe(
        'dataset: a dataset can have at most 16,777,216 distinct texts; the same limit applies to words and scores\n',
      )
      expect([code, stdout]).toEqual([1, ''])
      expect(await readdir(folder)).toEqual(['rows.tsv'])
    })

    it('counts each text once', async () => {
      const { code, stdout, stderr } = await build(rowsOf(2 * MOST, (at) => `${at % MOST}\t1`))
      expect([code, stderr]).toEqual([0, ''])
      expect(JSON.parse(stdout)).toMatchObject({ entries: MOST, duplicates: MOST })
    })
  })

  it('recognizes the message of a full Map', () => {
    const full = () => {
      const map = new Map<number, number>()
      for (let key = 0; key <= 2 ** 24; key++) map.set(key, 0)
    }
    expect(full).toThrow(new RangeError('Map maximum size exceeded'))
  })

  describe.skipIf(!existsSync('/dev/full'))('if its standard output cannot be written', () => {
    it.each([
      [['--help']],
      [['--out', 'dump.rdb', '--json', 'a.tsv']],
    ])('fails with one line on a full disk: %j', async (args) => {
      await writeFile(join(folder, 'a.tsv'), 'apple\t1\n')
      const full = await open('/dev/full', 'w')
      try {
        const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, stdio: ['ignore', full.fd, 'pipe'] })
        const [stderr] = await Promise.all([text(child.stderr as Readable), once(child, 'close')])
        expect(stderr).toBe('dataset: cannot write to standard output: ENOSPC: no space left on device\n')
        expect(child.exitCode).toBe(1)
      } finally {
        await full.close()
      }
    })

    it('names the report if the report cannot be written', async () => {
      await writeFile(join(folder, 'a.tsv'), 'apple\t1\noops\n')
      const { code, stderr } = await dataset('--out', 'dump.rdb', '--report', '/dev/full', 'a.tsv')
      expect(stderr).toBe('dataset: cannot write /dev/full: ENOSPC: no space left on device\n')
      expect(code).toBe(1)
      expect(await readdir(folder)).toEqual(['a.tsv'])
    })

    it('stays quiet when the reader of a pipe is gone', async () => {
      const command = `{ '${process.execPath}' '${CLI}' --help; echo $? >code; } | true`
      expect(await ended(spawn('/bin/sh', ['-c', command], { cwd: folder }))).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      })
      expect(await readFile(join(folder, 'code'), 'utf8')).toBe('0\n')
    })
  })

  it('prints short lines for --help', async () => {
    const { code, stdout } = await dataset('--help')
    expect(code).toBe(0)
    expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([])
  })

  it.each([
    [[], { infix: true, correct: 'letters', exact: 'first' }],
    [['--match-infix', 'off'], { infix: false, correct: 'letters', exact: 'first' }],
    [['--correct', 'digits', '--exact=score'], { infix: true, correct: 'digits', exact: 'score' }],
    [['--correct', 'off', '--match-infix', 'on'], { infix: true, correct: 'off', exact: 'first' }],
  ])('stores the match settings in the dataset: %j', async (args, match) => {
    await writeFile(join(folder, 'a.tsv'), 'apple\t3\n')
    const { code } = await dataset('--out', 'dump.rdb', ...args, 'a.tsv')
    expect(code).toBe(0)
    expect((await readFile(join(folder, 'dump.rdb'))).includes(`"match":${JSON.stringify(match)}`)).toBe(true)
  })

  describe('given a file in another encoding', () => {
    const lines = Array.from({ length: 30 }, (_, at) => `word ${at}\t1\n`).join('')

    it('reads the encoding that --encoding names', async () => {
      await writeFile(join(folder, 'a.tsv'), Buffer.from(`caf\u00e9\t3\n${lines}`, 'latin1'))
      const { stderr, stdout } = await dataset('--out', 'dump.rdb', '--json', '--encoding', 'windows-1252', 'a.tsv')
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toMatchObject({ entries: 31, skipped: 0 })
      expect((await readFile(join(folder, 'dump.rdb'))).includes('0\ncafé')).toBe(true)
    })

    it('gives advice about lines that are not UTF-8', async () => {
      await writeFile(join(folder, 'a.tsv'), Buffer.from(`caf\u00e9\t3\n${lines}`, 'latin1'))
      const { code, stderr, stdout } = await dataset('--out', 'dump.rdb', '--json', 'a.tsv')
      expect(stderr.split('\n')).toEqual([
        'a.tsv:1: left out: the text is not valid UTF-8',
        expect.stringMatching(/^a\.tsv: 1 line is not valid UTF-8 \(.*line 1\); .*pass --encoding windows-1252/),
        '',
      ])
      expect(JSON.parse(stdout)).toMatchObject({ entries: 30, skipped: 1 })
      expect(code).toBe(0)
    })

    it('rejects a file if most of it would be lost', async () => {
      await writeFile(join(folder, 'a.tsv'), Buffer.from('caf\u00e9\t3\nna\u00efve\t2\n\u00fcber\t1\n', 'latin1'))
      const { code, stderr } = await dataset('--out', 'dump.rdb', 'a.tsv')
      expect(stderr).toMatch(/^dataset: cannot read dataset a\.tsv: it is not UTF-8 .*pass --encoding .*\n$/)
      expect(code).toBe(1)
    })
  })

  it('reads dates only with --half-life', async () => {
    await writeFile(join(folder, 'a.tsv'), 'text\tweight\tupdated\napple\t8\tlast week\npear\t8\t2026-01-31\n')
    const without = await dataset('--out', 'dump.rdb', '--json', 'a.tsv')
    expect(without.stderr).toBe('')
    expect(JSON.parse(without.stdout)).toMatchObject({ entries: 2, skipped: 0 })
    const withDates = await dataset('--out', 'dump.rdb', '--json', '--half-life', '30', 'a.tsv')
    expect(withDates.stderr).toMatch(/^a\.tsv:2: left out: .*last week.*\n$/)
    expect(JSON.parse(withDates.stdout)).toMatchObject({ entries: 1, skipped: 1 })
  })

  it('warns of a date in the future, because it reduces the scores of all other dates', async () => {
    const tomorrow = new Date(Date.now() + 86_000_000).toISOString()
    await writeFile(join(folder, 'a.csv'), `text,weight,updated,blocked\napple,8,${tomorrow},\nfig,8,3000-01-01,yes\n`)
    expect((await dataset('--out', 'dump.rdb', '--half-life', '30', 'a.csv')).stderr).toBe('')
    await writeFile(
      join(folder, 'b.csv'),
      'text,weight,updated\npear,8,2100-01-01\nplum,8,9999-12-31\nkiwi,8,2200-01-01\n',
    )
    const { code, stderr } = await dataset('--out', 'dump.rdb', '--half-life', '30', 'a.csv', 'b.csv')
    expect([code, stderr]).toEqual([
      0,
      'b.csv:3: updated is in the future (9999-12-31); --half-life reduces the scores of all entries with earlier dates\n',
    ])
  })

  it('warns if --half-life has no effect because no entry has a date', async () => {
    const warning = '--half-life has no effect, because no entry has a date in the column or field "updated"\n'
    const options = ['--out', 'dump.rdb', '--half-life', '30']
    await writeFile(join(folder, 'a.csv'), 'text,weight,updated_at\napple,8,2026-01-31\n')
    const { code, stderr } = await dataset(...options, 'a.csv')
    expect([code, stderr]).toEqual([0, `a.csv: unknown column "updated_at" ignored\n${warning}`])
    await writeFile(join(folder, 'b.csv'), 'text,weight,updated,blocked\npear,8,2026-01-31,\n')
    await writeFile(join(folder, 'c.csv'), 'text,weight,updated,blocked\npear,8,,\nfig,8,2026-01-31,yes\n')
    expect((await dataset(...options, 'a.csv', 'b.csv')).stderr).not.toContain(warning)
    expect((await dataset(...options, 'c.csv')).stderr).toBe(warning)
  })

  it('reads ambiguous dates in the order of --date-order', async () => {
    await writeFile(join(folder, 'a.csv'), 'text,weight,updated\napple,8,01/02/2026\npear,8,02/02/2026\n')
    const options = ['--out', 'dump.rdb', '--half-life', '31']
    const { code, stderr } = await dataset(...options, 'a.csv')
    expect([code, stderr]).toEqual([
      1,
      'dataset: cannot read dataset a.csv: no date shows whether updated has the day or the month first ' +
        '("01/02/2026" on line 2): pass --date-order day-first or --date-order month-first\n',
    ])
    for (const [order, score] of [
      ['day-first', '0.9778'],
      ['month-first', '0.5'],
    ] as const) {
      expect((await dataset(...options, '--date-order', order, 'a.csv')).stderr).toBe('')
      expect(await readFile(join(folder, 'dump.rdb'), 'utf8')).toContain(`apple\t{"w":8,"r":${score}`)
    }
  })

  describe('does not overwrite its own files', () => {
    beforeEach(async () => {
      await writeFile(join(folder, 'in.tsv'), 'apple\t1\n')
      await writeFile(join(folder, 'other.tsv'), 'pear\t1\n')
      await symlink('in.tsv', join(folder, 'soft.tsv'))
      await link(join(folder, 'in.tsv'), join(folder, 'hard.tsv'))
      await symlink('.', join(folder, 'here'))
    })

    it.each([
      [['--out', 'in.tsv', 'in.tsv'], '--out "in.tsv" and the input "in.tsv"'],
      [['--out', './in.tsv', 'other.tsv', 'in.tsv'], '--out "./in.tsv" and the input "in.tsv"'],
      [['--out', 'soft.tsv', 'in.tsv'], '--out "soft.tsv" and the input "in.tsv"'],
      [['--out', 'in.tsv', 'soft.tsv'], '--out "in.tsv" and the input "soft.tsv"'],
      [['--out', 'hard.tsv', 'in.tsv'], '--out "hard.tsv" and the input "in.tsv"'],
      [['--out', 'here/in.tsv', 'in.tsv'], '--out "here/in.tsv" and the input "in.tsv"'],
      [['--out', 'a.rdb', '--report', 'in.tsv', 'in.tsv'], '--report "in.tsv" and the input "in.tsv"'],
      [['--out', 'a.rdb', '--report', 'hard.tsv', 'soft.tsv'], '--report "hard.tsv" and the input "soft.tsv"'],
      [['--publish', 'redis://h:1', '--report', 'in.tsv', 'in.tsv'], '--report "in.tsv" and the input "in.tsv"'],
      [['--out', 'a.rdb', '--report', 'a.rdb', 'in.tsv'], '--out "a.rdb" and --report "a.rdb"'],
      [['--out', 'a.rdb', '--report', 'here/a.rdb', 'in.tsv'], '--out "a.rdb" and --report "here/a.rdb"'],
      [['--out', 'a.rdb', '--report', './a.rdb'], '--out "a.rdb" and --report "./a.rdb"'],
    ])('%j', async (args, files) => {
      const before = await readdir(folder)
      const result = await dataset(...args)
      expect(result).toEqual({ code: 2, stdout: '', stderr: `dataset: ${files} must be different files; see --help\n` })
      expect(await readdir(folder)).toEqual(before)
      expect(await readFile(join(folder, 'in.tsv'), 'utf8')).toBe('apple\t1\n')
    })
  })

  describe('replaces only files of its own kind', () => {
    beforeEach(async () => {
      await writeFile(join(folder, 'in.tsv'), 'apple\t1\noops\n')
      await writeFile(join(folder, 'products.csv'), 'pear,1\n')
      await symlink('products.csv', join(folder, 'link.rdb'))
    })

    it.each([
      [['--out', 'products.csv'], 'products.csv', 'it exists and is not an RDB file'],
      [['--out', 'link.rdb'], 'link.rdb', 'it exists and is not an RDB file'],
      [['--out', 'dump.rdb', '--report', 'products.csv'], 'products.csv', 'it exists and is not a report'],
    ])('%j', async (args, file, reason) => {
      const before = await readdir(folder)
      const stderr = `dataset: cannot write ${file}: ${reason}; remove it, or choose another name\n`
      expect(await dataset(...args, 'in.tsv')).toEqual({ code: 1, stdout: '', stderr })
      expect(await readdir(folder)).toEqual(before)
      expect(await readFile(join(folder, 'products.csv'), 'utf8')).toBe('pear,1\n')
    })

    it.skipIf(process.platform === 'win32')('but no pipe or socket', async () => {
      execFileSync('mkfifo', [join(folder, 'pipe')])
      const server = createServer().listen(join(folder, 'socket'))
      await once(server, 'listening')
      try {
        for (const kind of ['pipe', 'socket']) {
          const stderr = `dataset: cannot write ${kind}: it is a ${kind}, not a file\n`
          expect(await dataset('--out', kind, 'in.tsv')).toEqual({ code: 1, stdout: '', stderr })
        }
        expect((await stat(join(folder, 'pipe'))).isFIFO()).toBe(true)
        expect((await stat(join(folder, 'socket'))).isSocket()).toBe(true)
      } finally {
        server.close()
      }
    })

    it('such as earlier ones, and empty files', async () => {
      for (const file of ['dump.rdb', 'report.jsonl']) await writeFile(join(folder, file), '')
      for (let run = 1; run <= 2; run++) {
        expect(await dataset('--out', 'dump.rdb', '--report', 'report.jsonl', 'in.tsv')).toMatchObject({ code: 0 })
      }
      expect(await readFile(join(folder, 'dump.rdb'), 'latin1')).toMatch(/^REDIS/)
      expect(await readFile(join(folder, 'report.jsonl'), 'utf8')).toMatch(/^\{"file":"in.tsv","line":2,[^\n]*\}\n$/)
    })
  })

  it('lists everything that it left out in the report', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `word${i}\t-1`)
    await writeFile(join(folder, 'bad.tsv'), `text\tweight\talias\nfine\t1\t\n${lines.join('\n')}\n`)
    const { code, stderr, stdout } = await dataset(
      '--out',
      'dump.rdb',
      '--report',
      'left-out.jsonl',
      '--json',
      'bad.tsv',
    )
    expect(code).toBe(0)
    expect(stderr).toContain('bad.tsv: unknown column "alias" ignored\n')
    expect(JSON.parse(stdout)).toMatchObject({ entries: 1, skipped: 100, unknownColumns: ['alias'] })
    const reported = (await readFile(join(folder, 'left-out.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(reported).toHaveLength(100)
    expect(reported[99]).toEqual({
      file: 'bad.tsv',
      line: 102,
      reason: 'the row has 2 cells, the header 3 (the weight must be a number that is at least 0, got "-1")',
    })
  })

  it('reports which entries it left out, and which it kept instead', async () => {
    await writeFile(join(folder, 'a.tsv'), 'apple\t3\npear\t1\n')
    await writeFile(join(folder, 'b.csv'), 'text,weight,payload\nApple,5,x\nfig,oops,\n')
    await writeFile(join(folder, 'block.csv'), 'text,blocked\nPEAR,true\n')
    const { stdout, stderr } = await dataset(
      '--out',
      'dump.rdb',
      '--report',
      'left-out.jsonl',
      '--json',
      'a.tsv',
      'b.csv',
      'block.csv',
    )
    expect(stderr).toBe('b.csv:3: left out: the weight must be a number that is at least 0, got "oops"\n')
    expect(JSON.parse(stdout)).toMatchObject({ entries: 1, duplicates: 1, blocked: 1, skipped: 1 })
    const reported = (await readFile(join(folder, 'left-out.jsonl'), 'utf8')).trim().split('\n')
    expect(reported.map((line) => JSON.parse(line))).toEqual([
      { file: 'b.csv', line: 3, reason: 'the weight must be a number that is at least 0, got "oops"' },
      { file: 'a.tsv', line: 1, reason: 'a duplicate of "Apple", b.csv:2' },
      { file: 'a.tsv', line: 2, reason: 'blocked by block.csv:2' },
    ])
  })

  it.each([
    [
      'a.jsonl',
      '{"text":"apple","weight":3,"context":{"brand":"x"}}\n',
      'write contexts as "contexts":{"NAME":["VALUE"]}',
    ],
    ['a.csv', 'text,weight,Context\napple,3,x\n', 'name the column of each context context.NAME'],
  ])('says how to name contexts: %s', async (name, content, advice) => {
    await writeFile(join(folder, name), content)
    const { stderr } = await dataset('--out', 'dump.rdb', name)
    expect(stderr).toBe(`${name}: unknown column "context" ignored; ${advice}\n`)
  })

  it('reports additional columns', async () => {
    await writeFile(join(folder, 'a.tsv'), 'apple\t3\tred\n')
    const { code, stderr } = await dataset('--out', 'dump.rdb', 'a.tsv')
    expect(stderr).toBe(
      'a.tsv: only the first two columns are read, because there is no header that names the columns\n',
    )
    expect(code).toBe(0)
  })

  it('writes nothing for a bad line with --fail-on-skipped', async () => {
    await writeFile(join(folder, 'bad.tsv'), 'apple\t1\noops\n')
    const { code, stderr } = await dataset('--out', 'dump.rdb', '--fail-on-skipped', 'bad.tsv')
    expect(stderr).toContain('dataset: 1 line is bad, and --fail-on-skipped is set\n')
    expect(code).toBe(1)
    expect(await readdir(folder)).toEqual(['bad.tsv'])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves no file behind if it gets %s while it writes', async (signal) => {
    await writeFile(join(folder, 'words.tsv'), Array.from({ length: 400_000 }, (_, i) => `word ${i}\t${i}\n`).join(''))
    const child = spawn(process.execPath, [CLI, '--out', 'dump.rdb', 'words.tsv'], { cwd: folder })
    const result = ended(child)
    while (!(await readdir(folder)).some((name) => name.endsWith('.partial'))) {
      if (child.exitCode !== null || child.signalCode) throw new Error('it ended before it was interrupted')
    }
    child.kill(signal)
    expect(await result).toEqual({ code: 130, stdout: '', stderr: '' })
    expect(await readdir(folder)).toEqual(['words.tsv'])
  })

  it.each([
    ['', '', DEMO_ENTRIES],
    ['a.tsv', '', 1],
    ['*.tsv', '--half-life 30 --fail-on-skipped', 2],
  ])('uses the files and options in the build arguments of the image: %j %j', async (DATASET, DATASET_OPTIONS, entries) => {
    await writeFile(join(folder, 'a.tsv'), 'text\tweight\tupdated\napple\t8\t2026-01-01\n')
    await writeFile(join(folder, 'b.tsv'), 'text\tweight\tupdated\npear\t8\t2026-01-31\n')
    const [command = ''] = /node service\/dist\/dataset\/cli\.js .*/.exec(await readFile(DOCKERFILE, 'utf8')) ?? []
    const shell = command.replace('service/dist/dataset/cli.js', CLI).replace('/build/', '')
    const env = { PATH: process.env.PATH, DATASET, DATASET_OPTIONS }
    const { stdout } = await ended(spawn('/bin/sh', ['-c', shell], { cwd: folder, env }))
    expect(stdout).toContain(`dump.rdb: ${entries.toLocaleString('en-US')} entr`)
    const isHalved = (await readFile(join(folder, 'dump.rdb'))).includes('apple\t{"w":8,"r":0.5}')
    expect(isHalved).toBe(DATASET_OPTIONS !== '')
  })

  it('shows its progress on a terminal', async ({ skip }) => {
    // The program `script` is part of util-linux.
    if (!existsSync('/usr/bin/script')) return skip('there is no program script, which gives a program a terminal')
    await writeFile(join(folder, 'words.tsv'), 'apple\t1\n')
    const command = `'${process.execPath}' '${CLI}' --out dump.rdb words.tsv`
    const { stdout } = await ended(spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { cwd: folder }))
    for (const step of ['reading words.tsv [##', 'sorting', 'writing [##']) expect(stdout).toContain(step)
    expect(stdout).toContain(' 100%')
  })
})
