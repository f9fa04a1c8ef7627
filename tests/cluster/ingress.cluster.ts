/** Tests the ingress with a real controller: Traefik, which also supports ingresses written for ingress-nginx. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freePort } from '../../service/src/testing/free-port.ts'
import { findInPath } from '../../tools/support/process.ts'
import { applyJson, imageOptions, kubectlOrThrow, Namespace, until, withLoad } from './cluster.ts'
import { installDefinitions } from './definitions.ts'

const HOST = 'search.example'
const TWO_APP_PODS = ['-f', 'values/dev.yaml', '--set', 'app.replicas=2,app.resources.requests.cpu=100m']
const traefik = await findInPath('traefik')

/** Sends a request for the host to the controller, from an address of this machine. */
function send(
  url: string,
  { method = 'GET', body = '', from = '127.0.0.1' } = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, headers: { host: HOST, 'content-length': Buffer.byteLength(body) }, localAddress: from },
      (response) => {
        let text = ''
        response
          .setEncoding('utf8')
          .on('data', (data: string) => {
            text += data
          })
          .on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
      },
    )
    outgoing.on('error', reject).end(body)
  })
}

/** Sends a signal to all HTTP processes of the app's pods, but not to their main process. */
async function signalHttpProcesses(namespace: Namespace, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  const script = `for (const pid of require('fs').readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && name !== '1' && name !== String(process.pid))) try { process.kill(Number(pid), '${signal}') } catch {}`
  for (const { metadata } of await namespace.pods('app')) {
    await namespace.kubectlOrThrow('exec', metadata.name, '--', 'node', '-e', script)
  }
}

const suggestions = async (url: string) => {
  const { status, body } = await send(`${url}/autocomplete?q=apple&limit=1`)
  return status === 200 ? JSON.parse(body).suggestions[0]?.text : status
}

describe.skipIf(!inject('appImage') || !traefik)('through Traefik', () => {
  let process_: ChildProcess
  let url: string
  let removeDefinitions: () => Promise<void>
  beforeAll(async () => {
    removeDefinitions = await installDefinitions()
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const providers = ['kubernetesingressnginx', 'kubernetesingress', 'kubernetescrd'].map(
      (name) => `--providers.${name}`,
    )
    process_ = spawn(
      traefik as string,
      [
        '--global.checknewversion=false',
        '--global.sendanonymoususage=false',
        `--entrypoints.web.address=127.0.0.1:${port}`,
        ...providers,
        '--providers.kubernetesingressnginx.ingressclass=autocomplete-test-nginx',
        '--providers.kubernetesingressnginx.controllerclass=autocomplete.test/ingress-nginx',
        '--providers.kubernetesingress.ingressclass=autocomplete-test-traefik',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    for (const [name, controller] of [
      ['autocomplete-test-nginx', 'autocomplete.test/ingress-nginx'],
      ['autocomplete-test-traefik', 'traefik.io/ingress-controller'],
    ]) {
      const manifest = {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: { name },
        spec: { controller },
      }
      await applyJson(manifest)
    }
  })
  afterAll(async () => {
    process_.kill('SIGTERM')
    await once(process_, 'exit')
    await kubectlOrThrow('delete', 'ingressclass', 'autocomplete-test-nginx', 'autocomplete-test-traefik')
    await removeDefinitions()
  })

  const waiting = ['--wait', '--timeout', '180s']
  const ingress = (controller: string, className: string) => [
    '--set',
    `ingress.enabled=true,ingress.hosts[0].host=${HOST},ingress.controller=${controller},ingress.className=${className}`,
  ]

  it('an ingress for ingress-nginx serves suggestions by host name, and a rolling update loses no request', async () => {
    const namespace = await Namespace.create('ingress')
    const release = [...TWO_APP_PODS, ...imageOptions(), ...ingress('ingress-nginx', 'autocomplete-test-nginx')]
    await namespace.install(...release, ...waiting)
    await until('suggestions arrive', 30, async () => (await suggestions(url)) === 'apple')
    const other = await fetch(`${url}/autocomplete?q=a`)
    expect(other.status).toBe(404)
    const result = await withLoad(
      `${url}/autocomplete?q=app`,
      async () => {
        await namespace.install(...release, '--set-string', 'app.annotations.version=2', ...waiting)
      },
      { host: HOST },
    )
    expect(result.failures).toEqual([])
    expect(result.ok).toBeGreaterThan(500)
  })

  it('with controller traefik, the body limit, the read timeout, and retries on another pod take effect', async () => {
    const namespace = await Namespace.create('ingress')
    const release = [
      ...TWO_APP_PODS,
      ...imageOptions(),
      ...ingress('traefik', 'autocomplete-test-traefik'),
      '--set',
      'ingress.maxBodySize=8k,ingress.timeouts.readSeconds=1,app.settings.WEB_CONCURRENCY=2',
    ]
    await namespace.install(...release, ...waiting)
    await until('suggestions arrive', 30, async () => (await suggestions(url)) === 'apple')

    const path = `${url}/autocomplete?q=a`
    // The service accepts only JSON. A body that is too large does not reach it.
    expect((await send(path, { method: 'POST', body: 'x'.repeat(8000) })).status).toBe(415)
    expect((await send(path, { method: 'POST', body: 'x'.repeat(9000) })).status).toBe(413)

    // Remove the label that the ReplicaSet selects. Otherwise, the ReplicaSet would delete a surplus pod.
    const { 'pod-template-hash': _, ...labels } = (await namespace.pods('app'))[0]?.metadata.labels ?? {}
    // Create a third pod that the Service selects, but in which nothing listens on the port.
    await namespace.applyJson({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'deaf', labels },
      spec: {
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'deaf',
            image: inject('appImage'),
            command: ['node', '-e', 'setInterval(() => {}, 1000)'],
            ports: [{ name: 'http', containerPort: 8000 }],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    })
    await namespace.kubectlOrThrow('wait', '--for=condition=Ready', 'pod/deaf', '--timeout=60s')
    const statuses = async () => {
      const answers = []
      for (let i = 0; i < 30; i++) answers.push((await send(path)).status)
      return new Set(answers)
    }
    await namespace.install(...release, '--set-json', 'ingress.retries.conditions=[]', ...waiting)
    await until('some requests fail without retries', 30, async () => (await statuses()).has(502))
    await namespace.install(...release, ...waiting)
    // Helm creates the middleware after it has changed the Ingress. In between, Traefik answers 404.
    const areAnswered = async () => [...(await statuses())].every((status) => status === 200)
    await until('none fails with retries', 30, areAnswered)
    expect(await statuses()).toEqual(new Set([200]))
    await namespace.kubectlOrThrow('delete', 'pod', 'deaf', '--grace-period=0', '--force')

    // Stop all HTTP processes of both pods. The kernel still accepts connections, but nothing answers.
    await signalHttpProcesses(namespace, 'SIGSTOP')
    const started = performance.now()
    expect((await send(path)).status).toBe(504)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('with guard.requestRate, a client that exceeds its rate gets 429, and all others are served', async () => {
    const namespace = await Namespace.create('ingress')
    const release = [...TWO_APP_PODS, ...imageOptions(), ...ingress('traefik', 'autocomplete-test-traefik')]
    const guard = 'ingress.guard.requestRate.enabled=true,ingress.guard.requestRate.perSecond=2'
    await namespace.install(...release, '--set', `${guard},ingress.guard.requestRate.burst=5`, ...waiting)
    await until('suggestions arrive', 30, async () => (await suggestions(url)) === 'apple')

    const path = `${url}/autocomplete?q=a`
    const statusesOf = (count: number, from: string) =>
      Promise.all(Array.from({ length: count }, async () => (await send(path, { from })).status))
    expect(await statusesOf(5, '127.0.0.2')).toEqual([200, 200, 200, 200, 200])
    const flood = await statusesOf(50, '127.0.0.3')
    expect(new Set(flood)).toEqual(new Set([200, 429]))
    const served = flood.filter((status) => status === 200).length
    expect(served).toBeGreaterThanOrEqual(5)
    // All other requests got 429. If the flood takes longer than a second, a few more than 5 are served.
    expect(served).toBeLessThan(25)
    // The limit applies to each client on its own.
    expect((await send(path, { from: '127.0.0.4' })).status).toBe(200)
    await until('the client is served again', 10, async () => (await send(path, { from: '127.0.0.3' })).status === 200)
  })

  it('with guard.requestsInFlight, requests above the limit of all pods get 429 immediately', async () => {
    const namespace = await Namespace.create('ingress')
    const release = [...TWO_APP_PODS, ...imageOptions(), ...ingress('traefik', 'autocomplete-test-traefik')]
    const guard = 'ingress.guard.requestsInFlight.enabled=true,ingress.guard.requestsInFlight.perPod=3'
    await namespace.install(...release, '--set', `${guard},app.settings.WEB_CONCURRENCY=2`, ...waiting)
    await until('suggestions arrive', 30, async () => (await suggestions(url)) === 'apple')

    const path = `${url}/autocomplete?q=app&limit=1`
    // Send as many requests as the limit allows. Once they are answered, send as many again.
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => send(path)))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    }

    // While the HTTP processes are stopped, requests stay in flight.
    await signalHttpProcesses(namespace, 'SIGSTOP')
    const counts = { rejected: 0, served: 0, other: 0 }
    const clients = Array.from({ length: 20 }, async (_, client) => {
      const { status } = await send(path, { from: `127.0.0.${client + 1}` })
      counts[status === 429 ? 'rejected' : status === 200 ? 'served' : 'other'] += 1
    })
    await until('14 requests are rejected', 10, async () => counts.rejected === 14)
    expect(counts.served + counts.other).toBe(0)
    await signalHttpProcesses(namespace, 'SIGCONT')
    await Promise.all(clients)
    expect(counts).toEqual({ rejected: 14, served: 6, other: 0 })
    expect((await send(path)).status).toBe(200)
  })
})
