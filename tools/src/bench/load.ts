import { readFile } from 'node:fs/promises'
import { UserError } from '../errors.ts'
import { inRoot } from '../paths.ts'
import { connectionsFor, runWrk, type WrkOptions, type WrkRun } from './wrk.ts'

const WORDS = inRoot('loadtest', 'words.gen.txt')

/** Users who type. */
export interface LoadOptions<T> extends Omit<WrkOptions<T>, 'connections'> {
  /** Requests a second that they make together, if they are answered at once. */
  requestsPerSecond: number
}

/** What one load cost. */
export interface LoadResult {
  /** Requests a second that were answered. */
  requestsPerSecond: number
  /** CPU microseconds of one request, for every reader. */
  micros: Record<string, number>
  p50Ms: number
  p99Ms: number
}

/**
 * Lets users type.
 * @throws {UserError} when a request failed: an error costs other than an answer
 */
export async function runLoad<T>({ requestsPerSecond, ...options }: LoadOptions<T>): Promise<WrkRun<T>> {
  const run = await runWrk({ ...options, connections: connectionsFor(requestsPerSecond) })
  const { statusErrors, socketErrors } = run.result
  if (statusErrors + socketErrors > 0) {
    throw new UserError(
      `at ${requestsPerSecond} requests/s ${statusErrors} answers were errors and ${socketErrors} requests got none, so nothing was measured`,
    )
  }
  return run
}

/**
 * Lets users type, and counts the CPU time that is used meanwhile.
 * @param cpu readers of the CPU seconds used so far, by the name of what uses them
 * @throws {UserError} as {@link runLoad} does
 */
export async function measureLoad(
  options: Omit<LoadOptions<unknown>, 'sample'>,
  cpu: Record<string, () => number>,
): Promise<LoadResult> {
  const readers = Object.entries(cpu)
  const { result, before, after, seconds } = await runLoad({
    ...options,
    sample: () => readers.map(([, read]) => read()),
  })
  const requestsPerSecond = result.requests / result.seconds
  const micros = readers.map(([name], at) => {
    const used = (after[at] as number) - (before[at] as number)
    return [name, (used / (requestsPerSecond * seconds)) * 1e6]
  })
  return { requestsPerSecond, micros: Object.fromEntries(micros), p50Ms: result.p50Ms, p99Ms: result.p99Ms }
}

/** The words that the load test types too. */
export async function readWords(): Promise<string[]> {
  return (await readFile(WORDS, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** Request paths of words typed letter by letter, in a random order of the words, over and over. */
export function typedPaths(words: readonly string[], count: number, random: () => number): string[] {
  const paths: string[] = []
  while (paths.length < count) {
    for (const word of shuffle(words, random)) {
      let typed = ''
      for (const letter of word) {
        typed += letter
        paths.push(`/autocomplete?q=${encodeURIComponent(typed)}`)
      }
    }
  }
  return paths.slice(0, count)
}

const SYLLABLES = [...'bcdfghjklmnprstvwz'].flatMap((consonant) => [...'aeiou'].map((vowel) => consonant + vowel))

/** Distinct texts of 2 to 4 syllables. */
export function randomTexts(count: number, random: () => number): string[] {
  const texts = new Set<string>()
  const syllable = () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]
  while (texts.size < count) {
    texts.add(Array.from({ length: 2 + Math.floor(random() * 3) }, syllable).join(''))
  }
  return [...texts]
}

/** Random numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items]
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T]
  }
  return shuffled
}
