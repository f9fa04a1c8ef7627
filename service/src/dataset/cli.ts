#!/usr/bin/env node
import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Arguments, parseArguments, USAGE } from './arguments.ts'
import { type BuildOptions, DAY_MS, DatasetBuilder } from './build.ts'
import { type BuildReport, contentOf, counted } from './build-report.ts'
import { demoEntries } from './demo.ts'
import { DatasetError, type Entry, forEachEntry, type LeftOut, type Problem, type ReadOptions } from './entries.ts'
import { formatOf } from './input/readers.ts'
import { failOnLostOutput } from './output-errors.ts'
import { outProblem, reportProblem } from './output-file.ts'
import { printable } from './printable.ts'
import { publishTo } from './publish-to.ts'
import { writeRdb } from './rdb.ts'
import { usageMessage } from './usage-message.ts'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Length of the progress bar, in characters. */
const BAR_LENGTH = 30
/** Maximum number of unknown columns to list. In JSON, every object may have different fields. */
const MAX_UNKNOWN_SHOWN = 10
/** V8 limits a Map to 2^24 items. The builder keeps texts, words, and scores in Maps. */
const TOO_LARGE = 'a dataset can have at most 16,777,216 distinct texts; the same limit applies to words and scores'
const NO_DATES = '--half-life has no effect, because no entry has a date in the column or field "updated"'

async function main(): Promise<number> {
  let args: Arguments
  try {
    args = parseArguments()
  } catch (error) {
    say(`dataset: ${usageMessage(error as NodeJS.ErrnoException)}; see --help`)
    return 2
  }
  if (args.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const interrupt = new AbortController()
  for (const signal of STOP_SIGNALS) process.on(signal, () => interrupt.abort())
  try {
    const { report, warnings } = await build(args, interrupt.signal)
    endProgress()
    console.log(args.json ? JSON.stringify(report) : printable(summaryOf(report, args)))
    for (const warning of warnings) say(warning)
    return 0
  } catch (error) {
    endProgress()
    if (interrupt.signal.aborted) return 130
    const { code, message } = error as NodeJS.ErrnoException
    const isTooLarge = error instanceof RangeError && message === 'Map maximum size exceeded'
    if (!isTooLarge && !(error instanceof DatasetError) && code === undefined) throw error
    say(`dataset: ${isTooLarge ? TOO_LARGE : message}`)
    return 1
  }
}

function summaryOf(report: BuildReport, { publish }: Arguments): string {
  const { file, bytes, version } = report
  const where = file ?? `published to ${new URL(publish as string).host}`
  return `${where}: ${contentOf(report)}, version ${version}${bytes === undefined ? '' : `, ${counted(bytes, 'byte')}`}`
}

async function build(args: Arguments, signal: AbortSignal): Promise<Built> {
  if (args.out !== undefined) requireWritable(args.out, outProblem)
  const leftOut = args.report === undefined ? undefined : new LeftOutFile(args.report)
  try {
    return await buildWith(args, leftOut, signal)
  } catch (error) {
    // If writing the report has failed, the caught error wrongly names the input file, so throw the original error.
    throw leftOut?.failure ?? error
  } finally {
    leftOut?.close()
  }
}

/** The result of a build. There are warnings for files in which most rows are bad, and for missing or future dates. */
interface Built {
  report: BuildReport
  warnings: string[]
}

/** The file to which `--report` writes the rows that were left out. */
class LeftOutFile {
  /** The error if a row could not be written. */
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

  /** @throws {DatasetError} if the row cannot be written; {@link failure} has the same error */
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

async function buildWith(args: Arguments, leftOut: LeftOutFile | undefined, signal: AbortSignal): Promise<Built> {
  const reporting = leftOut === undefined ? {} : { onLeftOut: (problem: Problem) => leftOut.write(problem) }
  const builder = new DatasetBuilder()
  const { skipped, unknownColumns, warnings } =
    args.inputs.length === 0 ? await addDemo(builder) : await addFiles(builder, args, reporting, signal)
  if (skipped > 0 && args.failOnSkipped) {
    throw new DatasetError(`${counted(skipped, 'line is', 'lines are')} bad, and --fail-on-skipped is set`)
  }
  const { halfLifeDays, match } = args
  if (halfLifeDays !== undefined && !builder.hasDates) warnings.push(NO_DATES)
  const onStep = (step: string) => showProgress(step)
  const dataset = builder.build({ ...(halfLifeDays !== undefined && { halfLifeDays }), match, onStep, ...reporting })
  const { version, entries } = dataset.meta
  const report = { version, entries, duplicates: dataset.duplicates, blocked: dataset.blocked, skipped, unknownColumns }
  const onProgress = (written: number, total: number) => showProgress('writing', written / total)
  if (args.out === undefined) {
    await publishTo(args.publish as string, dataset, {
      onProgress,
      onWait,
      onSwitched,
      signal,
      ...(args.keepOldMs !== undefined && { keepOldMs: args.keepOldMs }),
    })
    return { report, warnings }
  }
  try {
    const bytes = await writeRdb(args.out, dataset.keys(), dataset.keyCount, onProgress, signal)
    return { report: { file: args.out, bytes, ...report }, warnings }
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
  say('dataset: waiting for another publisher to finish')
}

/** Checks that a file can be written. Called before the input is read, because reading may take minutes. */
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

/** Creates an error without the part of the Node.js message after the first comma, which may name a temporary file. */
function cannotWrite(file: string, error: unknown): DatasetError {
  return new DatasetError(`cannot write ${file}: ${(error as Error).message.split(',')[0]}`)
}

/** What was left out of all files together. */
type AllLeftOut = Pick<LeftOut, 'skipped' | 'unknownColumns'> & Pick<Built, 'warnings'>

async function addDemo(builder: DatasetBuilder): Promise<AllLeftOut> {
  for (const entry of await demoEntries()) builder.add(entry)
  return { skipped: 0, unknownColumns: [], warnings: [] }
}

async function addFiles(
  builder: DatasetBuilder,
  { inputs, encoding, halfLifeDays, dateOrder }: Arguments,
  { onLeftOut: onProblem }: Pick<BuildOptions, 'onLeftOut'>,
  signal: AbortSignal,
): Promise<AllLeftOut> {
  const all: AllLeftOut = { skipped: 0, unknownColumns: [], warnings: [] }
  let futureDate: { updated: number; file: string; line: number } | undefined
  const tomorrow = Date.now() + DAY_MS
  for (const file of inputs) {
    const onProgress = (part: number) => showProgress(`reading ${file}`, part)
    // Origins take memory, so they are stored only for a report.
    const add = (entry: Entry, line: number) => {
      builder.add(entry, onProblem && { file, line })
      const { updated = 0, blocked } = entry
      if (!blocked && updated > (futureDate?.updated ?? tomorrow)) futureDate = { updated, file, line }
    }
    const options: ReadOptions = { onProgress, usesDates: halfLifeDays !== undefined, signal }
    if (encoding !== undefined) options.encoding = encoding
    if (dateOrder !== undefined) options.dateOrder = dateOrder
    if (onProblem) options.onProblem = onProblem
    const leftOut = await forEachEntry(file, add, options)
    endProgress()
    all.skipped += leftOut.skipped
    all.unknownColumns.push(...leftOut.unknownColumns)
    if (leftOut.warning !== undefined) all.warnings.push(leftOut.warning)
    for (const message of leftOut.messages) say(message)
    for (const hint of leftOut.hints) say(`${file}: ${hint}`)
    reportUnknown(file, leftOut.unknownColumns)
  }
  if (futureDate) {
    const { updated, file, line } = futureDate
    const date = new Date(updated).toISOString().slice(0, 10)
    all.warnings.push(
      `${file}:${line}: updated is in the future (${date}); --half-life reduces the scores of all entries with earlier dates`,
    )
  }
  return all
}

function reportUnknown(file: string, names: readonly string[]): void {
  for (const name of names.slice(0, MAX_UNKNOWN_SHOWN)) {
    const advice = name.toLowerCase() === 'context' ? `; ${contextAdvice(file)}` : ''
    say(`${file}: unknown column ${JSON.stringify(name)} ignored${advice}`)
  }
  const more = names.length - MAX_UNKNOWN_SHOWN
  if (more > 0) say(`… and ${counted(more, 'more unknown column')}`)
}

const contextAdvice = (file: string) =>
  formatOf(file)?.startsWith('json')
    ? 'write contexts as "contexts":{"NAME":["VALUE"]}'
    : 'name the column of each context context.NAME'

/** Prints a message. */
function say(line: string): void {
  console.error(printable(line))
}

/** Shows the current step and its progress if standard error is a terminal. */
function showProgress(step: string, part?: number): void {
  if (!process.stderr.isTTY) return
  const done = '#'.repeat(Math.floor((part ?? 0) * BAR_LENGTH)).padEnd(BAR_LENGTH)
  process.stderr.write(`\r\x1b[K${printable(step)}${part === undefined ? '' : ` [${done}] ${Math.floor(100 * part)}%`}`)
}

function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

failOnLostOutput('dataset')
process.exitCode = await main()
