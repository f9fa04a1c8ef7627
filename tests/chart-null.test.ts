/** Tests that every value that the schema lets be null can be, and that the chart then leaves the field out. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { merge } from '../generator/src/merge.ts'
import { defaultValues, valuesSchema } from '../generator/src/values.ts'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

/** Values that enable all optional objects, so that as many values as possible are used. */
const EVERYTHING = {
  app: { autoscaling: { enabled: true }, podDisruptionBudget: { enabled: true } },
  redis: { autoscaling: { enabled: true }, podDisruptionBudget: { enabled: true } },
  ingress: { enabled: true },
  networkPolicy: { enabled: true },
  metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboard: { enabled: true } },
}
/** Values that may be null, but not with the defaults of the others. The chart names the value to change. */
const REJECTED: Record<string, RegExp> = {
  'app.terminationGracePeriodSeconds': /: app\.terminationGracePeriodSeconds is 30, but stopping may take/,
  'redis.terminationGracePeriodSeconds': /: redis\.terminationGracePeriodSeconds is 30, not above/,
  'app.podDisruptionBudget.minAvailable': /: app\.podDisruptionBudget\.minAvailable and maxUnavailable are both null/,
  'redis.podDisruptionBudget.minAvailable':
    /: redis\.podDisruptionBudget\.minAvailable and maxUnavailable are both null/,
}

interface Schema {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, Schema>
}

/** The paths of all values that may be null. */
function nullablePaths({ properties = {} }: Schema, path: string[] = []): string[][] {
  return Object.entries(properties).flatMap(([key, child]) => {
    const isNullable = child.enum ? child.enum.includes(null) : [child.type].flat().includes('null')
    return [...(isNullable ? [[...path, key]] : []), ...nullablePaths(child, [...path, key])]
  })
}

const PATHS = nullablePaths(valuesSchema as Schema)
const withNull = (path: string[]) => path.reduceRight<unknown>((value, key) => ({ [key]: value }), null) as object

let folder: string
let copy: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-null-'))
  copy = join(folder, 'autocomplete')
  await cp(inRoot('chart'), copy, { recursive: true })
})
afterAll(() => rm(folder, { recursive: true }))

/** Renders a chart. Fails if a field is null, or if a template prints a missing value. Returns the error of Helm. */
async function problemOf(chart: string, values: object): Promise<string> {
  const file = join(await mkdtemp(join(folder, 'values-')), 'values.json')
  await writeFile(file, JSON.stringify(values))
  const env = { PATH: process.env.PATH, HOME: folder }
  const { code, stdout, stderr } = await capture(inject('helm'), ['template', 'search', chart, '-f', file], {
    cwd: ROOT,
    env,
  })
  if (code !== 0) return stderr
  expect(stdout).not.toMatch(/<nil>|%!|<no value>/)
  const documents = parseAllDocuments(stdout).map((document) => document.toJS())
  expect(pathsOfNull(documents)).toEqual([])
  return ''
}

function pathsOfNull(value: unknown, path = ''): string[] {
  if (value === null) return [path]
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, child]) => pathsOfNull(child, `${path}.${key}`))
}

describe('null', () => {
  it('is possible for every value that Kubernetes lets be absent', () => {
    expect(PATHS.map((path) => path.join('.'))).toEqual(
      expect.arrayContaining(
        ['app', 'redis'].flatMap((component) =>
          [
            ...['replicas', 'resources', 'resources.limits', 'resources.limits.cpu', 'resources.requests.memory'],
            ...['tolerations', 'affinity', 'nodeSelector', 'priorityClassName', 'probes.startup', 'labels'],
            ...['podSecurityContext', 'containerSecurityContext', 'rollingUpdate', 'autoscaling.behavior.scaleUp'],
          ].map((path) => `${component}.${path}`),
        ),
      ),
    )
  })

  it.each(PATHS.map((path) => [path.join('.'), path] as const))('can be the value of %s', async (name, path) => {
    const absent = await problemOf('chart', merge<object>(EVERYTHING, withNull(path)))
    expect(absent).toMatch(REJECTED[name] ?? /^$/)
  })

  it('can be the default, which some versions of Helm keep as null', async () => {
    for (const [name, path] of PATHS.map((path) => [path.join('.'), path] as const)) {
      const defaults = merge<object>(merge<object>(defaultValues, EVERYTHING), withNull(path))
      await writeFile(join(copy, 'values.yaml'), JSON.stringify(defaults))
      expect(await problemOf(copy, {}), name).toMatch(REJECTED[name] ?? /^$/)
    }
  })
})
