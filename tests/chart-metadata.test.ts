/** Tests Chart.yaml: what Helm and Artifact Hub read from it. */
import { access, readFile } from 'node:fs/promises'
import { describe, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

interface Chart {
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

/** The file in this repository that an address of the project leads to. */
const fileAt = (address: string) => address.slice(url.length).replace(/^\/(raw|blob)\/main\//, '')

describe('Chart.yaml', () => {
  it('has the version of the project', () => {
    expect(chart).toMatchObject({ version, appVersion: version })
  })

  it('describes the chart for Artifact Hub', () => {
    expect(chart).toMatchObject({ home: url, sources: [url], maintainers: [{ name: expect.any(String) }] })
    expect(chart.keywords).toEqual(expect.arrayContaining(['autocomplete', 'search']))
    expect(annotation('license')).toBe('Apache-2.0')
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
