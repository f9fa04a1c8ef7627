import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { inRoot } from '../tools/support/paths.ts'

interface Package {
  engines?: { node: string }
  devDependencies: Record<string, string>
  optionalDependencies: Record<string, string>
}

interface Workflow {
  jobs: Record<string, { strategy?: { matrix: { node: number[] } }; steps?: { with?: Record<string, unknown> }[] }>
}

const text = (...path: string[]) => readFile(inRoot(...path), 'utf8')
const packageOf = async (...path: string[]) => JSON.parse(await text(...path, 'package.json')) as Package
const workflow = async (name: string) => parse(await text('.github', 'workflows', name)) as Workflow

/** Returns the major version in a version such as `24.21.0` or `24`. */
const major = (version: string) => Number.parseInt(version, 10)

/** The exact versions of the packages that contain the pinned Node.js. */
const pinned = Object.entries((await packageOf('tools')).optionalDependencies)
  .filter(([name]) => name.startsWith('node-'))
  .map(([, version]) => version)
const pinnedMajor = major(pinned[0] ?? '')

it('the pinned Node.js is the same exact version on all platforms', () => {
  expect(pinned.length).toBeGreaterThan(1)
  expect(new Set(pinned).size).toBe(1)
  expect(pinned[0]).toMatch(/^\d+\.\d+\.\d+$/)
})

it('the pinned Node.js runs these tests if it is installed', () => {
  if (existsSync(inRoot('node_modules', '.bin', 'node'))) expect(process.versions.node).toBe(pinned[0])
})

it('the pinned Node.js has the same major version as .nvmrc and the type definitions', async () => {
  expect(major(await text('.nvmrc'))).toBe(pinnedMajor)
  expect(major((await packageOf()).devDependencies['@types/node'] ?? '')).toBe(pinnedMajor)
})

it.each([
  ['service', 'Dockerfile'],
  ['service', 'redis-with-data', 'Dockerfile'],
])('the pinned Node.js has the same major version as the images of %s/%s', async (...path) => {
  const versions = [...(await text(...path)).matchAll(/^FROM node:(\S+)/gm)].map(([, tag]) => tag)
  expect(versions.length).toBeGreaterThan(0)
  expect(new Set(versions)).toEqual(new Set([`${pinnedMajor}-bookworm-slim`]))
})

it('the service supports the pinned Node.js, and CI tests every version that the service supports', async () => {
  const supported = ((await packageOf('service')).engines?.node ?? '').split(' || ').map(Number)
  expect(supported).toContain(pinnedMajor)
  expect((await workflow('ci.yml')).jobs.test?.strategy?.matrix.node).toEqual(supported)
})

it.each(['ci.yml', 'release.yml'])('the jobs of %s set up the version of the pinned Node.js', async (name) => {
  const steps = Object.values((await workflow(name)).jobs).flatMap((job) => job.steps ?? [])
  const inputs = steps
    .map((step) => step.with ?? {})
    .filter((one) => 'node-version' in one || 'node-version-file' in one)
  expect(inputs.length).toBeGreaterThan(0)
  for (const one of inputs) expect(one).toMatchObject({ 'node-version-file': '.nvmrc' })
})
