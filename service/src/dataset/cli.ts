#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { DatasetBuilder } from './build.ts'
import { DatasetError, forEachEntry, type Problem } from './entries.ts'
import { writeRdb } from './rdb.ts'
import { bundledWords } from './words.ts'

const USAGE = `usage: npm run dataset -- --out FILE.rdb [--json] [INPUT...]

Builds the Redis database file that every Redis replica loads at start.

  INPUT       .tsv or .txt (text<TAB>weight), .csv (text,weight), .jsonl ({"text":…,"weight":…});
              without any, the English and Korean words that come with the project
  --out FILE  where to write it
  --json      print the report as one line of JSON
  --help      this text

Bad lines are left out, counted and listed on standard error. Exit codes: 0 written, 1 no valid entry or an unreadable file,
2 a wrong command line, 130 interrupted, with nothing written.
`

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Characters of the progress bar. */
const BAR_LENGTH = 30

/** What a build did; also what `--json` prints. */
interface BuildReport {
  file: string
  bytes: number
  version: string
  entries: number
  duplicates: number
  skipped: number
}

async function main(): Promise<number> {
  let args: { out?: string; json: boolean; help: boolean; inputs: string[] }
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { out: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    args = { ...values, json: values.json ?? false, help: values.help ?? false, inputs: positionals }
  } catch (error) {
    console.error(`dataset: ${(error as Error).message}`)
    return 2
  }
  if (args.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (!args.out) {
    console.error('dataset: --out FILE.rdb is missing; see --help')
    return 2
  }
  const interrupt = new AbortController()
  for (const signal of STOP_SIGNALS) process.on(signal, () => interrupt.abort())
  try {
    const report = await build(args.out, args.inputs, interrupt.signal)
    endProgress()
    const { file, bytes, version, entries, duplicates, skipped } = report
    console.log(
      args.json
        ? JSON.stringify(report)
        : `${file}: ${entries} entries, version ${version}, ${bytes} bytes (${duplicates} duplicates, ${skipped} bad lines left out)`,
    )
    return 0
  } catch (error) {
    endProgress()
    if (interrupt.signal.aborted) return 130
    const { code, message } = error as NodeJS.ErrnoException
    if (!(error instanceof DatasetError) && code === undefined) throw error
    console.error(`dataset: ${message}`)
    return 1
  }
}

async function build(out: string, inputs: string[], signal: AbortSignal): Promise<BuildReport> {
  const builder = new DatasetBuilder()
  const skipped = inputs.length === 0 ? await addBundledWords(builder) : await addFiles(builder, inputs, signal)
  showProgress('sorting')
  const dataset = builder.build()
  const onProgress = (written: number, total: number) => showProgress('writing', written / total)
  const bytes = await writeRdb(out, dataset.keys(), dataset.keyCount, onProgress, signal)
  const { version, entries } = dataset.meta
  return { file: out, bytes, version, entries, duplicates: dataset.duplicates, skipped }
}

async function addBundledWords(builder: DatasetBuilder): Promise<number> {
  for (const entry of await bundledWords()) builder.add(entry)
  return 0
}

/** Returns how many lines were left out. */
async function addFiles(builder: DatasetBuilder, files: string[], signal: AbortSignal): Promise<number> {
  let skipped = 0
  for (const file of files) {
    const onProgress = (part: number) => showProgress(`reading ${file}`, part)
    const leftOut = await forEachEntry(file, (entry) => builder.add(entry), { onProgress, signal })
    endProgress()
    skipped += leftOut.skipped
    reportProblems(leftOut.problems, leftOut.skipped)
  }
  return skipped
}

function reportProblems(problems: Problem[], skipped: number): void {
  for (const { file, line, reason } of problems) console.error(`${file}:${line}: left out: ${reason}`)
  if (skipped > problems.length) console.error(`… and ${skipped - problems.length} more bad lines`)
}

/** Shows what is being done, and which part of it is done, on a terminal; in a pipe it says nothing. */
function showProgress(step: string, part?: number): void {
  if (!process.stderr.isTTY) return
  const done = '#'.repeat(Math.floor((part ?? 0) * BAR_LENGTH)).padEnd(BAR_LENGTH)
  process.stderr.write(`\r\x1b[K${step}${part === undefined ? '' : ` [${done}] ${Math.floor(100 * part)} %`}`)
}

function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}

process.exitCode = await main()
