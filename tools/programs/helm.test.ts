import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { ROOT } from '../support/paths.ts'
import { Helm, HelmError, type Plan, SET_OPTIONS, type Setting } from './helm.ts'

const PLAN: Plan = {
  chart: 'chart',
  valuesFiles: ['values/dev.yaml'],
  settings: [
    { option: 'set', value: 'app.image.tag=1.2' },
    { option: 'set', value: 'app.replicas=2' },
  ],
  timeout: '90s',
  dryRun: false,
}
const RELEASE = {
  name: 'demo',
  namespace: 'apps',
  version: 1,
  info: { status: 'deployed' },
  manifest: 'kind: Service\n',
}
/** Words that are invalid as names, most of them because they mean something to a shell or to Helm. */
const UNSAFE = [
  'a;touch x',
  '$(touch x)',
  '$HOME',
  '`touch x`',
  'a b',
  'a\tb',
  "a'b",
  'a"b',
  'a\nb',
  'a\n',
  'a&b',
  'a|b',
  'a>b',
  'a<b',
  '*',
  'a?b',
  '[ab]',
  '{a,b}',
  '~',
  'a\\b',
  '#a',
  '!a',
  '--kubeconfig=x',
  '-n',
  'é',
  '',
]

beforeEach(() => {
  process.chdir(ROOT)
  vi.stubEnv('PATH', process.env.PATH)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

/** Creates a temporary folder with a space in its name, because a checkout's folder may have one. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'helm test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Creates a fake Helm that logs its arguments, each in angle brackets, and then runs a shell script. */
async function fakeHelm(script: string) {
  const folder = await temporaryFolder()
  const program = join(folder, 'helm')
  const calls = join(folder, 'calls')
  await writeFile(program, `#!/bin/sh\n(printf '<%s>' "$@"; echo) >> '${calls}'\n${script}\n`)
  await chmod(program, 0o755)
  const warnings: string[] = []
  return {
    helm: (namespace = 'apps') => new Helm(program, namespace, (line) => warnings.push(line)),
    warnings,
    /** Returns the arguments of every call so far. */
    calls: async () => {
      const text = await readFile(calls, 'utf8').catch(() => '')
      return text.split('\n').filter((line) => line !== '')
    },
  }
}

const printJson = (value: unknown) => `printf '%s\\n' '${JSON.stringify(value)}'`

describe('words with a special meaning to a shell', () => {
  it.each(UNSAFE)('include %j, which is rejected as a name before any program runs', async (word) => {
    const { helm, calls } = await fakeHelm(printJson([]))
    expect(() => helm(word)).toThrow(/^the namespace must contain only letters, digits, and .* got /)
    await expect(helm().find(word)).rejects.toThrow(/^the release must contain only letters/)
    for (const method of ['install', 'upgrade', 'template'] as const) {
      await expect(async () => helm()[method](word, PLAN)).rejects.toThrow(/^the release must contain only letters/)
    }
    expect(await calls()).toEqual([])
  })

  it.each(
    UNSAFE.filter((word) => !/[\n"]/.test(word)),
  )('reach Helm unchanged in values and paths: %j', async (word) => {
    const { helm, calls } = await fakeHelm(printJson(RELEASE))
    const settings = SET_OPTIONS.map((option) => ({ option, value: `key=${word}` }))
    for (const method of ['install', 'upgrade'] as const) {
      await helm()[method]('demo', { ...PLAN, chart: word, valuesFiles: ['a.yaml', word], settings })
    }
    const [install, upgrade] = await calls()
    const words = `<${word}><--values=a.yaml><--values=${word.includes(',') ? `"${word}"` : word}>${SET_OPTIONS.map((option) => `<--${option}=key=${word}>`).join('')}`
    expect(install).toContain(`<install><demo>${words}`)
    expect(upgrade).toContain(`<upgrade><demo>${words}`)
  })

  it('are reported in one line', async () => {
    const { helm } = await fakeHelm('')
    expect(() => helm('a\nb')).toThrow(/^.* got "a\\nb"$/)
  })
})

describe('the arguments of Helm', () => {
  it('make an install wait, create the namespace, and print JSON', async () => {
    const { helm, calls } = await fakeHelm(printJson(RELEASE))
    expect(await helm().install('demo', PLAN)).toEqual(RELEASE)
    expect(await calls()).toEqual([
      '<install><demo><chart><--values=values/dev.yaml><--set=app.image.tag=1.2><--set=app.replicas=2><--create-namespace><--wait><--timeout=90s><--output=json><--namespace=apps>',
    ])
  })

  it('are the same for an upgrade', async () => {
    const { helm, calls } = await fakeHelm(printJson({ ...RELEASE, version: 2 }))
    expect(await helm().upgrade('demo', PLAN)).toMatchObject({ version: 2 })
    await helm().install('demo', PLAN)
    const [upgrade, install] = (await calls()).map((call) => call.slice(1, -1).split('><').sort())
    expect(upgrade?.filter((word) => word !== 'upgrade')).toEqual(install?.filter((word) => word !== 'install'))
  })

  it('make a dry run neither wait nor create the namespace', async () => {
    const { helm, calls } = await fakeHelm(printJson(RELEASE))
    await helm().install('demo', { ...PLAN, settings: [], dryRun: true })
    expect(await calls()).toEqual([
      '<install><demo><chart><--values=values/dev.yaml><--dry-run=client><--output=json><--namespace=apps>',
    ])
  })

  it('let a dry run of an upgrade look up objects of the cluster', async () => {
    const { helm, calls } = await fakeHelm(printJson(RELEASE))
    await helm().upgrade('demo', { ...PLAN, settings: [], dryRun: true })
    expect((await calls())[0]).toContain('<--dry-run=server>')
  })

  it('make a search include every state, but match only the exact name', async () => {
    const listed = ['demo-2', 'demo'].map((name) => ({ name, status: 'pending-install', chart: 'autocomplete-0.1.0' }))
    const { helm, calls } = await fakeHelm(printJson(listed))
    expect(await helm().find('demo')).toMatchObject({ name: 'demo', status: 'pending-install' })
    expect(await helm().find('dem')).toBeUndefined()
    expect((await calls())[0]).toBe(
      '<list><-o><json><--namespace=apps><--deployed><--failed><--pending><--uninstalling><--uninstalled><--max=0><--filter=demo>',
    )
  })
})

describe('the output of Helm', () => {
  const WARN = 'echo "WARNING: the kubeconfig is group-readable" >&2'

  it('passes on each warning once, and requests the list again after a warning', async () => {
    const { helm, calls, warnings } = await fakeHelm(`${WARN}; ${printJson([{ name: 'demo' }])}`)
    expect(await helm().find('demo')).toEqual({ name: 'demo' })
    expect(warnings).toEqual(['WARNING: the kubeconfig is group-readable'])
    expect((await calls())[1]).toBe(
      '<list><--deployed><--failed><--pending><--uninstalling><--uninstalled><--max=0><--filter=demo><--output=json><--namespace=apps>',
    )
  })

  it('does not make an install with a warning run twice', async () => {
    const { helm, calls, warnings } = await fakeHelm(`${WARN}; ${printJson(RELEASE)}`)
    expect(await helm().install('demo', PLAN)).toEqual(RELEASE)
    expect(warnings).toEqual(['WARNING: the kubeconfig is group-readable'])
    expect(await calls()).toHaveLength(1)
  })

  it('contains the manifest of a dry run despite a warning', async () => {
    const { helm } = await fakeHelm(`${WARN}; ${printJson(RELEASE)}`)
    expect(await helm().install('demo', { ...PLAN, dryRun: true })).toEqual(RELEASE)
  })

  const refusal = `${WARN}; printf 'Error: INSTALLATION FAILED: values do not fit:\\n- app.replicas: want integer\\n\\n' >&2; exit 1`
  it.each([
    'find',
    'install',
    'upgrade',
    'template',
  ] as const)('gives a failed %s its reason in one complete line', async (method) => {
    const { helm } = await fakeHelm(refusal)
    const error = await helm()
      [method]('demo', PLAN)
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(HelmError)
    expect((error as Error).message).toBe('INSTALLATION FAILED: values do not fit: - app.replicas: want integer')
  })
})

describe('the real Helm', () => {
  /** Starts an API server that has no objects and sends warnings. Returns the path of its kubeconfig. */
  async function emptyCluster(): Promise<string> {
    const server = createServer((request, response) => {
      const isList = request.url?.includes('/secrets')
      response.setHeader('content-type', 'application/json').setHeader('warning', '299 - "old cluster"')
      response.end(JSON.stringify(isList ? { kind: 'SecretList', apiVersion: 'v1', items: [] } : { major: '1' }))
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    return kubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }

  async function kubeconfig(server: string): Promise<string> {
    const file = join(await temporaryFolder(), 'config')
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'a', cluster: { server } }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      users: [{ name: 'a', user: {} }],
      'current-context': 'a',
    }
    await writeFile(file, JSON.stringify(config))
    return file
  }

  it('finds no release in an empty cluster, despite the warning', async () => {
    vi.stubEnv('KUBECONFIG', await emptyCluster())
    const warnings: string[] = []
    expect(await new Helm(inject('helm'), 'apps', (line) => warnings.push(line)).find('demo')).toBeUndefined()
    expect(warnings).toEqual(['"Warning: old cluster"'])
  })

  it('reports that no cluster answers', async () => {
    vi.stubEnv('KUBECONFIG', await kubeconfig('http://127.0.0.1:1'))
    const helm = new Helm(inject('helm'), 'apps', () => {})
    for (const method of ['find', 'install', 'upgrade'] as const) {
      const error = await helm[method]('demo', PLAN).catch((error: unknown) => error)
      expect(error).toMatchObject({ clusterUnreachable: true })
      expect((error as Error).message).toMatch(/^(\w+ FAILED: )?Kubernetes cluster unreachable: .*connection refused$/i)
    }
  })

  it('renders the manifest without a cluster and without hooks', async () => {
    const helm = new Helm(inject('helm'), 'apps', () => {})
    const { manifest } = await helm.template('demo', PLAN)
    expect(manifest).toContain('name: "demo-autocomplete-app"\n  namespace: "apps"\n')
    expect(manifest).toContain('replicas: 2')
    expect(manifest).not.toContain('helm.sh/hook')
    const settings: Setting[] = [{ option: 'set', value: 'app.replicas=many' }]
    await expect(helm.template('demo', { ...PLAN, settings })).rejects.toThrow(
      /^values don't meet the specifications of the schema.* '\/app\/replicas': got string, want null or integer$/,
    )
  })

  it('reads values as given on its own command line: escapes, lists, JSON, files, and paths with commas', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'a,"b".yaml'), 'app: {labels: {file: "1"}}\n')
    await writeFile(join(folder, 'text.txt'), 'two\nlines')
    const helm = new Helm(inject('helm'), 'apps', () => {})
    const { manifest } = await helm.template('demo', {
      ...PLAN,
      chart: join(ROOT, 'chart'),
      valuesFiles: [join(folder, 'a,"b".yaml')],
      settings: [
        { option: 'set', value: String.raw`app.annotations.comma=a\,b,app.annotations.star=*` },
        { option: 'set', value: String.raw`app.annotations.example\.com/a=[x] {y} $HOME \\` },
        { option: 'set-string', value: 'app.labels.number=0123' },
        { option: 'set-json', value: 'app.tolerations=[{"key":"a","value":"b","effect":"NoSchedule"}]' },
        { option: 'set-file', value: `app.annotations.text=${join(folder, 'text.txt')}` },
      ],
    })
    const deployment = parseAllDocuments(manifest)
      .map((document) => document.toJS())
      .find((object) => object.kind === 'Deployment' && object.metadata.name.endsWith('-app'))
    expect(deployment.spec.template).toMatchObject({
      metadata: {
        labels: { file: '1', number: '0123' },
        annotations: { comma: 'a,b', star: '*', 'example.com/a': '[x] {y} $HOME \\', text: 'two\nlines' },
      },
      spec: { tolerations: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] },
    })
  })
})
