#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { buildDataset } from './build.ts'
import { DatasetError, type Entry, type Problem, readEntries } from './entries.ts'
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
2 a wrong command line.
`

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
  try {
    const report = await build(args.out, args.inputs)
    const { file, bytes, version, entries, duplicates, skipped } = report
    console.log(
      args.json
        ? JSON.stringify(report)
        : `${file}: ${entries} entries, version ${version}, ${bytes} bytes (${duplicates} duplicates, ${skipped} bad lines left out)`,
    )
    return 0
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!(error instanceof DatasetError) && code === undefined) throw error
    console.error(`dataset: ${message}`)
    return 1
  }
}

async function build(out: string, inputs: string[]): Promise<BuildReport> {
  const { entries, skipped } =
    inputs.length === 0 ? { entries: await bundledWords(), skipped: 0 } : await readAll(inputs)
  const dataset = buildDataset(entries)
  const bytes = await writeRdb(out, dataset.keys(), dataset.keyCount, showProgress)
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  const { version } = dataset.meta
  return { file: out, bytes, version, entries: dataset.meta.entries, duplicates: dataset.duplicates, skipped }
}

async function readAll(inputs: string[]): Promise<{ entries: Entry[]; skipped: number }> {
  const entries: Entry[] = []
  let skipped = 0
  for (const file of inputs) {
    const result = await readEntries(file)
    for (const entry of result.entries) entries.push(entry)
    skipped += result.skipped
    reportProblems(result.problems, result.skipped)
  }
  return { entries, skipped }
}

function reportProblems(problems: Problem[], skipped: number): void {
  for (const { file, line, reason } of problems) console.error(`${file}:${line}: left out: ${reason}`)
  if (skipped > problems.length) console.error(`… and ${skipped - problems.length} more bad lines`)
}

function showProgress(written: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rwriting ${Math.floor((100 * written) / total)} %`)
}

process.exitCode = await main()
