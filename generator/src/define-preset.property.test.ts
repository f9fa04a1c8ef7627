/**
 * Declares random presets, many of them invalid. For every accepted preset, Helm must be able to read the generated
 * files, and all numbers must be finite.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type PresetDefinition, resolvePreset } from './define-preset.ts'
import { explain, explanation } from './explain.ts'
import { readValues } from './helm-yaml.ts'
import { PresetError } from './preset-error.ts'
import { renderIngressNginx, renderLoadTestPresets, renderPreset } from './render.ts'
import { renderTestRun } from './test-run.ts'
import { COSTS } from './testing/costs.ts'
import { fileProblems, valuesProblems } from './validate.ts'

const numRuns = Number(process.env.FUZZ_RUNS ?? 300)

const oddNumbers = fc.constantFrom<unknown>(
  0,
  -1,
  0.5,
  3.5,
  1e9,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '4',
  null,
  undefined,
)
const number = (usual: fc.Arbitrary<number>) =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: oddNumbers })
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('a\nb: 1', '# x', "it's", '"', '`', 'a: b', '\u2028', '| x |', '', 'yes', '1e3'),
)
const lines = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 1, arbitrary: texts },
)
const memories = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 64 }).map((amount) => `${amount}Gi`) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>('8G', '1.5Gi', '16384Mi', '17179869184', '17e9', 17_179_869_184, '1Ti'),
  },
  { weight: 2, arbitrary: fc.constantFrom<unknown>('8GB', '8gb', '', '-1Gi', 'NaN', null, 0, '1e400', '1Ei') },
)
const definitions = fc.record(
  {
    name: fc.constant('random'),
    summary: lines,
    target: fc.record(
      {
        qps: number(fc.integer({ min: 1, max: 60_000 })),
        p99Ms: number(fc.integer({ min: 5, max: 500 })),
        p95Ms: number(fc.integer({ min: 5, max: 100 })),
        errorRate: number(fc.double({ min: 0, max: 1, noNaN: true })),
      },
      { requiredKeys: ['qps', 'p99Ms'] },
    ),
    cluster: fc.record({
      nodes: number(fc.integer({ min: 1, max: 10 })),
      cpu: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 1, max: 32 }) },
        { weight: 4, arbitrary: fc.constantFrom('8', '7.5', '7910m', '64', '1e1') },
        { weight: 1, arbitrary: oddNumbers },
      ),
      memory: memories,
    }),
    entries: number(fc.integer({ min: 1, max: 5_000_000 })),
    spareReplicas: fc.constantFrom<unknown>(0, 1, undefined, 2),
    runTime: fc.constantFrom('30s', '15m', '1h30m', '0s', 'x'),
    notes: fc.dictionary(fc.constantFrom('app.replicas', 'ingress', 'nope'), texts),
    reference: fc.dictionary(fc.constantFrom('app.replicas', 'redis.replicas'), fc.oneof(texts, fc.integer())),
    values: fc.record({
      ingress: fc.record({ enabled: fc.boolean() }),
      commonLabels: fc.dictionary(fc.constant('team'), fc.constantFrom('yes', '1e3', '', 'null', 'a: b')),
      commonAnnotations: fc.dictionary(
        fc.oneof({ weight: 8, arbitrary: fc.constantFrom('no', 'a.example/1e3') }, { weight: 1, arbitrary: texts }),
        texts,
      ),
    }),
  },
  { requiredKeys: ['name', 'summary', 'target', 'cluster'] },
)

it('every accepted preset can be rendered and read by Helm, and has finite numbers', () => {
  let accepted = 0
  fc.assert(
    fc.property(definitions, (definition) => {
      let preset: ReturnType<typeof resolvePreset>
      try {
        preset = resolvePreset(definition as unknown as PresetDefinition, [], COSTS)
      } catch (error) {
        expect(error).toBeInstanceOf(PresetError)
        expect((error as Error).message).not.toMatch(/\n|NaN (?!requests)(Mi|Gi)|undefined/)
        return
      }
      accepted += 1
      const file = renderPreset(preset)
      expect(readValues(Buffer.from(file))).toEqual([preset.overrides])
      expect(fileProblems(Buffer.from(file))).toEqual([])
      expect(valuesProblems(preset.values)).toEqual([])
      expect(explain(preset)).not.toMatch(/NaN|Infinity|∞|undefined/)
      for (const data of [explanation(preset), preset.values]) expectFinite(data)
      readValues(Buffer.from(renderTestRun(preset)))
      readValues(Buffer.from(renderIngressNginx(preset)))
      expect(renderLoadTestPresets([preset])).not.toMatch(/: null/)
    }),
    { numRuns },
  )
  expect(accepted).toBeGreaterThan(numRuns / 100)
}, 600_000)

function expectFinite(value: unknown, path = ''): void {
  if (typeof value === 'number') expect(Number.isFinite(value), path).toBe(true)
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value)) expectFinite(part, `${path}.${key}`)
}
