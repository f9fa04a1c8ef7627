import { describe, expect, it } from 'vitest'
import { merge } from './merge.ts'
import { valuesProblems } from './validate.ts'
import { containerPortOf, type DeepPartial, defaultValues, type Values } from './values.ts'

describe('the port of a container', () => {
  it.each<[DeepPartial<Values>, number, number]>([
    [{}, 8000, 6379],
    [{ app: { service: { port: 9000 } }, redis: { service: { port: 6380 } } }, 9000, 6380],
    [{ app: { service: { port: 80 } }, redis: { service: { port: 1023 } } }, 8000, 6379],
    [{ app: { service: { port: 1024 } } }, 1024, 6379],
    [{ app: { service: { port: 80 }, containerPort: 8080 }, redis: { containerPort: 7000 } }, 8080, 7000],
  ])('with %j is %d for the app and %d for Redis', (over, app, redis) => {
    const values = merge<Values>(defaultValues, over)
    expect([containerPortOf(values, 'app'), containerPortOf(values, 'redis')]).toEqual([app, redis])
  })
})

/** Returns the paths of the values that the schema rejects. */
function rejected(over: object): string[] {
  const paths = valuesProblems(merge<object>(defaultValues, over)).map((problem) => problem.split(' ')[0] as string)
  return [...new Set(paths)]
}

describe('the schema', () => {
  it.each<[what: string, at: (value: string) => object, valid: string[], invalid: string[]]>([
    [
      'label',
      (value) => ({ commonLabels: { team: value } }),
      ['', 'a', '1e3', '0o10', 'on', 'A_b.c-1', 'x'.repeat(63)],
      ['~', 'a b', '-a', 'a-', 'x'.repeat(64), '한국어'],
    ],
    [
      'key of a label',
      (key) => ({ app: { labels: { [key]: 'a' } } }),
      ['a', 'example.com/team', 'a.b/C_d.e-f'],
      ['', 'a b', '/a', 'a/', 'a/b/c', 'Example.com/team', 'x'.repeat(64)],
    ],
    [
      'key of an annotation',
      (key) => ({ app: { annotations: { [key]: '{{ any }}\ntext' } } }),
      ['a', 'example.com/team', 'Example.com/team', `${'x'.repeat(63)}.${'x'.repeat(63)}.example/team`],
      ['', 'a b', '/a', 'a/b/c', 'a..b/c', 'a_b/c', '-a.b/c'],
    ],
    [
      'name of an object',
      (name) => ({ serviceAccount: { name }, app: { priorityClassName: name, runtimeClassName: name } }),
      ['', 'a', '1234', 'a.b-c', 'a'.repeat(253)],
      ['A', 'a b', 'a_b', '-a', 'a.', 'a..b', 'a'.repeat(254)],
    ],
    [
      'name of a Secret',
      (name) => ({ imagePullSecrets: [name, { name }], ingress: { tls: [{ secretName: name }] } }),
      ['a', 'no', '1e3'],
      ['A', 'a b', 'a_b', 'a.'],
    ],
    [
      'host name',
      (host) => ({ ingress: { hosts: [{ host }], tls: [{ hosts: [host] }] } }),
      ['a', 'a.example', '*.a.example', '1.2.3.example', '1a.2b', 'xn--a.xn--b', '3-x'],
      ['*', '10.0.0.1', '1', 'A.example', 'a.example.', 'a..b', '*a.example', `${'a.'.repeat(126)}ab`],
    ],
    [
      'address',
      (address) => ({ app: { service: { clusterIP: address, externalIPs: [address], loadBalancerIP: address } } }),
      ['10.0.0.1', '255.255.255.255', '::', '::1', 'fd00::', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '2001:db8::a:1'],
      ['10.0.0', '10.0.0.256', '10.0.00.1', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', ':1', '12345::', 'a.b'],
    ],
    [
      'range of addresses',
      (range) => ({ app: { service: { loadBalancerSourceRanges: [range] } } }),
      ['10.0.0.0/8', '0.0.0.0/0', '192.0.2.1/32', '::/0', '2001:db8::/128'],
      ['', '10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/8 ', 'a/8'],
    ],
    [
      'repository',
      (repository) => ({ app: { image: { repository } } }),
      ['a', 'a/b', 'a.example/b', 'localhost:5000/a/b__c', 'A.example:1/b'],
      ['', 'a/', '/a', 'a//b', 'https://a/b', 'a:1.0', 'a b', 'A', 'a/B'],
    ],
    [
      'registry',
      (imageRegistry) => ({ global: { imageRegistry } }),
      ['', 'a.example', 'a.example:5000', 'a.example/mirror/b', 'a.example/'],
      ['https://a.example', ' a', 'a.example/B'],
    ],
    [
      'tag',
      (tag) => ({ app: { image: { tag } } }),
      ['', '1.20', 'v1.0+build', `1.0@sha256:${'0'.repeat(64)}`],
      ['a b', '-a', 'a:b', '1.0@sha256:0', 'a'.repeat(129)],
    ],
    [
      'key in a Secret',
      (key) => ({ redis: { external: { usernameKey: key, passwordKey: key, tls: { caKey: key } } } }),
      ['ca.crt', 'A_b-c', '1'],
      ['a b', 'a/b', 'a'.repeat(254)],
    ],
    [
      'size of a buffer',
      (bufferSize) => ({ ingress: { proxyBuffering: { bufferSize } } }),
      ['1k', '999999k', '999m'],
      ['0k', '8', '8g', '1000m', '1000000k', '-1k'],
    ],
    [
      'resource',
      (name) => ({ app: { resources: { limits: { [name]: 1 } } } }),
      ['ephemeral-storage', 'hugepages-2Mi', 'nvidia.com/gpu'],
      ['gpu', 'hugepages-x', 'a b/c', 'storage'],
    ],
    [
      'amount of memory',
      (memory) => ({ app: { resources: { requests: { memory }, limits: { memory } } } }),
      ['512Mi', '1.5Gi', '.5G', '500M', '0', '536870912', '129e6', '128974848000m'],
      ['512m', '512MB', '1000000u', '1g', '-1Gi', '1 Gi'],
    ],
    [
      'number of devices',
      (count) => ({ app: { resources: { limits: { 'nvidia.com/gpu': count } } } }),
      ['1', '2k', '1Ki'],
      ['0.5', '500m', '-1', 'one'],
    ],
  ])('accepts only values that Kubernetes or a controller accepts: %s', (_, at, valid, invalid) => {
    for (const text of valid) expect.soft(rejected(at(text)), text).toEqual([])
    for (const text of invalid) {
      const count = JSON.stringify(at(text)).split(JSON.stringify(text)).length - 1
      expect.soft(rejected(at(text)), text).toHaveLength(count)
    }
  })

  it('accepts only strings as the values of environment variables', () => {
    const at = (value: unknown) =>
      rejected({
        app: {
          extraEnv: [
            { name: 'A', value },
            { name: 'B', valueFrom: {} },
          ],
        },
      })
    expect(['5', '', null].map(at)).toEqual([[], [], []])
    for (const value of [5, true, {}]) expect(at(value)).toEqual(['app.extraEnv.0.value'])
  })

  it.each<[string, (value: unknown) => object, string]>([
    ['tolerations', (value) => ({ app: { tolerations: [{ key: 'a', value }] } }), 'app.tolerations.0.value'],
    ['tolerations', (value) => ({ global: { tolerations: [{ value }] } }), 'global.tolerations.0.value'],
    [
      'DNS options',
      (value) => ({ app: { dnsConfig: { nameservers: [], options: [{ name: 'ndots', value }] } } }),
      'app.dnsConfig.options.0.value',
    ],
    [
      'variables of init containers',
      (value) => ({ app: { initContainers: [{ name: 'a', env: [{ value }] }] } }),
      'app.initContainers.0.env.0.value',
    ],
    [
      'variables of sidecars',
      (value) => ({ redis: { extraContainers: [{ env: [{ value }] }] } }),
      'redis.extraContainers.0.env.0.value',
    ],
  ])('accepts only strings as the values of %s', (_, at, path) => {
    expect(['5', '', null].map((value) => rejected(at(value)))).toEqual([[], [], []])
    for (const value of [5, true]) expect(rejected(at(value))).toEqual([path])
  })

  it('accepts only numbers and booleans in security contexts, and numbers as the seconds of a toleration', () => {
    const at = (number: unknown, boolean: unknown) =>
      rejected({
        app: {
          podSecurityContext: { runAsUser: number, fsGroup: number, runAsNonRoot: boolean, supplementalGroups: [1] },
          containerSecurityContext: { runAsGroup: number, readOnlyRootFilesystem: boolean },
          tolerations: [{ key: 'a', tolerationSeconds: number }],
        },
      })
    expect([at(1000680000, true), at(0, false), at(null, null)]).toEqual([[], [], []])
    expect(at('1000', 'true').sort()).toEqual([
      'app.containerSecurityContext.readOnlyRootFilesystem',
      'app.containerSecurityContext.runAsGroup',
      'app.podSecurityContext.fsGroup',
      'app.podSecurityContext.runAsNonRoot',
      'app.podSecurityContext.runAsUser',
      'app.tolerations.0.tolerationSeconds',
    ])
  })

  it('accepts only numbers of buffers that nginx accepts', () => {
    const at = (buffers: number) => rejected({ ingress: { proxyBuffering: { buffers } } })
    expect([at(3), at(2)]).toEqual([[], ['ingress.proxyBuffering.buffers']])
  })
})
