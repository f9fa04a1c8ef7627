import { access, constants, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import type { Costs } from '../../../generator/src/capacity/costs.ts'
import { UserError } from '../../support/errors.ts'
import { interruptible } from '../../support/interrupt.ts'
import { createProgress } from '../../support/progress.ts'
import { COSTS_FILE, costs, requireUsableCosts, toJson } from './costs/costs.ts'
import { writeDocs } from './docs.ts'
import type { Subject } from './subject.ts'
import { SUBJECTS } from './subjects.ts'

const MAX_ROUNDS = 20
const DEFAULT_SUBJECT = 'comparison'

const USAGE = `usage: npm run bench [-- SUBJECT] [--rounds N] [--json FILE] [--write] [--write-costs]

Measures on this machine; nothing else should run meanwhile. Linux only. SUBJECT is one of (default ${DEFAULT_SUBJECT}):

${SUBJECTS.map(({ name, summary, rounds }) => `  ${name.padEnd(13)} ${summary} (${rounds} rounds)`).join('\n')}

  --rounds N     how often everything is measured, 1 to ${MAX_ROUNDS}; medians count
  --json FILE    write the result there; - is standard output, instead of the tables
  --write        write the result, its tables and its plots into docs/
  --write-costs  measure the costs, and write generator/costs.json, from which the presets are computed
  --help         this text
`

interface Options {
  subject: Subject<unknown>
  rounds: number
  json: string | undefined
  write: boolean
  writeCosts: boolean
}

/** `npm run bench` */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  if (!options) {
    process.stdout.write(USAGE)
    return 0
  }
  return interruptible((signal) => run(options, signal))
}

function readOptions(args: string[]): Options | undefined {
  let values: { rounds?: string; json?: string; write?: boolean; 'write-costs'?: boolean; help?: boolean }
  let names: string[]
  try {
    const parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        json: { type: 'string' },
        write: { type: 'boolean' },
        'write-costs': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    values = parsed.values
    names = parsed.positionals
  } catch (error) {
    throw new UserError(`${(error as Error).message}; see --help`)
  }
  if (values.help) return undefined
  const writeCosts = values['write-costs'] ?? false
  const subject = subjectOf(names, writeCosts)
  const rounds = values.rounds === undefined ? subject.rounds : Number(values.rounds)
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= MAX_ROUNDS)) {
    throw new UserError(`--rounds takes a whole number from 1 to ${MAX_ROUNDS}, got ${values.rounds}`)
  }
  return { subject, rounds, json: values.json, write: values.write ?? false, writeCosts }
}

function subjectOf(names: string[], writeCosts: boolean): Subject<unknown> {
  const [name = writeCosts ? costs.name : DEFAULT_SUBJECT, ...others] = names
  if (others.length > 0) throw new UserError(`one subject at a time, got ${names.join(' ')}`)
  if (writeCosts && name !== costs.name) throw new UserError(`--write-costs goes with the subject costs, not ${name}`)
  const subject = SUBJECTS.find((subject) => subject.name === name)
  if (subject) return subject
  throw new UserError(`there is no subject ${name}; there are ${SUBJECTS.map(({ name }) => name).join(', ')}`)
}

async function run({ subject, rounds, json, write, writeCosts }: Options, signal: AbortSignal): Promise<number> {
  const jsonFile = json === '-' ? undefined : json
  // A mistyped folder should not cost minutes.
  if (jsonFile !== undefined) {
    await access(dirname(jsonFile), constants.W_OK).catch((error) => cannotWrite(jsonFile, error))
  }
  const progress = createProgress()
  const onLine = (line: string) => {
    progress.end()
    console.error(line)
  }
  const result = await subject.measure(rounds, { progress, onLine, signal }).finally(() => progress.end())
  const asJson = `${JSON.stringify(result, undefined, 2)}\n`
  process.stdout.write(json === '-' ? asJson : subject.text(result))
  if (jsonFile !== undefined) await writeFile(jsonFile, asJson).catch((error) => cannotWrite(jsonFile, error))
  if (write) await writeDocs(subject, result)
  if (writeCosts) {
    requireUsableCosts(result as Costs)
    await writeFile(COSTS_FILE, toJson(result as Costs)).catch((error) => cannotWrite(COSTS_FILE, error))
  }
  return 0
}

function cannotWrite(file: string, error: Error): never {
  throw new UserError(`cannot write ${file}: ${error.message}`)
}
