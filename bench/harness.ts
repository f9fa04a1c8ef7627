/** The common parts of all subjects of `npm run bench`: rounds, rows of figures, and the description of the machine. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TopLevelSpec } from 'vega-lite'
import { findWrk } from '../tools/programs/wrk.ts'
import { UserError } from '../tools/support/errors.ts'
import { type Machine, thisMachine } from '../tools/support/machine.ts'
import { ROOT } from '../tools/support/paths.ts'
import { versionOf } from '../tools/support/process.ts'
import { requireCpuTime } from '../tools/support/processes.ts'
import type { Progress } from '../tools/support/progress.ts'
import type { Table } from './tables.ts'

/** The output for progress and warnings, and the signal that stops a measurement. */
export interface RunContext {
  progress: Progress
  /** Called for each line that the user should see. */
  onLine(line: string): void
  signal: AbortSignal
}

/** The context of a measurement. */
export interface Bench<Effort = unknown> extends RunContext {
  effort: Effort
  /** A folder for temporary files. It is removed after the measurement. */
  folder: string
  /** Facts about what is measured, such as versions and sizes. They are published with the figures. */
  facts: Record<string, string | number>
  /**
   * Stops a program at the end of the measurement or of {@link scoped}. If the program exits earlier, the signal is
   * aborted.
   */
  keep<Started extends Program>(program: Started): Started
}

/** A running program. `ended` resolves with one line that describes how it exited. */
export interface Program {
  stop(): Promise<void>
  ended?: Promise<string>
}

/** When `use` is done, stops all programs that it has passed to `keep`, the last one first. */
export async function scoped<Context extends RunContext, T>(
  context: Context,
  use: (context: Context & Pick<Bench, 'keep'>) => Promise<T>,
): Promise<T> {
  const failure = new AbortController()
  const programs: Program[] = []
  const keep = <Started extends Program>(program: Started) => {
    programs.push(program)
    void program.ended?.then((how) => failure.abort(new UserError(how)))
    return program
  }
  try {
    return await use({ ...context, keep, signal: AbortSignal.any([context.signal, failure.signal]) })
  } finally {
    for (const program of programs.toReversed()) await program.stop()
  }
}

/** A row of figures. Each figure has one value per round, or null for a round without a value. */
export interface Row {
  /** The table or plot to which the row belongs. */
  group: string
  title: string
  /** Labels that distinguish the row from the other rows of its group. */
  labels: Readonly<Record<string, string | number | boolean>>
  values: Record<string, (number | null)[]>
}

/** The result of a subject. `node` is the version of the measured servers. */
export interface Figures extends Machine {
  subject: string
  /** The measured commit, with a `+` if there were uncommitted changes. */
  commit: string
  rounds: number
  facts: Bench['facts']
  rows: Row[]
}

/** How often and how long rows are measured. */
export interface Rounds {
  rounds: number
  /**
   * Number of visits per round. A visit measures each row once, and the mean over the visits is the row's value. With
   * several short visits, changes in the speed of a shared machine affect all rows alike.
   */
  visits?: number
  /** Seconds of load for each row before the first round, for example to fill caches. The figures are not recorded. */
  firstSeconds?: number
  /** Seconds of load before and during each measurement. */
  warmUpSeconds?: number
  seconds?: number
}

/** The effort of a check that everything works. The figures of such a check are meaningless. */
const QUICK = { rounds: 1, visits: 1, firstSeconds: 0, warmUpSeconds: 0.25, seconds: 0.75 }

/** A measurement of `npm run bench`. It defines what is started, what is measured, and how the figures are shown. */
export interface Subject<Effort extends Rounds = Rounds> {
  /** The name of the subject on the command line. */
  name: string
  /** Description for `--help`, in one line. */
  summary: string
  /** The parameters for published figures. `quick` overrides some of them for a quick check, as {@link QUICK} does. */
  full: Effort
  quick: Partial<Effort>
  /** Whether the subject needs wrk. If so, the version of wrk is published with the subject's figures. */
  usesWrk?: boolean
  /** @throws {UserError} if a program is missing or a request failed */
  measure(bench: Bench<Effort>): Promise<Row[]>
  /** The page in `docs/` that shows the tables; `benchmarks.md` by default. */
  page?: string
  /** Tables, keyed by the name of their markers on the page. */
  tables(figures: Figures): Record<string, Table>
  /** Plots, keyed by their file name in `docs/benchmarks/` without `.svg`. */
  charts?(figures: Figures): Record<string, TopLevelSpec>
}

/** Returns the parameters for a quick check. */
export const quickEffort = <Effort extends Rounds>({ full, quick }: Subject<Effort>): Effort => ({
  ...full,
  ...QUICK,
  ...quick,
})

/** A row, and how to measure it. */
export interface Plan {
  group: string
  title: string
  labels?: Row['labels']
  /** Figures that do not change from round to round. */
  once?: Record<string, number | null>
  /** Measures the row once. Returns figures by name. */
  measure(turn: Turn): Promise<Record<string, number | null>>
}

/**
 * One measurement of a row. Rounds count from 1 (0 is the warm-up), and visits from 0. `seconds` is the duration of the
 * load.
 */
export interface Turn {
  round: number
  visit: number
  seconds: number
}

/**
 * Measures all rows in every round, so that noise on the machine does not distort just one row. The order changes with
 * each visit and round, and every other time it is reversed, so that a row does not always follow the same row.
 * @param before called before each round, and with 0 before the warm-up
 */
export async function measureRounds(
  { effort: { rounds, visits = 1, firstSeconds = 0, seconds = 0 }, progress, signal }: Bench<Rounds>,
  plans: readonly Plan[],
  before?: (round: number) => Promise<unknown>,
): Promise<Row[]> {
  const rows = plans.map(({ group, title, labels, once = {} }) => rowOf(group, title, once, labels))
  if (firstSeconds > 0) {
    await before?.(0)
    for (const { title, measure } of plans) {
      progress.step(`warming up: ${title}`)
      await measure({ round: 0, visit: 0, seconds: firstSeconds })
    }
  }
  for (let round = 1; round <= rounds; round++) {
    await before?.(round)
    const seen = plans.map((): Record<string, number | null>[] => [])
    for (let visit = 0; visit < visits; visit++) {
      for (let step = 0; step < plans.length; step++) {
        const rotated = (step + round + visit) % plans.length
        const at = (round + visit) % 2 === 0 ? plans.length - 1 - rotated : rotated
        const plan = plans[at] as Plan
        signal.throwIfAborted()
        progress.step(`round ${round} of ${rounds}: ${plan.title}`)
        seen[at]?.push(await plan.measure({ round, visit, seconds }))
      }
    }
    for (const [at, { values }] of rows.entries()) addMeans(values, seen[at] ?? [])
  }
  return rows
}

function addMeans(values: Row['values'], seen: readonly Record<string, number | null>[]): void {
  for (const name of Object.keys(seen[0] ?? {})) {
    const found = seen.map((one) => one[name] ?? null).filter((value) => value !== null)
    const mean = found.length === 0 ? null : found.reduce((sum, value) => sum + value, 0) / found.length
    values[name] = [...(values[name] ?? []), mean]
  }
}

/** Creates a row whose figures are not measured in rounds. Each figure has a single value. */
export function rowOf(group: string, title: string, values: Record<string, number | null>, labels = {}): Row {
  return {
    group,
    title,
    labels,
    values: Object.fromEntries(Object.entries(values).map(([name, one]) => [name, [one]])),
  }
}

/** A search multiplies the rate by `factor` in each step, as long as `isPossible` returns true. */
export interface Search {
  rate: number
  factor: number
  isPossible?(rate: number): boolean
}

/**
 * A search ends after this many steps in a row without a rise by {@link GAIN}. A single step without a rise may be
 * noise.
 */
const STEPS_WITHOUT_GAIN = 2
const GAIN = 1.03

/**
 * Raises a rate until the result no longer rises or the rate is no longer possible.
 * @returns the step with the highest result; undefined if all results are 0
 */
export async function findPeak<Step>(
  { rate: first, factor, isPossible = () => true }: Search,
  measure: (rate: number) => Promise<Step>,
  resultOf: (step: Step) => number,
): Promise<Step | undefined> {
  let peak: Step | undefined
  let highest = 0
  let withoutGain = 0
  for (let rate = first; withoutGain < STEPS_WITHOUT_GAIN && isPossible(rate); rate *= factor) {
    const step = await measure(rate)
    const result = resultOf(step)
    withoutGain = result > highest * GAIN ? 0 : withoutGain + 1
    if (result > highest) [peak, highest] = [step, result]
  }
  return peak
}

/** Waits for an optional program. If it is missing, reports the reason and returns undefined. */
export function optional<T>(what: string, finding: Promise<T>, { onLine, signal }: RunContext) {
  return finding.catch((error: unknown) => {
    if (!(error instanceof UserError) || signal.aborted) throw error
    onLine(`${what} is left out: ${error.message}`)
    return undefined
  })
}

/**
 * Measures a subject in a temporary folder.
 * @throws {UserError} if the subject fails, and on systems without `/proc`
 */
export async function measureSubject<Effort extends Rounds>(
  { name, usesWrk, measure }: Subject<Effort>,
  effort: Effort,
  context: RunContext,
): Promise<Figures> {
  requireCpuTime()
  const facts: Bench['facts'] = usesWrk ? { wrk: await versionOf(await findWrk(context.progress), '--version') } : {}
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const rows = await scoped({ ...context, effort, folder, facts }, measure)
    return {
      subject: name,
      ...thisMachine(),
      commit: commitOf(),
      rounds: effort.rounds,
      facts,
      rows: rows.map(rounded),
    }
  } finally {
    context.progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

const rounded = (row: Row): Row => ({
  ...row,
  values: Object.fromEntries(Object.entries(row.values).map(([name, values]) => [name, values.map(fiveDigits)])),
})

const fiveDigits = (value: number | null) => (value === null ? null : Number(value.toPrecision(5)))

/**
 * Returns the short name of the checked-out commit, followed by `+` if files differ from it; `unknown` if Git fails.
 */
function commitOf(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim()
  try {
    return git('rev-parse', '--short=10', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+' : '')
  } catch {
    return 'unknown'
  }
}

/** A value over several rounds: the median, the minimum, and the maximum. */
export interface Spread {
  median: number
  min: number
  max: number
}

/** Returns the spread of the values across all rounds, or null if there are none. */
export function spreadOf(values: readonly (number | null)[] | undefined): Spread | null {
  const found = (values ?? []).filter((value) => value !== null)
  if (found.length === 0) return null
  return { median: median(found), min: Math.min(...found), max: Math.max(...found) }
}

/** Returns the middle value, or the mean of the two middle values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}

/**
 * In each round, divides a figure of one row by a figure of another row. Returns the spread of these ratios, or null if
 * there are none.
 * @param baseName the figure of `base`, by default the same
 */
export function ratioOf(row: Row | undefined, base: Row | undefined, name: string, baseName = name): Spread | null {
  const below = base?.values[baseName] ?? []
  return spreadOf(row?.values[name]?.map((value, at) => (value !== null && below[at] ? value / below[at] : null)))
}

/** Returns the rows of a group with these labels. */
export function rowsOf(rows: readonly Row[], group: string, labels: Row['labels'] = {}): Row[] {
  const wanted = Object.entries(labels)
  return rows.filter((row) => row.group === group && wanted.every(([name, value]) => row.labels[name] === value))
}

/** Returns the first row of a group with these labels. */
export const findRow = (rows: readonly Row[], group: string, labels: Row['labels'] = {}): Row | undefined =>
  rowsOf(rows, group, labels)[0]
