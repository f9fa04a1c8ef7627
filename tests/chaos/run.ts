import { setTimeout as sleep } from 'node:timers/promises'
import { findRedisServer } from '../../tools/programs/redis-server.ts'
import { type Machine, thisMachine } from '../../tools/support/machine.ts'
import type { Progress } from '../../tools/support/progress.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { redisInfo } from '../../tools/support/redis-command.ts'
import { buildService } from '../../tools/support/service-build.ts'
import { BrokenPromise, type Fault, RECOVERY_MS } from './faults.ts'
import { emptyTally, Judge, OUTCOMES, type Tally } from './judge.ts'
import { KnownData, makeWords, prefixesOf, weighted } from './known-data.ts'
import { type Sample, sampleOf, slopeOf } from './slope.ts'
import { ChaosStack } from './stack.ts'
import { type Observation, Users } from './users.ts'

const WORDS = 4000
const USERS = 16
/**
 * The length of the quiet period before and after each fault, in milliseconds. Every answer during this period must be
 * correct.
 */
const QUIET_MS = 1200
/**
 * Growth is reported only if there are at least this many samples after the first third. A sample is taken after each
 * fault.
 */
const MIN_SAMPLES = 6
/**
 * Faster growth counts as a leak. With one fault per minute, a fault may leave behind one open file and 2 MiB on
 * average.
 */
const MAX_FILES_PER_MINUTE = 1
const MAX_MIB_PER_MINUTE = 2

export interface FaultResult {
  name: string
  injected: string
  promised: string
  /** All outcomes from the beginning of the fault until the end of the recovery. */
  seen: Tally
  /**
   * The time from the end of the fault to the last outcome that was not correct, in milliseconds; 0 if all were correct
   * after the fault.
   */
  recoveredMs: number
  /** One line for each broken promise. */
  broken: string[]
}

export interface ChaosResult {
  measured: Machine & { redis: string; minutes: number; users: number }
  faults: FaultResult[]
  /** The outcomes of the whole run. */
  total: Tally
  cancelled: number
  /** The growth of the service's memory and open files, measured between faults; undefined if the run was too short. */
  slopes: { rssMibPerMinute: number; filesPerMinute: number; samples: Sample[] } | undefined
  /** The broken promises between faults, and the leaks. */
  broken: string[]
}

export interface ChaosOptions {
  faults: readonly Fault[]
  /**
   * Minimum length of the run. Each fault occurs at least once. Faults that do not restart the service are then
   * repeated.
   */
  minutes: number
  /** The duration of most faults, in milliseconds. */
  holdMs: number
  /** The minimum time between the starts of two consecutive faults, in milliseconds. */
  everyMs: number
  progress: Progress
  onResult(result: FaultResult): void
  signal: AbortSignal
}

/** Injects faults one after another into a real stack under load, and checks every answer. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { progress, signal } = options
  const redisServer = await findRedisServer(progress)
  progress.step('building the service')
  await buildService(signal)
  const words = makeWords(WORDS, randomFrom(1))
  const versions = [new KnownData(weighted(words, 1)), new KnownData(weighted(words, 2))] as const
  progress.step('starting three Redis replicas and the service')
  signal.throwIfAborted()
  const stack = await ChaosStack.start(redisServer, versions)
  try {
    return await new Run(stack, versions, prefixesOf(words), options).all()
  } finally {
    progress.end()
    await stack.stop()
  }
}

class Run {
  readonly #stack: ChaosStack
  readonly #versions: readonly [KnownData, KnownData]
  readonly #options: ChaosOptions
  readonly #judge: Judge
  readonly #users: Users
  readonly #started = performance.now()
  readonly #total = emptyTally()
  readonly #samples: Sample[] = []
  readonly #broken: string[] = []
  #observations: Observation[] = []

  constructor(
    stack: ChaosStack,
    versions: readonly [KnownData, KnownData],
    prefixes: readonly string[],
    options: ChaosOptions,
  ) {
    this.#stack = stack
    this.#versions = versions
    this.#options = options
    this.#judge = new Judge(versions)
    this.#judge.allow(versions[0])
    this.#users = new Users({
      url: stack.url,
      judge: this.#judge,
      prefixes,
      count: USERS,
      onObservation: (observation) => {
        add(this.#total, observation)
        this.#observations.push(observation)
      },
    })
  }

  async all(): Promise<ChaosResult> {
    const { faults, minutes, everyMs, onResult, signal, progress } = this.#options
    const results: FaultResult[] = []
    try {
      await this.#calm('before the first fault')
      // First inject the faults that restart the service, each of them only once. Growth is then measured in one
      // process.
      const restarting = faults.filter(({ restartsService }) => restartsService)
      const others = faults.filter(({ restartsService }) => !restartsService)
      for (let at = 0; at < faults.length || this.#minutes() < minutes; at++) {
        signal.throwIfAborted()
        const begun = performance.now()
        const fault = at < restarting.length ? restarting[at] : others[(at - restarting.length) % others.length]
        if (!fault) break
        progress.step(`${fault.name}: ${fault.injected}`)
        const result = await this.#make(fault)
        results.push(result)
        onResult(result)
        await this.#calm(`after ${fault.name}`)
        if (fault.restartsService) this.#samples.length = 0
        this.#samples.push(sampleOf(this.#stack.servicePid, this.#minutes()))
        await pause(everyMs - (performance.now() - begun), signal)
      }
    } finally {
      await this.#users.stop()
    }
    const redis = `redis://127.0.0.1:${this.#stack.redis[0]?.port}`
    const slopes = this.#slopes()
    return {
      measured: {
        ...thisMachine(),
        redis: await redisInfo(redis, 'redis_version'),
        minutes: round(this.#minutes(), 1),
        users: USERS,
      },
      faults: results,
      total: rounded(this.#total),
      cancelled: this.#users.cancelled,
      slopes,
      broken: this.#broken,
    }
  }

  #minutes(): number {
    return (performance.now() - this.#started) / 60_000
  }

  /** Waits without a fault. During the wait, there must be answers, and all of them must be correct. */
  async #calm(when: string): Promise<void> {
    this.#observations = []
    await pause(QUIET_MS, this.#options.signal)
    const wrong = this.#observations.find(({ outcome }) => outcome !== 'correct')
    if (wrong) this.#broken.push(`${when}, an answer was ${wrong.outcome}${wrong.reason ? `: ${wrong.reason}` : ''}`)
    if (this.#observations.length === 0) this.#broken.push(`${when}, there was no answer`)
  }

  async #make(fault: Fault): Promise<FaultResult> {
    const { holdMs, signal } = this.#options
    const [current, other] = this.#versions
    const broken: string[] = []
    this.#observations = []
    await fault
      .run({ stack: this.#stack, judge: this.#judge, current, other, users: this.#users, holdMs })
      .catch((error) => {
        if (!(error instanceof BrokenPromise)) throw error
        broken.push(error.message)
      })
    const endedAt = performance.now()
    signal.throwIfAborted()
    const lastFailureAt = () => this.#observations.findLast(({ outcome }) => outcome !== 'correct')?.at ?? 0
    // The service has recovered once all answers in a whole quiet period are correct. The check that follows finds
    // later errors.
    do await pause(100, signal)
    while (
      performance.now() < Math.max(endedAt, lastFailureAt()) + QUIET_MS &&
      performance.now() < endedAt + RECOVERY_MS
    )
    const seen = emptyTally()
    for (const observation of this.#observations) add(seen, observation)
    const recoveredMs = Math.max(0, Math.round(lastFailureAt() - endedAt))
    for (const outcome of OUTCOMES) {
      if (outcome === 'correct' || fault.allowed.includes(outcome) || seen[outcome] === 0) continue
      const reason = this.#observations.find((observation) => observation.outcome === outcome)?.reason
      broken.push(`${seen[outcome]} answers were ${outcome}${reason ? `: ${reason}` : ''}`)
    }
    if (seen.correct === 0) broken.push('no answer was correct')
    const { name, injected, promised } = fault
    return { name, injected, promised, seen: rounded(seen), recoveredMs, broken }
  }

  #slopes(): ChaosResult['slopes'] {
    // Skip the first third: memory grows while code is compiled for the first time.
    const samples = this.#samples.slice(Math.floor(this.#samples.length / 3))
    if (samples.length < MIN_SAMPLES) return undefined
    const slope = (value: (sample: Sample) => number) =>
      round(slopeOf(samples.map((sample) => [sample.minute, value(sample)] as const)), 2)
    const rssMibPerMinute = slope(({ rssMib }) => rssMib)
    const filesPerMinute = slope(({ files }) => files)
    // In a short run, the noise in a few samples would be larger than the growth from a leak.
    if (this.#options.minutes >= SOAK_MINUTES) {
      if (rssMibPerMinute > MAX_MIB_PER_MINUTE) this.#broken.push(`memory grows by ${rssMibPerMinute} MiB per minute`)
      if (filesPerMinute > MAX_FILES_PER_MINUTE) this.#broken.push(`open files grow by ${filesPerMinute} per minute`)
    }
    return { rssMibPerMinute, filesPerMinute, samples }
  }
}

/** The minimum duration of a soak run, in minutes. */
export const SOAK_MINUTES = 20

function add(tally: Tally, { outcome, ms }: Observation): void {
  tally[outcome] += 1
  tally.slowestMs = Math.max(tally.slowestMs, ms)
}

const rounded = (tally: Tally): Tally => ({ ...tally, slowestMs: Math.round(tally.slowestMs) })

/** Waits. If the signal is aborted, rejects with its reason. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => {})
  signal.throwIfAborted()
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
