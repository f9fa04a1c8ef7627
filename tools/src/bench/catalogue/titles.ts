import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { productTitles } from '../../../../service/src/testing/product-titles.ts'

/** The same titles everywhere. */
export const TITLES_SEED = 1
/** Entries of which lines are written at a time. */
const CHUNK = 5000

/** Writes a dataset file (JSON lines) of so many product titles with two contexts each. */
export async function writeTitles(file: string, count: number): Promise<void> {
  await pipeline(Readable.from(chunks(count)), createWriteStream(file))
}

function* chunks(count: number): Generator<string> {
  let lines: string[] = []
  for (const title of productTitles(count, TITLES_SEED)) {
    if (lines.push(`${JSON.stringify(title)}\n`) < CHUNK) continue
    yield lines.join('')
    lines = []
  }
  yield lines.join('')
}
