/**
 * Tests the limits of the chart's ingress with a real nginx. The configuration of nginx is what the controllers
 * generate from the annotations, according to the source code of nginx/kubernetes-ingress 5.x and
 * kubernetes/ingress-nginx 1.15.
 */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import type { DeepPartial, Values } from '../generator/src/values.ts'
import { findNginx, startNginxWith } from '../tools/programs/nginx.ts'
import { ROOT } from '../tools/support/paths.ts'
import { runOrThrow } from '../tools/support/process.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'
import { ownTemporaryFolder } from '../tools/support/temporary-folder.ts'

const nginx = await findNginx(NO_PROGRESS).catch(() => undefined)

type Controller = 'nginx' | 'ingress-nginx'
type IngressValues = DeepPartial<Values['ingress']>

/** Returns the annotations of the Ingress, without the prefix of the controller. */
async function annotationsOf(folder: string, controller: Controller, values: IngressValues) {
  const file = join(folder, 'values.json')
  await writeFile(file, JSON.stringify({ ingress: { enabled: true, controller, ...values } }))
  const args = ['template', 'search', 'chart', '-f', file, '-s', 'templates/app-ingress.yaml']
  const { stdout } = await runOrThrow(inject('helm'), args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: folder },
  })
  const { metadata } = parse(stdout) as { metadata: { annotations: Record<string, string> } }
  const prefix = controller === 'nginx' ? 'nginx.org/' : 'nginx.ingress.kubernetes.io/'
  return new Map(
    Object.entries(metadata.annotations).map(([name, value]) => {
      expect(name).toContain(prefix)
      return [name.slice(prefix.length), value]
    }),
  )
}

/** Returns a directive, or nothing if the annotation is absent. */
const directive = (name: string, value: string | undefined, suffix = '') =>
  value === undefined ? '' : `${name} ${value}${suffix};`

/** Returns directives that both controllers write into a location. */
const proxy = (annotations: Map<string, string>, unit: string) => `
  proxy_pass http://app;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  ${['connect', 'send', 'read'].map((name) => directive(`proxy_${name}_timeout`, annotations.get(`proxy-${name}-timeout`), unit)).join(' ')}
  ${directive('proxy_buffer_size', annotations.get('proxy-buffer-size'))}
  ${directive('proxy_next_upstream', annotations.get('proxy-next-upstream'))}
  ${directive('proxy_next_upstream_tries', annotations.get('proxy-next-upstream-tries'))}
`

const CONFIGURATIONS: Record<Controller, (from: Map<string, string>, pods: string[], listen: string) => string> = {
  nginx: (from, pods, listen) => {
    const isLimited = from.has('limit-req-rate')
    return `
upstream app {
  zone app 256k;
  ${from.get('lb-method') === 'round_robin' ? '' : directive(from.get('lb-method') as string, '')}
  ${pods.map((pod) => `server ${pod} max_fails=1 fail_timeout=10s max_conns=${from.get('max-conns') ?? 0};`).join(' ')}
  ${directive('keepalive', from.get('keepalive'))}
}
${isLimited ? `limit_req_zone ${from.get('limit-req-key')} zone=shop/search:${from.get('limit-req-zone-size')} rate=${from.get('limit-req-rate')};` : ''}
server {
  listen ${listen};
  location / {
    ${proxy(from, '')}
    proxy_buffering ${from.get('proxy-buffering') === 'True' ? 'on' : 'off'};
    ${directive('proxy_buffers', from.get('proxy-buffers'))}
    ${directive('client_max_body_size', from.get('client-max-body-size'))}
    ${isLimited ? `limit_req zone=shop/search burst=${from.get('limit-req-burst')} ${from.get('limit-req-no-delay') === 'true' ? 'nodelay' : ''};` : ''}
    ${directive('limit_req_status', from.get('limit-req-reject-code'))}
  }
}`
  },
  'ingress-nginx': (from, pods, listen) => {
    const [rate, connections] = [from.get('limit-rps'), from.get('limit-connections')]
    return `
upstream app {
  ${pods.map((pod) => `server ${pod};`).join(' ')}
  keepalive 320;
}
${connections ? 'limit_conn_zone $binary_remote_addr zone=shop_search_conn:5m;' : ''}
${rate ? `limit_req_zone $binary_remote_addr zone=shop_search_rps:5m rate=${rate}r/s;` : ''}
limit_req_status 503;
limit_conn_status 503;
server {
  listen ${listen};
  location / {
    ${proxy(from, 's')}
    ${directive('proxy_buffering', from.get('proxy-buffering'))}
    ${directive('proxy_buffers', `${from.get('proxy-buffers-number')} ${from.get('proxy-buffer-size')}`)}
    ${directive('client_max_body_size', from.get('proxy-body-size'))}
    ${connections ? `limit_conn shop_search_conn ${connections};` : ''}
    ${rate ? `limit_req zone=shop_search_rps burst=${Number(rate) * Number(from.get('limit-burst-multiplier'))} nodelay;` : ''}
  }
}`
  },
}

/**
 * Starts two pods that answer requests to `/held` only when the test releases them, behind nginx with the chart's
 * annotations.
 */
async function start(controller: Controller, values: IngressValues) {
  const folder = await ownTemporaryFolder()
  const held: ServerResponse[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const pods = await Promise.all(
    [0, 1].map(async () => {
      const server = createServer((request, response) => {
        if (request.url !== '/held') return response.end('answer')
        held.push(response)
        for (const { count, resolve } of waiting) if (held.length >= count) resolve()
      }).listen(0, '127.0.0.1')
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      await once(server, 'listening')
      return `127.0.0.1:${(server.address() as AddressInfo).port}`
    }),
  )
  const annotations = await annotationsOf(folder, controller, values)
  const config = CONFIGURATIONS[controller]
  const signal = AbortSignal.timeout(30_000)
  const server = await startNginxWith(nginx as string, (listen) => config(annotations, pods, listen), folder, signal)
  onTestFinished(() => server.stop())
  const status = async (path = '/') => {
    const response = await fetch(server.url + path)
    await response.arrayBuffer()
    return response.status
  }
  return {
    status,
    /** Sends requests that stay in flight, and waits until the pods have received them. */
    async hold(count: number): Promise<Promise<number>[]> {
      const received = new Promise<void>((resolve) => waiting.push({ count, resolve }))
      const answers = Array.from({ length: count }, () => status('/held'))
      await received
      return answers
    },
    release() {
      for (const response of held.splice(0)) response.end('answer')
    },
  }
}

const requestRate = { enabled: true, perSecond: 1, burst: 4 }

describe.skipIf(nginx === undefined)('the limits with a real nginx', () => {
  it.each<[Controller, number]>([
    ['nginx', 429],
    ['ingress-nginx', 503],
  ])('guard.requestRate lets a burst pass with %s, and rejects the rest with %i', async (controller, rejected) => {
    const { status } = await start(controller, { guard: { requestRate } })
    const started = performance.now()
    const statuses = await Promise.all(Array.from({ length: 40 }, () => status()))
    const seconds = (performance.now() - started) / 1000
    const passed = statuses.filter((one) => one === 200).length
    expect(new Set(statuses)).toEqual(new Set([200, rejected]))
    expect(passed).toBeGreaterThanOrEqual(5)
    expect(passed).toBeLessThanOrEqual(5 + Math.ceil(seconds))
  })

  it('guard.requestsInFlight limits each pod with nginx, and rejects the rest with 502', async () => {
    const { status, hold, release } = await start('nginx', {
      guard: { requestsInFlight: { enabled: true, perPod: 3 } },
    })
    const answers = await hold(6)
    expect([await status(), await status('/held')]).toEqual([502, 502])
    release()
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 6 }, () => 200))
    // nginx still sends requests to the pods, because reaching the limit does not count as a failure.
    expect(await Promise.all(Array.from({ length: 4 }, () => status()))).toEqual([200, 200, 200, 200])
  })

  it('maxConnections limits the requests of an IP address with ingress-nginx, and rejects the rest with 503', async () => {
    const { status, hold, release } = await start('ingress-nginx', { maxConnections: 3 })
    const answers = await hold(3)
    expect([await status(), await status('/held')]).toEqual([503, 503])
    release()
    expect(await Promise.all(answers)).toEqual([200, 200, 200])
    expect(await status()).toBe(200)
  })

  const GUARDS: Record<Controller, NonNullable<IngressValues['guard']>> = {
    nginx: { requestsInFlight: { enabled: true }, requestRate: { enabled: true } },
    'ingress-nginx': { requestRate: { enabled: true } },
  }
  /** The smallest and the largest values that the chart allows. */
  const EXTREMES: IngressValues[] = [
    {
      timeouts: { connectSeconds: 1, sendSeconds: 1, readSeconds: 1 },
      upstreamKeepalive: { connections: 1 },
      proxyBuffering: { bufferSize: '1k', buffers: 3 },
      maxBodySize: '0k',
      maxConnections: 1,
      retries: { conditions: [], attempts: 1 },
      guard: { requestsInFlight: { perPod: 1 }, requestRate: { perSecond: 1, burst: 1 } },
    },
    {
      timeouts: { connectSeconds: 86_400, sendSeconds: 86_400, readSeconds: 86_400 },
      upstreamKeepalive: { connections: 999_999 },
      proxyBuffering: { bufferSize: '999m', buffers: 999_999 },
      maxBodySize: '999999999m',
      maxConnections: 999_999,
      retries: { conditions: ['error', 'timeout', 'http_502', 'http_503', 'http_504'], attempts: 100 },
      guard: { requestsInFlight: { perPod: 999_999 }, requestRate: { perSecond: 999_999, burst: 999_999 } },
    },
  ]

  describe.each<Controller>(['nginx', 'ingress-nginx'])('%s', (controller) => {
    it('passes normal requests', async () => {
      const { status } = await start(controller, { guard: GUARDS[controller] })
      const statuses = await Promise.all(Array.from({ length: 50 }, () => status()))
      expect(new Set(statuses)).toEqual(new Set([200]))
    })

    it.each(EXTREMES)('accepts the extreme values %#', async (values) => {
      const guard = Object.fromEntries(
        Object.keys(GUARDS[controller]).map((limit) => [
          limit,
          { ...values.guard?.[limit as keyof typeof values.guard], enabled: true },
        ]),
      )
      const greatest = controller === 'nginx' ? 999_999 : 65_535
      const maxConnections = Math.min(values.maxConnections as number, greatest)
      const { status } = await start(controller, { ...values, maxConnections, guard })
      expect(await status()).toBe(200)
    })
  })
})
