import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { renderLoadTestJobs } from './load-test-jobs.ts'
import { loadPreset, loadPresets } from './presets.ts'

const objects = (text: string) => parseAllDocuments(text).map((document) => document.toJS())

describe('renderLoadTestJobs', () => {
  it('lets the master wait for all workers, which find it through its Service', async () => {
    for (const preset of await loadPresets()) {
      const [service, master, workers] = objects(renderLoadTestJobs(preset))
      const [leading] = master.spec.template.spec.containers
      const [working] = workers.spec.template.spec.containers
      expect(service.spec.selector).toEqual(master.spec.template.metadata.labels)
      expect(service.spec.selector).not.toEqual(workers.spec.template.metadata.labels)
      expect(service.spec.ports[0].targetPort).toBe(leading.ports[0].name)
      expect(working.args).toEqual(expect.arrayContaining(['--master-host', service.metadata.name]))
      const expected = leading.args[leading.args.indexOf('--expect-workers') + 1]
      expect(workers.spec).toMatchObject({ parallelism: Number(expected), completions: Number(expected) })
      expect(leading.env).toEqual(working.env)
    }
  })

  it('adds workers instead of making them larger than 2 CPUs', async () => {
    for (const [name, count, cpu] of [
      ['dev', 2, '100m'],
      ['8cpu-24k', 2, '1500m'],
      ['64cpu-200k', 13, '2000m'],
    ] as const) {
      const [, master, workers] = objects(renderLoadTestJobs(await loadPreset(name)))
      expect(workers.spec.parallelism).toBe(count)
      expect(workers.spec.template.spec.containers[0].resources.requests.cpu).toBe(cpu)
      expect(master.spec.backoffLimit).toBe(0)
    }
  })
})
