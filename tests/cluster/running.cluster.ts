/** Tests the chart on real pods: images of this repository, probes, hooks, Services, and DNS. */
import { describe, expect, inject, it } from 'vitest'
import { imageOptions, kubectl, Namespace, until, withLoad } from './cluster.ts'

const DEV = ['-f', 'values/dev.yaml']
/** Two pods of each component, so that one of them can stop. Their resource requests are small enough for a laptop. */
const TWO_REPLICAS_EACH = [
  '--set',
  'app.replicas=2,redis.replicas=2,app.resources.requests.cpu=100m,redis.resources.requests.cpu=50m',
]

/** Settings that keep the service from rejecting queries on a busy machine. */
const LONG_WAITS = ['--set', 'app.settings.OVERLOAD_MAX_DELAY_MS=20000,app.settings.RANKING_TIMEOUT_MS=30000']

/** Sends a request to the Service through the API server's proxy. */
const ask = async (namespace: Namespace, path: string) =>
  JSON.parse(
    await namespace.kubectlOrThrow(
      'get',
      '--raw',
      `/api/v1/namespaces/${namespace.name}/services/http:autocomplete-app:8000/proxy${path}`,
    ),
  )

const serviceUrl = 'http://autocomplete-app:8000/autocomplete?q=app'

// Pods can start only if the images are in the cluster.
describe.skipIf(!inject('appImage'))('on real pods', () => {
  it('preset dev becomes ready, passes helm test, answers through its Service, and leaves nothing after uninstall', async () => {
    const namespace = await Namespace.create('running')
    await namespace.install(...DEV, ...imageOptions(), '--wait', '--timeout', '120s')
    const { version } = await ask(namespace, '/ready')
    const answer = await ask(namespace, '/autocomplete?q=apple&limit=2')
    expect(answer).toMatchObject({ suggestions: [{ text: 'apple' }, { text: 'Appleton' }], version })

    const rightVersion = ['--set', `redis.dataset.version=${version}`]
    await namespace.install(...DEV, ...imageOptions(), ...rightVersion, '--wait', '--timeout', '180s')
    const test = await namespace.helm('test', 'autocomplete', '--timeout', '120s')
    expect(test.code, test.stdout + test.stderr).toBe(0)

    await namespace.kubectlOrThrow('exec', 'deploy/autocomplete-redis', '--', 'redis-cli', 'ping')
    const write = await namespace.kubectl(
      'exec',
      'deploy/autocomplete-redis',
      '--',
      'redis-cli',
      'set',
      'autocomplete:current',
      'x',
    )
    expect(write.stdout + write.stderr).toContain('NOPERM')

    const uninstall = await namespace.helm('uninstall', 'autocomplete', '--wait', '--timeout', '180s')
    expect(uninstall.code, uninstall.stderr).toBe(0)
    const kinds =
      'all,configmap,secret,serviceaccount,ingress,networkpolicy,poddisruptionbudget,horizontalpodautoscaler'
    // Only pods may remain for a while, because they stop slowly.
    const left = () =>
      namespace.kubectlOrThrow('get', kinds, '-l', 'app.kubernetes.io/instance=autocomplete', '-o', 'name')
    expect((await left()).split('\n').filter((name) => name !== '' && !name.startsWith('pod/'))).toEqual([])
    await until('the pods are gone', 120, async () => (await left()) === '')
  })

  it('a Redis with wrong data does not become ready and shows the reason, while the old Redis continues to answer', async () => {
    const namespace = await Namespace.create('running')
    await namespace.install(...DEV, ...imageOptions(), '--wait', '--timeout', '120s')
    const { version } = await ask(namespace, '/ready')
    const [old] = await namespace.pods('redis')

    const wrong = [...DEV, ...imageOptions(inject('otherRedisImage')), '--set', `redis.dataset.version=${version}`]
    await namespace.install(...wrong)
    const newPod = async () =>
      (await namespace.pods('redis')).find(({ metadata }) => metadata.name !== old?.metadata.name)
    await until('the pod says why', 120, async () => {
      const [container] = (await newPod())?.status.containerStatuses ?? []
      const message = container?.lastState.terminated?.message ?? container?.state.terminated?.message ?? ''
      return message.includes('wrong dataset: Redis has version') && message.includes(`expected ${version}`)
    })
    const ready = '{.items[*].endpoints[?(@.conditions.ready==true)].targetRef.name}'
    for (let i = 0; i < 20; i++) {
      const endpoints = await namespace.kubectlOrThrow('get', 'endpointslices', '-o', `jsonpath=${ready}`)
      expect(endpoints).toContain(old?.metadata.name)
      expect(endpoints).not.toContain((await newPod())?.metadata.name)
      expect((await ask(namespace, '/autocomplete?q=appl')).version).toBe(version)
    }
  })

  it('no request is lost in rolling updates of app and Redis, in a change of the dataset, or when a pod is deleted', async () => {
    const namespace = await Namespace.create('running')
    const options = [...DEV, ...TWO_REPLICAS_EACH, ...LONG_WAITS]
    const release = [...options, ...imageOptions()]
    const waiting = ['--wait', '--timeout', '280s']
    await namespace.install(...release, ...waiting)
    const { version } = await ask(namespace, '/ready')
    const annotations = ['--set-string', 'app.annotations.version=2,redis.annotations.version=2']
    const result = await withLoad(
      serviceUrl,
      async () => {
        await namespace.install(...release, '--set-string', 'app.annotations.version=2', ...waiting)
        await namespace.install(...release, ...annotations, ...waiting)
        const otherData = [...options, ...imageOptions(inject('otherRedisImage'))]
        await namespace.install(...otherData, ...annotations, ...waiting)
        for (const component of ['app', 'redis']) {
          const [pod] = await namespace.pods(component)
          await namespace.kubectlOrThrow('delete', 'pod', pod?.metadata.name as string)
          await namespace.kubectlOrThrow('rollout', 'status', `deployment/autocomplete-${component}`, '--timeout=120s')
        }
      },
      { inPodOf: namespace },
    )
    expect(result.failures).toEqual([])
    expect(result.failed).toBe(0)
    expect(result.ok).toBeGreaterThan(1000)
    await until('the other data is there', 30, async () => (await ask(namespace, '/ready')).version !== version)
  }, 600_000)

  it('the autoscaler adds pods under load', async ({ skip }) => {
    const metrics = await kubectl('top', 'nodes')
    if (metrics.code !== 0) skip('the cluster has no metrics server')
    const namespace = await Namespace.create('running')
    await namespace.install(
      ...DEV,
      ...imageOptions(),
      '--set',
      'app.resources.requests.cpu=50m,app.autoscaling.enabled=true,app.autoscaling.minReplicas=1,app.autoscaling.maxReplicas=3,app.autoscaling.targetCPUUtilizationPercentage=50,app.autoscaling.targetMemoryUtilizationPercentage=100',
      '--wait',
      '--timeout',
      '120s',
    )
    await withLoad(
      serviceUrl,
      () => until('there is more than one app pod', 180, async () => (await namespace.pods('app')).length > 1),
      { inPodOf: namespace },
    )
  })
})
