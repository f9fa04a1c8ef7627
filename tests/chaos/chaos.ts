import { readFile, writeFile } from 'node:fs/promises'
import { withTable } from '../../generator/src/readme-tables.ts'
import { readCommandLine, UsageError } from '../../tools/support/command-line.ts'
import { interruptible } from '../../tools/support/interrupt.ts'
import { requireJsonFile, writeJsonFile } from '../../tools/support/json-file.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { createProgress } from '../../tools/support/progress.ts'
import { FAULTS, type Fault } from './faults.ts'
import { type ChaosResult, runChaos, SOAK_MINUTES } from './run.ts'
import { isKept, lineOf, summaryOf, TABLE_COMMAND, tableOf } from './view.ts'

const PAGE_PATH = 'docs/reliability.md'
const PAGE = inRoot(PAGE_PATH)
const DEFAULT_MINUTES = 5
const MAX_MINUTES = 24 * 60
/**
 * Time per fault in addition to its duration, in ms: the quiet periods before and after it, and the startup of
 * programs.
 */
const OVERHEAD_MS = 6500
const MIN_HOLD_MS = 1500
const MAX_HOLD_MS = 8000
const SOAK_EVERY_MS = 60_000

const COMMAND_LINE = {
  script: 'test:chaos',
  summary: `Injects one fault after another into a real stack (three Redis replicas and the service with two HTTP \
processes) while simulated users send queries, and checks every answer. Linux only.`,
  options: {
    minutes: {
      type: 'string',
      value: 'N',
      help: `minimum length of the run in minutes (default ${DEFAULT_MINUTES}). Every fault occurs at least once. In runs of at least \
${SOAK_MINUTES} minutes, one fault occurs per minute`,
    },
    only: { type: 'string', value: 'FAULT', multiple: true, help: 'inject only this fault' },
    json: { type: 'string', value: 'FILE', help: 'write the result to this file' },
    write: { type: 'boolean', help: 'write the table in docs/reliability.md' },
  },
  notes: `Faults:
${FAULTS.map(({ name, injected }) => `  ${name.padEnd(20)} ${injected}`).join('\n')}

Exit codes: 0 all promises were kept; 1 a promise was broken; 2 invalid command line.`,
} as const

interface Options {
  minutes: number
  faults: readonly Fault[]
  json: string | undefined
  write: boolean
}

/** Runs `npm run test:chaos`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  return options ? interruptible((signal) => run(options, signal)) : 0
}

function readOptions(args: string[]): Options | undefined {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return undefined
  const { minutes: text = String(DEFAULT_MINUTES), only, json, write = false } = parsed.values
  const minutes = Number(text)
  if (!(minutes > 0 && minutes <= MAX_MINUTES)) {
    throw new UsageError(`--minutes must be a number above 0 and up to ${MAX_MINUTES}, got ${JSON.stringify(text)}`)
  }
  const unknown = only?.find((name) => !FAULTS.some((fault) => fault.name === name))
  if (unknown !== undefined) throw new UsageError(`--only must name a fault, got ${JSON.stringify(unknown)}`)
  if (write && only) throw new UsageError('--write needs every fault and cannot be combined with --only')
  return { minutes, faults: only ? FAULTS.filter(({ name }) => only.includes(name)) : FAULTS, json, write }
}

async function run({ minutes, faults, json, write }: Options, signal: AbortSignal): Promise<number> {
  if (json !== undefined) await requireJsonFile(json)
  const progress = createProgress()
  const holdMs = Math.min(MAX_HOLD_MS, Math.max(MIN_HOLD_MS, (minutes * 60_000) / faults.length - OVERHEAD_MS))
  const everyMs = minutes >= SOAK_MINUTES ? SOAK_EVERY_MS : 0
  const onResult = (result: ChaosResult['faults'][number]) => {
    progress.end()
    console.log(lineOf(result))
  }
  const result = await runChaos({ faults, minutes, holdMs, everyMs, progress, onResult, signal })
  console.log(summaryOf(result))
  if (json !== undefined) await writeJsonFile(json, `${JSON.stringify(result, undefined, 2)}\n`)
  if (write) {
    const [name, table] = tableOf(result)
    await writeFile(PAGE, withTable(await readFile(PAGE, 'utf8'), name, table, TABLE_COMMAND, PAGE_PATH))
  }
  return isKept(result) ? 0 : 1
}
