/** Reads files of entries with a given content, for tests. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReadOptions, type ReadResult, readEntries } from '../dataset/entries.ts'

export const apple = { text: 'apple', weight: 3 }
export const pear = { text: 'pear', weight: 2.5 }

/** Writes a file to a temporary folder, reads it, and removes the folder. */
export async function readFileOf(name: string, content: string | Buffer, options?: ReadOptions): Promise<ReadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'entries-'))
  try {
    const file = join(folder, name)
    await writeFile(file, content)
    return await readEntries(file, options)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Reads a file like {@link readFileOf}, but returns problems as text, such as `2: the text is empty`. */
export async function rowsOf(name: string, content: string | Buffer, options?: ReadOptions) {
  const { entries, skipped, problems } = await readFileOf(name, content, options)
  return { entries, skipped, problems: problems.map(({ line, reason }) => `${line}: ${reason}`) }
}
