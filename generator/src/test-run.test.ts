import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadPreset, loadPresets } from './presets.ts'
import { renderTestRun } from './test-run.ts'

describe('renderTestRun', () => {
  it('runs the load test of each preset in a single pod', async () => {
    for (const preset of await loadPresets()) {
      const { spec } = parse(renderTestRun(preset))
      // With several pods, k6-operator sets execution segments, which Locust users do not support.
      expect(spec.parallelism).toBe(1)
      const env = Object.fromEntries(spec.runner.env.map(({ name, value }: Record<string, string>) => [name, value]))
      expect(env).toEqual({
        TARGET: `http://autocomplete-app:${preset.values.app.service.port}`,
        PRESET: preset.name,
        PROFILE: preset.loadTest.defaultProfile,
      })
    }
  })

  it('says if the pod is too large for a node of the preset', async () => {
    const [large, small] = [await loadPreset('64cpu-200k'), await loadPreset('8cpu-24k')]
    expect(renderTestRun(large)).toContain(
      '# The pod requests 25 CPUs, but a node of the preset has 8 CPUs. Add a node',
    )
    expect(renderTestRun(large)).toContain('kubectl apply -f loadtest/jobs/64cpu-200k.yaml.')
    expect(renderTestRun(small)).not.toContain('but a node')
  })

  it('requests CPU by the rate and memory by the number of users', async () => {
    const text = renderTestRun(await loadPreset('8cpu-24k'))
    expect(text).toContain('# 24,000 requests/s × 100 µs of CPU time, divided by a CPU utilization of 0.8, rounded up.')
    expect(parse(text).spec.runner.resources).toEqual({
      requests: { cpu: '3000m', memory: '576Mi' },
      limits: { memory: '1088Mi' },
    })
  })
})
