/** Tests the names and selectors of all objects for many release names, aliases, and overrides. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, asyncProperty, stringMatching, uniqueArray } from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { DeepPartial, Values } from '../generator/src/values.ts'
import { inRoot } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

interface Manifest {
  kind: string
  metadata: { name: string; labels: Record<string, string> }
  spec?: { selector?: { matchLabels?: Record<string, string> } & Record<string, unknown> }
  data?: Record<string, string>
}

/** Release names that Helm accepts. */
const RELEASES = [
  'autocomplete',
  'search',
  'search-ko',
  'my-autocomplete',
  'my',
  'my.rel',
  'my-rel',
  'a--b',
  '1234',
  '8cpu',
  'no',
  'a-release-with-a-name-of-fifty-three-characters-oh-so',
  'a-release-with-a-name-of-fifty-three-characters-oh-no',
]
/**
 * Aliases that Helm accepts in the dependencies of a chart. The first one is the chart's own name, which means no
 * alias.
 */
const ALIASES = [
  'autocomplete',
  'search',
  'search-ko',
  'searchKo',
  'searchko',
  'search_ko',
  'ko',
  'rel',
  'autocomplete-ko',
  '404',
  '_search_',
  `${'very-long-'.repeat(7)}alias-one`,
  `${'very-long-'.repeat(7)}alias-two`,
]
const EVERYTHING: DeepPartial<Values> = {
  app: { autoscaling: { enabled: true }, podDisruptionBudget: { enabled: true } },
  redis: { autoscaling: { enabled: true }, podDisruptionBudget: { enabled: true } },
  ingress: { enabled: true, controller: 'traefik' },
  networkPolicy: { enabled: true },
  metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboard: { enabled: true } },
}
const DNS_LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

/** Whether Helm accepts the characters in the name of a release. The length is not checked. */
function isReleaseName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)
}

/** Names and labels that the helpers of the chart give to objects. `-redis-headless` is the longest suffix. */
const ONLY_NAMES = `{{- range list "app" "redis" "redis-headless" }}
---
kind: Deployment
metadata:
  {{- include "autocomplete.metadata" (dict "root" $ "component" .) | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "autocomplete.selectorLabels" (list $ .) | nindent 6 }}
{{- end }}
`

let folder: string
/**
 * A parent chart, and a second one whose copy of the chart renders only names and labels. The second one renders ten
 * times as fast.
 */
let whole: string
let onlyNames: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-names-'))
  whole = join(folder, 'whole')
  onlyNames = join(folder, 'only-names')
  await cp(inRoot('chart'), join(whole, 'charts', 'autocomplete'), { recursive: true })
  const chart = join(onlyNames, 'charts', 'autocomplete')
  await mkdir(join(chart, 'templates'), { recursive: true })
  for (const file of [
    'Chart.yaml',
    'values.yaml',
    'templates/_names.tpl',
    'templates/_metadata.tpl',
    'templates/_values.tpl',
  ]) {
    await cp(inRoot('chart', file), join(chart, file))
  }
  await writeFile(join(chart, 'templates', 'names.yaml'), ONLY_NAMES)
})
afterAll(() => rm(folder, { recursive: true }))

/** Renders a parent chart that contains the chart once for each alias. */
async function renderParent(
  parent: string,
  release: string,
  aliases: readonly string[],
  values: Record<string, object> = {},
) {
  const dependencies = aliases.map((alias) => ({
    name: 'autocomplete',
    version: '*',
    ...(alias !== 'autocomplete' && { alias }),
  }))
  const chart = { apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies }
  await writeFile(join(parent, 'Chart.yaml'), JSON.stringify(chart))
  await writeFile(
    join(parent, 'values.yaml'),
    JSON.stringify(Object.fromEntries(aliases.map((alias) => [alias, { ...EVERYTHING, ...values[alias] }]))),
  )
  // Skip the check of the schema. It takes a third of the time, and other tests cover it.
  return render(release, parent, '--skip-schema-validation')
}

async function render(release: string, chart: string, ...args: string[]): Promise<Manifest[]> {
  const { code, stdout, stderr } = await capture(inject('helm'), ['template', release, chart, ...args])
  expect(code, stderr).toBe(0)
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest)
}

const idsOf = (objects: readonly Manifest[]) => objects.map(({ kind, metadata: { name } }) => `${kind} ${name}`)
const duplicatesIn = (list: readonly string[]) => list.filter((item, at) => list.indexOf(item) !== at)
/** Returns the selectors of Deployments, each as one string. */
const selectorsOf = (objects: readonly Manifest[]) =>
  objects.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => JSON.stringify(spec?.selector?.matchLabels))

/** Short names made of few different characters, so that many of their combinations look alike. */
const someReleases = uniqueArray(stringMatching(/^[ab1]([-ab.]{0,3}[ab1])?$/).filter(isReleaseName), {
  minLength: 3,
  maxLength: 3,
})
const someAliases = uniqueArray(stringMatching(/^[abB1_-]{1,4}$/), { minLength: 12, maxLength: 12 })

describe('all objects of all releases and aliases in one namespace', () => {
  const objects: Manifest[] = []
  beforeAll(async () => {
    for (const release of RELEASES) objects.push(...(await renderParent(whole, release, ALIASES)))
    expect(objects.length).toBeGreaterThan(RELEASES.length * ALIASES.length * 15)
  })

  it('have valid names', () => {
    expect(objects.map(({ metadata: { name } }) => name).filter((name) => name.length > 253)).toEqual([])
    // All names except those of Middlewares must also be valid in host names and label values (at most 63 characters).
    const limited = objects.filter(({ kind }) => kind !== 'Middleware')
    expect(limited.map(({ metadata: { name } }) => name).filter((name) => !DNS_LABEL.test(name))).toEqual([])
  })

  it('have different names', () => expect(duplicatesIn(idsOf(objects))).toEqual([]))

  it('have names that begin with the same prefix in each release of each alias', () => {
    const beginnings = new Map<string, string>()
    const keyOf = ({ metadata: { labels } }: Manifest) =>
      `${labels['app.kubernetes.io/instance']} ${labels['app.kubernetes.io/name']}`
    for (const object of objects) {
      if (object.kind === 'ServiceAccount') beginnings.set(keyOf(object), object.metadata.name)
    }
    expect(beginnings.size).toBe(RELEASES.length * ALIASES.length)
    const others = objects.filter(
      (object) => !`${object.metadata.name}-`.startsWith(`${beginnings.get(keyOf(object))}-`),
    )
    expect(idsOf(others)).toEqual([])
  })

  it('have valid labels', () => {
    const values = objects.flatMap(({ metadata: { labels } }) => Object.values(labels))
    expect(values.filter((value) => !LABEL_VALUE.test(value))).toEqual([])
  })

  it('have different selectors', () => expect(duplicatesIn(selectorsOf(objects))).toEqual([]))

  it('have dashboards with different files, IDs, and titles', () => {
    const dashboards = objects.filter(({ metadata }) => metadata.name.endsWith('-app-dashboard'))
    const files = dashboards.flatMap(({ data = {} }) => Object.entries(data))
    const models = files.map(([, json]) => JSON.parse(json) as { uid: string; title: string })
    expect(files.length).toBe(RELEASES.length * ALIASES.length)
    expect(duplicatesIn(files.map(([name]) => name))).toEqual([])
    expect(duplicatesIn(models.map(({ uid }) => uid))).toEqual([])
    expect(duplicatesIn(models.map(({ title }) => title))).toEqual([])
  })
})

it('generated releases and aliases have valid, distinct names and selectors', () =>
  assert(
    asyncProperty(someReleases, someAliases, async (releases, aliases) => {
      const objects: Manifest[] = []
      for (const release of releases) objects.push(...(await renderParent(onlyNames, release, aliases)))
      expect(duplicatesIn(idsOf(objects))).toEqual([])
      expect(duplicatesIn(selectorsOf(objects))).toEqual([])
      const names = objects.map(({ metadata: { name } }) => name)
      expect(names.filter((name) => !DNS_LABEL.test(name))).toEqual([])
      const labels = objects.flatMap(({ metadata }) => Object.values(metadata.labels))
      expect(labels.filter((value) => !LABEL_VALUE.test(value))).toEqual([])
    }),
    { numRuns: 5 },
  ))

it('dashboards of the same release in two namespaces have different files', async () => {
  const show = ['--set', 'metrics.dashboard.enabled=true', '-s', 'templates/app-dashboard.yaml']
  const files = await Promise.all(
    [
      ['a-b', 'c'],
      ['a', 'b-c'],
    ].map(async ([namespace = '', release = '']) => {
      const [dashboard] = await render(release, inRoot('chart'), '-n', namespace, ...show)
      return Object.keys(dashboard?.data ?? {})
    }),
  )
  expect(files[0]).not.toEqual(files[1])
})

describe('overrides', () => {
  it('keep long names distinct', async () => {
    const long = 'a'.repeat(60)
    const overrides = ['search', `${long}-one`, `${long}-two`]
    const aliases = ['one', 'two', 'three', 'four', 'five', 'six']
    const values = Object.fromEntries([
      ...overrides.map((fullnameOverride, at) => [aliases[at], { fullnameOverride }]),
      // These aliases all have the same `nameOverride`.
      ...overrides.map((_, at) => [aliases[at + 3], { nameOverride: 'same' }]),
    ])
    const objects = await renderParent(whole, 'shop', aliases, values)
    expect(duplicatesIn(idsOf(objects))).toEqual([])
    const limited = objects.filter(({ kind }) => kind !== 'Middleware').map(({ metadata: { name } }) => name)
    expect(limited.filter((name) => !DNS_LABEL.test(name))).toEqual([])
    expect(limited).toContain('search-app')
  })

  it.each([
    'nameOverride=typeahead',
    'fullnameOverride=find',
    'nameOverride=typeahead,fullnameOverride=find',
  ])('%s does not change the selectors', async (set) => {
    const before = await render('search', inRoot('chart'))
    const after = await render('search', inRoot('chart'), '--set', set)
    expect(selectorsOf(after)).toEqual(selectorsOf(before))
    expect(idsOf(after)).not.toEqual(idsOf(before))
  })
})

describe('names that users know', () => {
  it.each([
    ['autocomplete', 'autocomplete-app'],
    ['search', 'search-autocomplete-app'],
  ])('release %s has the Service %s', async (release, name) => {
    expect(idsOf(await render(release, inRoot('chart')))).toContain(`Service ${name}`)
  })
})
