import { partsOf, rankIn } from '../dataset/layout.ts'

/** The first lines of a ready list, which is sorted by rank. */
export function firstLines(lines: string, limit: number): string[] {
  const first: string[] = []
  let start = 0
  while (first.length < limit && start < lines.length) {
    const end = lineEnd(lines, start)
    first.push(lines.slice(start, end))
    start = end + 1
  }
  return first
}

/**
 * The lines of the best entries with the prefix, best first.
 * @param blocks whose lines are sorted by key
 * @param isUnique whether no entry has two lines that begin so; else the first of them stays
 */
export function bestLines(blocks: readonly string[], prefix: string, limit: number, isUnique = true): string[] {
  // Only what is compared is read from a line; most lines are not among the best.
  const ranks: number[] = []
  const best: string[] = []
  for (const lines of blocks) {
    // Lines begin with their key, and keys with one prefix stand together.
    let start = lines.startsWith(prefix) ? 0 : lines.indexOf(`\n${prefix}`) + 1
    if (start === 0 && !lines.startsWith(prefix)) continue
    while (start < lines.length && lines.startsWith(prefix, start)) {
      const end = lineEnd(lines, start)
      const rank = rankIn(lines, start)
      // Of equals the one that came first has the smaller key.
      if (
        (best.length < limit || rank > (ranks[limit - 1] as number)) &&
        (isUnique || !hasEntry(best, ranks, lines.slice(start, end), rank))
      ) {
        let at = Math.min(best.length, limit - 1)
        while (at > 0 && (ranks[at - 1] as number) < rank) {
          ranks[at] = ranks[at - 1] as number
          best[at] = best[at - 1] as string
          at -= 1
        }
        ranks[at] = rank
        best[at] = lines.slice(start, end)
      }
      start = end + 1
    }
  }
  return best
}

/** Whether one of the lines is of the same entry as another; lines of one entry have one rank. */
function hasEntry(lines: readonly string[], ranks: readonly number[], line: string, rank: number): boolean {
  const { text } = partsOf(line)
  return lines.some((other, at) => ranks[at] === rank && partsOf(other).text === text)
}

/** All lines with the prefix that hold what is said, the highest rank first. */
export function sortedLines(blocks: readonly string[], prefix: string, holds: readonly string[] = []): string[] {
  const found: { line: string; rank: number }[] = []
  for (const lines of blocks) {
    for (let start = 0; start < lines.length; ) {
      const end = lineEnd(lines, start)
      if (lines.startsWith(prefix, start)) {
        const line = lines.slice(start, end)
        if (holdsAll(line, holds)) found.push({ line, rank: rankIn(lines, start) })
      }
      start = end + 1
    }
  }
  return found.sort((a, b) => b.rank - a.rank).map(({ line }) => line)
}

/** Whether every part stands in the line. */
export function holdsAll(line: string, parts: readonly string[]): boolean {
  return parts.every((part) => line.includes(part))
}

function lineEnd(lines: string, start: number): number {
  const end = lines.indexOf('\n', start)
  return end < 0 ? lines.length : end
}
