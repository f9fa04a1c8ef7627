/** Compares the generator's YAML reader and writer with the real Helm, on random values files. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createDocument, printYaml } from '../../generator/src/helm-yaml.ts'
import { fileProblems } from '../../generator/src/validate.ts'
import { inRoot } from '../support/paths.ts'
import { capture } from '../support/process.ts'

const numRuns = Number(process.env.FUZZ_RUNS ?? 150)

let folder: string
/** The folders of two charts: one that prints its values, and the project's chart without templates. */
let printer: string
let schema: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helm-yaml-'))
  printer = join(folder, 'printer')
  schema = join(folder, 'schema')
  const metadata = 'apiVersion: v2\nname: test\nversion: 0.1.0\n'
  for (const chart of [printer, schema]) {
    await mkdir(join(chart, 'templates'), { recursive: true })
    await writeFile(join(chart, 'Chart.yaml'), metadata)
  }
  await writeFile(join(printer, 'templates', 'values.yaml'), 'values: {{ toJson .Values.read | b64enc }}\n')
  for (const name of ['values.yaml', 'values.schema.json']) {
    await writeFile(join(schema, name), await readFile(inRoot('chart', name)))
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs Helm 3 and Helm 4 with a values file. */
async function withHelms(chart: string, text: string) {
  const file = join(folder, 'file.yaml')
  await writeFile(file, text)
  return Promise.all(
    [inject('helm'), inject('helm4')].map((helm) => capture(helm, ['template', chart, '-f', file], { cwd: folder })),
  )
}

/** Strings that YAML readers may misread. */
const texts = fc.oneof(
  fc.constantFrom(
    ...['yes', 'NO', 'on', 'off', 'y', 'n', '~', '', 'null', '010', '0o7', '1_000', '1e3', '0x1F', '12:30'],
  ),
  fc.constantFrom(
    ...['0b1', '.5', '.inf', '<<', '=', '2001-01-01', 'a\tb', ' a', 'a\n', '\n a', '\u0085', '\u2028', '\ufeff', '#'],
  ),
  fc.stringMatching(/^[-+.0-9_xXoObBeEa-fy:~<=nN]{1,6}$/),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.toWellFormed()),
)

describe('what the generator writes', () => {
  it('is what Helm reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ key: texts, value: texts }), { maxLength: 20 }), async (entries) => {
        const read = Object.fromEntries(entries.map(({ key, value }) => [key, [value, { [key]: value }]]))
        for (const { stdout, stderr } of await withHelms(printer, printYaml(createDocument({ read })))) {
          const [, json] = /^values: (.*)$/m.exec(stdout) ?? []
          expect(json, stderr).toBeDefined()
          expect(JSON.parse(Buffer.from(json as string, 'base64').toString())).toEqual(read)
        }
      }),
      { numRuns },
    )
  }, 600_000)
})

/** A piece of YAML for a value of any kind. */
const scalars = fc.oneof(
  fc.constantFrom(
    ...['yes', 'no', 'on', '010', '1_000', '1e3', '0x1F', '12:30', '~', '', '2', '2.0', '-1', '2.5', '"2"', "'no'"],
  ),
  fc.constantFrom(
    ...[
      '!!str 2',
      '!!int "2"',
      '!!bool x',
      '{}',
      '[]',
      '{a: b}',
      '{a: 1}',
      '[1, 2',
      '"\\/"',
      '&a x',
      '*a',
      '.inf',
      '|\n    a',
    ],
  ),
  // Helm reads a raw U+0085 as a line break.
  texts.filter((text) => !text.includes('\u0085')).map((text) => JSON.stringify(text)),
)
const keys = fc.constantFrom(
  ...[
    'app.replicas',
    'app.service.port',
    'app.labels.x',
    'app.image.tag',
    'app.settings.LOG_LEVEL',
    'app.settings.CORS_ORIGIN',
  ],
  ...[
    'redis.replicas',
    'redis.config.maxmemory',
    'ingress.enabled',
    'ingress.host',
    'commonLabels.yes',
    'commonLabels.1',
    'nope',
  ],
  ...[
    'app.autoscaling.enabled',
    'app',
    'redis',
    'ingress.retries.conditions',
    'metrics.prometheusRule.objectives.latencySeconds',
    'global.x',
    '<<',
  ],
)
const lines = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(keys, scalars).map(([key, scalar]) => nested(key, scalar)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('---\n', '...\n', '# comment\n', '\t\n', '\n', '- a\n', 'text\n', '\ufeff', ' x: 1\n'),
  },
)

/**
 * The beginning of a file: nothing or a directive. Directives occur only here: Helm silently ignores everything after a
 * directive in the middle of a file, but `--validate` reports it.
 */
const starts = fc.oneof(
  { weight: 12, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constant('%YAML 1.1\n') },
)

/** `app.replicas` and `2` become `app:\n  replicas: 2`. */
const nested = (key: string, scalar: string) =>
  `${key
    .split('.')
    .map((part, depth) => `${'  '.repeat(depth)}${part}:`)
    .join('\n')} ${scalar}\n`

describe('gen-values --validate', () => {
  it('accepts a file if and only if Helm 3 and Helm 4 accept it', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(starts, fc.array(lines, { maxLength: 4 }), async (start, parts) => {
        const text = start + parts.join('')
        const problems = fileProblems(Buffer.from(text))
        // Helm accepts such a file, but silently ignores a part of it.
        if (problems.some((problem) => /^the key \S+ occurs twice|^the file has several YAML documents/.test(problem)))
          return
        const results = await withHelms(schema, text)
        const errors = results.flatMap(({ code, stderr }) => (code === 0 ? [] : [stderr]))
        expect({ problems, accepted: problems.length === 0 }, errors.join('\n')).toMatchObject({
          accepted: errors.length === 0,
        })
        if (problems.length === 0) accepted += 1
      }),
      { numRuns },
    )
    expect(accepted).toBeGreaterThan(numRuns / 20)
  }, 600_000)
})
