import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { UserError } from '../../../support/errors.ts'
import { buildService, DATASET_CLI } from '../../../support/service-build.ts'
import { requireCpuTime } from '../cpu-time.ts'
import { type Machine, thisMachine } from '../machine.ts'
import { heaviestNames } from '../npm-names.ts'
import { round, type Spread, spreadOf } from '../statistics.ts'
import type { Surroundings } from '../subject.ts'
import { PROBE, type Usage } from './probe.ts'

/** How much is measured. */
export interface DatasetBuildEffort {
  /** How often everything is measured; medians count. */
  rounds: number
  /** Numbers of npm names, in rising order. */
  entries: readonly number[]
  /** Entries of a dataset whose texts all begin with as many same characters; a text takes 200. */
  alike: { entries: number; characters: number }
}

/** The effort of `npm run bench`: about a minute with three rounds, after the download. */
export const FULL_EFFORT: DatasetBuildEffort = {
  rounds: 3,
  entries: [10_000, 100_000, 1_000_000, 3_000_000],
  alike: { entries: 100_000, characters: 195 },
}

/** What building one dataset takes. */
export interface DatasetCost {
  entries: number
  /** Of the text file that is read. */
  inputBytes: number
  seconds: Spread
  /** CPU seconds of all threads. */
  cpuSeconds: Spread
  /** The most memory that the process has had (resident). */
  peakBytes: Spread
  /** Of the database file that is written. */
  outputBytes: number
}

/** What building datasets takes. */
export interface DatasetBuild {
  measured: Machine & { rounds: number }
  /** Of npm names, by rising number. */
  names: DatasetCost[]
  /** Of texts that all begin alike. */
  alike: DatasetCost & { characters: number }
}

/** A dataset to be built, and what every round took. */
interface Input {
  file: string
  inputBytes: number
  builds: Build[]
}

interface Build extends Usage {
  seconds: number
  entries: number
  outputBytes: number
}

/**
 * Measures what building datasets takes, with the compiled builder as a process of its own.
 * @param names the file of the npm names
 * @throws {UserError} when a dataset cannot be built
 */
export async function measureDatasetBuild(
  effort: DatasetBuildEffort,
  { progress, signal }: Surroundings,
  names: string,
): Promise<DatasetBuild> {
  requireCpuTime()
  const { rounds, entries, alike } = effort
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    progress.step('building the service')
    await buildService(signal)
    const inputs: Input[] = []
    const write = async (name: string, text: string): Promise<Input> => {
      const file = join(folder, `${name}.tsv`)
      await writeFile(file, text)
      return { file, inputBytes: Buffer.byteLength(text), builds: [] }
    }
    for (const count of entries) {
      progress.step(`writing ${count} names`)
      inputs.push(await write(`names-${count}`, await heaviestNames(names, count)))
    }
    const alikeInput = await write('alike', alikeTexts(alike.entries, alike.characters))
    // In turn, so that what disturbs the machine for a while does not fall on one size alone.
    for (let round = 1; round <= rounds; round++) {
      for (const { file, builds } of [...inputs, alikeInput]) {
        progress.step(`round ${round} of ${rounds}: ${file}`)
        builds.push(await measureBuild(file, join(folder, 'built.rdb'), signal))
      }
    }
    return {
      measured: { ...thisMachine(), rounds },
      names: inputs.map(toCost),
      alike: { characters: alike.characters, ...toCost(alikeInput) },
    }
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Lines of texts that differ only in the digits at their end. */
function alikeTexts(entries: number, characters: number): string {
  const digits = String(entries - 1).length
  const start = 'a'.repeat(characters)
  return Array.from({ length: entries }, (_, at) => `${start}${String(at).padStart(digits, '0')}\t${at + 1}\n`).join('')
}

/** Builds a dataset once. */
export async function measureBuild(input: string, output: string, signal: AbortSignal): Promise<Build> {
  signal.throwIfAborted()
  const started = performance.now()
  const child = spawn(process.execPath, ['--import', PROBE, DATASET_CLI, '--out', output, '--json', '--', input], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const stop = () => child.kill()
  signal.addEventListener('abort', stop)
  const exited = once(child, 'exit').then(([code]) => ({ code, seconds: (performance.now() - started) / 1000 }))
  const [stdout, stderr, usage] = child.stdio.slice(1).map((stream) => text(stream as NodeJS.ReadableStream))
  try {
    const { code, seconds } = await exited
    signal.throwIfAborted()
    if (code !== 0)
      throw new UserError((await stderr)?.trim().split('\n').at(-1) || `the dataset builder ended with ${code}`)
    const { entries, bytes } = JSON.parse((await stdout) as string) as { entries: number; bytes: number }
    return { seconds, entries, outputBytes: bytes, ...(JSON.parse((await usage) as string) as Usage) }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function toCost({ inputBytes, builds }: Input): DatasetCost {
  const { entries, outputBytes } = builds[0] as Build
  const spread = (of: (build: Build) => number, decimals: number) =>
    spreadOf(builds.map((build) => round(of(build), decimals)))
  return {
    entries,
    inputBytes,
    seconds: spread(({ seconds }) => seconds, 3),
    cpuSeconds: spread(({ cpuSeconds }) => cpuSeconds, 3),
    peakBytes: spread(({ peakBytes }) => peakBytes, 0),
    outputBytes,
  }
}
