#!/usr/bin/env node
import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import type { MatchSettings } from '../index/match-settings.ts'
import { type BuildOptions, type Dataset, DatasetBuilder } from './build.ts'
import { type BuildReport, contentOf, counted } from './build-report.ts'
import { demoEntries } from './demo.ts'
import {
  DatasetError,
  type Entry,
  forEachEntry,
  isEncoding,
  type LeftOut,
  type Problem,
  type ReadOptions,
} from './entries.ts'
import { failOnLostOutput } from './output-errors.ts'
import { outProblem, reportProblem } from './output-file.ts'
import { PUBLISHER_RIGHTS, type PublishOptions, publishDataset } from './publish.ts'
import { writeRdb } from './rdb.ts'
import { isSameFile } from './same-file.ts'
import { requireNoEmptyArgument, usageMessage } from './usage-message.ts'

const USAGE = `usage: npm run dataset -- --out FILE.rdb [INPUT...]
       npm run dataset -- --publish redis://HOST:PORT [INPUT...]

Builds the database file that every Redis replica loads at start, or publishes the dataset to a running Redis. The
switch to the new dataset is atomic: no query fails, and no answer mixes old and new data. If another publisher is
running, this one waits for it.

  INPUT               .tsv or .txt (text<TAB>weight), .csv (text,weight; also separated by ; or tabs), .jsonl, or
                      .json ({"text":…,"weight":…}). Each may be compressed by gzip. JSON objects and files with named
                      columns may also have payload, aliases, pinned, blocked, updated, category, locale, tenant, and
                      context.NAME. Without INPUT, builds the demo dataset (places, English words, and Korean words)
  --out FILE          database file to write. An existing file is replaced only if it is a database file or empty
  --publish URL       Redis to publish to; rediss:// uses TLS. The user and the password may be in the URL or in
                      REDIS_USERNAME and REDIS_PASSWORD
  --half-life DAYS    halve the score of an entry for every DAYS days between its date and the newest date
  --keep-old SECONDS  with --publish, how long to keep the old dataset while services load the new one, at most 3600
                      (default 10)
  --encoding NAME     encoding of INPUT, such as windows-1252 (default utf-8; UTF-16 is detected)
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

Bad lines are left out and counted. The first ones are listed on standard error.

Exit codes:
  0    done
  1    no valid entries, too many entries, a file that cannot be read or written, bad lines with --fail-on-skipped, or a
       Redis error
  2    wrong arguments
  130  interrupted, nothing changed
`

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Length of the progress bar, in characters. */
const BAR_LENGTH = 30
const MAX_KEEP_OLD_MS = 3_600_000
/** V8 limits a Map to 2^24 items. The builder keeps texts, words, and scores in Maps. */
const TOO_LARGE = 'a dataset can have at most 16,777,216 different texts; the same limit applies to words and scores'

interface Arguments {
  inputs: string[]
  out?: string
  publish?: string
  halfLifeDays?: number
  /** In milliseconds. */
  keepOldMs?: number
  encoding?: string
  match: MatchSettings
  report?: string
  failOnSkipped: boolean
  json: boolean
  help: boolean
}

/** @throws {TypeError} for invalid arguments */
function parseArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      publish: { type: 'string' },
      'half-life': { type: 'string' },
      'keep-old': { type: 'string' },
      encoding: { type: 'string' },
      'match-infix': { type: 'string', default: 'on' },
      correct: { type: 'string', default: 'letters' },
      exact: { type: 'string', default: 'first' },
      report: { type: 'string' },
      'fail-on-skipped': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const {
    'half-life': halfLife,
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
  if (args.encoding !== undefined && !isEncoding(args.encoding)) {
    throw new TypeError(
      `--encoding must be the name of an encoding, such as windows-1252, got ${JSON.stringify(args.encoding)}`,
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

async function main(): Promise<number> {
  let args: Arguments
  try {
    args = parseArguments()
  } catch (error) {
    console.error(`dataset: ${usageMessage(error as NodeJS.ErrnoException)}; see --help`)
    return 2
  }
  if (args.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const interrupt = new AbortController()
  for (const signal of STOP_SIGNALS) process.on(signal, () => interrupt.abort())
  try {
    const report = await build(args, interrupt.signal)
    endProgress()
    console.log(args.json ? JSON.stringify(report) : summaryOf(report, args))
    return 0
  } catch (error) {
    endProgress()
    if (interrupt.signal.aborted) return 130
    const { code, message } = error as NodeJS.ErrnoException
    const isTooLarge = error instanceof RangeError && message === 'Map maximum size exceeded'
    if (!isTooLarge && !(error instanceof DatasetError) && code === undefined) throw error
    console.error(`dataset: ${isTooLarge ? TOO_LARGE : message}`)
    return 1
  }
}

function summaryOf(report: BuildReport, { publish }: Arguments): string {
  const { file, bytes, version } = report
  const where = file ?? `published to ${new URL(publish as string).host}`
  return `${where}: ${contentOf(report)}, version ${version}${bytes === undefined ? '' : `, ${counted(bytes, 'byte')}`}`
}

async function build(args: Arguments, signal: AbortSignal): Promise<BuildReport> {
  if (args.out !== undefined) requireWritable(args.out, outProblem)
  const leftOut = args.report === undefined ? undefined : new LeftOutFile(args.report)
  try {
    return await buildWith(args, leftOut, signal)
  } catch (error) {
    // The reader of a file reports every error as an error of that file.
    throw leftOut?.failure ?? error
  } finally {
    leftOut?.close()
  }
}

/** The file of `--report`. */
class LeftOutFile {
  /** Why a row could not be written. */
  failure: DatasetError | undefined
  readonly #file: string
  readonly #fd: number

  /** @throws {DatasetError} if the file cannot be written */
  constructor(file: string) {
    requireWritable(file, reportProblem)
    this.#file = file
    try {
      this.#fd = openSync(file, 'w')
    } catch (error) {
      throw cannotWrite(file, error)
    }
  }

  /** @throws {DatasetError} which is also the {@link failure} */
  write(problem: Problem): void {
    try {
      writeSync(this.#fd, `${JSON.stringify(problem)}\n`)
    } catch (error) {
      this.failure = cannotWrite(this.#file, error)
      throw this.failure
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

async function buildWith(args: Arguments, leftOut: LeftOutFile | undefined, signal: AbortSignal): Promise<BuildReport> {
  const reporting = leftOut === undefined ? {} : { onLeftOut: (problem: Problem) => leftOut.write(problem) }
  const builder = new DatasetBuilder()
  const { skipped, unknownColumns } =
    args.inputs.length === 0 ? await addDemo(builder) : await addFiles(builder, args, reporting, signal)
  if (skipped > 0 && args.failOnSkipped) {
    throw new DatasetError(`${counted(skipped, 'line is', 'lines are')} bad, and --fail-on-skipped is set`)
  }
  const { halfLifeDays, match } = args
  const onStep = (step: string) => showProgress(step)
  const dataset = builder.build({ ...(halfLifeDays !== undefined && { halfLifeDays }), match, onStep, ...reporting })
  const { version, entries } = dataset.meta
  const report = { version, entries, duplicates: dataset.duplicates, blocked: dataset.blocked, skipped, unknownColumns }
  const onProgress = (written: number, total: number) => showProgress('writing', written / total)
  if (args.out === undefined) {
    await publish(args.publish as string, dataset, {
      ...{ onProgress, onWait, onSwitched, signal },
      ...(args.keepOldMs !== undefined && { keepOldMs: args.keepOldMs }),
    })
    return report
  }
  try {
    const bytes = await writeRdb(args.out, dataset.keys(), dataset.keyCount, onProgress, signal)
    return { file: args.out, bytes, ...report }
  } catch (error) {
    signal.throwIfAborted()
    throw cannotWrite(args.out, error)
  }
}

function onSwitched(): void {
  showProgress('published; keeping the old version until services have loaded the new one')
}

function onWait(): void {
  endProgress()
  console.error('dataset: waiting for another publisher to finish')
}

/** Reports a file that cannot be written. Called before the input is read, because reading may take minutes. */
function requireWritable(file: string, problemOf: (file: string) => string | undefined): void {
  const folder = dirname(file)
  if (!existsSync(folder)) throw new DatasetError(`cannot write ${file}: the folder ${folder} does not exist`)
  let problem: string | undefined
  try {
    problem = problemOf(file)
  } catch (error) {
    throw cannotWrite(file, error)
  }
  if (problem !== undefined) throw new DatasetError(`cannot write ${file}: ${problem}`)
}

/** Drops the part of the Node.js message after the comma, because this part may name a temporary file. */
function cannotWrite(file: string, error: unknown): DatasetError {
  return new DatasetError(`cannot write ${file}: ${(error as Error).message.split(',')[0]}`)
}

async function publish(url: string, dataset: Dataset, options: PublishOptions): Promise<void> {
  const address = new URL(url)
  const username = decodeURIComponent(address.username) || process.env.REDIS_USERNAME
  const password = decodeURIComponent(address.password) || process.env.REDIS_PASSWORD
  // If the URL has only a user name, ioredis would use an empty password instead of the option `password`.
  Object.assign(address, { username: '', password: '' })
  const redis = new Redis(address.href, {
    ...(username && { username }),
    ...(password && { password }),
    lazyConnect: true,
    retryStrategy: null,
  })
  let failure: Error | undefined
  redis.on('error', (error: Error) => {
    failure = error
  })
  try {
    await redis.connect()
    await publishDataset(redis, dataset, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    // The rejected promise only says that the connection is closed.
    const { message } = failure ?? (error as Error)
    throw new DatasetError(
      `cannot publish to ${address.host}: ${message.replace(/\.$/, '')}${adviceOn(message, password)}`,
    )
  } finally {
    redis.disconnect()
  }
}

function adviceOn(message: string, password: string | undefined): string {
  if (isForbidden(message)) return `; the publisher needs the rights ${PUBLISHER_RIGHTS}`
  if (!/WRONGPASS|NOAUTH/.test(message)) return ''
  return password ? '; check the user and the password' : '; set the password in REDIS_PASSWORD'
}

/** Whether Redis rejected a command, directly or in a script, because the user lacks permission for it. */
const isForbidden = (message: string) => /NOPERM|can't run this command/.test(message)

/** What was left out, in all files together. */
type AllLeftOut = Pick<LeftOut, 'skipped' | 'unknownColumns'>

async function addDemo(builder: DatasetBuilder): Promise<AllLeftOut> {
  for (const entry of await demoEntries()) builder.add(entry)
  return { skipped: 0, unknownColumns: [] }
}

async function addFiles(
  builder: DatasetBuilder,
  { inputs, encoding, halfLifeDays }: Arguments,
  { onLeftOut: onProblem }: Pick<BuildOptions, 'onLeftOut'>,
  signal: AbortSignal,
): Promise<AllLeftOut> {
  const all: AllLeftOut = { skipped: 0, unknownColumns: [] }
  for (const file of inputs) {
    const onProgress = (part: number) => showProgress(`reading ${file}`, part)
    // Origins take memory, so they are stored only for a report.
    const add = (entry: Entry, line: number) => builder.add(entry, onProblem && { file, line })
    const options: ReadOptions = { onProgress, usesDates: halfLifeDays !== undefined, signal }
    if (encoding !== undefined) options.encoding = encoding
    if (onProblem) options.onProblem = onProblem
    const leftOut = await forEachEntry(file, add, options)
    endProgress()
    all.skipped += leftOut.skipped
    all.unknownColumns.push(...leftOut.unknownColumns)
    reportProblems(leftOut.problems, leftOut.skipped)
    for (const hint of leftOut.hints) console.error(`${file}: ${hint}`)
    for (const name of leftOut.unknownColumns) console.error(`${file}: unknown column ${JSON.stringify(name)} ignored`)
    if (leftOut.hasUnnamedColumns) {
      console.error(`${file}: columns without a name in the first line are ignored`)
    }
  }
  return all
}

function reportProblems(problems: Problem[], skipped: number): void {
  for (const { file, line, reason } of problems) console.error(`${file}:${line}: left out: ${reason}`)
  if (skipped > problems.length) console.error(`… and ${counted(skipped - problems.length, 'more bad line')}`)
}

/** Shows the current step and its progress on a terminal. Prints nothing to a pipe. */
function showProgress(step: string, part?: number): void {
  if (!process.stderr.isTTY) return
  const done = '#'.repeat(Math.floor((part ?? 0) * BAR_LENGTH)).padEnd(BAR_LENGTH)
  process.stderr.write(`\r\x1b[K${step}${part === undefined ? '' : ` [${done}] ${Math.floor(100 * part)}%`}`)
}

function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

failOnLostOutput('dataset')
process.exitCode = await main()
