/** `npm run bench` */
import { access, constants, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from '../tools/support/errors.ts'
import { interruptible } from '../tools/support/interrupt.ts'
import { createProgress } from '../tools/support/progress.ts'
import { writeCosts } from './costs.ts'
import { toJson, writeDocs } from './docs.ts'
import { guard } from './guard.ts'
import { measureSubject, type Subject } from './harness.ts'
import { SUBJECTS } from './subjects.ts'
import { asText } from './tables.ts'

const MAX_ROUNDS = 20
const GUARD = 'guard'
const NAMES = [...SUBJECTS.map(({ name }) => name), GUARD]

const USAGE = `usage: npm run bench [-- SUBJECT] [--rounds N] [--quick] [--json FILE] [--write] [--write-costs]

Measures on this machine. Nothing else should run meanwhile. Linux only. SUBJECT is one of (default ${NAMES[0]}):

${SUBJECTS.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`).join('\n')}
  ${GUARD.padEnd(13)} compare the CPU time of a request with docs/benchmarks/guard.json; code 1 if it is 10 % higher

  --rounds N     how often everything is measured, 1 to ${MAX_ROUNDS}; figures are medians
  --quick        check in seconds that everything works; the figures mean nothing
  --json FILE    write the figures to this file; - prints them instead of the tables
  --write        write the figures, their tables and their plots to docs/
  --write-costs  measure the costs and write generator/costs.json, from which the presets are computed
  --help         show this text
`

interface Options {
  /** Undefined for the guard. */
  subject: Subject | undefined
  rounds: number | undefined
  quick: boolean
  json: string | undefined
  write: boolean
  writeCosts: boolean
}

/** Runs the command and returns its exit code. */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  if (options) return interruptible((signal) => run(options, signal))
  process.stdout.write(USAGE)
  return 0
}

function readOptions(args: string[]): Options | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const { quick = false, json, write = false, 'write-costs': writeCosts = false } = values
  const [name = writeCosts ? 'costs' : NAMES[0], ...others] = positionals
  if (others.length > 0) throw new UserError(`SUBJECT must be one name, got ${positionals.join(' ')}`)
  if (!NAMES.includes(name as string)) throw new UserError(`SUBJECT must be one of ${NAMES.join(', ')}, got ${name}`)
  if (writeCosts && name !== 'costs') throw new UserError(`--write-costs is for the subject costs, got ${name}`)
  if (write && name === 'costs') throw new UserError('the figures of costs are written by --write-costs, not --write')
  if (quick && (write || writeCosts)) throw new UserError('--quick figures cannot be written')
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= MAX_ROUNDS))
    throw new UserError(`--rounds must be an integer from 1 to ${MAX_ROUNDS}, got ${values.rounds}`)
  return { subject: SUBJECTS.find((subject) => subject.name === name), rounds, quick, json, write, writeCosts }
}

function parse(args: string[]) {
  const flag = { type: 'boolean' } as const
  const text = { type: 'string' } as const
  const help = { type: 'boolean', short: 'h' } as const
  const options = { rounds: text, quick: flag, json: text, write: flag, 'write-costs': flag, help }
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    throw new UserError(`${(error as Error).message}; see --help`)
  }
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  const { subject, rounds, quick, json, write } = options
  const file = json === '-' ? undefined : json
  // A mistyped folder should not cost minutes.
  if (file !== undefined) await access(dirname(file), constants.W_OK).catch((error) => cannotWrite(file, error))
  const progress = createProgress()
  const onLine = (line: string) => {
    progress.end()
    console.error(line)
  }
  const surroundings = { progress, onLine, signal }
  if (!subject) return guard(rounds, write, surroundings)
  const effort = { ...(quick ? subject.quick : subject.full), ...(rounds && { rounds }) }
  const figures = await measureSubject(subject, effort, surroundings)
  process.stdout.write(json === '-' ? toJson(figures) : asText(subject, figures))
  if (file !== undefined) await writeFile(file, toJson(figures)).catch((error) => cannotWrite(file, error))
  if (write) await writeDocs(subject, figures)
  if (options.writeCosts) await writeCosts(figures, onLine)
  return 0
}

function cannotWrite(file: string, error: Error): never {
  throw new UserError(`cannot write ${file}: ${error.message}`)
}
