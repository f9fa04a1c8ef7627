/** `npm run bench -- guard`: fails if a request costs more CPU time than recorded in `docs/benchmarks/guard.json`. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { textTable } from '../generator/src/table.ts'
import { UserError } from '../tools/support/errors.ts'
import { comparison } from './comparison/comparison.ts'
import { FOLDER, toJson } from './docs.ts'
import { type Figures, findRow, measureSubject, type RunContext, ratioOf } from './harness.ts'

const FILE = join(FOLDER, 'guard.json')
/** A ratio may exceed the committed one by this factor. */
const TOLERANCE = 1.1
const PATHS = ['cacheOff', 'cacheOn'] as const

/** CPU time of a request with and without the cache, divided by that of bare node:http in the same round. */
type Ratios = Record<(typeof PATHS)[number], number>

/** The committed ratios, and where they were measured. */
interface Reference extends Pick<Figures, 'date' | 'commit' | 'node' | 'machine' | 'os'> {
  ratios: Ratios
}

/**
 * Measures both ratios, and compares them with the committed ones.
 * @param write whether to write the ratios instead of comparing them
 * @returns the exit code: 1 if a ratio is more than 10% higher than the committed one
 * @throws {UserError} if there are no committed ratios
 */
export async function guard(rounds: number | undefined, write: boolean, context: RunContext): Promise<number> {
  const reference = write ? undefined : await readReference()
  const effort = { ...comparison.full, only: ['bare', ...PATHS] as const, ...(rounds && { rounds }) }
  const { date, commit, node, machine, os, rows } = await measureSubject(comparison, effort, context)
  const ratioTo = (server: string) =>
    ratioOf(findRow(rows, 'comparison', { server }), findRow(rows, 'comparison', { server: 'bare' }), ['app'])?.median
  const ratios = Object.fromEntries(PATHS.map((path) => [path, ratioTo(path)])) as Ratios
  if (!reference) {
    await writeFile(FILE, toJson({ date, commit, node, machine, os, ratios } satisfies Reference))
    return 0
  }
  const { text, worse } = compareRatios(ratios, reference.ratios)
  process.stdout.write(text)
  return worse ? 1 : 0
}

/** Returns a table of both ratios, and whether a ratio is too high. */
export function compareRatios(measured: Ratios, reference: Ratios): { text: string; worse: boolean } {
  const rows = PATHS.map((path) => {
    const change = measured[path] / reference[path]
    return { path, change, cells: [measured[path].toFixed(3), reference[path].toFixed(3), change.toFixed(3)] }
  })
  const worse = rows.some(({ change }) => change > TOLERANCE)
  const head = ['CPU relative to bare node:http', 'measured', 'committed', 'change']
  const names = { cacheOff: 'service, cache off', cacheOn: 'service, cache on' }
  const table = textTable(
    head,
    rows.map(({ path, cells }) => [names[path], ...cells]),
  )
  return { text: `${table}\n${worse ? 'worse' : 'fine'}: the limit for "change" is ${TOLERANCE.toFixed(2)}\n`, worse }
}

async function readReference(): Promise<Reference> {
  const text = await readFile(FILE, 'utf8').catch(() => undefined)
  if (text === undefined) throw new UserError('docs/benchmarks/guard.json is missing: write it with `guard --write`')
  return JSON.parse(text) as Reference
}
