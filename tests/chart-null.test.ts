/** Tests that every value can be null if its schema allows this, and that the chart then omits the field. */
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
/** Values that cannot be null while all others have their defaults. The chart's error names the value to change. */
const REJECTED: Record<string, RegExp> = {
  'app.terminationGracePeriodSeconds': /: app\.terminationGracePeriodSeconds is 30, not above SHUTDOWN_DELAY_SECONDS/,
  'redis.terminationGracePeriodSeconds': /: redis\.terminationGracePeriodSeconds is 30, not above/,
  'app.podDisruptionBudget.minAvailable': /: app\.podDisruptionBudget\.minAvailable and maxUnavailable are both null/,
  'redis.podDisruptionBudget.minAvailable':
    /: redis\.podDisruptionBudget\.minAvailable and maxUnavailable are both null/,
  'redis.autoscaling.targetCPUUtilizationPercentage': /: redis\.autoscaling has no metric/,
}

const GROUP_SIZE = 10

interface Schema {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, Schema>
}

/** Returns the paths of all values that may be null. */
function nullablePaths({ properties = {} }: Schema, path: string[] = []): string[][] {
  return Object.entries(properties).flatMap(([key, child]) => {
    const isNullable = child.enum ? child.enum.includes(null) : [child.type].flat().includes('null')
    return [...(isNullable ? [[...path, key]] : []), ...nullablePaths(child, [...path, key])]
  })
}

const PATHS = nullablePaths(valuesSchema as Schema)
const withNull = (path: string[]) => path.reduceRight<unknown>((value, key) => ({ [key]: value }), null) as object

/**
 * Groups of values that are set to null together. All values of a group have the same depth, so none of them contains
 * another.
 */
const GROUPS = [...new Set(PATHS.map((path) => path.length))].flatMap((depth) => {
  const paths = PATHS.filter((path) => path.length === depth && !(path.join('.') in REJECTED))
  const count = Math.ceil(paths.length / GROUP_SIZE)
  return Array.from({ length: count }, (_, at) => {
    const group = paths.filter((_, index) => index % count === at)
    const values = group.map(withNull).reduce((all, one) => merge<object>(all, one))
    return [group.map((path) => path.join('.')).join(', '), values] as const
  })
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-null-'))
})
afterAll(() => rm(folder, { recursive: true }))

/**
 * Renders a chart. Fails if a field is null, or if a template prints a missing value. Returns Helm's error, or an empty
 * string if there is none.
 */
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
  it('is possible for values that Kubernetes does not require', () => {
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

  const isRejected = (path: string[]) => path.join('.') in REJECTED

  it.each(PATHS.filter(isRejected))('is rejected if another value has to change: %s %s %s', async (...path) => {
    const problem = await problemOf('chart', merge<object>(EVERYTHING, withNull(path)))
    expect(problem).toMatch(REJECTED[path.join('.')] as RegExp)
  })

  it.each(GROUPS)('can be the value of %s', async (_, values) => {
    expect(await problemOf('chart', merge<object>(EVERYTHING, values))).toBe('')
  })

  it.each(GROUPS)('can be the default of %s, which some versions of Helm keep as null', async (_, values) => {
    const copy = join(await mkdtemp(join(folder, 'copy-')), 'autocomplete')
    await cp(inRoot('chart'), copy, { recursive: true })
    const defaults = merge<object>(merge<object>(defaultValues, EVERYTHING), values)
    await writeFile(join(copy, 'values.yaml'), JSON.stringify(defaults))
    expect(await problemOf(copy, {})).toBe('')
  })
})
