import { assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { budgetOf } from './capacity/budget.ts'
import { definePreset, resolvePreset } from './define-preset.ts'
import { merge } from './merge.ts'
import { PresetError } from './preset-error.ts'
import { loadPreset } from './presets.ts'
import { renderIngressNginx, renderPreset } from './render.ts'
import { COSTS } from './testing/costs.ts'
import { valuesProblems } from './validate.ts'
import { defaultValues, type Values } from './values.ts'

describe('renderPreset', () => {
  it('writes a file that parses to the planned values, whatever they are', () => {
    let rendered = 0
    const requests = record({
      qps: integer({ min: 1, max: 60_000 }),
      nodes: integer({ min: 1, max: 4 }),
      cpus: integer({ min: 2, max: 16 }),
      entries: integer({ min: 1, max: 3_000_000 }),
      host: constantFrom('', 'search.example', '*.example'),
      note: constantFrom('yes', '1e3', '0x10', 'a: b', '#', "it's", '"', '- x', 'null', '한국어'),
    })
    assert(
      property(requests, ({ qps, nodes, cpus, entries, host, note }) => {
        const definition = definePreset({
          name: 'round-trip',
          summary: 'for the round trip',
          target: { qps, p99Ms: 50 },
          cluster: { nodes, cpu: String(cpus), memory: '16Gi' },
          entries,
          values: { ingress: { enabled: true, hosts: [{ host }] }, commonAnnotations: { note } },
        })
        let preset: ReturnType<typeof resolvePreset>
        try {
          preset = resolvePreset(definition, [], COSTS)
        } catch (error) {
          expect(error).toBeInstanceOf(PresetError)
          return
        }
        rendered += 1
        const read = parse(renderPreset(preset))
        expect(read).toEqual(preset.overrides)
        const values = merge<Values>(defaultValues, read)
        expect(valuesProblems(values)).toEqual([])
        expect(values).toEqual(preset.values)
      }),
      { numRuns: 60 },
    )
    expect(rendered).toBeGreaterThan(20)
  })

  it('says how much CPU the ingress controller uses beyond its request, and how much could still be requested', async () => {
    const preset = await loadPreset('8cpu-24k')
    const { max, capacity } = budgetOf(preset.values, preset.cluster)
    const remaining = `No pod requests the remaining ${capacity.millicores - max.millicores}m CPU.`
    const text = renderPreset(preset)
    expect(text).toMatch(/; the ingress controller uses [\d.]+ of them \(.*\), which is more than it requests\. /)
    expect(text).toContain(remaining)
    expect(renderIngressNginx(preset)).toContain(remaining)
    // Requests that cover the use need no explanation.
    const once = { cpu: '100m', memory: '1Gi' }
    const perNode = { cpu: '2500m', memory: '1Gi' }
    const definition = definePreset({
      name: 'reserved',
      summary: 'with CPUs for the ingress controller',
      target: { qps: 5000, p99Ms: 50 },
      cluster: {
        nodes: 1,
        cpu: '8',
        memory: '16Gi',
        platform: { once, perNode, what: 'the platform and a controller' },
      },
      values: { ingress: { enabled: true } },
    })
    const reserved = resolvePreset(definition, [], COSTS)
    expect(renderPreset(reserved)).not.toContain('the ingress controller uses')
    expect(budgetOf(reserved.values, reserved.cluster).platform.millicores).toBe(2600)
  })

  it('says that searches cost more CPU if the dataset is much larger than the measured one', () => {
    const textWith = (entries: number) => {
      const target = { qps: 2000, p99Ms: 50 }
      const cluster = { nodes: 1, cpu: '8', memory: '32Gi' }
      return renderPreset(resolvePreset(definePreset({ name: 'a', summary: 'b', target, cluster, entries }), [], COSTS))
    }
    expect(textWith(200_000)).not.toContain('were measured with')
    expect(textWith(200_001).replaceAll('\n# ', ' ')).toContain(
      'The CPU costs were measured with 100,000 entries. A search in 200,001 entries costs more, so run a load test',
    )
  })

  it('explains each computed value, and adds the figure of the reference report if the preset differs', async () => {
    const text = renderPreset(await loadPreset('8cpu-24k'))
    expect(text).toMatch(/^# Planned for 24,000 requests\/s/m)
    expect(text.replaceAll(/\n +# /g, ' ')).toMatch(
      /The reference report has 1000m\. With 1000m, .* stay Pending\.\n {6}cpu:/,
    )
    expect(text.replaceAll(/\n +# /g, ' ')).toMatch(/The reference report has 3\. .*\n {4}WEB_CONCURRENCY: 1/)
    expect(text).toMatch(
      /# A request takes [\d.]+ µs in the main thread and [\d.]+ µs in a ranking thread\.\n {4}RANKING_THREADS: [1-9]/,
    )
    expect(text).toMatch(/# Set by the preset; the model computes \d+Mi\.\n {6}memory: 1Gi/)
    // Values that the model does not compute have no comment.
    expect(text).toMatch(/\n {2}service:\n {4}type: ClusterIP\n {4}port: 8000/)
  })
})
