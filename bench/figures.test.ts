/** Checks that the committed figures were measured with the Node.js of the image, and that the docs show them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inRoot } from '../tools/support/paths.ts'
import { docsOf, FOLDER, readFigures } from './docs.ts'
import { SUBJECTS } from './subjects.ts'

/**
 * Files whose figures were measured with an earlier Node.js or harness. Measure them again, and then remove their
 * names.
 */
const FIGURES_TO_REMEASURE: readonly string[] = []

interface Versioned {
  node?: string
  measured?: { node?: string }
}

const dockerfile = await readFile(inRoot('service', 'Dockerfile'), 'utf8')
const imageMajor = /^FROM node:(\d+)/m.exec(dockerfile)?.[1]
const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.json')).map((name) => join(FOLDER, name))

describe.each(
  [...files, inRoot('generator', 'costs.json')].map((file) => [file.split('/').at(-1) as string, file]),
)('%s', (name, file) => {
  it.skipIf(FIGURES_TO_REMEASURE.includes(name))(
    'was measured on the major version of Node.js in service/Dockerfile',
    async () => {
      const { node, measured } = JSON.parse(await readFile(file, 'utf8')) as Versioned
      expect(`${node ?? measured?.node}`.split('.')[0]).toBe(imageMajor)
    },
  )
})

it('every file in the list of files to measure again exists', () => {
  const names = [...files.map((file) => file.split('/').at(-1)), 'costs.json']
  expect(FIGURES_TO_REMEASURE.filter((name) => !names.includes(name))).toEqual([])
})

describe.each(SUBJECTS)('the docs of $name', (subject) => {
  it.skipIf(FIGURES_TO_REMEASURE.includes(`${subject.name}.json`))('show the committed figures', async () => {
    const figures = await readFigures(subject)
    if (figures === undefined) return
    for (const [file, text] of await docsOf(subject, figures)) expect(await readFile(file, 'utf8'), file).toBe(text)
  })
})

it('docs/benchmarks.md gives the same run times as --help', async () => {
  const text = await readFile(inRoot('docs', 'benchmarks.md'), 'utf8')
  const rows = [...text.matchAll(/^\| \[.*\| `npm run bench(?:(?::| -- )(\w+))?` \| (\d+ minutes?) \|$/gm)]
  const documented = rows.map(([, name = SUBJECTS[0]?.name, time]) => [name, time])
  expect(documented.length).toBeGreaterThan(5)
  const inHelp = (name?: string) =>
    /\d+ minutes?$/.exec(SUBJECTS.find((subject) => subject.name === name)?.summary ?? '')?.[0]
  expect(documented).toEqual(documented.map(([name]) => [name, inHelp(name)]))
})
