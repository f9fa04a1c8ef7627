import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { UserError } from '../support/errors.ts'
import { inRoot, ROOT } from '../support/paths.ts'
import { capture } from '../support/process.ts'
import { main } from './deploy.ts'

const DEV = ['--preset', 'dev']
const MANIFEST = `apiVersion: v1
kind: Service
metadata:
  name: demo-autocomplete-redis
  labels: { app.kubernetes.io/component: redis }
spec: { ports: [{ port: 6379 }] }
---
apiVersion: v1
kind: Service
metadata:
  name: demo-autocomplete-app
  labels: { app.kubernetes.io/component: app }
spec: { ports: [{ port: 8001 }] }
`
const INGRESS = `---
kind: Ingress
metadata:
  name: demo-autocomplete-app
  labels: { app.kubernetes.io/component: app }
`
const LISTED = [{ name: 'demo', namespace: 'apps', revision: '3', status: 'deployed', chart: 'autocomplete-0.1.0' }]

const release = (version: number, manifest = MANIFEST, status = 'deployed') => ({
  name: 'demo',
  namespace: 'apps',
  version,
  info: { status },
  manifest,
})

let stdout: string
let stderr: string
/** The folder of the fake programs. It is the first entry of PATH. */
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deploy-test-'))
  stdout = ''
  stderr = ''
  vi.spyOn(console, 'log').mockImplementation((line) => {
    stdout += `${line}\n`
  })
  vi.spyOn(console, 'error').mockImplementation((line) => {
    stderr += `${line}\n`
  })
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text
    return true
  })
  // Every run adds listeners for closed output to this process.
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
  vi.stubEnv('HELM_KUBECONTEXT', undefined)
  await program('kubectl', 'exit 1')
  await writeFile(join(folder, 'deployed'), MANIFEST)
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

/** Creates a program that appends its arguments to the file `calls` and then runs a shell script. */
async function program(name: string, script: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, `#!/bin/sh\necho "${name} $*" >> ${join(folder, 'calls')}\n${script}\n`)
  await chmod(file, 0o755)
  return file
}

const printJson = (value: unknown) => `printf '%s\\n' '${JSON.stringify(value)}'`

/** Creates a fake Helm with a script for each command. By default, `list` returns no releases. */
const fakeHelm = (scripts: Record<string, string>) =>
  program(
    'helm',
    `case $1 in
${Object.entries({ list: printJson([]), get: `cat ${join(folder, 'deployed')}`, ...scripts })
  .map(([command, script]) => `${command}) ${script};;`)
  .join('\n')}
*) exit 3;; esac`,
  )

const calls = () => readFile(join(folder, 'calls'), 'utf8').catch(() => '')

/** Runs the command with the fake Helm. */
const deploy = (...args: string[]) => main(args, async () => join(folder, 'helm'))

/** Runs `npm run deploy` in a separate process, without npm. */
const deployProgram = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  // The command must also work in another folder, as with `npm --prefix`.
  capture(process.execPath, [inRoot('tools', 'run.mjs'), 'deploy', ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
  })

describe('wrong arguments', () => {
  const LONG = 'a'.repeat(64)
  const NAMES = [
    'a;touch x',
    '$(touch x)',
    '`touch x`',
    'a b',
    ' ',
    "a'b",
    'a"b',
    'a\nb',
    'a\n',
    'é',
    'ａ',
    'A',
    'a.b',
    'a_b',
    'a/b',
    '-a',
    'a-',
    '--flag',
    LONG,
  ]

  it.each([
    ...[...NAMES, 'a'.repeat(54)].map((name) => [`release`, name, [...DEV, '--', name]] as const),
    ...NAMES.map((name) => [`namespace`, name, ['demo', ...DEV, `--namespace=${name}`]] as const),
  ])('the %s %j is rejected in one line, and no program runs', async (what, name, args) => {
    await fakeHelm({})
    const error = (await deploy(...args).catch((error: unknown) => error)) as Error
    expect(error).toBeInstanceOf(UserError)
    const most = what === 'release' ? 53 : 63
    expect(error.message).toBe(
      `the ${what} must have 1 to ${most} characters from a-z, 0-9, and -, and must not begin or end with -, got ${JSON.stringify(name)}`,
    )
    expect(await calls()).toBe('')
  })

  it.each([
    [[...DEV], 'RELEASE is missing'],
    [['a', 'b', ...DEV], 'unexpected argument "b"'],
    [['demo'], '--preset is missing'],
    [['demo', '--preset', 'huge;x'], /^unknown preset huge;x; known: .*dev/],
    [['demo', ...DEV, '--timeout', '5'], '--timeout must be a time such as 90s, 5m, or 1h30m, got "5"'],
    [['demo', ...DEV, '--timeout', '0s'], /^--timeout must be a time/],
    [['demo', ...DEV, '--timeout', '5m;x'], /^--timeout must be a time/],
    [['demo', ...DEV, '--set', 'app.replicas'], '--set must be KEY=VALUE, got "app.replicas"'],
    [['demo', ...DEV, '--set=a=b', '--set-string', ' '], '--set-string must be KEY=VALUE, got " "'],
    [['demo', ...DEV, '--set-json', 'app.replicas'], '--set-json must be KEY=JSON, got "app.replicas"'],
    [['demo', ...DEV, '--set-file', '=a.txt'], '--set-file must be KEY=FILE, got "=a.txt"'],
    [['demo', ...DEV, '-f', '-'], '--values must be a file or a URL, got "-"'],
    [['demo', ...DEV, '--context='], '--context needs a value, got ""'],
    [['', ...DEV], 'an argument is empty'],
    [['demo', ...DEV, '-n', ''], '--namespace needs a value, got ""'],
    [['demo', ...DEV, '--set', '-a=b'], /^[^\n]*--set[^\n]*$/],
    [['demo', ...DEV, '--namespace', '--json'], /^[^\n]*--namespace[^\n]*$/],
    [['demo', ...DEV, '--kubeconfig=x'], /^Unknown option '--kubeconfig'$/],
  ])('%j', async (args, message) => {
    await fakeHelm({})
    await expect(deploy(...args)).rejects.toThrow(UserError)
    await expect(deploy(...args)).rejects.toThrow(message)
    expect(await calls()).toBe('')
  })

  it('include an invalid namespace in the kubectl context', async () => {
    await fakeHelm({ env: 'echo "a;b"' })
    await expect(deploy('demo', ...DEV)).rejects.toThrow(/^the namespace must have .* got "a;b"$/)
  })

  it('are reported in one line, with exit code 2', async () => {
    const { code, stdout, stderr } = await deployProgram({}, 'Demo', ...DEV)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^deploy: the release must have .*; see --help\n$/)
  })

  it('include the name of a release of another chart', async () => {
    await fakeHelm({ list: printJson([{ ...LISTED[0], chart: 'redis-20.1.0' }]) })
    await expect(deploy('demo', ...DEV, '-n', 'apps')).rejects.toThrow(
      'release demo in namespace apps is from the chart redis-20.1.0, not autocomplete: choose another name',
    )
  })
})

describe('a deploy', () => {
  it('installs a new release, and prints how to reach it', async () => {
    await fakeHelm({ install: printJson(release(1)) })
    expect(await deploy('demo', ...DEV, '-n', 'apps', '--set', 'app.image.tag=2')).toBe(0)
    expect(stdout).toBe(`demo is installed in namespace apps: preset dev, revision 1
  forward: kubectl -n apps port-forward service/demo-autocomplete-app 8001
  query:   curl 'http://127.0.0.1:8001/autocomplete?q=app&limit=5'
  test:    helm -n apps test demo
`)
    expect(stderr).toBe('')
    expect(await calls()).toContain(
      `helm install demo ${inRoot('chart')} --values=${inRoot('values/dev.yaml')} --set=app.image.tag=2 --create-namespace --wait --timeout=5m --output=json --namespace=apps\n`,
    )
  })

  it.each([
    ['80', '8080', '8080:80', '8080'],
    ['443', '8000', '8000:443', '8000'],
    ['1023', '9000', '9000:1023', '9000'],
    ['1024', '9000', '1024', '1024'],
  ])('forwards port %s of the Service to a port that works without root, with container port %s', async (...ports) => {
    const [port, containerPort, forwarded, local] = ports
    const deployment = `kind: Deployment
metadata:
  name: demo-autocomplete-app
  labels: { app.kubernetes.io/component: app }
spec: { template: { spec: { containers: [{ name: app, ports: [{ name: http, containerPort: ${containerPort} }] }] } } }
`
    const manifest = `${MANIFEST.replace('8001', port)}---\n${deployment}`
    await fakeHelm({ install: printJson(release(1, manifest)) })
    expect(await deploy('demo', ...DEV, '-n', 'apps')).toBe(0)
    expect(stdout).toContain(`port-forward service/demo-autocomplete-app ${forwarded}\n`)
    expect(stdout).toContain(`curl 'http://127.0.0.1:${local}/autocomplete`)
  })

  it('forwards to the namespace that namespaceOverride sets for the Service', async () => {
    const manifest = MANIFEST.replace('name: demo-autocomplete-app', 'name: demo-autocomplete-app\n  namespace: search')
    await fakeHelm({ install: printJson(release(1, manifest)) })
    await deploy('demo', ...DEV, '-n', 'apps')
    expect(stdout).toContain('  forward: kubectl -n search port-forward service/demo-autocomplete-app 8001\n')
    expect(stdout).toContain('  test:    helm -n apps test demo\n')
  })

  it('accepts additional objects without metadata, such as lists', async () => {
    const manifest = `---\napiVersion: v1\nkind: List\nitems: []\n---\n# nothing\n---\n${MANIFEST}`
    await fakeHelm({ install: printJson(release(1, manifest)) })
    await deploy('demo', ...DEV, '-n', 'apps')
    expect(stdout).toContain('  forward: kubectl -n apps port-forward service/demo-autocomplete-app 8001\n')
  })

  it('upgrades an existing release in the namespace of the kubectl context', async () => {
    await fakeHelm({ env: 'echo apps', list: printJson(LISTED), upgrade: printJson(release(4)) })
    expect(await deploy('demo', ...DEV, '--timeout', '90s')).toBe(0)
    expect(stdout).toContain('demo is upgraded in namespace apps: preset dev, revision 4\n')
    expect(await calls()).toMatch(/^helm upgrade demo \S+chart .* --wait --timeout=90s .*--namespace=apps$/m)
    expect(await calls()).not.toContain('helm install')
  })

  it.each([
    ['spec: { ingressClassName: nginx }', 'any host name of ingress class nginx'],
    ['spec: { rules: [{ host: words.test }] }', 'http://words.test/'],
    ['spec: { tls: [{}], rules: [{ host: words.test }] }', 'https://words.test/'],
    ['spec: { rules: [{ http: {} }] }', 'any host name of the default ingress class'],
    [
      'spec: { tls: [{ hosts: ["*.words.test"] }], rules: [{ host: a.words.test }, { host: b.test }] }',
      'https://a.words.test/, http://b.test/',
    ],
    ['spec: { parentRefs: [{ name: public }] }', 'any host name of gateway public'],
    ['spec: { parentRefs: [{ name: public }], hostnames: [a.test, b.test] }', 'http://a.test/, http://b.test/'],
  ])('with the ingress %s, prints the URL: %s', async (spec, line) => {
    await fakeHelm({ install: printJson(release(1, `${MANIFEST}${INGRESS}${spec}\n`)) })
    await deploy('demo', ...DEV, '-n', 'apps')
    expect(stdout).toContain(`  ingress: ${line}\n`)
  })

  it.each([
    ['install', [], LISTED.slice(1), 1],
    ['upgrade', [], LISTED, 4],
    ['dry-run', ['--dry-run'], [], 1],
  ])('prints one line with --json: %s', async (action, options, listed, revision) => {
    const answer = printJson(release(revision))
    await fakeHelm({ list: printJson(listed), install: answer, upgrade: answer })
    expect(await deploy('demo', ...DEV, '-n', 'apps', '--json', ...options)).toBe(0)
    expect(stdout).toBe(
      `{"release":"demo","namespace":"apps","preset":"dev","action":"${action}","status":"deployed","revision":${revision}}\n`,
    )
  })

  it('prints only the manifest in a dry run, and changes nothing', async () => {
    await fakeHelm({ list: printJson(LISTED), upgrade: printJson(release(4)) })
    expect(await deploy('demo', ...DEV, '-n', 'apps', '--dry-run')).toBe(0)
    expect(stdout).toBe(MANIFEST)
    const helm = (await calls()).split('\n').filter((call) => call !== '' && !call.startsWith('helm list'))
    expect(helm).toEqual([
      expect.stringMatching(/^helm upgrade demo \S+chart .*--dry-run=server/),
      'helm get manifest demo --namespace=apps',
      expect.stringMatching(/^helm upgrade demo \S+chart .*--dry-run=server/),
    ])
    expect(stderr).toBe('the upgrade changes no objects\n')
  })

  it.each([
    [[]],
    [['--dry-run']],
    [['--json']],
  ])('shows the changes before an upgrade, with the options %j', async (options) => {
    const secret = (value: string) => `---\nkind: Secret\nmetadata: { name: a }\ndata: { a: ${value} }\n`
    const dryRun = printJson(release(4, `${MANIFEST.replace('8001', '8002')}${secret('bmV3')}`))
    await writeFile(join(folder, 'deployed'), `${MANIFEST}${secret('b2xk')}`)
    await fakeHelm({
      list: printJson(LISTED),
      upgrade: `case "$*" in *--dry-run*) ${dryRun};; *) echo upgraded >> ${join(folder, 'calls')}; ${printJson(release(4))};; esac`,
    })
    expect(await deploy('demo', ...DEV, '-n', 'apps', ...options)).toBe(0)
    expect(stderr).toContain('--- deployed\n+++ new\n')
    expect(stderr).toContain('-spec: { ports: [{ port: 8001 }] }\n+spec: { ports: [{ port: 8002 }] }\n')
    expect(stderr).toMatch(/\n-# A Secret, which is not shown\. .*\n\+# A Secret, which is not shown\. /)
    expect(stderr).not.toMatch(/bmV3|b2xk/)
    expect((await calls()).includes('upgraded')).toBe(!options.includes('--dry-run'))
  })

  it.each([
    'kind: Secret # of the app\ndata: { a: VALUE }',
    '"kind": "Secret"\ndata: { a: VALUE }',
    '{"apiVersion": "v1", "kind": "Secret", "data": {"a": "VALUE"}}',
    'kind: Secret\r\ndata: { a: VALUE }\r',
    'kind: List\nitems:\n  - kind: Secret\n    data: { a: VALUE }',
    'kind: ConfigMap\n--- # more\nkind: Secret\ndata: { a: VALUE }',
    'kind: Secret\ndata: { a: VALUE }\ndata: { b: VALUE }',
  ])('shows no Secret before an upgrade, however it is written: %j', async (object) => {
    const manifest = (value: string) => `${MANIFEST}---\n${object.replaceAll('VALUE', value)}\n`
    await writeFile(join(folder, 'deployed'), manifest('b2xk'))
    const deployed = join(folder, 'new.json')
    await writeFile(deployed, JSON.stringify(release(4, manifest('bmV3'))))
    await fakeHelm({ list: printJson(LISTED), upgrade: `cat ${deployed}` })
    await deploy('demo', ...DEV, '-n', 'apps', '--json')
    expect(stderr).toContain('\n+# A Secret, which is not shown.')
    expect(stderr).not.toMatch(/bmV3|b2xk/)
  })

  it('shows references to Secrets before an upgrade', async () => {
    const manifest = (name: string) => `${MANIFEST}---\nkind: Pod\nspec: { from: { kind: Secret, name: ${name} } }\n`
    await writeFile(join(folder, 'deployed'), manifest('old'))
    await fakeHelm({ list: printJson(LISTED), upgrade: printJson(release(4, manifest('new'))) })
    await deploy('demo', ...DEV, '-n', 'apps', '--json')
    expect(stderr).toContain('+spec: { from: { kind: Secret, name: new } }')
  })

  it('does not upgrade if the dry run fails', async () => {
    await fakeHelm({
      list: printJson(LISTED),
      upgrade: `case "$*" in *--dry-run*) echo 'Error: no such value' >&2; exit 1;; esac; ${printJson(release(4))}`,
    })
    await expect(deploy('demo', ...DEV, '-n', 'apps')).rejects.toThrow('no such value')
    expect(await calls()).not.toContain('--wait')
  })

  it('passes on values files, values, and the kubectl context', async () => {
    await fakeHelm({ install: printJson(release(1)) })
    const options = [
      '-f',
      'mine.yaml',
      '--values',
      'b,c.yaml',
      '--set',
      String.raw`a=*\,{[`,
      '--set-string=b=$(touch x)',
    ]
    await deploy(
      'demo',
      ...DEV,
      '-n',
      'apps',
      ...options,
      '--set-json',
      'c=[1, "a b"]',
      '--set-file',
      'd=./e',
      '--context',
      'a b',
    )
    expect(process.env.HELM_KUBECONTEXT).toBe('a b')
    expect(await calls()).toContain(
      String.raw`--values=${inRoot('values/dev.yaml')} --values=mine.yaml --values="b,c.yaml" --set=a=*\,{[ --set-string=b=$(touch x) --set-json=c=[1, "a b"] --set-file=d=./e`,
    )
    expect(stdout).toContain("forward: kubectl --context='a b' -n apps port-forward")
    expect(stdout).toContain("helm --kube-context='a b' -n apps test demo")
  })

  it('prints warnings of Helm to standard error', async () => {
    await fakeHelm({ install: `echo 'WARNING: old' >&2; ${printJson(release(1))}`, status: printJson(release(1)) })
    expect(await deploy('demo', ...DEV, '-n', 'apps', '--json')).toBe(0)
    expect(stderr).toBe('helm: WARNING: old\n')
    expect(JSON.parse(stdout)).toMatchObject({ action: 'install', revision: 1 })
  })

  it('shows the number of ready pods on a terminal', async () => {
    const deployments = [
      { metadata: { name: 'a' }, spec: { replicas: 2 }, status: { readyReplicas: 1 } },
      { metadata: { name: 'b' }, spec: { replicas: 3 }, status: {} },
    ]
    await program('kubectl', printJson({ items: deployments }))
    await fakeHelm({ install: `sleep 1; ${printJson(release(1))}` })
    const isTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY')
    Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true })
    onTestFinished(() => {
      if (isTTY) Object.defineProperty(process.stderr, 'isTTY', isTTY)
      else delete (process.stderr as { isTTY?: boolean }).isTTY
    })
    let drawn = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      drawn += text
      return true
    })
    await deploy('demo', ...DEV, '-n', 'apps')
    expect(drawn).toContain('installing demo (1 of 5 pods ready')
    expect(await calls()).toMatch(/^kubectl get deployments -n apps -l app.kubernetes.io\/instance=demo -o json /m)
  })

  it('shows no progress in a pipe, and does not run kubectl', async () => {
    await fakeHelm({ install: printJson(release(1)) })
    await deploy('demo', ...DEV, '-n', 'apps')
    expect(stderr).toBe('')
    expect(await calls()).not.toContain('kubectl')
  })
})

describe('a deploy that fails', () => {
  const failure = "echo 'Error: INSTALLATION FAILED: context deadline exceeded' >&2; exit 1"
  const pod = (name: string, status: object, metadata = {}) => ({ metadata: { name, ...metadata }, status })
  const unready = { type: 'Ready', status: 'False' }

  it("shows Helm's error and a reason for every pod that is not ready, each in one line", async () => {
    const pods = [
      pod('image', {
        phase: 'Pending',
        conditions: [unready],
        containerStatuses: [
          {
            name: 'app',
            ready: false,
            state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off\npulling' } },
          },
        ],
      }),
      pod('crash', {
        phase: 'Running',
        conditions: [unready],
        containerStatuses: [
          {
            name: 'app',
            ready: false,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
            lastState: { terminated: { reason: 'Error', message: 'wrong dataset\n' } },
          },
        ],
      }),
      pod('room', {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }],
      }),
      pod('slow', {
        phase: 'Running',
        conditions: [{ ...unready, reason: 'ContainersNotReady', message: 'unready: [app]' }],
        containerStatuses: [{ name: 'app', ready: false, state: { running: {} } }],
      }),
      pod('new', { phase: 'Pending' }),
      pod('ready', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }),
      pod('test', { phase: 'Succeeded', conditions: [unready] }),
      pod('leaving', { phase: 'Running', conditions: [unready] }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    ]
    const quota = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }
    const deployments = [{ metadata: { name: 'app' }, spec: { replicas: 1 }, status: { conditions: [quota] } }]
    await program(
      'kubectl',
      `case $2 in pods) ${printJson({ items: pods })};; *) ${printJson({ items: deployments })};; esac`,
    )
    await fakeHelm({ install: failure })
    const error = (await deploy('demo', ...DEV, '-n', 'apps').catch((error: unknown) => error)) as Error
    expect(error).toBeInstanceOf(UserError)
    expect(error.message.split('\n')).toEqual([
      'INSTALLATION FAILED: context deadline exceeded',
      'app: FailedCreate: exceeded quota',
      'image: ImagePullBackOff: Back-off pulling',
      'crash: CrashLoopBackOff: back-off 10s; before that Error: wrong dataset',
      'room: Unschedulable: 0/1 nodes',
      'slow: ContainersNotReady: unready: [app]',
      'new: Pending',
    ])
    expect(stdout).toBe('')
  })

  it("shows only Helm's error if kubectl fails", async () => {
    await fakeHelm({ install: failure })
    await expect(deploy('demo', ...DEV, '-n', 'apps')).rejects.toThrow(/^INSTALLATION FAILED: [^\n]*$/)
  })

  it('shows why a failed release cannot be upgraded', async () => {
    const reason = 'UPGRADE FAILED: "demo" has no deployed releases'
    await fakeHelm({
      list: printJson([{ ...LISTED[0], status: 'failed' }]),
      upgrade: `echo 'Error: ${reason}' >&2; exit 1`,
    })
    await expect(deploy('demo', ...DEV, '-n', 'apps')).rejects.toThrow(reason)
  })

  it.each([
    [
      'pending-install',
      'is being installed; wait until the installation ends. If the Helm process that started it was killed, run',
      'uninstall',
    ],
    [
      'pending-upgrade',
      'is being upgraded; wait until the upgrade ends. If the Helm process that started it was killed, run',
      'rollback',
    ],
    [
      'pending-rollback',
      'is being rolled back; wait until the rollback ends. If the Helm process that started it was killed, run',
      'rollback',
    ],
    [
      'uninstalling',
      'is being uninstalled; wait until the uninstallation ends. If the Helm process that started it was killed, run',
      'uninstall',
    ],
    ['uninstalled', 'is uninstalled, but its history is kept; to delete the history, run', 'uninstall'],
  ])('leaves a release with status %s alone and says how to go on', async (status, what, command) => {
    await fakeHelm({ list: printJson([{ ...LISTED[0], status }]) })
    for (const option of [[], ['--dry-run']]) {
      await expect(deploy('demo', ...DEV, '-n', 'apps', '--context', 'a b', ...option)).rejects.toThrow(
        `release demo in namespace apps ${what}: helm --kube-context='a b' -n apps ${command} demo`,
      )
    }
    expect(await calls()).not.toMatch(/^helm (install|upgrade|get)/m)
  })
})

describe('the real Helm without a cluster', () => {
  const OFFLINE = { KUBECONFIG: '/nonexistent', HELM_KUBEAPISERVER: 'http://127.0.0.1:1' }

  it('treats the release as new in a dry run, prints a line about it, and prints the manifest', async () => {
    const { code, stdout, stderr } = await deployProgram(
      OFFLINE,
      ...['demo', '--preset', '8cpu-24k', '-n', 'apps', '--dry-run', '--set', 'app.service.port=8080'],
    )
    expect(stderr).toMatch(
      /^no cluster answers, so demo is treated as a new release: Kubernetes cluster unreachable: .*\n$/,
    )
    expect(code).toBe(0)
    const rendered = await capture(
      inject('helm'),
      ['template', 'demo', 'chart', '-n', 'apps', '-f', 'values/8cpu-24k.yaml', '--no-hooks'].concat(
        '--set',
        'app.service.port=8080',
      ),
      { cwd: ROOT },
    )
    const objects = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as unknown)
    expect(objects(stdout)).toEqual(objects(rendered.stdout))
  })

  it('may be a Helm 4 in PATH', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'helm4-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await symlink(inject('helm4'), join(folder, 'helm'))
    const environment = { ...OFFLINE, PATH: `${folder}${delimiter}${process.env.PATH}` }
    const { code, stdout, stderr } = await deployProgram(environment, 'demo', ...DEV, '--dry-run')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^kind: Deployment$/m)
    const failed = await deployProgram(environment, 'demo', ...DEV)
    expect(failed.stderr).toMatch(/^deploy: .*[Kk]ubernetes cluster unreachable: .*\n$/)
  })

  it('reports that no cluster answers', async () => {
    const { code, stdout, stderr } = await deployProgram(OFFLINE, 'demo', ...DEV)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^deploy: Kubernetes cluster unreachable: .*\n$/)
  })

  describe.each([
    ['Helm 3', 'helm'],
    ['Helm 4', 'helm4'],
  ] as const)('treats a mistake in the configuration as an error, not as a missing cluster, with %s', (_, helm) => {
    const config = (cluster: object, user: object = {}) => ({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'a', cluster }],
      contexts: [
        { name: 'a', context: { cluster: 'a', user: 'a' } },
        { name: 'incomplete', context: { cluster: 'missing', user: 'a' } },
      ],
      users: [{ name: 'a', user }],
      'current-context': 'a',
    })
    const silent = config({ server: 'http://127.0.0.1:1' })
    const plugin = {
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'none', interactiveMode: 'Never' },
    }

    it.each([
      ['an unknown --context', silent, ['--context', 'nope'], /context "nope" does not exist/],
      [
        'a --context without its cluster',
        silent,
        ['--context', 'incomplete'],
        /the cluster of context "incomplete" is missing/,
      ],
      ['an unknown current context', { ...silent, 'current-context': 'gone' }, [], /context was not found .*: gone/],
      ['a kubeconfig that is not YAML', '{{{', [], /error loading config file/],
      ['a missing kubeconfig', undefined, [], /KUBECONFIG "\S+" names no cluster/],
      ['an empty kubeconfig', '', [], /KUBECONFIG "\S+" names no cluster/],
      [
        'a missing certificate authority',
        config({ server: 'https://127.0.0.1:1', 'certificate-authority': '/nonexistent/ca' }),
        [],
        /unable to read certificate-authority/,
      ],
      [
        'a missing credential plugin',
        config({ server: 'https://127.0.0.1:1' }, plugin),
        [],
        /executable none not found/,
      ],
    ] as const)('%s', async (_what, content, options, message) => {
      await symlink(inject(helm), join(folder, 'helm'))
      const file = join(folder, 'kubeconfig')
      if (content !== undefined) await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
      vi.stubEnv('KUBECONFIG', file)
      const error = await deploy('demo', ...DEV, '-n', 'apps', '--dry-run', ...options).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(UserError)
      expect((error as Error).message).toMatch(message)
      expect((error as Error).message).not.toContain('\n')
      expect(stdout).toBe('')
    })
  })

  it('reports that the cluster denies access, even in a dry run', async () => {
    const server = createServer(({ url }, response) => {
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403 }
      response.writeHead(url === '/version' ? 200 : 403, { 'content-type': 'application/json' })
      const message = 'secrets is forbidden: User "eve" cannot list resource "secrets"'
      response.end(JSON.stringify(url === '/version' ? { major: '1' } : { ...status, message }))
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    vi.stubEnv('KUBECONFIG', '/nonexistent')
    vi.stubEnv('HELM_KUBEAPISERVER', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await symlink(inject('helm'), join(folder, 'helm'))
    for (const dryRun of [['--dry-run'], []]) {
      await expect(deploy('demo', ...DEV, '-n', 'apps', ...dryRun)).rejects.toThrow(/^[^\n]*User "eve" cannot list .*$/)
    }
  })

  it('reports, in one complete line, a value that the chart rejects', async () => {
    const { code, stderr } = await deployProgram(OFFLINE, 'demo', ...DEV, '--dry-run', '--set', 'app.replicas=many')
    expect(code).toBe(1)
    expect(stderr.split('\n')[1]).toMatch(/^deploy: .*'\/app\/replicas': got string, want null or integer$/)
    expect(stderr.split('\n')).toHaveLength(3)
  })

  it('reports values that contradict each other without the names of templates and of options of Helm', async () => {
    const { code, stderr } = await deployProgram(OFFLINE, 'demo', ...DEV, '--dry-run', '--set', 'metrics.port=8000')
    expect(code).toBe(1)
    expect(stderr.split('\n')[1]).toMatch(
      /^deploy: metrics\.port and app\.service\.port are both 8000: set metrics\.port .*\.$/,
    )
    expect(stderr.split('\n')).toHaveLength(3)
  })
})

describe('Ctrl-C', () => {
  /** Runs the command with the fake Helm in a separate process. */
  function start() {
    const script = `
      import { main } from ${JSON.stringify(inRoot('tools', 'commands', 'deploy.ts'))}
      process.exitCode = await main(process.argv.slice(1), async () => ${JSON.stringify(join(folder, 'helm'))})`
    const args = ['--import', 'tsx', '--input-type=module', '-e', script, '--', 'demo', ...DEV, '-n', 'apps']
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    const run = { child, stderr: '' }
    child.stderr.on('data', (data) => {
      run.stderr += data
    })
    return run
  }

  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25))
  }

  const isRunning = async (pid: number) => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }

  it.each([
    ['install', LISTED.slice(1)],
    ['upgrade', LISTED],
  ])('during an %s stops all programs, with exit code 130', async (command, listed) => {
    // Helm is a child of the shell that helm-ts starts. This fake Helm also has a child.
    const pids = join(folder, 'pids')
    await fakeHelm({
      list: printJson(listed),
      [command]: `case "$*" in *--dry-run*) ${printJson(release(4))}; exit;; esac; echo $$ >> ${pids}; sh -c 'echo $$ >> ${pids}; sleep 60; true'; exit 1`,
    })
    const run = start()
    const started = async () => (await readFile(pids, 'utf8').catch(() => '')).split('\n').slice(0, -1).map(Number)
    await until(async () => (await started()).length === 2)
    run.child.kill('SIGINT')
    const [code] = await once(run.child, 'close')
    expect(code).toBe(130)
    const changes = command === 'install' ? '' : 'the upgrade changes no objects\n'
    expect(run.stderr).toBe(
      `${changes}interrupted while ${command === 'install' ? 'installing' : 'upgrading'} demo; deploy it again to finish\n`,
    )
    for (const pid of await started()) await until(async () => !(await isRunning(pid)))
  })
})

it('prints the usage with --help', async () => {
  expect(await deploy('--help')).toBe(0)
  expect(stdout).toMatch(/^usage: npm run deploy -- \[OPTION\]\.\.\. RELEASE\n/)
})
