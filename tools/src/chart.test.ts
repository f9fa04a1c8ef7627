/** The chart as Helm sees it; what single templates do is tested in chart/tests. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { valuesProblems } from '../../generator/src/validate.ts'
import { defaultValues } from '../../generator/src/values.ts'
import { SETTING_DEFAULTS } from '../../service/src/settings.ts'
import { inRoot, ROOT } from './paths.ts'
import { capture } from './process.ts'

const PRESETS = ['dev', '8cpu-24k']
/** Settings that the chart derives, or takes from elsewhere than `app.settings`. */
const DERIVED = ['HOST', 'PORT', 'REDIS_NODES']
/** Settings that the chart has no value for yet: it deploys a Redis without passwords. */
const NOT_IN_CHART = ['REDIS_USERNAME', 'REDIS_PASSWORD']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-'))
})
afterAll(() => rm(folder, { recursive: true }))

const helm = (...args: string[]) =>
  // A folder of its own, so that no plug-in or repository of this machine plays a part.
  capture(inject('helm'), args, {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      HELM_CONFIG_HOME: folder,
      HELM_CACHE_HOME: folder,
      HELM_DATA_HOME: folder,
    },
  })

async function template(chart: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await helm('template', 'autocomplete', chart, ...args)
  expect(code, stderr).toBe(0)
  return stdout
}

describe.each(PRESETS)('preset %s', (preset) => {
  const values = ['-f', `values/${preset}.yaml`]

  it('passes helm lint --strict', async () => {
    const { code, stdout, stderr } = await helm('lint', '--strict', 'chart', ...values)
    expect(code, stdout + stderr).toBe(0)
  })

  it('renders the same from the root as from chart/', async () => {
    expect(await template('.', ...values)).toBe(await template('chart', ...values))
  })

  it('renders what its golden file holds (npm test -- -u chart.test writes it anew)', async () => {
    await expect(await template('chart', ...values)).toMatchFileSnapshot(
      inRoot('chart', 'tests', 'golden', `${preset}.yaml`),
    )
  })

  it('renders documents that are all of this namespace and release', async () => {
    const documents = parseAllDocuments(await template('chart', ...values, '-n', 'search')).map((document) =>
      document.toJS(),
    )
    expect(documents.length).toBeGreaterThan(5)
    for (const { kind, metadata } of documents) {
      expect(metadata, kind).toMatchObject({
        namespace: 'search',
        name: expect.stringMatching(/^autocomplete-/),
        labels: { 'app.kubernetes.io/instance': 'autocomplete', 'app.kubernetes.io/managed-by': 'Helm' },
      })
    }
  })
})

describe('the root of the repository as a chart', () => {
  it('packages exactly what chart/ does', async () => {
    const names = async (chart: string) => {
      const target = await mkdtemp(join(folder, 'package-'))
      const { code, stderr } = await helm('package', chart, '-d', target)
      expect(code, stderr).toBe(0)
      const { stdout } = await capture('tar', ['tzf', join(target, 'autocomplete-0.1.0.tgz')])
      // The ignore files differ: they say what the one folder and the other hold besides the chart.
      return stdout
        .split('\n')
        .filter((name) => name !== '' && !name.endsWith('.helmignore'))
        .sort()
    }
    expect(await names('.')).toEqual((await names('chart')).filter((name) => name !== 'autocomplete/README.md'))
  })
})

describe('the schema in Helm', () => {
  it.each([
    ['app.replica=3', /replica/],
    ['app.settings.WEB_CONCURENCY=3', /WEB_CONCURENCY/],
    ['app.replicas=three', /replicas/],
    ['redis.resources.limits.memory=1GB', /memory/],
  ])('refuses --set %s and names the key', async (set, message) => {
    const { code, stderr } = await helm('template', 'autocomplete', 'chart', '--set', set)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(message)
  })
})

describe('the settings of the service', () => {
  it('are the ones that the chart hands it, with the same defaults but for those that only a cluster needs', async () => {
    const { SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS, ...chart } = defaultValues.app.settings
    const { SHUTDOWN_DELAY_SECONDS: delay, SHUTDOWN_TIMEOUT_SECONDS: timeout, ...service } = { ...SETTING_DEFAULTS }
    expect([delay, timeout]).toEqual(['0', '10'])
    expect([SHUTDOWN_DELAY_SECONDS, SHUTDOWN_TIMEOUT_SECONDS]).toEqual([5, 20])
    for (const name of [...DERIVED, ...NOT_IN_CHART]) delete service[name]
    expect(Object.fromEntries(Object.entries(chart).map(([name, value]) => [name, String(value)]))).toEqual(service)
  })

  it('reach the pods with the variables that the chart derives', async () => {
    const [configMap] = parseAllDocuments(await template('chart', '-s', 'templates/app-configmap.yaml'))
    expect(Object.keys(configMap?.toJS().data).sort()).toEqual(
      [...Object.keys(defaultValues.app.settings), ...DERIVED].sort(),
    )
  })
})

describe('values files of users', () => {
  it('are told the nearest right key by npm run gen-values -- --validate', async () => {
    const file = join(folder, 'mine.yaml')
    await writeFile(file, 'app:\n  replica: 3\n')
    const { code, stderr } = await capture(process.execPath, ['tools/run.mjs', 'gen-values', '--validate', file], {
      cwd: ROOT,
    })
    expect([code, stderr]).toEqual([1, `${file}: unknown key app.replica; did you mean app.replicas?\n`])
  })

  it('the presets themselves are right', async () => {
    for (const preset of PRESETS) {
      const { code, stderr } = await capture(
        process.execPath,
        ['tools/run.mjs', 'gen-values', '--validate', `values/${preset}.yaml`],
        { cwd: ROOT },
      )
      expect([code, stderr]).toEqual([0, ''])
    }
    expect(valuesProblems(parse(await readFile(inRoot('chart', 'values.yaml'), 'utf8')))).toEqual([])
  })
})
