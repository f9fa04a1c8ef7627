/** Tests that every reader understands the YAML of the chart in the same way. Helm and kubectl read YAML 1.1. */
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { merge } from '../generator/src/merge.ts'
import { valuesSchema } from '../generator/src/values.ts'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

/** Strings that YAML 1.1 or 1.2 readers misread unless they are quoted. */
const WORDS = [
  ...['yes', 'no', 'on', 'off', 'y', 'n', 'true', 'null', '~', '.inf', '.nan', '='],
  ...['1234', '010', '0o10', '0b11', '1_000', '1e3', '0x1F', '0x1f', '1.5', '12:30', '2026-11-29'],
  ...['a: b', 'a #b', '- a', '*a', '&a', '!a', '%a', '@a', '`a', '{a', '[a', '"', "'", '\\', 'a\nb', ' a ', '한국어'],
]
const PLACEHOLDER = 'placeholder'
/** Values that enable the optional objects, for several controllers and both Redis modes. */
const VARIANTS = [
  { ingress: { controller: 'ingress-nginx' } },
  {
    ingress: { controller: 'nginx' },
    metrics: { port: 0 },
    networkPolicy: { metricsFrom: [] },
    serviceAccount: { create: false },
  },
  { ingress: { controller: 'traefik' }, redis: { mode: 'external', external: { tls: { enabled: true } } } },
  { ingress: { controller: 'gateway', tls: [] }, global: { imageRegistry: '' } },
  { ingress: { controller: 'other' } },
].map((variant) =>
  merge<object>(
    {
      app: {
        autoscaling: { enabled: true },
        podDisruptionBudget: { enabled: true },
        // Services of other types reject the fields of load balancers.
        service: { type: 'LoadBalancer', sessionAffinity: 'ClientIP' },
      },
      redis: { autoscaling: { enabled: true }, podDisruptionBudget: { enabled: true } },
      ingress: { enabled: true },
      networkPolicy: { enabled: true },
      metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboard: { enabled: true } },
    },
    variant,
  ),
)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-yaml-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function helm(...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: folder }
  const { code, stdout, stderr } = await capture(inject('helm'), args, { cwd: ROOT, env })
  expect(code, stderr).toBe(0)
  return stdout
}

interface KubernetesObject {
  kind: string
  metadata: { labels: object }
  spec?: { selector?: { matchLabels: object }; template?: { metadata: { labels: object } } }
}

interface Schema {
  type?: string | string[]
  enum?: unknown[]
  pattern?: string
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  items?: Schema
}

/** Returns values that contain `text` wherever the schema allows both `word` and the placeholder as a string. */
function valuesOf(schema: Schema, word: string, text: string): unknown {
  const { properties = {}, patternProperties, additionalProperties, items, pattern = '' } = schema
  const types = [schema.type].flat()
  if (types.includes('array')) {
    const item = items && valuesOf(items, word, text)
    return item === undefined ? undefined : [item]
  }
  if (types.includes('object')) {
    const children = Object.entries(properties).map(([key, child]) => [key, valuesOf(child, word, text)] as const)
    const set = children.filter(([, value]) => value !== undefined)
    if (set.length > 0) return Object.fromEntries(set)
    // In a map, use the text as a key or, if the schema does not allow this, as a value.
    for (const [key, child] of Object.entries(patternProperties ?? {})) {
      const value = valuesOf(child, word, text)
      const isKey = [word, PLACEHOLDER].every((one) => new RegExp(key).test(one))
      if (isKey || value !== undefined) return { [isKey ? text : PLACEHOLDER]: value ?? PLACEHOLDER }
    }
    return additionalProperties === false ? undefined : { [text]: text }
  }
  const isText = types.includes('string') && !schema.enum && types.every((type) => type === 'string' || type === 'null')
  return isText && [word, PLACEHOLDER].every((one) => new RegExp(pattern).test(one)) ? text : undefined
}

/** Renders a variant in which every string is `text`. If `word` is a valid name, the release is also named `text`. */
async function render(variant: object, word: string, text: string): Promise<string> {
  const isName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(word)
  // The names of Services must begin with a letter. If the word does not, set a fixed prefix for all names.
  const overrides = isName && /^[a-z]/.test(word) ? {} : { nameOverride: '', fullnameOverride: 'search' }
  const extraObjects = [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: text }, stringData: { [text]: text } }]
  const texts = valuesOf(valuesSchema as Schema, word, text) as {
    ingress: { hosts?: object[]; tls?: { secretName?: string }[] }
    redis: { external?: { host?: string } }
  }
  const extraContainers = [{ image: text, env: [{ name: text, value: text }] }]
  // These values are required, or must agree with other values.
  const valid = {
    extraObjects,
    app: { extraContainers },
    ingress: {
      hosts: [{ host: 'search.example' }, ...(texts.ingress.hosts ?? [])],
      tls: [{ secretName: texts.ingress.tls?.[0]?.secretName ?? 'tls', hosts: ['search.example'] }],
    },
    redis: { extraContainers, external: { host: texts.redis.external?.host ?? 'redis.example' } },
    ...overrides,
  }
  const values = JSON.stringify(merge<object>(merge<object>(texts, valid), variant))
  const name = isName ? text : PLACEHOLDER
  // With the placeholder, many words result in the same values.
  const cached = rendered.get(name + values)
  if (cached) return cached
  const file = join(await mkdtemp(join(folder, 'values-')), 'values.json')
  await writeFile(file, values)
  const result = await helm('template', name, 'chart', '-n', name, '-f', file)
  rendered.set(name + values, result)
  return result
}

const rendered = new Map<string, string>()

/** Returns the documents as JavaScript values, read as YAML 1.1 or 1.2. Duplicate keys are errors. */
function read(text: string, version: '1.1' | '1.2'): unknown[] {
  const documents = parseAllDocuments(text, { version })
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  return documents.map((document) => document.toJS()).filter((document) => document !== null)
}

/** Replaces the placeholder with a word, even in keys. Removes hashes, because they depend on the word. */
function replaced(documents: unknown, word: string): unknown {
  const hashes = JSON.stringify(documents)
    .replaceAll(/[0-9a-f]{64}/g, 'hash')
    .replaceAll(/(\\"uid\\": \\")[0-9a-f]{16}/g, '$1hash')
  return JSON.parse(hashes.replaceAll(PLACEHOLDER, JSON.stringify(word).slice(1, -1)))
}

/** Returns the texts as Helm itself reads them, with a chart that prints its files as JSON. */
async function readByHelm(texts: string[]): Promise<unknown[][]> {
  const chart = join(folder, 'reader')
  await mkdir(join(chart, 'templates'), { recursive: true })
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: reader\nversion: 0.1.0\n')
  await writeFile(
    join(chart, 'templates', 'all.yaml'),
    'all: {{ range $.Files.Lines "index" }}\n- {{ $.Files.Get . | fromYamlArray | toJson | quote }}{{ end }}\n',
  )
  for (const [at, text] of texts.entries()) {
    const items = text
      .split(/^---$/m)
      .filter((document) => /^\w/m.test(document))
      .map((document) => `-\n${document.replaceAll(/^/gm, '  ')}`)
    await writeFile(join(chart, String(at)), items.join('\n'))
  }
  await writeFile(join(chart, 'index'), texts.map((_, at) => at).join('\n'))
  const [{ all }] = read(await helm('template', 'reader', chart), '1.2') as [{ all: string[] }]
  return all.map((json) => JSON.parse(json))
}

describe('every text in the values', () => {
  it.each(VARIANTS.map((variant, at) => [at, variant] as const))(
    'stays a text, in variant %i',
    async (at, variant) => {
      const texts: string[] = []
      const words = WORDS.filter((_, index) => [at, (at + 1) % VARIANTS.length].includes(index % VARIANTS.length))
      for (const word of words) {
        const [text, base] = await Promise.all([word, PLACEHOLDER].map((value) => render(variant, word, value)))
        texts.push(text as string)
        const expected = replaced(read(base as string, '1.1'), word)
        expect.soft(replaced(read(text as string, '1.1'), word), word).toEqual(expected)
      }
      const byHelm = await readByHelm(texts)
      for (const [index, text] of texts.entries()) {
        expect.soft(byHelm[index], words[index]).toEqual(read(text, '1.1'))
        expect.soft(byHelm[index], words[index]).toEqual(read(text, '1.2'))
      }
    },
    120_000,
  )
})

describe('no key occurs twice', () => {
  const golden = inRoot('chart', 'tests', 'golden')

  /** User labels and annotations that have the same names as those of the chart. */
  const COLLIDING = Object.fromEntries(
    [
      ...['name', 'instance', 'component', 'part-of', 'version', 'managed-by'].map((key) => `app.kubernetes.io/${key}`),
      ...['helm.sh/chart', 'checksum/environment', 'grafana_dashboard'],
    ].map((key) => [key, 'mine']),
  )
  const withCollisions = (schema: Schema): unknown => {
    // A map that also has fixed keys, such as `resources`, does not contain labels.
    if (schema.patternProperties && !schema.properties) return COLLIDING
    const children = Object.entries(schema.properties ?? {}).map(
      ([key, child]) => [key, withCollisions(child)] as const,
    )
    const set = children.filter(([, value]) => value !== undefined)
    return set.length > 0 ? Object.fromEntries(set) : undefined
  }

  it.each(
    VARIANTS.map((variant, at) => [at, variant] as const),
  )('if users set the labels and annotations of the chart, in variant %i', async (_, variant) => {
    const external = {
      redis: { external: { host: 'redis.example' } },
      ingress: { gateway: { parentRefs: [{ name: 'public' }] } },
    }
    const values = merge<object>(merge<object>(withCollisions(valuesSchema as Schema) as object, external), variant)
    const file = join(await mkdtemp(join(folder, 'values-')), 'values.json')
    await writeFile(file, JSON.stringify(values))
    const objects = read(await helm('template', 'search', 'chart', '-f', file), '1.1') as KubernetesObject[]
    expect(objects.length).toBeGreaterThan(9)
    for (const { kind, metadata, spec } of objects) {
      expect(metadata.labels, kind).toMatchObject({
        'app.kubernetes.io/instance': 'search',
        'app.kubernetes.io/part-of': 'mine',
      })
      if (kind !== 'Deployment') continue
      expect(spec?.template?.metadata.labels).toMatchObject(spec?.selector?.matchLabels as object)
    }
  })

  it.each(readdirSync(golden))('in %s', async (file) => {
    expect(read(await readFile(join(golden, file), 'utf8'), '1.2').length).toBeGreaterThan(0)
  })
})
