/** Renders the chart with the values of random targets, up to the largest that the generator accepts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, inject, it, onTestFinished } from 'vitest'
import { plan } from '../generator/src/capacity/plan.ts'
import { planInputOf } from '../generator/src/define-preset.ts'
import { createDocument, printYaml } from '../generator/src/helm-yaml.ts'
import { type NewPresetRequest, presetFor } from '../generator/src/new-preset.ts'
import { ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

const requests: fc.Arbitrary<NewPresetRequest> = fc.record({
  qps: fc.oneof(
    fc.integer({ min: 1, max: 20_000 }),
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.integer({ min: 400_000, max: 500_000 }),
  ),
  cpus: fc.oneof(fc.integer({ min: 2, max: 64 }), fc.integer({ min: 500, max: 5000 })),
  nodes: fc.integer({ min: 1, max: 100 }),
  p99Ms: fc.oneof(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 20, max: 60_000 })),
  entries: fc.integer({ min: 1, max: 2 ** 24 }),
  memory: fc.constant('100Ti'),
})
/** A target whose number of connections is rounded up to more than ingress-nginx allows. */
const ALMOST_TOO_MANY_USERS: NewPresetRequest = { qps: 475_000, cpus: 600, nodes: 60 }

it('the chart accepts the values of every feasible target', async () => {
  const home = await mkdtemp(join(tmpdir(), 'generated-values-'))
  onTestFinished(() => rm(home, { recursive: true }))
  let rendered = 0
  await fc.assert(
    fc.asyncProperty(requests, fc.constantFrom(0 as const, 1 as const), async (request, spareReplicas) => {
      const { overrides, problems } = plan(planInputOf({ ...presetFor({ name: 'random', ...request }), spareReplicas }))
      if (problems.length > 0) return
      const file = join(home, 'values.yaml')
      await writeFile(file, printYaml(createDocument(overrides)))
      const { code, stderr } = await capture(inject('helm'), ['template', 'autocomplete', 'chart', '-f', file], {
        cwd: ROOT,
        env: { PATH: process.env.PATH, HOME: home },
      })
      expect(code, stderr).toBe(0)
      rendered += 1
    }),
    { numRuns: 100, examples: [[ALMOST_TOO_MANY_USERS, 1]] },
  )
  expect(rendered).toBeGreaterThan(10)
}, 300_000)
