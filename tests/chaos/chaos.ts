import { access, constants, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { withTable } from '../../generator/src/readme-tables.ts'
import { UserError } from '../../tools/support/errors.ts'
import { interruptible } from '../../tools/support/interrupt.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { createProgress } from '../../tools/support/progress.ts'
import { FAULTS, type Fault } from './faults.ts'
import { type ChaosResult, runChaos, SOAK_MINUTES } from './run.ts'
import { isKept, lineOf, summaryOf, TABLE_COMMAND, tableOf } from './view.ts'

const PAGE = inRoot('docs', 'reliability.md')
const DEFAULT_MINUTES = 5
const MAX_MINUTES = 24 * 60
/** What a fault takes besides its own length: calm before and behind it, programs that start. */
const OVERHEAD_MS = 6500
const MIN_HOLD_MS = 1500
const MAX_HOLD_MS = 8000
const SOAK_EVERY_MS = 60_000

const USAGE = `usage: npm run test:chaos [-- --minutes N] [--only FAULT]... [--json FILE] [--write]

Breaks a real stack (three Redis, the service with two HTTP processes) in one way after the other while users ask all the time, and
judges every answer. Exit code 1 when a promise was broken. Linux only.

  --minutes N    how long, ${DEFAULT_MINUTES} by default; every fault is made once at least, and from ${SOAK_MINUTES} on one every minute
  --only FAULT   only this one; may be given several times. There are
${FAULTS.map(({ name, injected }) => `                   ${name.padEnd(20)} ${injected}`).join('\n')}
  --json FILE    write the result there
  --write        write the table into docs/reliability.md
  --help         this text
`

interface Options {
  minutes: number
  faults: readonly Fault[]
  json: string | undefined
  write: boolean
}

/** `npm run test:chaos` */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  if (!options) {
    process.stdout.write(USAGE)
    return 0
  }
  return interruptible((signal) => run(options, signal))
}

function readOptions(args: string[]): Options | undefined {
  let values: { minutes?: string; only?: string[]; json?: string; write?: boolean; help?: boolean }
  try {
    values = parseArgs({
      args,
      options: {
        minutes: { type: 'string' },
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
        write: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UserError(`${(error as Error).message}; see --help`)
  }
  if (values.help) return undefined
  const minutes = values.minutes === undefined ? DEFAULT_MINUTES : Number(values.minutes)
  if (!(minutes > 0 && minutes <= MAX_MINUTES)) {
    throw new UserError(`--minutes takes a number up to ${MAX_MINUTES}, got ${values.minutes}`)
  }
  const unknown = values.only?.find((name) => !FAULTS.some((fault) => fault.name === name))
  if (unknown !== undefined) throw new UserError(`there is no fault ${unknown}; see --help`)
  const faults = values.only ? FAULTS.filter(({ name }) => values.only?.includes(name)) : FAULTS
  if (values.write && values.only) throw new UserError('--write needs every fault, so it does not go with --only')
  return { minutes, faults, json: values.json, write: values.write ?? false }
}

async function run({ minutes, faults, json, write }: Options, signal: AbortSignal): Promise<number> {
  // A mistyped folder should not cost minutes.
  if (json !== undefined) {
    await access(dirname(json), constants.W_OK).catch((error: Error) => {
      throw new UserError(`cannot write ${json}: ${error.message}`)
    })
  }
  const progress = createProgress()
  const holdMs = Math.min(MAX_HOLD_MS, Math.max(MIN_HOLD_MS, (minutes * 60_000) / faults.length - OVERHEAD_MS))
  const everyMs = minutes >= SOAK_MINUTES ? SOAK_EVERY_MS : 0
  const onResult = (result: ChaosResult['faults'][number]) => {
    progress.end()
    console.log(lineOf(result))
  }
  const result = await runChaos({ faults, minutes, holdMs, everyMs, progress, onResult, signal })
  console.log(summaryOf(result))
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`)
  if (write) {
    const [name, table] = tableOf(result)
    await writeFile(PAGE, withTable(await readFile(PAGE, 'utf8'), name, table, TABLE_COMMAND))
  }
  return isKept(result) ? 0 : 1
}
