import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const RULES = new URL('../../../docs/matching.md', import.meta.url)
/** Minimum length of a quotation. Shorter text in quotes is a word with a special meaning. */
const MIN_LENGTH = 15

/** Returns Markdown in lower case, on one line, without the markup of lists and bold text. */
const plain = (markdown: string) =>
  markdown
    .replaceAll(/\n *- /g, '\n')
    .replaceAll('**', '')
    .replaceAll(/\s+/g, ' ')
    .toLowerCase()

function quotations(): string[] {
  const files = readdirSync(import.meta.dirname).filter((name) => /^reference-\w+\.ts$/.test(name))
  const comments = files.flatMap((file) =>
    readFileSync(join(import.meta.dirname, file), 'utf8').match(/\/\*\*[\s\S]*?\*\/|(?:^ *\/\/.*\n)+/gm),
  )
  const texts = comments.map((comment) => (comment ?? '').replaceAll(/\n\s*(?:\*|\/\/) ?/g, ' '))
  return texts.flatMap((text) => [...text.matchAll(/"([^"]+)"/g)].map((match) => match[1] as string))
}

it('the reference search quotes the rules as docs/matching.md states them', () => {
  const rules = plain(readFileSync(RULES, 'utf8'))
  const long = quotations().filter((quotation) => quotation.length >= MIN_LENGTH)
  expect(long.length).toBeGreaterThan(50)
  const parts = long.flatMap((quotation) => plain(quotation).split('…'))
  expect(parts.filter((part) => !rules.includes(part.trim().replace(/\.$/, '')))).toEqual([])
})
