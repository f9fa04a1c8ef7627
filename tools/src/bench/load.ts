import { readFile } from 'node:fs/promises'
import { bundledWords } from '../../../service/src/dataset/words.ts'
import { UserError } from '../../support/errors.ts'
import { inRoot } from '../../support/paths.ts'
import { lowerBound } from './lower-bound.ts'
import { connectionsFor, runWrk, type WrkOptions, type WrkRun } from './wrk.ts'

const WORDS = inRoot('loadtest', 'words.gen.txt')

/** Users who type. */
export interface TypingOptions<T> extends Omit<WrkOptions<T>, 'connections' | 'pace'> {
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
  p95Ms: number
  p99Ms: number
  p999Ms: number
}

/** Readers of the CPU seconds used so far, by the name of what uses them. */
export type CpuReaders = Record<string, () => number>

/**
 * Lets users type.
 * @throws {UserError} when a request failed: an error costs other than an answer
 */
export async function runLoad<T>({ requestsPerSecond, ...options }: TypingOptions<T>): Promise<WrkRun<T>> {
  const run = await runWrk({ ...options, pace: 'typing', connections: connectionsFor(requestsPerSecond) })
  requireAnswers(run, `at ${requestsPerSecond} requests/s`)
  return run
}

/**
 * Lets users type, and counts the CPU time that is used meanwhile.
 * @throws {UserError} as {@link runLoad} does
 */
export async function measureLoad(
  options: Omit<TypingOptions<unknown>, 'sample'>,
  cpu: CpuReaders,
): Promise<LoadResult> {
  return toLoadResult(await runLoad({ ...options, sample: () => readAll(cpu) }), cpu)
}

/**
 * Lets users ask as fast as they are answered, which is as fast as the server can, and counts the CPU time that is used meanwhile.
 * @throws {UserError} when a request failed
 */
export async function measureSaturated(
  options: Omit<WrkOptions<unknown>, 'sample' | 'pace'>,
  cpu: CpuReaders,
): Promise<LoadResult> {
  const run = await runWrk({ ...options, pace: 'hurried', sample: () => readAll(cpu) })
  requireAnswers(run, `with ${options.connections} connections`)
  return toLoadResult(run, cpu)
}

function requireAnswers({ result: { statusErrors, socketErrors } }: WrkRun<unknown>, when: string): void {
  if (statusErrors + socketErrors === 0) return
  throw new UserError(
    `${when} ${statusErrors} answers were errors and ${socketErrors} requests got none, so nothing was measured`,
  )
}

const readAll = (cpu: CpuReaders) => Object.values(cpu).map((read) => read())

function toLoadResult({ result, before, after, seconds }: WrkRun<number[]>, cpu: CpuReaders): LoadResult {
  const requestsPerSecond = result.requests / result.seconds
  const micros = Object.keys(cpu).map((name, at) => {
    const used = (after[at] as number) - (before[at] as number)
    return [name, (used / (requestsPerSecond * seconds)) * 1e6]
  })
  const { p50Ms, p95Ms, p99Ms, p999Ms } = result
  return { requestsPerSecond, micros: Object.fromEntries(micros), p50Ms, p95Ms, p99Ms, p999Ms }
}

/** The words that the load test types too. */
export async function readWords(): Promise<string[]> {
  return (await readFile(WORDS, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** Request paths of words typed letter by letter, in a random order of the words, over and over. */
export function typedPaths(words: readonly string[], count: number, random: () => number): string[] {
  const paths: string[] = []
  while (paths.length < count) {
    for (const word of shuffle(words, random)) paths.push(...pathsOfWord(word))
  }
  return paths.slice(0, count)
}

/**
 * Words typed letter by letter, each as often as its rank says by Zipf's law: the first twice as often as the second, three times
 * as often as the third.
 * @param words by falling weight
 */
export function zipfPaths(words: readonly string[], count: number, random: () => number): string[] {
  const shares: number[] = []
  let total = 0
  for (let rank = 1; rank <= words.length; rank++) {
    total += 1 / rank
    shares.push(total)
  }
  const draw = () => {
    const wanted = random() * total
    return words[lowerBound(words.length, (at) => (shares[at] as number) >= wanted)] as string
  }
  const paths: string[] = []
  while (paths.length < count) paths.push(...pathsOfWord(draw()))
  return paths.slice(0, count)
}

/** Every prefix of the words as often as any other. */
export function uniformPaths(words: readonly string[], count: number, random: () => number): string[] {
  const prefixes = [...new Set(words.flatMap(pathsOfWord))]
  return Array.from({ length: count }, () => prefixes[Math.floor(random() * prefixes.length)] as string)
}

function pathsOfWord(word: string): string[] {
  const letters = [...word]
  return letters.map((_, at) => `/autocomplete?q=${encodeURIComponent(letters.slice(0, at + 1).join(''))}`)
}

/** The words that come with the project, by falling weight. */
export async function wordsByWeight(): Promise<string[]> {
  const entries = await bundledWords()
  return entries.toSorted((a, b) => b.weight - a.weight).map(({ text }) => text)
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

/** The items in a random order. */
export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items]
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    ;[shuffled[at], shuffled[other]] = [shuffled[other] as T, shuffled[at] as T]
  }
  return shuffled
}
