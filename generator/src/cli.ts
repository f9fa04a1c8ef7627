import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, styleText } from 'node:util'
import { parse } from 'yaml'
import { type Preset, PresetError, resolvePreset, resolvePresets } from './define-preset.ts'
import { describePreset, differences, explain, explanation } from './explain.ts'
import { allGeneratedFiles, staleFiles, writeFiles } from './generate.ts'
import { merge } from './merge.ts'
import { presetFor, presetSource, type Request, RequestError } from './new-preset.ts'
import { loadDefinitions, loadPreset, loadPresets } from './presets.ts'
import { textTable } from './table.ts'
import { valuesProblems } from './validate.ts'
import { defaultValues } from './values.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const USAGE = `usage: npm run gen-values
       npm run gen-values -- --cpus N --qps N [--memory 16Gi] [--nodes N] [--p99 50ms] [--entries N] [--name NAME]
       npm run gen-values -- --explain PRESET | --diff PRESET PRESET | --check | --validate FILE

Writes the values of the chart, their schema, the presets, and the tables in the documentation. The source is the TypeScript in
generator/src. Numbers are computed from generator/costs.json, which npm run bench -- --write-costs measures.

  --cpus N --qps N   add a preset for a cluster of N CPUs and N requests per second: generator/src/presets/NAME.ts and
                     values/NAME.yaml, for helm install -f. If the target is not feasible, the command names the first
                     limit and the smallest change that helps
  --memory 16Gi      memory of the whole cluster (default: 2Gi per CPU)
  --nodes N          number of equal nodes (default: 1)
  --p99 50ms         99th percentile of the latency; the 95th is half of it (default: 50ms)
  --entries N        number of entries in the dataset (default: 100000)
  --name NAME        name of the preset (default: such as 8cpu-24k)
  --explain PRESET   show how each value of a preset is computed, next to the figure of the reference report
  --diff A B         show the values, targets, and load profiles in which two presets differ
  --check            write nothing; list stale files, and exit with 1 if there are any
  --validate FILE    check the keys and types of a values file, merged with the defaults of the chart
                     (helm template also finds values that contradict each other)
  --json             print the result as one line of JSON
  --help             show this help

Exit codes: 0 success, 1 stale files, an infeasible preset, or wrong values, 2 wrong arguments.
`

const OPTIONS = {
  cpus: { type: 'string' },
  qps: { type: 'string' },
  memory: { type: 'string' },
  nodes: { type: 'string' },
  p99: { type: 'string' },
  entries: { type: 'string' },
  name: { type: 'string' },
  explain: { type: 'string' },
  diff: { type: 'string' },
  check: { type: 'boolean' },
  validate: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const
const REQUEST_OPTIONS = ['cpus', 'qps', 'memory', 'nodes', 'p99', 'entries', 'name'] as const

/** A command line that makes no sense. */
class UsageError extends Error {}

type Values = Partial<Record<keyof typeof OPTIONS, string | boolean>>

/** Runs the command line; resolves with the exit code. */
export async function main(argv: string[]): Promise<number> {
  try {
    const { values, positionals } = readArgs(argv)
    if (values.help) {
      process.stdout.write(USAGE)
      return 0
    }
    return await run(values, positionals)
  } catch (error) {
    if (error instanceof UsageError) console.error(`gen-values: ${error.message}; see --help`)
    else if (error instanceof PresetError) console.error(`gen-values: ${error.message}`)
    else throw error
    return error instanceof UsageError ? 2 : 1
  }
}

function readArgs(argv: string[]): { values: Values; positionals: string[] } {
  let parsed: { values: Values; positionals: string[] }
  try {
    parsed = parseArgs({ args: argv, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message.replaceAll(/\s*\n\s*/g, ' '))
  }
  const { values, positionals } = parsed
  const actions = [
    ...(['explain', 'diff', 'check', 'validate'] as const).filter((name) => values[name] !== undefined),
    ...(REQUEST_OPTIONS.some((name) => values[name] !== undefined) ? (['cpus'] as const) : []),
  ]
  if (actions.length > 1) throw new UsageError(`--${actions[0]} and --${actions[1]} do not go together`)
  if (values.diff !== undefined && positionals.length !== 1) throw new UsageError('--diff takes two presets')
  if (values.diff === undefined && positionals.length > 0) throw new UsageError(`unexpected argument ${positionals[0]}`)
  if (actions[0] === 'cpus' && (values.cpus === undefined || values.qps === undefined)) {
    throw new UsageError('a new preset takes both --cpus and --qps')
  }
  return parsed
}

async function run(values: Values, [second]: string[]): Promise<number> {
  const json = values.json === true
  if (typeof values.validate === 'string') return validate(values.validate, json)
  if (typeof values.explain === 'string') return explainPreset(values.explain, json)
  if (typeof values.diff === 'string') return diff(values.diff, second as string, json)
  if (values.check) return check(json)
  if (typeof values.cpus === 'string') return addPreset(readRequest(values), json)
  return write(await loadPresets(), json)
}

function readRequest(values: Values): Request {
  const number = (name: (typeof REQUEST_OPTIONS)[number], pattern = /^(\d+(?:\.\d+)?)$/) => {
    if (values[name] === undefined) return undefined
    const [, digits] = pattern.exec(String(values[name])) ?? []
    if (digits === undefined) throw new UsageError(`--${name} takes a number, got ${values[name]}`)
    return Number(digits)
  }
  return {
    cpus: number('cpus') as number,
    qps: number('qps') as number,
    nodes: number('nodes'),
    p99Ms: number('p99', /^(\d+(?:\.\d+)?)(?:ms)?$/),
    entries: number('entries'),
    memory: values.memory as string | undefined,
    name: values.name as string | undefined,
  }
}

async function addPreset(request: Request, json: boolean): Promise<number> {
  let preset: Preset
  let source: string
  const definitions = await loadDefinitions()
  try {
    const names = definitions.map(({ name }) => name)
    const definition = presetFor(request, names)
    if (names.includes(definition.name)) {
      throw new PresetError(
        `preset ${definition.name} exists already: choose another --name, or change generator/src/presets/${definition.name}.ts`,
      )
    }
    preset = resolvePreset(definition, definitions)
    source = presetSource(definition)
    // In the order in which files are read.
    definitions.push(definition)
    definitions.sort((a, b) => (`${a.name}.ts` < `${b.name}.ts` ? -1 : 1))
  } catch (error) {
    if (error instanceof RequestError) throw new UsageError(error.message)
    throw error
  }
  // Everything is computed before anything is written.
  const files = await allGeneratedFiles(ROOT, resolvePresets(definitions))
  const file = `generator/src/presets/${preset.name}.ts`
  await writeFile(join(ROOT, file), source, { flag: 'wx' })
  const written = [file]
  try {
    written.push(...(await writeFiles(ROOT, files)))
  } catch (error) {
    await rm(join(ROOT, file))
    throw error
  }
  if (json) console.log(JSON.stringify({ written, preset: explanation(preset) }))
  else {
    printPreset(preset)
    console.log(`wrote ${written.join(', ')}`)
    console.log(`install it: helm install autocomplete . -f values/${preset.name}.yaml`)
  }
  return 0
}

async function write(presets: Preset[], json: boolean): Promise<number> {
  const written = await writeFiles(ROOT, await allGeneratedFiles(ROOT, presets))
  if (json) {
    console.log(JSON.stringify({ written, presets: presets.map(explanation) }))
    return 0
  }
  for (const preset of presets) printPreset(preset)
  console.log(written.length > 0 ? `wrote ${written.join(', ')}` : 'all files were up to date')
  return 0
}

function printPreset(preset: Preset): void {
  console.log(`${heading(preset.name)}: ${preset.summary}\n  ${describePreset(preset).join('\n  ')}`)
}

async function explainPreset(name: string, json: boolean): Promise<number> {
  const preset = await loadPreset(name)
  console.log(json ? JSON.stringify(explanation(preset)) : explain(preset, heading))
  return 0
}

async function diff(a: string, b: string, json: boolean): Promise<number> {
  const found = differences(await loadPreset(a), await loadPreset(b))
  if (json) console.log(JSON.stringify({ a, b, differences: found }))
  else if (found.length === 0) console.log(`${a} and ${b} are the same`)
  else {
    const shown = (value: unknown) => (value === null ? '' : String(value))
    console.log(
      textTable(
        ['', a, b],
        found.map((difference) => [difference.path, shown(difference.a), shown(difference.b)]),
      ),
    )
  }
  return 0
}

async function check(json: boolean): Promise<number> {
  const stale = await staleFiles(ROOT, await allGeneratedFiles(ROOT, await loadPresets()))
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

const heading = (text: string) => (process.stdout.isTTY ? styleText('bold', text) : text)
