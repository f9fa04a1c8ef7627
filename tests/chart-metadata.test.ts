/** Tests Chart.yaml: what Helm and Artifact Hub read from it. */
import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture, runOrThrow } from '../tools/support/process.ts'

interface Chart {
  description: string
  version: string
  appVersion: string
  kubeVersion: string
  icon: string
  home: string
  sources: string[]
  keywords: string[]
  maintainers: { name: string; url?: string }[]
  annotations: Record<string, string>
}

const chart = parse(await readFile(inRoot('chart', 'Chart.yaml'), 'utf8')) as Chart
const { version, homepage } = JSON.parse(await readFile(inRoot('package.json'), 'utf8')) as Record<string, string>
const url = homepage?.replace(/#.*/, '') as string
const annotation = (name: string) => parse(chart.annotations[`artifacthub.io/${name}`] ?? 'null')

/** Returns the file in this repository that a URL of the project leads to. */
const fileAt = (address: string) => address.slice(url.length).replace(/^\/(raw|blob)\/main\//, '')

/** The annotations of Helm charts that Artifact Hub reads. */
const ANNOTATIONS =
  'alternativeName category changes containsSecurityUpdates crds crdsExamples images imagesWhitelist license links maintainers operator operatorCapabilities prerelease recommendations screenshots signKey'
const CATEGORIES = [
  'ai-machine-learning',
  'database',
  'integration-delivery',
  'monitoring-logging',
  'networking',
  'security',
  'storage',
  'streaming-messaging',
  'skip-prediction',
]
const IMAGE = /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?$/

/** Returns what Artifact Hub would reject or leave out, according to its documentation. */
function problemsForArtifactHub({ annotations, ...fields }: Chart): string[] {
  const isAddress = (text: unknown) => /^https?:\/\/[^/\s]+\.[^/\s]+/.test(String(text))
  const list = (name: string) =>
    parse(String(annotations[`artifacthub.io/${name}`] ?? '[]')) as Record<string, unknown>[]
  const category = annotations['artifacthub.io/category']
  const own = Object.keys(annotations).filter((name) => name.startsWith('artifacthub.io/'))
  const known = ANNOTATIONS.split(' ').map((name) => `artifacthub.io/${name}`)
  const kinds = ['added', 'changed', 'deprecated', 'removed', 'fixed', 'security']
  const checks: [boolean, string][] = [
    [/^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/.test(fields.version), 'version is not a semantic version'],
    ...(['description', 'appVersion', 'icon', 'kubeVersion'] as const).map((name): [boolean, string] => [
      Boolean(fields[name]),
      `${name} is missing`,
    ]),
    ...(['home', 'icon'] as const).map((name): [boolean, string] => [
      isAddress(fields[name]),
      `${name} is not a web address`,
    ]),
    ...own.map((name): [boolean, string] => [known.includes(name), `${name} is unknown`]),
    ...own.map((name): [boolean, string] => [typeof annotations[name] === 'string', `${name} is not text`]),
    [category === undefined || CATEGORIES.includes(category), `artifacthub.io/category is ${category}`],
    [
      list('links').every(({ name, url }) => name && isAddress(url)),
      'artifacthub.io/links has an entry without a web address',
    ],
    [list('images').every(({ image }) => IMAGE.test(String(image))), 'artifacthub.io/images has an invalid image'],
    [
      list('changes').every((change) =>
        typeof change === 'string' ? change : change.description && kinds.includes(String(change.kind)),
      ),
      'artifacthub.io/changes has an invalid entry',
    ],
    [fields.maintainers.every(({ name }) => name), 'maintainers has an entry without a name'],
  ]
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem)
}

describe('Chart.yaml', () => {
  it('has the version of the project', () => {
    expect(chart).toMatchObject({ version, appVersion: version })
  })

  it('describes the chart for Artifact Hub', () => {
    expect(chart).toMatchObject({ home: url, sources: [url], maintainers: [{ name: expect.any(String) }] })
    expect(chart.keywords).toEqual(expect.arrayContaining(['autocomplete', 'search']))
    expect(annotation('license')).toBe('Apache-2.0')
  })

  it('passes the checks of Artifact Hub: versions, texts, URLs, categories, and annotations', () => {
    expect(problemsForArtifactHub(chart)).toEqual([])
  })

  it.each([
    [{ version: '1.0' }, 'version is not a semantic version'],
    [{ icon: '' }, 'icon is missing'],
    [{ home: 'autocomplete.example' }, 'home is not a web address'],
    [{ annotations: { 'artifacthub.io/categories': 'database' } }, 'artifacthub.io/categories is unknown'],
    [{ annotations: { 'artifacthub.io/category': 'search' } }, 'artifacthub.io/category is search'],
    [{ annotations: { 'artifacthub.io/prerelease': true } }, 'artifacthub.io/prerelease is not text'],
    [
      { annotations: { 'artifacthub.io/links': '- name: Docs' } },
      'artifacthub.io/links has an entry without a web address',
    ],
    [{ annotations: { 'artifacthub.io/images': '- image: A b' } }, 'artifacthub.io/images has an invalid image'],
    [
      { annotations: { 'artifacthub.io/changes': '- { kind: broke, description: a }' } },
      'artifacthub.io/changes has an invalid entry',
    ],
  ])('would fail these checks with %j', (change, problem) => {
    expect(problemsForArtifactHub({ ...chart, ...(change as Partial<Chart>) })).toContain(problem)
  })

  it('is packaged with the README and the schema that Artifact Hub shows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'package-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await runOrThrow(inject('helm'), ['package', inRoot('chart'), '--destination', folder])
    const { stdout } = await runOrThrow('tar', ['tzf', join(folder, `autocomplete-${version}.tgz`)])
    const files = stdout.trim().split('\n')
    expect(files).toEqual(
      expect.arrayContaining(
        ['Chart.yaml', 'README.md', 'values.yaml', 'values.schema.json'].map((file) => `autocomplete/${file}`),
      ),
    )
    expect(files.filter((file) => file.startsWith('autocomplete/tests/'))).toEqual([])
  })

  it('links to files of this repository', async () => {
    const links = (annotation('links') as { name: string; url: string }[]).map((link) => link.url)
    expect(links.length).toBeGreaterThan(1)
    for (const address of [chart.icon, ...links]) expect(address.startsWith(`${url}/`), address).toBe(true)
    for (const address of [chart.icon, ...links.filter((link) => link.includes('/blob/'))]) {
      await access(inRoot(fileAt(address)))
    }
  })

  it('has the version and the registry in the instructions for installing it', async () => {
    const address = `oci://ghcr.io${new URL(url).pathname}/charts/autocomplete --version ${version}`
    for (const page of ['README.md', 'README.ko.md', 'chart/README.md']) {
      const text = await readFile(inRoot(page), 'utf8')
      expect(text, page).toContain(`helm install autocomplete ${address}`)
      const versions = [...text.matchAll(/--version (\S+)|\/raw\/v([\d.]+)\//g)].map(([, option, tag]) => option ?? tag)
      expect(new Set(versions), page).toEqual(new Set([version]))
    }
  })

  it('lists the images of this version in the registry to which the release workflow pushes them', () => {
    const registry = `ghcr.io${new URL(url).pathname}`
    expect(annotation('images')).toEqual(
      ['autocomplete-system', 'redis-with-data'].map((name) => ({ name, image: `${registry}/${name}:${version}` })),
    )
  })
})

describe('kubeVersion', () => {
  const template = (...args: string[]) =>
    capture(inject('helm'), ['template', 'autocomplete', 'chart', ...args], { cwd: ROOT })

  it.each(['1.20.0', '1.26.15'])('rejects Kubernetes %s', async (kubernetes) => {
    const { code, stderr } = await template('--kube-version', kubernetes)
    expect(code).not.toBe(0)
    expect(stderr).toContain(`chart requires kubeVersion: ${chart.kubeVersion} which is incompatible with Kubernetes`)
  })

  it.each(['1.27.0', '1.27.3-gke.100', 'v1.34.1+k3s1'])('accepts Kubernetes %s', async (kubernetes) => {
    const { code, stderr } = await template('--kube-version', kubernetes)
    expect(code, stderr).toBe(0)
  })

  it('accepts the version that the pinned Helm assumes without a cluster', async () => {
    const { code, stderr } = await template()
    expect(code, stderr).toBe(0)
  })
})
