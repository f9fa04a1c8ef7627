/** The number of entries in a dataset, and of rows that were left out. */
export interface Content {
  entries: number
  duplicates: number
  blocked: number
  skipped: number
}

/** The result of a build, as printed by `--json`. */
export interface BuildReport extends Content {
  /** The file that was written. Undefined if the dataset was published. */
  file?: string
  bytes?: number
  version: string
  unknownColumns: string[]
}

/** Describes the content of a dataset: `1 entry (2 duplicates, 0 blocked, 1 bad line left out)`. */
export function contentOf({ entries, duplicates, blocked, skipped }: Content): string {
  const left = [counted(duplicates, 'duplicate'), `${grouped(blocked)} blocked`, counted(skipped, 'bad line')]
  return `${counted(entries, 'entry', 'entries')} (${left.join(', ')} left out)`
}

/** Returns a count with its noun: `1 byte`, `2,048 bytes`. */
export const counted = (count: number, noun: string, plural = `${noun}s`) =>
  `${grouped(count)} ${count === 1 ? noun : plural}`

/** Returns a count with thousands separators: `2,048`. */
export const grouped = (count: number) => count.toLocaleString('en-US')
