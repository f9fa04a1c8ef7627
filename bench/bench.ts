import { integer, readCommandLine, UsageError } from '../tools/support/command-line.ts'
import { interruptible } from '../tools/support/interrupt.ts'
import { requireJsonFile, writeJsonFile } from '../tools/support/json-file.ts'
import { createProgress } from '../tools/support/progress.ts'
import { writeCosts } from './costs.ts'
import { toJson, writeDocs } from './docs.ts'
import { isWorse } from './guard.ts'
import { measureSubject, quickEffort, type Rounds, type Subject } from './harness.ts'
import { SUBJECTS } from './subjects.ts'
import { asText } from './tables.ts'

const MAX_ROUNDS = 20
const NAMES = SUBJECTS.map(({ name }) => name)

const COMMAND_LINE = {
  script: 'bench',
  summary: `Measures this machine. No other programs should run at the same time. Linux only.
SUBJECT is one of (default ${NAMES[0]}):

${SUBJECTS.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`).join('\n')}`,
  operands: ['[SUBJECT]'],
  options: {
    rounds: {
      type: 'string',
      value: 'N',
      help: `number of rounds, 1 to ${MAX_ROUNDS}; figures are medians of all rounds`,
    },
    quick: {
      type: 'boolean',
      help: 'check within seconds that everything works; the measured figures are meaningless',
    },
    json: {
      type: 'string',
      value: 'FILE',
      help: 'write the figures to this file as JSON; - prints the JSON instead of the tables',
    },
    write: { type: 'boolean', help: 'write the figures, tables, and plots to docs/' },
    'write-costs': {
      type: 'boolean',
      help: 'measure the costs and write generator/costs.json, which presets are computed from',
    },
    base: {
      type: 'string',
      value: 'COMMIT',
      help: 'the commit that guard compares with; by default the last release, or if there is none, the previous commit',
    },
  },
  notes: `Exit codes: 1 if a measurement failed, or if guard found that a request costs over 10% more than before;
2 for wrong arguments.`,
} as const

interface Options {
  subject: Subject
  effort: Rounds
  quick: boolean
  json: string | undefined
  write: boolean
  writeCosts: boolean
}

/** Runs `npm run bench`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  return options ? interruptible((signal) => run(options, signal)) : 0
}

function readOptions(args: string[]): Options | undefined {
  const line = readCommandLine(COMMAND_LINE, args)
  if (!line) return undefined
  const { quick = false, json, write = false, 'write-costs': writeCosts = false, base } = line.values
  const [name = writeCosts ? 'costs' : (NAMES[0] as string)] = line.operands
  if (!NAMES.includes(name))
    throw new UsageError(`SUBJECT must be one of ${NAMES.join(', ')}, got ${JSON.stringify(name)}`)
  if (writeCosts && name !== 'costs')
    throw new UsageError(`--write-costs works only with the subject costs, got ${name}`)
  if (write && name === 'costs') throw new UsageError('the figures of costs are written by --write-costs, not --write')
  if (quick && (write || writeCosts)) throw new UsageError('--quick cannot be combined with --write or --write-costs')
  if (write && name === 'guard') throw new UsageError('--write cannot be combined with guard')
  if (base !== undefined && name !== 'guard') throw new UsageError(`--base works only with guard, got ${name}`)
  const { rounds: text } = line.values
  const rounds = text === undefined ? undefined : integer('--rounds', text, 1, MAX_ROUNDS)
  const subject = SUBJECTS.find((subject) => subject.name === name) as Subject
  const effort = { ...(quick ? quickEffort(subject) : subject.full), ...(rounds && { rounds }), ...(base && { base }) }
  return { subject, effort, quick, json, write, writeCosts }
}

async function run({ subject, effort, quick, json, write, ...options }: Options, signal: AbortSignal): Promise<number> {
  const file = json === '-' ? undefined : json
  if (file !== undefined) await requireJsonFile(file)
  const progress = createProgress()
  const onLine = (line: string) => {
    progress.end()
    console.error(line)
  }
  const context = { progress, onLine, signal }
  const figures = await measureSubject(subject, effort, context)
  process.stdout.write(json === '-' ? toJson(figures) : asText(subject, figures))
  if (file !== undefined) await writeJsonFile(file, toJson(figures))
  if (write) await writeDocs(subject, figures)
  if (options.writeCosts) await writeCosts(figures, onLine)
  return subject.name === 'guard' && !quick && isWorse(figures) ? 1 : 0
}
