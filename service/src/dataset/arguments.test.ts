import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runDataset } from '../testing/dataset-cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arguments-'))
})
afterAll(() => rm(folder, { recursive: true }))

it.each([
  [['--out', 'dump.rdb', 'missing.tsv'], 1, 'dataset: cannot read dataset missing.tsv: there is no such file\n'],
  [['words.tsv'], 2, 'dataset: either --out FILE.rdb or --publish redis://HOST:PORT is required; see --help\n'],
  [
    ['--out', 'a.rdb', '--half-life=0'],
    2,
    'dataset: --half-life must be a number of days above 0, got "0"; see --help',
  ],
  [
    ['--publish', 'redis://h:1', '--keep-old', '1h'],
    2,
    'dataset: --keep-old must be a whole number of seconds from 0 to 3600, got "1h"; see --help\n',
  ],
  [['--out', 'a.rdb', '--keep-old', '5'], 2, 'dataset: --keep-old can only be used with --publish; see --help\n'],
  [
    ['--publish', 'redis://h:1', '--keep-old', '-1'],
    2,
    'dataset: --keep-old needs a value; if the value begins with -, write --keep-old=VALUE; see --help\n',
  ],
  [['--out', 'a.rdb', '--publish', 'redis://h:1'], 2, 'dataset: --out and --publish cannot be combined; see --help\n'],
  [['--publish', 'localhost:1'], 2, /^dataset: --publish must be redis:.*, got "localhost:1"; see --help\n$/],
  [
    ['--publish', 'redis://127.0.0.1:99999'],
    2,
    'dataset: --publish must be redis://HOST:PORT or rediss://HOST:PORT, with a PORT up to 65535, got "redis://127.0.0.1:99999"; see --help\n',
  ],
  [
    ['--publish', 'redis://me:100%@h:1'],
    2,
    'dataset: --publish must have a percent-encoded user and password, such as %25 for %; see --help\n',
  ],
  [
    ['--publish', 'redis://h:1/2'],
    2,
    'dataset: --publish must not name a database, because the service reads database 0; see --help\n',
  ],
  [['--publish', 'redis://me:secret@h:99999'], 2, /, got "redis:\/\/…@h:99999"; see --help\n$/],
  [
    ['--publish', 'redis://127.0.0.1:1'],
    1,
    'dataset: cannot publish to 127.0.0.1:1: no server listens there: check the host and the port, and whether Redis is running (connect ECONNREFUSED 127.0.0.1:1)\n',
  ],
  [['--out', 'no/dump.rdb'], 1, 'dataset: cannot write no/dump.rdb: the folder no does not exist\n'],
  [['--out', 'no/dump.rdb', 'missing.tsv'], 1, 'dataset: cannot write no/dump.rdb: the folder no does not exist\n'],
  [['--out', '.'], 1, 'dataset: cannot write .: it is a folder, not a file\n'],
  [['--out', 'dump.rdb', '--report', '.'], 1, 'dataset: cannot write .: it is a folder, not a file\n'],
  [
    ['--out', 'dump.rdb', '--report', 'no/report.jsonl'],
    1,
    'dataset: cannot write no/report.jsonl: the folder no does not exist\n',
  ],
  [['--nope'], 2, /^dataset: Unknown option '--nope'; see --help\n$/],
  [
    ['--out', 'a.rdb', '--encoding', 'latin-x'],
    2,
    'dataset: --encoding must be the name of an encoding, such as windows-1252, cp932, or euc-kr (convert files in other encodings with iconv), got "latin-x"; see --help\n',
  ],
  [['--out', 'a.rdb', '--match-infix', 'yes'], 2, 'dataset: --match-infix must be on or off, got "yes"; see --help\n'],
  [['--out', 'a.rdb', '--correct=on'], 2, 'dataset: --correct must be letters, digits or off, got "on"; see --help\n'],
  [
    ['--out', 'a.rdb', '--half-life=1', '--date-order=iso'],
    2,
    'dataset: --date-order must be day-first or month-first, got "iso"; see --help\n',
  ],
  [
    ['--out', 'a.rdb', '--date-order=day-first'],
    2,
    'dataset: --date-order can only be used with --half-life; see --help\n',
  ],
  [['--out', 'a.rdb', '--out', 'b.rdb'], 2, 'dataset: --out is given twice, but takes only one value; see --help\n'],
  [['--out', ''], 2, 'dataset: --out needs a value, got ""; see --help\n'],
  [['--out', 'a.rdb', '--report='], 2, 'dataset: --report needs a value, got ""; see --help\n'],
  [['--out', 'a.rdb', ''], 2, 'dataset: an argument is empty; see --help\n'],
  [['--out', 'a.rdb', '--exact='], 2, 'dataset: --exact must be first or score, got ""; see --help\n'],
  [['--out', 'a.rdb', '--match-infix'], 2, /^dataset: Option '--match-infix <value>' argument missing/],
])('%j gives exit code %i and one line', async (args, code, message) => {
  const result = await runDataset(folder, ...args)
  expect(result.stderr).toMatch(message)
  expect(result.stderr.trim().split('\n')).toHaveLength(1)
  expect(result.code).toBe(code)
})
