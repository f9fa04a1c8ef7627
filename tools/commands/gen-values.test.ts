/** Tests the command in a copy of the repository. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { merge } from '../../generator/src/merge.ts'
import { valuesProblems } from '../../generator/src/validate.ts'
import { defaultValues } from '../../generator/src/values.ts'
import { type CommandCall, runInOneProcess } from '../support/command-batch.ts'
import type { Result } from '../support/process.ts'
import { copyRepository, type RepositoryCopy } from '../support/repository-copy.ts'

let copy: RepositoryCopy
let root: string
beforeEach(async () => {
  copy = await copyRepository()
  root = copy.root
})
afterEach(() => copy.remove())

/** Runs `npm run gen-values` once for each list of arguments. */
const genValuesEach = (...lines: string[][]) =>
  runInOneProcess(
    root,
    lines.map((args): CommandCall => ['gen-values', ...args]),
  )
const genValues = (...args: string[]) => copy.run('gen-values', args)

/** Returns the contents of all files below a folder, by path. */
async function files(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !path.includes('node_modules')) found[path] = await readFile(path, 'utf8')
  }
  return found
}

describe('gen-values', () => {
  it('adds a preset with up-to-date values, documentation, and a load test', async () => {
    const { code, stdout, stderr } = await genValues('--cpus', '4', '--qps', '8000', '--name', 'big')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('helm install autocomplete chart -f values/big.yaml')
    const values = merge(defaultValues, parse(await readFile(join(root, 'values', 'big.yaml'), 'utf8')))
    expect(valuesProblems(values)).toEqual([])
    expect(await readFile(join(root, 'README.md'), 'utf8')).toContain('| `values/big.yaml` | 1 node of 4 CPUs and 8Gi')
    expect(await readFile(join(root, 'loadtest', 'presets.gen.ts'), 'utf8')).toContain('"big": {')
    const [checked, again] = await genValuesEach(['--check'], ['--cpus', '4', '--qps', '8000', '--name', 'big'])
    expect(checked?.code).toBe(0)
    expect([again?.code, again?.stderr]).toEqual([
      1,
      'gen-values: preset big already exists: choose another --name, or change generator/src/presets/big.ts\n',
    ])
  })

  it('writes only the values of a new preset with --out, and overwrites no file', async () => {
    const before = await files(root)
    const out = join(copy.root, 'own.yaml')
    const request = ['--cpus', '4', '--qps', '8000', '--out', out]
    const [dry, written, again, elsewhere] = await genValuesEach([...request, '--dry-run'], request, request, [
      '--cpus',
      '4',
      '--qps',
      '8000',
      '--out',
      join(out, 'x.yaml'),
    ])
    expect([dry?.code, dry?.stdout.split('\n').at(-2)]).toEqual([0, `would write ${out}`])
    expect([written?.code, written?.stdout.split('\n').slice(-3)]).toEqual([
      0,
      [`wrote ${out}`, `install it: helm install autocomplete chart -f ${out}`, ''],
    ])
    expect(again).toMatchObject({
      code: 1,
      stderr: `gen-values: --out ${out} already exists: choose another file, or delete it\n`,
    })
    expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/^gen-values: cannot write --out .*\n$/) })
    const { [out]: text = '', ...others } = await files(root)
    expect(others).toEqual(before)
    expect(valuesProblems(merge(defaultValues, parse(text)))).toEqual([])
    expect(text).not.toContain('do not edit')
  })

  it('generates another name if the default name is taken', async () => {
    const { code, stdout, stderr } = await genValues(
      '--cpus',
      '8',
      '--qps',
      '24000',
      '--memory',
      '16Gi',
      '--p99',
      '50ms',
    )
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('values/8cpu-24k-2.yaml')
  })

  it('rejects an infeasible preset with the first failed check and the smallest change, and changes no file', async () => {
    const before = await files(root)
    const { code, stdout, stderr } = await genValues('--cpus', '2', '--qps', '24000', '--p99', '50ms')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^gen-values: preset 2cpu-24k: all pods together request \d+m CPU of 2000m: .*; the smallest change that helps: --cpus \d+(, or --qps \d+)?\n$/,
    )
    expect(await files(root)).toEqual(before)
    const [, cpus] = /--cpus (\d+)/.exec(stderr) ?? []
    expect((await genValues('--cpus', cpus as string, '--qps', '24000', '--name', 'enough')).code).toBe(0)
  })

  it('rejects invalid command lines', async () => {
    const cases: [string[], string][] = [
      [['--cpus', '8'], 'a new preset needs both --cpus and --qps'],
      [['--out', 'x.yaml'], 'a new preset needs both --cpus and --qps'],
      [['--cpus', 'many', '--qps', '1'], '--cpus must be a number such as 8, 7.5, or 7820m, got "many"'],
      [['--cpus', '0', '--qps', '1'], '--cpus must be a number from 0.001 to 10000, got 0'],
      ...['lots', '8GB', '-1Gi', '0', '0.5Mi', 'NaN'].map((memory): [string[], string] => [
        ['--cpus', '8', '--qps', '1', `--memory=${memory}`],
        `--memory must be an amount such as 16Gi, 512Mi, or 16G, from 1Mi to 1Pi per node, got ${memory}`,
      ]),
      [['--cpus', '8', '--qps', '1', '--p99', '0.5ms'], '--p99 must be from 1ms to 60s, got 0.5ms'],
      [['--cpus', '8', '--qps', '1', '--p99', '61s'], '--p99 must be from 1ms to 60s, got 61000ms'],
      [['--cpus', '8', '--qps', '1', '--p99', '1 m'], '--p99 must be a time such as 50ms or 0.5s, got "1 m"'],
      ...['0', '3.5', '16777217', '1e10'].map((entries): [string[], string] => [
        ['--cpus', '8', '--qps', '1', '--entries', entries],
        `--entries must be an integer from 1 to 16777216, got ${Number(entries)}`,
      ]),
      ...['-1', 'NaN', '1_000'].map((entries): [string[], string] => [
        ['--cpus', '8', '--qps', '1', `--entries=${entries}`],
        `--entries must be a number such as 2000000, got "${entries}"`,
      ]),
      [['--cpus', '8', '--qps', '24k'], '--qps must be a number such as 24000, got "24k"'],
      [['--cpus', '8', '--qps', '1', '--nodes', 'x'], '--nodes must be a number such as 3, got "x"'],
      [['--cpus', '8', '--qps', ''], '--qps needs a value, got ""'],
      [['--cpus', '8', '--qps', '-5'], '--qps needs a value; if the value begins with -, write --qps=VALUE'],
      [
        ['--cpus', '8', '--qps', '1', '--platform', 'mainframe'],
        '--platform must be minikube or managed, got mainframe',
      ],
      [['--check', '--explain', 'dev'], '--explain and --check cannot be combined'],
      [['--explain', 'dev', '--out', 'x.yaml'], '--explain and --out cannot be combined'],
      [['--check', '--dry-run'], '--check and --dry-run cannot be combined'],
      [['--diff', 'dev'], '--diff needs two presets'],
      [['dev'], 'unexpected argument "dev"'],
    ]
    const results = await genValuesEach(...cases.map(([args]) => args))
    for (const [at, [args, message]] of cases.entries()) {
      expect(results[at], args.join(' ')).toEqual({
        code: 2,
        stdout: '',
        stderr: `gen-values: ${message}; see --help\n`,
      })
    }
  })

  it('explains each value next to the figure of the reference report, without color in a pipe', async () => {
    const [text, json] = await genValuesEach(['--explain', '8cpu-24k'], ['--explain', '8cpu-24k', '--json'])
    const { code, stdout } = text as Result
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^app\.resources\.requests\.cpu +\d+m +1000m +a pod uses \d+m at [\d,]+ requests\/s; divided by the CPU target 0\.7 and rounded up, this is \d+m/m,
    )
    expect(stdout).toMatch(/^app\.settings\.WEB_CONCURRENCY +\d+ +3 +the CPU limit of a pod, 1\.5, divided by/m)
    expect(stdout).not.toContain('\u001b')
    const { values, budget } = JSON.parse(json?.stdout as string)
    expect(values.find(({ path }: { path: string }) => path === 'app.replicas')).toMatchObject({
      value: 6,
      reference: 6,
    })
    expect(budget.capacity.millicores).toBe(8000)
  })

  it.each([
    [['--explain', 'nope']],
    [['--diff', 'nope', 'dev']],
    [['--diff', 'dev', 'nope']],
  ])('lists the known presets if %j names an unknown preset', async (args) => {
    const { code, stderr } = await genValues(...args)
    expect(code).toBe(2)
    expect(stderr).toMatch(/^gen-values: unknown preset nope; known: .*8cpu-24k.*, dev.*; see --help\n$/)
  })

  it('shows the values in which two presets differ', async () => {
    const [text, json, same] = await genValuesEach(
      ['--diff', 'dev', '8cpu-24k'],
      ['--diff', 'dev', '8cpu-24k', '--json'],
      ['--diff', 'dev', 'dev'],
    )
    const { stdout } = text as Result
    expect(stdout).toMatch(/^target\.qps +400 +24000$/m)
    expect(stdout).not.toMatch(/^values\.app\.service\.port/m)
    const { differences } = JSON.parse(json?.stdout as string)
    expect(differences).toContainEqual({ path: 'target.qps', a: 400, b: 24_000 })
    expect(same?.stdout).toBe('dev and dev are the same\n')
  })

  it.each([
    [
      'values/dev.yaml',
      (text: string) => `${text}# mine\n`,
      'values/dev.yaml was edited; undo the change or delete the file',
    ],
    [
      'loadtest/presets.gen.ts',
      (text: string) => text.replace('120', '60'),
      'loadtest/presets.gen.ts was edited; undo the change or delete the file',
    ],
    [
      'README.md',
      (text: string) => text.replace('400 requests/s', '4 requests/s'),
      'the table presets in README.md was edited; undo the change or delete the lines of the table',
    ],
  ])('does not overwrite %s if it was edited', async (path, edit, message) => {
    const file = join(root, path)
    await writeFile(file, edit(await readFile(file, 'utf8')))
    const before = await files(root)
    const error = { code: 1, stderr: `gen-values: ${message}, and run the command again\n` }
    const [written, added, checked] = await genValuesEach([], ['--cpus', '4', '--qps', '8000'], ['--check'])
    expect(written).toMatchObject(error)
    expect(added).toMatchObject(error)
    const part = path === 'README.md' ? 'the lines of the table presets' : 'the file'
    expect(checked?.stderr).toBe(`edited: ${path}; undo the change or delete ${part}, and run npm run gen-values\n`)
    expect(await files(root)).toEqual(before)
  })

  it.each([
    [
      'the comment after a table',
      (text: string) => text.replace(/^<!-- end of table presets.*\n/m, ''),
      'has no lines',
    ],
    ['the whole file', () => undefined, 'is missing'],
  ])('reports in one line that %s was deleted', async (_, edit, problem) => {
    const file = join(root, 'README.md')
    const text = edit(await readFile(file, 'utf8'))
    await (text === undefined ? rm(file) : writeFile(file, text))
    const before = await files(root)
    const { code, stderr } = await genValues()
    expect([code, stderr]).toEqual([1, expect.stringMatching(`^gen-values: README\\.md ${problem}.*; restore .*\n$`)])
    expect(await files(root)).toEqual(before)
  })

  it.each([
    ['empty', ''],
    ['cut off', '{ "measured": {'],
    ['missing', undefined],
    ['incomplete', '{}'],
  ])('reports in one line that generator/costs.json is %s', async (_, content) => {
    const file = join(root, 'generator', 'costs.json')
    await (content === undefined ? rm(file) : writeFile(file, content))
    const { code, stderr } = await genValues('--explain', 'dev')
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^gen-values: generator\/costs\.json.*; measure again .*\n$/),
    ])
  })

  it('accepts CPUs as kubectl prints them', async () => {
    const request = ['--qps', '1000', '--dry-run', '--json', '--cpus']
    const results = await genValuesEach([...request, '3920m'], [...request, '3.92'])
    for (const { stdout } of results) expect(JSON.parse(stdout).preset.cluster.cpu).toBe('3920m')
  })

  it('accepts a p99 in seconds', async () => {
    const request = ['--cpus', '8', '--qps', '1000', '--dry-run', '--json', '--p99']
    const results = await genValuesEach([...request, '0.5s'], [...request, '500ms'], [...request, '500'])
    for (const { stdout } of results) expect(JSON.parse(stdout).preset.target.p99Ms).toBe(500)
  })

  it('names the files of a removed preset, and the command that deletes them', async () => {
    await genValues('--cpus', '4', '--qps', '8000', '--name', 'big')
    await rm(join(root, 'generator', 'src', 'presets', 'big.ts'))
    const orphaned = [
      'values/big.yaml',
      'values/controllers/ingress-nginx-big.yaml',
      'loadtest/testruns/big.yaml',
      'loadtest/jobs/big.yaml',
    ]
    const stderr = [
      ...orphaned.map((path) => `orphaned: ${path}; its preset was removed, so delete the file`),
      `to delete the orphaned files: rm ${orphaned.join(' ')}\n`,
    ].join('\n')
    const [written, json, checked] = await genValuesEach([], ['--json'], ['--check'])
    expect(written).toMatchObject({ code: 0, stderr })
    expect(JSON.parse(json?.stdout as string).orphaned).toEqual(orphaned)
    expect(checked).toEqual({ code: 1, stdout: '', stderr })
    for (const path of orphaned) await rm(join(root, path))
    const [rest] = await genValuesEach(['--check'])
    expect(rest).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('says whether a values file is valid', async () => {
    const file = join(root, 'page.html')
    await writeFile(file, `<html> ${'text '.repeat(1000)}\n`)
    const valid = join(root, 'values', 'dev.yaml')
    const [good, bad] = await genValuesEach(['--validate', valid], ['--validate', file])
    const verdict = `${valid} is valid; Helm also checks that its values do not contradict each other: helm template chart -f ${valid}\n`
    expect(good).toEqual({ code: 0, stdout: verdict, stderr: '' })
    expect(bad).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/: the file must contain a map of values, got "<html> .{72}…\n$/),
    })
  })

  it('shows in its help where presets are arguments', async () => {
    const { stdout } = await genValues('--help')
    expect(stdout).toMatch(
      /^usage: npm run gen-values -- \[OPTION\]\.\.\.\n {7}npm run gen-values -- --diff PRESET PRESET \[--json\]\n\n/,
    )
  })

  it('writes nothing in a dry run, and lists the files that it would write', async () => {
    await rm(join(root, 'values', 'dev.yaml'))
    const before = await files(root)
    const [all, added] = await genValuesEach(
      ['--dry-run'],
      ['--cpus', '4', '--qps', '8000', '--name', 'big', '--dry-run', '--json'],
    )
    expect([all?.code, all?.stdout.split('\n').at(-2)]).toEqual([0, 'would write values/dev.yaml'])
    expect(JSON.parse(added?.stdout as string).wouldWrite).toEqual(
      expect.arrayContaining([
        'generator/src/presets/big.ts',
        'values/big.yaml',
        'README.md',
        'loadtest/presets.gen.ts',
      ]),
    )
    expect(await files(root)).toEqual(before)
  })
})
