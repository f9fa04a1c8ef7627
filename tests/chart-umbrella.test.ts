/** Tests the chart as part of a parent chart, and the examples in its README, with Helm 3 and 4. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

interface KubernetesObject {
  kind: string
  metadata: { name: string }
  spec: {
    replicas?: number
    selector?: Record<string, string>
    template: { metadata: { labels: Record<string, string> }; spec: PodSpec }
  } & PodSpec
}

interface PodSpec {
  imagePullSecrets?: unknown
  securityContext?: object
  containers: { image: string; resources?: { limits?: object } }[]
}

let folder: string
let parent: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-umbrella-'))
  parent = join(folder, 'shop')
  await mkdir(join(parent, 'templates'), { recursive: true })
  await cp(inRoot('chart'), join(parent, 'charts', 'autocomplete'), { recursive: true })
  const { version } = parse(await readFile(inRoot('chart', 'Chart.yaml'), 'utf8')) as { version: string }
  const dependency = { name: 'autocomplete', version, condition: 'autocomplete.enabled' }
  const metadata = { apiVersion: 'v2', name: 'shop', version: '1.0.0', dependencies: [dependency] }
  await writeFile(join(parent, 'Chart.yaml'), JSON.stringify(metadata))
  await writeFile(join(parent, 'values.yaml'), JSON.stringify({ global: { region: 'eu', imagePullSecrets: ['hub'] } }))
})
afterAll(() => rm(folder, { recursive: true }))

const HELMS = ['helm', 'helm4'] as const

/** Checks a chart with these values with `helm lint --strict`, and returns its objects. */
async function render(helm: (typeof HELMS)[number], chart: string, values: string): Promise<KubernetesObject[]> {
  const file = join(await mkdtemp(join(folder, 'values-')), 'values.yaml')
  await writeFile(file, values)
  const run = async (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: folder }
    const { code, stdout, stderr } = await capture(inject(helm), [...args, '-f', file], { cwd: ROOT, env })
    expect(code, stdout + stderr).toBe(0)
    return stdout
  }
  await run('lint', '--strict', chart)
  const documents = parseAllDocuments(await run('template', 'search', chart))
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  return documents.map((document) => document.toJS()).filter((object) => object !== null)
}

/** Returns the examples of dependencies in the README of the chart: one dependency, then two aliases. */
async function dependenciesInReadme(): Promise<Record<string, string>[][]> {
  const text = await readFile(inRoot('chart', 'README.md'), 'utf8')
  return [...text.matchAll(/^```yaml\n(dependencies:.*?)^```$/gms)].map(([, yaml = '']) => parse(yaml).dependencies)
}

const deployments = (objects: KubernetesObject[]) => objects.filter(({ kind }) => kind === 'Deployment')

describe.each(HELMS)('a parent chart with %s', (helm) => {
  it.each([
    [true, 2],
    [false, 0],
  ])('deploys the chart if its condition is %s', async (enabled, count) => {
    const objects = await render(helm, parent, JSON.stringify({ autocomplete: { enabled } }))
    expect(deployments(objects)).toHaveLength(count)
  })

  it('sets the registry and the pull secrets of all pods', async () => {
    const objects = await render(helm, parent, 'global: { imageRegistry: mirror.example, storageClass: fast }')
    const pods = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'Pod')
    expect(pods).toHaveLength(3)
    for (const { kind, spec } of pods) {
      const { imagePullSecrets, containers } = kind === 'Pod' ? spec : spec.template.spec
      expect(imagePullSecrets).toEqual([{ name: 'hub' }])
      expect(containers[0]?.image).toMatch(/^mirror\.example\/(autocomplete-system|redis-with-data):/)
    }
  })

  it('removes defaults with null', async () => {
    const app = { replicas: null, resources: { limits: { cpu: null } }, podSecurityContext: { runAsUser: null } }
    const objects = await render(helm, parent, JSON.stringify({ autocomplete: { app } }))
    const [deployment] = deployments(objects).filter(({ metadata }) => metadata.name.endsWith('-app'))
    expect(deployment?.spec).not.toHaveProperty('replicas')
    const { securityContext, containers } = deployment?.spec.template.spec as PodSpec
    expect(securityContext).not.toHaveProperty('runAsUser')
    expect(containers[0]?.resources?.limits).toEqual({ memory: '512Mi' })
  })
})

/**
 * Checks that no two objects of the same kind have the same name, and that each Service selects the pods of exactly one
 * Deployment.
 */
function expectSeparate(objects: KubernetesObject[]): void {
  const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  const services = objects.filter(({ kind }) => kind === 'Service')
  for (const { metadata, spec } of services) {
    const selected = deployments(objects).filter(({ spec: { template } }) =>
      Object.entries(spec.selector ?? {}).every(([key, value]) => template.metadata.labels[key] === value),
    )
    expect(selected, metadata.name).toHaveLength(1)
  }
}

describe.each(HELMS)('a parent chart with two packaged aliases with %s', (helm) => {
  let shop: string
  beforeAll(async () => {
    shop = await mkdtemp(join(folder, 'aliases-'))
    await mkdir(join(shop, 'templates'))
    const { code, stderr } = await capture(inject(helm), ['package', 'chart', '-d', join(shop, 'charts')], {
      cwd: ROOT,
    })
    expect(code, stderr).toBe(0)
    const [, dependencies] = await dependenciesInReadme()
    const local = dependencies?.map(({ repository: _, ...dependency }) => dependency)
    const metadata = { apiVersion: 'v2', name: 'shop', version: '1.0.0', dependencies: local }
    await writeFile(join(shop, 'Chart.yaml'), JSON.stringify(metadata))
    await writeFile(join(shop, 'values.yaml'), '{}')
  })

  it('deploys both, with the values of each', async () => {
    const values = { products: { app: { replicas: 3 } }, cities: { app: { replicas: 4 } } }
    const objects = await render(helm, shop, JSON.stringify(values))
    expectSeparate(objects)
    const replicas = deployments(objects).map(({ metadata, spec }) => [metadata.name, spec.replicas])
    expect(Object.fromEntries(replicas)).toEqual({
      'search-products-app': 3,
      'search-products-redis': 2,
      'search-cities-app': 4,
      'search-cities-redis': 2,
    })
  })

  it('deploys only those whose condition is true', async () => {
    const objects = await render(helm, shop, JSON.stringify({ cities: { enabled: false } }))
    expect(
      deployments(objects)
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(['search-products-app', 'search-products-redis'])
  })

  it('keeps both apart if they have the same `nameOverride`', async () => {
    const own = { nameOverride: 'suggest' }
    expectSeparate(await render(helm, shop, JSON.stringify({ products: own, cities: own })))
  })
})

describe('the examples in the README of the chart', async () => {
  const text = await readFile(inRoot('chart', 'README.md'), 'utf8')
  const examples = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml)
  const values = examples.filter((yaml) => !('dependencies' in parse(yaml)) && !('apiVersion' in parse(yaml)))

  const manifests = examples
    .filter((yaml) => 'apiVersion' in parse(yaml))
    .map((yaml) => parse(yaml) as { kind: string; spec: Record<string, unknown> })

  it('are found', () => {
    expect(values.length).toBeGreaterThan(5)
    expect(manifests.map(({ kind }) => kind)).toEqual(['Application', 'OCIRepository', 'HelmRelease'])
  })

  it('of parent charts have the version and the repository of the chart', async () => {
    const { version } = parse(await readFile(inRoot('chart', 'Chart.yaml'), 'utf8')) as { version: string }
    const [, repository = ''] = /helm install autocomplete (oci:\S+)\/autocomplete /.exec(text) ?? []
    const found = await dependenciesInReadme()
    expect(found.map((dependencies) => dependencies.map(({ alias }) => alias))).toEqual([
      [undefined],
      ['products', 'cities'],
    ])
    for (const { name, version: own, repository: from, alias = name, condition } of found.flat()) {
      expect([name, own, from]).toEqual(['autocomplete', version, repository])
      expect(condition).toBe(`${alias}.enabled`)
    }
  })

  it('of Argo CD and Flux have valid values and the version of the chart', async () => {
    const { version } = parse(await readFile(inRoot('chart', 'Chart.yaml'), 'utf8')) as { version: string }
    const [application, repository, release] = manifests
    expect(application?.spec.source).toMatchObject({ chart: 'autocomplete', targetRevision: version })
    expect(repository?.spec.ref).toEqual({ tag: version })
    const { helm } = application?.spec.source as { helm: { valuesObject: object } }
    for (const own of [helm.valuesObject, release?.spec.values]) {
      const [deployment] = deployments(await render('helm', 'chart', JSON.stringify(own)))
      expect(deployment?.spec).toMatchObject({ replicas: 3 })
    }
  })

  it.each(
    values.flatMap((yaml) => HELMS.map((helm) => [helm, yaml] as const)),
  )('render with %s: %s', async (helm, yaml) => {
    // Examples for a parent chart set the values of this chart under the key `autocomplete`.
    const objects = await render(helm, 'autocomplete' in parse(yaml) ? parent : 'chart', yaml)
    expect(objects.length).toBeGreaterThan(4)
  })
})
