import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { readCosts } from '../../generator/src/capacity/costs.ts'
import { type Preset, type PresetDefinition, resolvePreset, resolvePresets } from '../../generator/src/define-preset.ts'
import { describePreset, differences, explain, explanation } from '../../generator/src/explain.ts'
import { allGeneratedFiles, orphanedFiles, writeFiles } from '../../generator/src/generate.ts'
import { NewPresetError, type NewPresetRequest, presetFor, presetSource } from '../../generator/src/new-preset.ts'
import { PresetError } from '../../generator/src/preset-error.ts'
import { loadDefinitions, loadPreset, loadPresets, withLocalImages } from '../../generator/src/presets.ts'
import { renderPreset } from '../../generator/src/render.ts'
import { textTable } from '../../generator/src/table.ts'
import { fileProblems } from '../../generator/src/validate.ts'
import { readCommandLine, UsageError } from '../support/command-line.ts'
import { UserError } from '../support/errors.ts'
import { toUserError } from '../support/generator-errors.ts'
import { findOutdatedFiles, outdatedLines } from '../support/outdated-files.ts'
import { ROOT } from '../support/paths.ts'

const COMMAND_LINE = {
  script: 'gen-values',
  summary: `Writes the values of the chart, their schema, the presets, and the tables in the documentation. The source is the \
TypeScript in generator/src. Numbers are computed from generator/costs.json, which \`npm run bench -- --write-costs\` writes.

With --cpus and --qps, it adds a preset: generator/src/presets/NAME.ts and values/NAME.yaml, for helm install -f. If the target is not \
feasible, it names the first limit that is exceeded and the smallest change that helps. The files and tables that list all presets are updated, too. If any \
of these was edited by hand, nothing is written.`,
  operands: ['[PRESET]'],
  usages: ['[OPTION]...', '--diff PRESET PRESET [--json]'],
  options: {
    cpus: {
      type: 'string',
      value: 'N',
      help: 'allocatable CPUs of the whole cluster, such as 8 or 7820m (see kubectl describe node)',
    },
    qps: { type: 'string', value: 'N', help: 'requests per second' },
    memory: {
      type: 'string',
      value: '16Gi',
      help: 'allocatable memory of the whole cluster, such as 16Gi or 32887536Ki (default: 2Gi per CPU)',
    },
    nodes: { type: 'string', value: 'N', help: 'number of identical nodes (default: 1)' },
    platform: {
      type: 'string',
      value: 'NAME',
      help: 'minikube, or managed if the control plane runs on other machines (default: minikube)',
    },
    p99: {
      type: 'string',
      value: '50ms',
      help: '99th percentile of the latency, such as 50ms or 0.5s; the 95th is half of it (default: 50ms)',
    },
    entries: { type: 'string', value: 'N', help: 'number of entries in the dataset (default: 100000)' },
    name: { type: 'string', value: 'NAME', help: 'name of the preset (default: CPUs and rate, such as 8cpu-24k)' },
    out: {
      type: 'string',
      value: 'FILE',
      help: 'write only the values of the new preset to this file, which must not exist, and do not add the preset',
    },
    explain: {
      type: 'string',
      value: 'PRESET',
      help: 'show how each value of a preset is computed, next to the figure of the reference report',
    },
    diff: {
      type: 'string',
      value: 'PRESET PRESET',
      help: 'show the values, targets, and load profiles in which two presets differ',
    },
    check: {
      type: 'boolean',
      help: 'write nothing; list the generated files that are missing, stale, or edited, and exit with 1 if there are any',
    },
    'dry-run': {
      type: 'boolean',
      help: 'compute everything and list the files that would be written, but write nothing',
    },
    validate: {
      type: 'string',
      value: 'FILE',
      help: `check the YAML, keys, and types of a values file as Helm 3 and 4 do, merged with the defaults of the chart, and report keys that \
occur twice (helm template also finds values that contradict each other)`,
    },
    json: { type: 'boolean', help: 'print the result as one line of JSON' },
  },
  notes:
    'Exit codes: 0 done; 1 stale or edited files, an infeasible preset, or invalid values; 2 invalid command line.',
} as const
const REQUEST_OPTIONS = ['cpus', 'qps', 'memory', 'nodes', 'platform', 'p99', 'entries', 'name', 'out'] as const

interface Options {
  json: boolean
  dryRun: boolean
}

type Values = NonNullable<ReturnType<typeof readArguments>>['values']

/** Runs `npm run gen-values`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const parsed = readArguments(args)
  if (!parsed) return 0
  try {
    return await run(parsed.values, parsed.operands)
  } catch (error) {
    throw toUserError(error)
  }
}

function readArguments(args: string[]) {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return undefined
  const { values, operands } = parsed
  const isGiven = (name: keyof typeof values) => values[name] !== undefined
  const request = REQUEST_OPTIONS.find(isGiven)
  const actions = [
    ...(['explain', 'diff', 'check', 'validate'] as const).filter(isGiven),
    ...(request ? [request] : []),
  ]
  const [first, second = values['dry-run'] && first !== request ? 'dry-run' : undefined] = actions
  if (first && second) throw new UsageError(`--${first} and --${second} cannot be combined`)
  if (values.diff !== undefined && operands.length !== 1) throw new UsageError('--diff needs two presets')
  if (values.diff === undefined && operands.length > 0) {
    throw new UsageError(`unexpected argument ${JSON.stringify(operands[0])}`)
  }
  if (request && (values.cpus === undefined || values.qps === undefined)) {
    throw new UsageError('a new preset needs both --cpus and --qps')
  }
  return parsed
}

async function run(values: Values, [second]: string[]): Promise<number> {
  const json = values.json === true
  const options = { json, dryRun: values['dry-run'] === true }
  if (typeof values.validate === 'string') return validate(values.validate, json)
  if (typeof values.explain === 'string') return explainPreset(values.explain, json)
  if (typeof values.diff === 'string') return diff(values.diff, second as string, json)
  if (values.check) return check(json)
  if (typeof values.cpus === 'string') return addPreset(readRequest(values), { ...options, out: values.out })
  return write(await loadPresets(), options)
}

function readRequest(values: Values): NewPresetRequest {
  const read = (name: (typeof REQUEST_OPTIONS)[number], form: string, units: Record<string, number>) => {
    if (values[name] === undefined) return undefined
    const [, digits, unit = ''] = /^(\d+(?:\.\d+)?(?:e\d{1,2})?)([a-z]*)$/i.exec(String(values[name])) ?? []
    const factor = units[unit.toLowerCase()]
    if (digits === undefined || factor === undefined) {
      throw new UsageError(`--${name} must be ${form}, got ${JSON.stringify(values[name])}`)
    }
    // Without rounding, 3920m would be 3.9200000000000004 CPUs.
    return Number((Number(digits) * factor).toFixed(9))
  }
  const number = (name: (typeof REQUEST_OPTIONS)[number], example: number) =>
    read(name, `a number such as ${example}`, { '': 1 })
  return {
    cpus: read('cpus', 'a number such as 8, 7.5, or 7820m', { '': 1, m: 0.001 }) as number,
    qps: number('qps', 24_000) as number,
    nodes: number('nodes', 3),
    p99Ms: read('p99', 'a time such as 50ms or 0.5s', { '': 1, ms: 1, s: 1000 }),
    entries: number('entries', 2_000_000),
    memory: values.memory,
    platform: values.platform,
    name: values.name,
  }
}

/**
 * Computes a preset and adds it to the repository, or only writes its values to a file. Returns the exit code.
 * @param out the file for the values; if undefined, the preset is added to the repository
 */
async function addPreset(
  request: NewPresetRequest,
  { json, dryRun, out }: Options & { out: string | undefined },
): Promise<number> {
  let preset: Preset
  let source: string
  const definitions = await loadDefinitions()
  try {
    const names = definitions.map(({ name }) => name)
    const requested = presetFor(request, names)
    const definition = withLocalImages(requested)
    if (names.includes(definition.name)) {
      throw new PresetError(
        `preset ${definition.name} already exists: choose another --name, or change generator/src/presets/${definition.name}.ts`,
      )
    }
    preset = resolvePreset(definition, definitions, readCosts(), request.memory === undefined)
    source = presetSource(requested)
    // Keep the definitions in the order in which loadDefinitions reads the files.
    definitions.push(definition)
    definitions.sort((a, b) => (`${a.name}.ts` < `${b.name}.ts` ? -1 : 1))
  } catch (error) {
    if (error instanceof NewPresetError) throw new UsageError(error.message)
    throw error
  }
  const written =
    out === undefined ? await writePreset(preset, source, definitions, dryRun) : await writeValues(preset, out, dryRun)
  if (json) console.log(JSON.stringify({ ...fileList(written, dryRun), preset: explanation(preset) }))
  else {
    printPreset(preset)
    console.log(`${dryRun ? 'would write' : 'wrote'} ${written.join(', ')}`)
    const file = out ?? `values/${preset.name}.yaml`
    if (!dryRun) console.log(`install it: helm install autocomplete chart -f ${file}`)
  }
  return 0
}

/** Writes a new preset and everything that is generated from it. Returns the paths. */
async function writePreset(
  { name }: Preset,
  source: string,
  definitions: PresetDefinition[],
  dryRun: boolean,
): Promise<string[]> {
  // Compute everything before writing anything.
  const files = await allGeneratedFiles(ROOT, resolvePresets(definitions))
  const file = `generator/src/presets/${name}.ts`
  const written = [file, ...(await writeFiles(ROOT, files, { dryRun: true }))]
  if (dryRun) return written
  await writeFile(join(ROOT, file), source, { flag: 'wx' })
  try {
    await writeFiles(ROOT, files)
  } catch (error) {
    await rm(join(ROOT, file))
    throw error
  }
  return written
}

/** Writes only the values of a preset. Returns the path in a list. */
async function writeValues(preset: Preset, file: string, dryRun: boolean): Promise<string[]> {
  if (existsSync(file)) throw new UserError(`--out ${file} already exists: choose another file, or delete it`)
  if (!dryRun) {
    try {
      await writeFile(file, renderPreset(preset, 'Written by `npm run gen-values -- --out`.'), { flag: 'wx' })
    } catch (error) {
      throw new UserError(`cannot write --out ${file}: ${(error as Error).message}`)
    }
  }
  return [file]
}

async function write(presets: Preset[], { json, dryRun }: Options): Promise<number> {
  const files = await allGeneratedFiles(ROOT, presets)
  const written = await writeFiles(ROOT, files, { dryRun })
  const orphaned = await orphanedFiles(ROOT, files)
  if (json) {
    console.log(
      JSON.stringify({
        ...fileList(written, dryRun),
        orphaned: orphaned.map(({ path }) => path),
        presets: presets.map(explanation),
      }),
    )
    return 0
  }
  for (const preset of presets) printPreset(preset)
  const all = `${dryRun ? 'would write' : 'wrote'} ${written.join(', ')}`
  console.log(written.length > 0 ? all : 'all files were up to date')
  for (const line of outdatedLines(orphaned)) console.error(line)
  return 0
}

const fileList = (files: string[], dryRun: boolean) => (dryRun ? { wouldWrite: files } : { written: files })

function printPreset(preset: Preset): void {
  console.log(`${heading(preset.name)}: ${preset.summary}\n  ${describePreset(preset).join('\n  ')}`)
}

async function explainPreset(name: string, json: boolean): Promise<number> {
  const preset = await loadPreset(name)
  console.log(json ? JSON.stringify(explanation(preset)) : explain(preset, heading, process.stdout.columns))
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
  const outdated = await findOutdatedFiles()
  if (json) console.log(JSON.stringify({ outdated: outdated.map(({ path, state }) => ({ path, state })) }))
  else for (const line of outdatedLines(outdated)) console.error(line)
  return outdated.length > 0 ? 1 : 0
}

async function validate(file: string, json: boolean): Promise<number> {
  let problems: string[]
  try {
    problems = fileProblems(await readFile(file))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') throw error
    problems = [{ ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'it may not be read' }[code]]
  }
  if (json) console.log(JSON.stringify({ problems }))
  else if (problems.length === 0)
    console.log(
      `${file} is valid; Helm also checks that its values do not contradict each other: helm template chart -f ${file}`,
    )
  else for (const problem of problems) console.error(`${file}: ${problem}`)
  return problems.length > 0 ? 1 : 0
}

const heading = (text: string) => (process.stdout.isTTY ? styleText('bold', text) : text)
