/** Words, and request paths for users who type them letter by letter. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundledWords } from '../service/src/dataset/words.ts'
import { spelling } from '../service/src/text/spelling.ts'
import { inRoot } from '../tools/support/paths.ts'
import { shuffle } from '../tools/support/random.ts'
import type { Bench } from './harness.ts'

/** Returns the request path of a query. `more` contains additional parameters, such as `&limit=5`. */
export const pathOf = (query: string, more = ''): string => `/autocomplete?q=${encodeURIComponent(query)}${more}`

/** Returns the words that the load test types. */
export async function readWords(): Promise<string[]> {
  const text = await readFile(inRoot('loadtest', 'words.gen.txt'), 'utf8')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** Returns the English and Korean words that come with the project, highest weight first. */
export async function wordsByWeight(): Promise<string[]> {
  return (await bundledWords()).toSorted((a, b) => b.weight - a.weight).map(({ text }) => text)
}

/** Writes request paths to a file, one per line, and returns its path. */
export async function writePaths(
  { folder }: Pick<Bench, 'folder'>,
  paths: readonly string[],
  name = 'paths.txt',
): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, paths.join('\n'))
  return file
}

/** Returns the key of an entry: its spelling. */
export const keyOf = (text: string): string => spelling(text).trimEnd()

/** Returns the entries by their keys. If several entries have the same key, the one with the highest weight counts. */
export function bySpelling<E extends { text: string; weight: number }>(entries: Iterable<E>): Map<string, E> {
  const heaviest = new Map<string, E>()
  for (const entry of entries) {
    const key = keyOf(entry.text)
    if (entry.weight > (heaviest.get(key)?.weight ?? -1)) heaviest.set(key, entry)
  }
  return heaviest
}

/** Returns the first `count` request paths of a user who repeatedly types all words letter by letter in random order. */
export function typedPaths(words: readonly string[], count: number, random: () => number): string[] {
  const paths: string[] = []
  while (paths.length < count) for (const word of shuffle(words, random)) paths.push(...pathsOfWord(word))
  return paths.slice(0, count)
}

/**
 * Returns the request paths of words typed letter by letter, with frequencies by Zipf's law: the first word is typed
 * twice as often as the second and three times as often as the third.
 * @param words highest weight first
 */
export function zipfPaths(words: readonly string[], count: number, random: () => number): string[] {
  const draw = drawer(
    words.map((word, at) => ({ word, weight: 1 / (at + 1) })),
    random,
  )
  const paths: string[] = []
  while (paths.length < count) paths.push(...pathsOfWord(draw().word))
  return paths.slice(0, count)
}

/** Returns the request paths of random prefixes of the words. All prefixes have the same probability. */
export function uniformPaths(words: readonly string[], count: number, random: () => number): string[] {
  const prefixes = [...new Set(words.flatMap(pathsOfWord))]
  return Array.from({ length: count }, () => prefixes[Math.floor(random() * prefixes.length)] as string)
}

function pathsOfWord(word: string): string[] {
  const letters = [...word]
  return letters.map((_, at) => pathOf(letters.slice(0, at + 1).join('')))
}

/** Creates a function that draws an item with a probability in proportion to its weight. */
export function drawer<T extends { weight: number }>(items: readonly T[], random: () => number): () => T {
  let total = 0
  const shares = items.map(({ weight }) => (total += weight))
  return () => {
    const wanted = random() * total
    // Find the first share above the wanted one.
    let [low, high] = [0, items.length - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((shares[middle] as number) > wanted) high = middle
      else low = middle + 1
    }
    return items[low] as T
  }
}
