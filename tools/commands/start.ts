import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { counted } from '../../generator/src/capacity/quantity.ts'
import { mergeIntoDefaults } from '../../generator/src/merge.ts'
import { loadPreset } from '../../generator/src/presets.ts'
import { containerPortOf, type DeepPartial, type Values } from '../../generator/src/values.ts'
import { contentOf } from '../../service/src/dataset/build-report.ts'
import { integer, readCommandLine } from '../support/command-line.ts'
import { UserError } from '../support/errors.ts'
import { toUserError } from '../support/generator-errors.ts'
import { interruptible } from '../support/interrupt.ts'
import { noteOutdatedFiles } from '../support/outdated-files.ts'
import { inRoot } from '../support/paths.ts'
import { createProgress } from '../support/progress.ts'
import { startStack } from '../support/stack.ts'

const DEFAULT_PRESET = 'dev'

const COMMAND_LINE = {
  script: 'start',
  summary: `Starts a preset on this machine: all its Redis replicas, preloaded and read-only, and one pod of the service. Ctrl-C stops \
them. Uses the files in chart/ and values/ as they are, and reports which of them are stale or edited.`,
  options: {
    preset: { type: 'string', value: 'NAME', help: `the preset (default ${DEFAULT_PRESET})` },
    port: { type: 'string', value: 'PORT', help: "port of the service (default: the preset's; 0 takes any free port)" },
    data: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      help: 'another dataset (.tsv, .txt, .csv, .jsonl, .ndjson, or .json, optionally followed by .gz) instead of the demo dataset',
    },
    'half-life': { type: 'string', value: 'DAYS', help: 'half-life of the weights of entries with dates, in days' },
    'date-order': {
      type: 'string',
      value: 'day-first|month-first',
      help: 'order of the day and the month in dates such as 01/02/2026 (default: as shown by other dates)',
    },
    encoding: { type: 'string', value: 'NAME', help: 'encoding of the dataset, such as windows-1252 (default utf-8)' },
    'match-infix': { type: 'string', value: 'on|off', help: 'whether queries also match inside words (default on)' },
    correct: {
      type: 'string',
      value: 'letters|digits|off',
      help: 'which characters corrections may edit: letters, letters and digits, or none (default letters)',
    },
    exact: {
      type: 'string',
      value: 'first|score',
      help: 'whether an entry equal to the query comes first or is sorted by its score (default first)',
    },
    report: {
      type: 'string',
      value: 'FILE',
      help: 'write every line that is left out of the dataset, and the reason, to FILE as JSON lines',
    },
    'fail-on-skipped': { type: 'boolean', help: 'do not start if a line of the dataset is bad' },
    json: {
      type: 'boolean',
      help: 'print one line {"url","pid","redis","version","publisherPasswordFile"} when it is ready; use `npm start --silent` to get only that line',
    },
  },
} as const

/** The options that are passed on to the dataset builder, which checks them. */
const BUILDER_OPTIONS = [
  'half-life',
  'date-order',
  'encoding',
  'match-infix',
  'correct',
  'exact',
  'report',
  'fail-on-skipped',
] as const

interface Options {
  preset: string
  port: number | undefined
  data: readonly string[] | undefined
  builderOptions: readonly string[]
  json: boolean
}

/** Runs `npm start`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return 0
  const { preset = DEFAULT_PRESET, port, data, json = false } = parsed.values
  const options: Options = {
    preset,
    port: port === undefined ? undefined : integer('--port', port, 0, 65_535),
    data,
    builderOptions: BUILDER_OPTIONS.flatMap((name) => {
      const value = parsed.values[name]
      return value === undefined ? [] : [value === true ? `--${name}` : `--${name}=${value}`]
    }),
    json,
  }
  try {
    return await interruptible((signal) => run(options, signal))
  } catch (error) {
    throw toUserError(error)
  }
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  const values = await releaseValues(options.preset)
  const stack = await startStack({
    values,
    port: options.port ?? containerPortOf(values, 'app'),
    data: options.data,
    builderOptions: options.builderOptions,
    progress: createProgress(),
    onLine: (line) => console.error(line),
    signal,
  })
  const { url, redis, version, publisherPasswordFile } = stack
  if (options.json) console.log(JSON.stringify({ url, pid: process.pid, redis, version, publisherPasswordFile }))
  else {
    console.log(`preset ${options.preset}: one pod of the service, ${counted(redis.length, 'Redis replica')}`)
    console.log(`  data:    ${contentOf(stack)}, version ${version}`)
    console.log(`  page:    ${url}/`)
    const query = options.data ? 'TEXT' : 'app'
    console.log(`  query:   curl -G ${url}/autocomplete --data-urlencode 'q=${query}' -d limit=5`)
    for (const [at, address] of redis.entries()) {
      const publisher = address.replace('//', '//publisher@')
      const command = `REDIS_PASSWORD=$(cat ${publisherPasswordFile}) npm run dataset -- --publish ${publisher} FILE`
      console.log(`  ${at === 0 ? 'publish:' : '        '} ${command}`)
    }
    console.log('Ctrl-C stops it.')
  }
  const interrupted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined))
  })
  const failure = await Promise.race([stack.failed, interrupted])
  await stack.stop()
  if (failure !== undefined) throw new UserError(failure)
  return 0
}

/** Reads the preset's values as Helm would merge them. */
async function releaseValues(preset: string): Promise<Values> {
  await noteOutdatedFiles(await loadPreset(preset), (line) => console.error(line))
  const [defaults, overrides] = await Promise.all(
    [inRoot('chart', 'values.yaml'), inRoot('values', `${preset}.yaml`)].map((file) => readFile(file, 'utf8')),
  )
  return mergeIntoDefaults<Values>(
    parse(defaults as string) as Values,
    parse(overrides as string) as DeepPartial<Values>,
  )
}
