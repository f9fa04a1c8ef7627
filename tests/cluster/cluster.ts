import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { ROOT } from '../../tools/support/paths.ts'
import { capture, type Result, runOrThrow } from '../../tools/support/process.ts'

/** Runs kubectl against the cluster under test. */
export const kubectl = (...args: string[]): Promise<Result> => capture('kubectl', args)

/** Like {@link kubectl}, for a command that must succeed. Returns its output. */
export const kubectlOrThrow = async (...args: string[]): Promise<string> => (await runOrThrow('kubectl', args)).stdout

/** Runs `kubectl get -o json`, and returns the parsed output. */
export async function get<T = { items: KubernetesObject[] }>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectlOrThrow('get', ...args, '-o', 'json')) as T
}

/** Applies an object with `kubectl apply`. */
export async function applyJson(manifest: object, ...args: string[]): Promise<void> {
  const child = spawn('kubectl', ['apply', ...args, '-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  child.stdin.end(JSON.stringify(manifest))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(stderr)
}

/** The fields of an object that the tests use. */
export interface KubernetesObject {
  kind: string
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> }
  spec: { nodeName?: string; replicas?: number }
  status: {
    phase?: string
    podIP?: string
    conditions?: { type: string; status: string; reason?: string; message?: string }[]
    containerStatuses?: {
      ready: boolean
      restartCount: number
      lastState: { terminated?: { message?: string } }
      state: { terminated?: { message?: string } }
    }[]
  }
}

/** A new namespace, deleted after the test. */
export class Namespace {
  readonly name: string

  private constructor(name: string) {
    this.name = name
  }

  static async create(prefix: string): Promise<Namespace> {
    const namespace = new Namespace(`${prefix}-${process.pid}-${Date.now().toString(36)}`)
    await kubectlOrThrow('create', 'namespace', namespace.name)
    // Rejects pods that violate the strictest Pod Security Standard, and warns about Deployments that would create such
    // pods.
    const labels = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`)
    await kubectlOrThrow('label', 'namespace', namespace.name, ...labels)
    onTestFinished(() => namespace.delete())
    return namespace
  }

  kubectl(...args: string[]): Promise<Result> {
    return kubectl('-n', this.name, ...args)
  }

  kubectlOrThrow(...args: string[]): Promise<string> {
    return kubectlOrThrow('-n', this.name, ...args)
  }

  applyJson(manifest: object): Promise<void> {
    return applyJson(manifest, '-n', this.name)
  }

  async pods(component?: string): Promise<KubernetesObject[]> {
    const selector = component ? ['-l', `app.kubernetes.io/component=${component}`] : []
    return (await get('-n', this.name, 'pods', ...selector)).items
  }

  helm(...args: string[]): Promise<Result> {
    return capture(inject('helm'), ['-n', this.name, ...args], { cwd: ROOT })
  }

  /** Runs `helm upgrade --install`, which must succeed. */
  async install(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.helm('upgrade', '--install', 'autocomplete', 'chart', ...args)
    if (code !== 0) {
      const state = await this.kubectl('get', 'pods,events')
      const logs = await this.kubectl('logs', '-l', 'app.kubernetes.io/instance=autocomplete', '--prefix', '--tail=5')
      throw new Error([stderr, state.stdout, logs.stdout].join('\n'))
    }
    return stdout
  }

  /** Runs `helm install` with the values in a YAML or JSON text. */
  async helmWithValues(release: string, values: string): Promise<Result> {
    const folder = await mkdtemp(join(tmpdir(), 'values-'))
    try {
      const file = join(folder, 'values.yaml')
      await writeFile(file, values)
      return await this.helm('install', release, 'chart', '-f', file)
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  async delete(): Promise<void> {
    await kubectl('delete', 'namespace', this.name, '--wait=false')
    // A pod that stops slowly must not use the resources that the next test needs.
    await kubectl('-n', this.name, 'delete', 'pods', '--all', '--force', '--grace-period=0')
  }
}

/** Waits until the condition is met. Throws an error that contains `what` after the timeout. */
export async function until(what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** Returns options that make a release use the images of this test run. */
export const imageOptions = (redisImage = inject('redisImage')): string[] =>
  Object.entries({ app: inject('appImage'), redis: redisImage }).flatMap(([component, image]) => {
    const [repository, tag] = image.split(':')
    return ['--set', `${component}.image.repository=${repository},${component}.image.tag=${tag}`]
  })

export interface LoadResult {
  ok: number
  failed: number
  /** The first failures, as text. */
  failures: string[]
}

/**
 * Puts a steady load on a URL while an action runs. If a namespace is given, the load comes from a pod in the cluster,
 * which can reach Services. Otherwise, it comes from this machine.
 */
export async function withLoad(
  url: string,
  work: () => Promise<void>,
  { inPodOf, host = '' }: { inPodOf?: Namespace; host?: string } = {},
): Promise<LoadResult> {
  if (inPodOf) return withLoadFromPod(inPodOf, url, work)
  const child = spawn(process.execPath, ['--input-type=module', '-e', LOAD_SCRIPT], {
    env: { PATH: process.env.PATH, LOAD_URL: url, LOAD_HOST: host },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  await work()
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('close', resolve))
  return JSON.parse(output) as LoadResult
}

async function withLoadFromPod(namespace: Namespace, url: string, work: () => Promise<void>): Promise<LoadResult> {
  await namespace.applyJson({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'load' },
    spec: {
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'load',
          image: inject('appImage'),
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '--input-type=module', '-e', LOAD_SCRIPT],
          env: [{ name: 'LOAD_URL', value: url }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  })
  await namespace.kubectlOrThrow('wait', '--for=condition=Ready', 'pod/load', '--timeout=60s')
  await work()
  await namespace.kubectlOrThrow('exec', 'load', '--', 'node', '-e', 'process.kill(1, "SIGTERM")')
  await until('the load ended', 60, async () => {
    const [pod] = (await namespace.pods()).filter(({ metadata }) => metadata.name === 'load')
    return pod?.status.phase === 'Succeeded'
  })
  const log = await namespace.kubectlOrThrow('logs', 'load')
  await namespace.kubectlOrThrow('delete', 'pod', 'load', '--wait=false')
  return JSON.parse(log) as LoadResult
}

/**
 * Until SIGTERM, simulates eight users who send queries over kept-alive connections and wait 5 ms after each. Then
 * prints the result as JSON. Wrong answers and broken connections count as failures. Requests are not retried.
 */
const LOAD_SCRIPT = `
import http from 'node:http'
const { LOAD_URL: url, LOAD_HOST: host } = process.env
const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
const result = { ok: 0, failed: 0, failures: [] }
let running = true
process.on('SIGTERM', () => { running = false })
const ask = () => new Promise((resolve, reject) => {
  const request = http.get(url, { agent, headers: host ? { host } : {}, timeout: 10_000 }, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (text) => { body += text }).on('error', reject).on('end', () => {
      try {
        if (response.statusCode !== 200) throw new Error('status ' + response.statusCode + ' ' + body)
        if (!Array.isArray(JSON.parse(body).suggestions)) throw new Error('no suggestions: ' + body)
        resolve()
      } catch (error) {
        reject(error)
      }
    })
  })
  request.on('error', reject).on('timeout', () => request.destroy(new Error('timeout')))
})
const user = async () => {
  while (running) {
    try {
      await ask()
      result.ok += 1
    } catch (error) {
      result.failed += 1
      if (result.failures.length < 10) result.failures.push(new Date().toISOString() + ' ' + error.message)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
await Promise.all(Array.from({ length: 8 }, user))
console.log(JSON.stringify(result))
process.exit(0)
`
