import { glob, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'

const SUPPORTED = /^(yes|differs|no)(: .+)?$/

/** Returns the names of the Go tests of the extension. */
async function goTests(): Promise<Set<string>> {
  const names = new Set<string>()
  for await (const file of glob(inRoot('loadtest', 'xk6-locust', 'internal', '**', '*_test.go'))) {
    for (const [, name] of (await readFile(file, 'utf8')).matchAll(/^func (Test\w+)\(t \*testing\.T\)/gm)) {
      names.add(name as string)
    }
  }
  return names
}

it('every feature of Locust in the table has a test, unless it is not supported', async () => {
  const text = await readFile(inRoot('docs', 'locust-features.md'), 'utf8')
  const rows = [...text.matchAll(/^\| (?!feature \|)(.+) \| (.+) \|(?: (`[^`]+`))? \|$/gm)]
  // Check that the pattern matches every line of the tables.
  expect(rows.length).toBe(text.split('\n').filter((line) => /^\| (?!feature \|)/.test(line)).length)
  expect(rows.length).toBeGreaterThan(50)
  const known = await goTests()
  for (const [row, , supported = '', quoted] of rows) {
    expect(supported, row).toMatch(SUPPORTED)
    if (quoted === undefined) {
      expect(supported, `${row} needs a test`).toMatch(/^no/)
      continue
    }
    const [file, title] = quoted.slice(1, -1).split(/(?<=\.test\.ts): /)
    if (title === undefined) expect([...known], row).toContain(file)
    else expect(await readFile(inRoot('tests', 'locust', file as string), 'utf8'), row).toContain(title)
  }
})
