/** Checks the custom resources that the chart renders against the definitions of the projects that read them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Compile, type Validator } from 'typebox/schema'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { DeepPartial, Values } from '../generator/src/values.ts'
import { ROOT } from '../tools/support/paths.ts'
import { runOrThrow } from '../tools/support/process.ts'
import { definitionFiles, fileOfModule } from './definitions.ts'

interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: { name: string; annotations?: Record<string, string> }
  spec: Record<string, unknown>
}

interface Definition {
  kind: string
  spec: {
    group: string
    names: { kind: string }
    versions: { name: string; served: boolean; schema: { openAPIV3Schema: Schema } }[]
  }
}

interface Schema {
  type?: string
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  items?: Schema
  required?: string[]
  pattern?: string
  'x-kubernetes-preserve-unknown-fields'?: boolean
}

/** Returns the schema of a definition as an API server applies it with strict validation: it rejects unknown fields. */
function strict({ pattern, ...schema }: Schema): Schema {
  const { properties, additionalProperties, items } = schema
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] || additionalProperties !== undefined
  return {
    ...schema,
    // JavaScript does not support inline flags such as (?i). The chart does not set fields with such patterns.
    ...(pattern && !pattern.includes('(?i)') && { pattern }),
    ...(items && { items: strict(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: strict(additionalProperties) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, strict(child)])),
      ...(!isOpen && { additionalProperties: false }),
    }),
  }
}

let folder: string
/** The schemas of the definitions, by `apiVersion/kind`. */
const schemas = new Map<string, Schema>()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-definitions-'))
  for (const file of await definitionFiles()) {
    for (const document of parseAllDocuments(await readFile(file, 'utf8'))) {
      const definition = document.toJS() as Definition | null
      if (definition?.kind !== 'CustomResourceDefinition') continue
      const { group, names, versions } = definition.spec
      for (const { name, served, schema } of versions) {
        const whole = schema.openAPIV3Schema
        if (served) schemas.set(`${group}/${name}/${names.kind}`, strict({ ...whole, properties: withMetadata(whole) }))
      }
    }
  }
}, 300_000)
afterAll(() => rm(folder, { recursive: true }))

/** Adds the properties that every object has, because definitions do not describe `metadata`. */
const withMetadata = ({ properties }: Schema) => ({
  ...properties,
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { 'x-kubernetes-preserve-unknown-fields': true },
})

const validators = new Map<string, Validator>()

/** Returns one line for each field of an object that its definition does not allow, or one if it has no definition. */
function problemsOf(object: KubernetesObject): string[] {
  const key = `${object.apiVersion}/${object.kind}`
  const schema = schemas.get(key)
  if (!schema) return [`${key} is not defined`]
  const validator = validators.get(key) ?? Compile(schema as object)
  validators.set(key, validator)
  return validator.Errors(object)[1].map(({ instancePath, message }) => `${object.kind}${instancePath}: ${message}`)
}

async function render(values: DeepPartial<Values>): Promise<KubernetesObject[]> {
  const file = join(await mkdtemp(join(folder, 'values-')), 'values.json')
  await writeFile(file, JSON.stringify(values))
  const { stdout } = await runOrThrow(inject('helm'), ['template', 'search', 'chart', '-f', file], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: folder },
  })
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject)
}

/** Hosts with and without paths, and timeouts that result in durations with different units, such as 1h1m1s. */
const INGRESS = {
  enabled: true,
  hosts: [
    { host: 'search.example' },
    { host: 'api.example', paths: [{ path: '/autocomplete', pathType: 'Exact' as const }] },
  ],
  timeouts: { connectSeconds: 1, sendSeconds: 86_400, readSeconds: 3661 },
  maxBodySize: '512k',
}
const IN_FLIGHT = { requestsInFlight: { enabled: true, perPod: 1 } }
const RATE = { requestRate: { enabled: true, perSecond: 999_999, burst: 1 } }
const parentRefs = [{ name: 'public', namespace: 'edge', sectionName: 'https' }]

/** Whether an object belongs to one of Kubernetes' own API groups. All other objects are custom resources. */
const isBuiltIn = ({ apiVersion }: KubernetesObject) =>
  !apiVersion.includes('.') || (/\.k8s\.io\//.test(apiVersion) && !apiVersion.startsWith('gateway.'))

describe('custom resources', () => {
  it.each<[string, DeepPartial<Values['ingress']>, string[]]>([
    ['traefik', { controller: 'traefik', guard: { ...IN_FLIGHT, ...RATE } }, ['Middleware', 'ServersTransport']],
    ['the Gateway API', { controller: 'gateway', gateway: { parentRefs } }, ['HTTPRoute']],
    [
      'envoy-gateway',
      {
        controller: 'gateway',
        gateway: { parentRefs, implementation: 'envoy-gateway' },
        guard: { ...IN_FLIGHT, ...RATE },
        retries: { conditions: ['error', 'timeout', 'http_502', 'http_503', 'http_504'] },
      },
      ['BackendTrafficPolicy', 'HTTPRoute'],
    ],
    [
      'istio',
      { controller: 'gateway', gateway: { parentRefs, implementation: 'istio' }, guard: IN_FLIGHT },
      ['DestinationRule', 'HTTPRoute'],
    ],
  ])('of %s match their definitions', async (_, ingress, kinds) => {
    const metrics = { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true } }
    const objects = (await render({ ingress: { ...INGRESS, ...ingress }, metrics })).filter(
      (object) => !isBuiltIn(object),
    )
    expect([...new Set(objects.map(({ kind }) => kind))].sort()).toEqual(
      [...kinds, 'PrometheusRule', 'ServiceMonitor'].sort(),
    )
    expect(objects.flatMap(problemsOf)).toEqual([])
  })

  it.each(['serviceMonitor', 'podMonitor'] as const)('of Prometheus match their definitions: %s', async (kind) => {
    const rules = [{ action: 'keep', sourceLabels: ['a'], regex: 'b' }]
    const monitor = {
      enabled: true,
      namespace: 'monitoring',
      interval: '1m30s',
      scrapeTimeout: '1m',
      honorLabels: true,
      relabelings: rules,
      metricRelabelings: rules,
      ...(kind === 'podMonitor' ? { podTargetLabels: ['team'] } : { targetLabels: ['team'] }),
    }
    for (const port of [9090, 0]) {
      const objects = (await render({ metrics: { port, [kind]: monitor } })).filter((object) => !isBuiltIn(object))
      expect(objects.map((object) => object.kind.toLowerCase())).toEqual([kind.toLowerCase()])
      expect(objects.flatMap(problemsOf)).toEqual([])
    }
  })

  it('are rejected if they have an unknown field, a wrong type, or a value that is not allowed', async () => {
    const values = { ...INGRESS, controller: 'gateway' as const, gateway: { parentRefs } }
    const [route] = (await render({ ingress: values })).filter(({ kind }) => kind === 'HTTPRoute')
    const wrong = (spec: object) => problemsOf({ ...(route as KubernetesObject), spec: { ...route?.spec, ...spec } })
    expect(wrong({ hostnames: ['a.example'] })).toEqual([])
    expect(wrong({ hosts: ['a.example'] })).not.toEqual([])
    expect(wrong({ hostnames: 'a.example' })).not.toEqual([])
    expect(wrong({ rules: [{ timeouts: { request: '108000s' } }] })).not.toEqual([])
  })
})

describe('annotations', () => {
  it('of Contour are known to Contour', async () => {
    const source = await readFile(
      await fileOfModule('github.com/projectcontour/contour@v1.33.8', 'internal/annotation/annotations.go'),
      'utf8',
    )
    const objects = await render({ ingress: { ...INGRESS, controller: 'contour', guard: IN_FLIGHT } })
    const names = objects.flatMap(({ metadata }) => Object.keys(metadata.annotations ?? {}))
    const ours = names.filter((name) => name.startsWith('projectcontour.io/'))
    expect(ours.length).toBeGreaterThan(5)
    expect(ours.filter((name) => !source.includes(`"${name}":`))).toEqual([])
  }, 300_000)
})
