import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { budgetOf } from './budget.ts'
import { type Preset, PresetError } from './define-preset.ts'
import { generatedFiles, staleFiles, writeFiles } from './generate.ts'
import { merge } from './merge.ts'
import { loadPresets } from './presets.ts'
import { describeBudget } from './render.ts'
import { valuesProblems } from './validate.ts'
import { defaultValues } from './values.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const USAGE = `usage: npm run gen-values [-- --check | --validate FILE] [--json]

Writes the chart's values, their schema and all presets from the TypeScript in generator/src.

  --check          write nothing; name each stale file and exit 1 if there is one
  --validate FILE  check keys and types of a values file of your own, as Helm would merge it onto the chart's defaults
                   (values that contradict each other are told by helm template)
  --json           print the result as one line of JSON
  --help           this text

Exit codes: 0 done, 1 a stale file, a wrong preset or wrong values, 2 a wrong command line.
`

/** Runs the command line; resolves with the exit code. */
export async function main(argv: string[]): Promise<number> {
  let options: { check?: boolean; validate?: string; json?: boolean; help?: boolean }
  try {
    options = parseArgs({
      args: argv,
      options: {
        check: { type: 'boolean' },
        validate: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
    if (options.check && options.validate) throw new Error('--check and --validate do not go together')
  } catch (error) {
    console.error(`gen-values: ${(error as Error).message}; see --help`)
    return 2
  }
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const json = options.json ?? false
  if (options.validate !== undefined) return validate(options.validate, json)
  try {
    const presets = await loadPresets()
    return options.check ? await check(presets, json) : await write(presets, json)
  } catch (error) {
    if (!(error instanceof PresetError)) throw error
    console.error(`gen-values: ${error.message}`)
    return 1
  }
}

async function write(presets: Preset[], json: boolean): Promise<number> {
  const written = await writeFiles(ROOT, generatedFiles(presets))
  if (json) {
    const budgets = presets.map(({ name, target, values, cluster }) => ({
      name,
      target,
      budget: budgetOf(values, cluster),
    }))
    console.log(JSON.stringify({ written, presets: budgets }))
    return 0
  }
  for (const preset of presets)
    console.log(`${preset.name}: ${preset.summary}\n  ${describeBudget(preset).join('\n  ')}`)
  console.log(written.length > 0 ? `wrote ${written.join(', ')}` : 'all files were up to date')
  return 0
}

async function check(presets: Preset[], json: boolean): Promise<number> {
  const stale = await staleFiles(ROOT, generatedFiles(presets))
  if (json) console.log(JSON.stringify({ stale }))
  else for (const path of stale) console.error(`stale: ${path}; run npm run gen-values`)
  return stale.length > 0 ? 1 : 0
}

async function validate(file: string, json: boolean): Promise<number> {
  let problems: string[]
  try {
    problems = valuesProblems(merge(defaultValues, parse(await readFile(file, 'utf8')) ?? {}))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    problems = [code === 'ENOENT' ? 'there is no such file' : (message.split('\n')[0] as string)]
  }
  if (json) console.log(JSON.stringify({ problems }))
  else for (const problem of problems) console.error(`${file}: ${problem}`)
  return problems.length > 0 ? 1 : 0
}
