/** Reads the command lines of all npm scripts, and prints their help. */
import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util'
import {
  requireNoEmptyArgument,
  requireNoRepeatedOption,
  usageMessage,
} from '../../service/src/dataset/usage-message.ts'
import { UserError } from './errors.ts'

export interface Option extends ParseArgsOptionDescriptor {
  /** Names the value in the help, such as `FILE`. */
  value?: string
  help: string
}

/** The command line of a script in package.json. */
export interface CommandLine<O extends Record<string, Option> = Record<string, Option>> {
  /** Name of the script in package.json, such as `test:chaos`. */
  script: string
  /** Description of the script in complete sentences. It may have several paragraphs. */
  summary: string
  /** Positional arguments: `NAME` is required, `[NAME]` is optional, and `[NAME...]` accepts any number. */
  operands?: readonly string[]
  /** For a command with several forms: the arguments of each form in the help, such as `--diff PRESET PRESET`. */
  usages?: readonly string[]
  options?: O
  /** Printed below the options, such as exit codes. */
  notes?: string
}

/** An invalid command line. The exit code is 2, and a hint about `--help` is appended to the message. */
export class UsageError extends UserError {
  override name = 'UsageError'
}

const HELP = { type: 'boolean', short: 'h', help: 'show this text' } as const
const WIDTH = 120
/** Scripts that can be started without `run`: `npm start`, `npm test`. */
const SHORT_SCRIPTS = ['start', 'test']

type Values<O extends Record<string, Option>> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>
>['values']

/**
 * Reads a command line. With `--help` it prints the help instead.
 * @returns the options and the other arguments, or undefined if there is nothing more to do
 * @throws {UsageError} for an unknown option, a missing or unclear value, an option with a value that is given twice,
 * and a missing or surplus argument
 */
export function readCommandLine<const O extends Record<string, Option> = Record<never, Option>>(
  line: CommandLine<O>,
  args: readonly string[],
): { values: Values<O>; operands: string[] } | undefined {
  const { values, positionals } = parse(line, args)
  if ((values as { help?: boolean }).help) {
    process.stdout.write(helpOf(line))
    return undefined
  }
  const { operands = [] } = line
  const missing = operands.filter((name) => !name.startsWith('[')).at(positionals.length)
  if (missing !== undefined) throw new UsageError(`${missing} is missing`)
  const most = operands.some((name) => name.endsWith('...]')) ? Number.POSITIVE_INFINITY : operands.length
  if (positionals.length > most) throw new UsageError(`unexpected argument ${JSON.stringify(positionals[most])}`)
  return { values, operands: positionals }
}

function parse<O extends Record<string, Option>>({ options }: CommandLine<O>, args: readonly string[]) {
  try {
    const all = { ...(options as O), help: HELP }
    const parsed = parseArgs({ args: [...args], options: all, allowPositionals: true, tokens: true })
    requireNoRepeatedOption(all, parsed.tokens)
    requireNoEmptyArgument(parsed.values, parsed.positionals)
    return parsed
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(usageMessage(error as NodeJS.ErrnoException))
  }
}

/** Returns the help of a script: usage, summary, options, and notes. */
function helpOf({ script, summary, operands = [], usages, options = {}, notes }: CommandLine): string {
  const npm = SHORT_SCRIPTS.includes(script) ? `npm ${script}` : `npm run ${script}`
  const shown: [string, string][] = Object.entries({ ...options, help: HELP } as Record<string, Option>).map(
    ([name, { short, value, help, multiple }]) => [
      `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
      `${help}${multiple ? '; may be repeated' : ''}`,
    ],
  )
  const column = Math.max(...shown.map(([name]) => name.length)) + 4
  const lines = shown.map(([name, help]) => `  ${name}`.padEnd(column) + wrap(help, WIDTH - column, column))
  const parts = [
    (usages ?? [['[OPTION]...', ...operands].join(' ')])
      .map((form, at) => `${at === 0 ? 'usage:' : '      '} ${npm} -- ${form}`)
      .join('\n'),
    wrap(summary, WIDTH, 0),
    lines.join('\n'),
    ...(notes === undefined ? [] : [wrap(notes, WIDTH, 0)]),
  ]
  return `${parts.join('\n\n')}\n`
}

/**
 * Breaks lines between words, and preserves line breaks. In a line that begins with spaces, only the second column is
 * wrapped.
 */
function wrap(text: string, width: number, indent: number): string {
  const lines = text.split('\n').flatMap((line) => {
    const [first = ''] = /^ +\S+ {2,}|^ +/.exec(line) ?? []
    const broken: string[] = [first]
    for (const word of line.slice(first.length).split(' ')) {
      const last = broken.at(-1) as string
      if (last.length > first.length && last.length + 1 + word.length > width) {
        broken.push(' '.repeat(first.length) + word)
      } else broken[broken.length - 1] = last.length > first.length ? `${last} ${word}` : last + word
    }
    return broken
  })
  return lines.join(`\n${' '.repeat(indent)}`)
}

/**
 * Parses an integer option.
 * @throws {UsageError} unless it is an integer from `min` to `max`
 */
export function integer(option: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new UsageError(`${option} must be an integer from ${min} to ${max}, got ${JSON.stringify(text)}`)
}
