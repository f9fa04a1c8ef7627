import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { PresetError } from '../../generator/src/define-preset.ts'
import { merge } from '../../generator/src/merge.ts'
import { loadPreset } from '../../generator/src/presets.ts'
import type { DeepPartial, Values } from '../../generator/src/values.ts'
import { UserError } from '../support/errors.ts'
import { interruptible } from '../support/interrupt.ts'
import { inRoot } from '../support/paths.ts'
import { createProgress } from '../support/progress.ts'
import { startStack } from '../support/stack.ts'
import { writeGeneratedFiles } from '../support/write-generated-files.ts'

const DEFAULT_PRESET = 'dev'

const USAGE = `usage: npm start [-- --preset NAME] [--port N] [--data FILE]... [--half-life DAYS] [--json]

Starts a preset on this machine: all its Redis replicas, preloaded and read-only, and one pod of the service. Ctrl-C stops it.
Generated files that are stale are written anew first, as npm run gen-values does.

  --preset NAME  the preset (default ${DEFAULT_PRESET})
  --port N       the port of the service (default the preset's; 0 takes any free one)
  --data FILE    another dataset: .tsv, .csv or .jsonl, given again for each further file (default English and Korean words)
  --half-life DAYS  by which weights halve with age, where the dataset has dates
  --json         when it is ready, print one line {"url","pid","redis","version"} instead of prose
                 (npm prints two lines of its own before it; \`npm start --silent\` does not)
  --help         this text
`

interface Options {
  preset: string
  port: number | undefined
  data: readonly string[] | undefined
  halfLife: string | undefined
  json: boolean
}

/** `npm start` */
export async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  if (!options) {
    process.stdout.write(USAGE)
    return 0
  }
  try {
    return await interruptible((signal) => run(options, signal))
  } catch (error) {
    if (error instanceof PresetError) throw new UserError(error.message)
    throw error
  }
}

function readOptions(args: string[]): Options | undefined {
  let values: { preset?: string; port?: string; data?: string[]; 'half-life'?: string; json?: boolean; help?: boolean }
  try {
    values = parseArgs({
      args,
      options: {
        preset: { type: 'string' },
        port: { type: 'string' },
        data: { type: 'string', multiple: true },
        'half-life': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new UserError(`${(error as Error).message}; see --help`)
  }
  if (values.help) return undefined
  const port = values.port === undefined ? undefined : Number(values.port)
  if (port !== undefined && !(/^\d+$/.test(values.port as string) && port <= 65535)) {
    throw new UserError(`--port takes a number from 0 to 65535, got ${values.port}`)
  }
  return {
    preset: values.preset ?? DEFAULT_PRESET,
    port,
    data: values.data,
    halfLife: values['half-life'],
    json: values.json ?? false,
  }
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  const values = await releaseValues(options.preset)
  const stack = await startStack({
    values,
    port: options.port ?? values.app.service.port,
    data: options.data,
    halfLife: options.halfLife,
    progress: createProgress(),
    onLine: (line) => console.error(line),
    signal,
  })
  const { url, redis, version } = stack
  if (options.json) console.log(JSON.stringify({ url, pid: process.pid, redis, version }))
  else {
    console.log(`preset ${options.preset}: one pod of the service and ${redis.length} Redis, dataset ${version}`)
    console.log(`  page:  ${url}/`)
    console.log(`  query: curl '${url}/autocomplete?q=app&limit=5'`)
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

/** Writes the generated files where they are stale, and reads the preset's values as Helm would merge them. */
async function releaseValues(preset: string): Promise<Values> {
  await loadPreset(preset)
  await writeGeneratedFiles()
  const [defaults, overrides] = await Promise.all(
    [inRoot('chart', 'values.yaml'), inRoot('values', `${preset}.yaml`)].map((file) => readFile(file, 'utf8')),
  )
  return merge<Values>(parse(defaults as string) as Values, parse(overrides as string) as DeepPartial<Values>)
}
