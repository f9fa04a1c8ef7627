/** Tests the ingress with a real controller: Traefik, which also supports ingresses written for ingress-nginx. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freePort } from '../../tools/support/free-port.ts'
import { findInPath } from '../../tools/support/process.ts'
import { applyJson, imageOptions, mustKubectl, Namespace, until, withLoad } from './cluster.ts'
import { installDefinitions } from './definitions.ts'

const HOST = 'search.example'
const TWO_PODS = ['-f', 'values/dev.yaml', '--set', 'app.replicas=2,app.resources.requests.cpu=100m']
const traefik = await findInPath('traefik')

/** Sends a request for the host to the controller. */
function send(url: string, { method = 'GET', body = '' } = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method, headers: { host: HOST, 'content-length': Buffer.byteLength(body) } },
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
    await mustKubectl('delete', 'ingressclass', 'autocomplete-test-nginx', 'autocomplete-test-traefik')
    await removeDefinitions()
  })

  const waiting = ['--wait', '--timeout', '180s']
  const ingress = (controller: string, className: string) => [
    '--set',
    `ingress.enabled=true,ingress.hosts[0].host=${HOST},ingress.controller=${controller},ingress.className=${className}`,
  ]

  it('an ingress for ingress-nginx serves suggestions by host name, and a rolling update loses no request', async () => {
    const namespace = await Namespace.create('ingress')
    const release = [...TWO_PODS, ...imageOptions(), ...ingress('ingress-nginx', 'autocomplete-test-nginx')]
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
      ...TWO_PODS,
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
    // A third pod that the Service selects, but in which nothing listens on the port.
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
    await namespace.must('wait', '--for=condition=Ready', 'pod/deaf', '--timeout=60s')
    const statuses = async () => {
      const answers = []
      for (let i = 0; i < 30; i++) answers.push((await send(path)).status)
      return new Set(answers)
    }
    await namespace.install(...release, '--set-json', 'ingress.retries.conditions=[]', ...waiting)
    await until('some requests fail without retries', 30, async () => (await statuses()).has(502))
    await namespace.install(...release, ...waiting)
    await until('none fails with retries', 30, async () => !(await statuses()).has(502))
    expect(await statuses()).toEqual(new Set([200]))
    await namespace.must('delete', 'pod', 'deaf', '--grace-period=0', '--force')

    // Stop all HTTP processes of both pods. The kernel still accepts connections, but nothing answers.
    for (const { metadata } of await namespace.pods('app')) {
      const stopChildren = `for (const pid of require('fs').readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && name !== '1' && name !== String(process.pid))) try { process.kill(Number(pid), 'SIGSTOP') } catch {}`
      await namespace.must('exec', metadata.name, '--', 'node', '-e', stopChildren)
    }
    const started = performance.now()
    expect((await send(path)).status).toBe(504)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
