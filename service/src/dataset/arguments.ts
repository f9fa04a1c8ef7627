/** Reads the command line of the dataset builder. */
import { parseArgs } from 'node:util'
import type { MatchSettings } from '../index/match-settings.ts'
import { DATE_ORDERS, type DateOrder } from './date.ts'
import { encodingOf } from './input/encoding-names.ts'
import { isSameFile } from './same-file.ts'
import { requireNoEmptyArgument, requireNoRepeatedOption } from './usage-message.ts'

/** The text of `--help`. */
export const USAGE = `usage: npm run dataset -- --out FILE.rdb [INPUT...]
       npm run dataset -- --publish redis://HOST:PORT [INPUT...]

Builds the database file that every Redis replica loads at start, or publishes the dataset to a running Redis. The
switch to the new dataset is atomic: no query fails, and no answer mixes old and new data. If another publisher is
running, this one waits for it.

  INPUT               .tsv or .txt (text<TAB>weight), .csv (text,weight; also separated by ; or tabs), .jsonl, or
                      .json ({"text":…,"weight":…}). Each may be compressed with gzip. JSON objects and files with named
                      columns may also have payload, aliases, pinned, blocked, updated, category, locale, tenant, and
                      context.NAME. Without INPUT, builds the demo dataset (places, English words, and Korean words)
  --out FILE          database file to write. An existing file is replaced only if it is a database file or empty
  --publish URL       Redis to publish to; rediss:// uses TLS. The user and the password may be in the URL or in
                      REDIS_USERNAME and REDIS_PASSWORD
  --half-life DAYS    halve the score of an entry for every DAYS days between its date and the newest date
  --date-order day-first|month-first
                      order of the day and the month in dates such as 01/02/2026, with --half-life (default: as shown
                      by another date in the same file, such as 31/01/2026)
  --keep-old SECONDS  with --publish, how long to keep the old dataset while services load the new one, at most 3600
                      (default 10)
  --encoding NAME     encoding of all INPUTs, such as windows-1252 or cp932 (default utf-8; UTF-16 is detected)
  --match-infix on|off            whether queries also match inside words (default on)
  --correct letters|digits|off    which characters corrections may edit: letters, letters and digits, or none
                                  (default letters)
  --exact first|score             whether an entry equal to the query comes first or is sorted by its score
                                  (default first)
  --report FILE       write every line of INPUT that is left out (bad lines, duplicates, and blocked entries), and the
                      reason, to FILE as JSON lines
  --fail-on-skipped   write or publish nothing if a line is bad
  --json              print the summary as one line of JSON
  --help              show this text

Bad lines are left out and counted. The first reasons are listed on standard error, each with the first lines. If most
lines of a file are bad, the last line of the output says so.

Exit codes:
  0    done
  1    no valid entries, too many entries, a file that cannot be read or written, bad lines with --fail-on-skipped, or a
       Redis error
  2    wrong arguments
  130  interrupted, nothing changed
`

const MAX_KEEP_OLD_MS = 3_600_000

export interface Arguments {
  inputs: string[]
  out?: string
  publish?: string
  halfLifeDays?: number
  dateOrder?: DateOrder
  /** How long to keep the old dataset, in milliseconds. */
  keepOldMs?: number
  encoding?: string
  match: MatchSettings
  report?: string
  failOnSkipped: boolean
  json: boolean
  help: boolean
}

const OPTIONS = {
  out: { type: 'string' },
  publish: { type: 'string' },
  'half-life': { type: 'string' },
  'date-order': { type: 'string' },
  'keep-old': { type: 'string' },
  encoding: { type: 'string' },
  'match-infix': { type: 'string', default: 'on' },
  correct: { type: 'string', default: 'letters' },
  exact: { type: 'string', default: 'first' },
  report: { type: 'string' },
  'fail-on-skipped': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/**
 * Reads the arguments of this process.
 * @throws {TypeError} for invalid arguments
 */
export function parseArguments(): Arguments {
  const { values, positionals, tokens } = parseArgs({ allowPositionals: true, options: OPTIONS, tokens: true })
  const {
    'half-life': halfLife,
    'date-order': dateOrder,
    'keep-old': keepOld,
    'fail-on-skipped': failOnSkipped,
    'match-infix': infix,
    correct,
    exact,
    ...rest
  } = values
  const match: MatchSettings = {
    infix: oneOf('--match-infix', infix, ['on', 'off']) === 'on',
    correct: oneOf('--correct', correct, ['letters', 'digits', 'off']),
    exact: oneOf('--exact', exact, ['first', 'score']),
  }
  const args: Arguments = { ...rest, inputs: positionals, failOnSkipped, match }
  if (halfLife !== undefined) args.halfLifeDays = Number(halfLife)
  if (args.help) return args
  requireNoEmptyArgument(values, positionals)
  requireNoRepeatedOption(OPTIONS, tokens)
  if (dateOrder !== undefined) {
    if (halfLife === undefined) throw new TypeError('--date-order can only be used with --half-life')
    args.dateOrder = oneOf('--date-order', dateOrder, DATE_ORDERS)
  }
  if (args.out !== undefined && args.publish !== undefined) {
    throw new TypeError('--out and --publish cannot be combined')
  }
  if (args.out === undefined && args.publish === undefined) {
    throw new TypeError('either --out FILE.rdb or --publish redis://HOST:PORT is required')
  }
  if (args.publish !== undefined && !(/^rediss?:\/\/[^/]/.test(args.publish) && URL.canParse(args.publish))) {
    // Errors must not show passwords.
    const got = JSON.stringify(args.publish.replace(/\/\/.*@/, '//…@'))
    throw new TypeError(
      `--publish must be redis://HOST:PORT or rediss://HOST:PORT, with a PORT up to 65535, got ${got}`,
    )
  }
  if (args.publish !== undefined && !/^\/?$/.test(new URL(args.publish).pathname)) {
    throw new TypeError('--publish must not name a database, because the service reads database 0')
  }
  if (args.publish !== undefined && !isDecodable(new URL(args.publish))) {
    throw new TypeError('--publish must have a percent-encoded user and password, such as %25 for %')
  }
  if (keepOld !== undefined) {
    if (args.publish === undefined) throw new TypeError('--keep-old can only be used with --publish')
    args.keepOldMs = Number(keepOld) * 1000
    if (!(/^\d+$/.test(keepOld) && args.keepOldMs <= MAX_KEEP_OLD_MS)) {
      throw new TypeError(`--keep-old must be a whole number of seconds from 0 to 3600, got ${JSON.stringify(keepOld)}`)
    }
  }
  if (args.encoding !== undefined && encodingOf(args.encoding) === undefined) {
    throw new TypeError(
      `--encoding must be the name of an encoding, such as windows-1252, cp932, or euc-kr (convert files in other encodings with iconv), got ${JSON.stringify(args.encoding)}`,
    )
  }
  if (args.halfLifeDays !== undefined && !(args.halfLifeDays > 0 && Number.isFinite(args.halfLifeDays))) {
    throw new TypeError(`--half-life must be a number of days above 0, got ${JSON.stringify(halfLife)}`)
  }
  requireDifferentFiles(args)
  return args
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}:${password}`)
    return true
  } catch {
    return false
  }
}

/**
 * Checks that no output would overwrite an input or the other output.
 * @throws {TypeError} naming the two arguments that are the same file
 */
function requireDifferentFiles({ out, report, inputs }: Arguments): void {
  const outputs = [
    ...(out === undefined ? [] : [{ name: `--out ${JSON.stringify(out)}`, file: out }]),
    ...(report === undefined ? [] : [{ name: `--report ${JSON.stringify(report)}`, file: report }]),
  ]
  const sources = inputs.map((file) => ({ name: `the input ${JSON.stringify(file)}`, file }))
  for (const [at, output] of outputs.entries()) {
    const other = [...outputs.slice(at + 1), ...sources].find(({ file }) => isSameFile(output.file, file))
    if (other) throw new TypeError(`${output.name} and ${other.name} must be different files`)
  }
}

/** @throws {TypeError} if the value is not one of `values` */
function oneOf<const T extends string>(option: string, value: string, values: readonly T[]): T {
  const found = values.find((allowed) => allowed === value)
  if (found !== undefined) return found
  throw new TypeError(
    `${option} must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}, got ${JSON.stringify(value)}`,
  )
}
