import { describe, expect, it } from 'vitest'
import { merge } from './merge.ts'
import { fileProblems, nearestKey, valuesProblems } from './validate.ts'
import { PATTERN_MEANINGS } from './values/pattern-meanings.ts'
import { defaultValues, valuesSchema } from './values.ts'

const problemsWith = (over: object) => valuesProblems(merge<object>(defaultValues, over))

describe('valuesProblems', () => {
  it('returns no problems for the defaults', () => {
    expect(valuesProblems(defaultValues)).toEqual([])
  })

  it.each([
    [{ app: { replica: 3 } }, 'unknown key app.replica; did you mean app.replicas?'],
    [{ ap: {} }, 'unknown key ap; did you mean app?'],
    [
      { app: { settings: { WEB_CONCURENCY: 3 } } },
      'unknown key app.settings.WEB_CONCURENCY; did you mean app.settings.WEB_CONCURRENCY?',
    ],
    [{ autoscaling: {} }, 'unknown key autoscaling; did you mean app.autoscaling or redis.autoscaling?'],
    [{ replicas: 3 }, 'unknown key replicas; did you mean app.replicas or redis.replicas?'],
    [{ app: { WEB_CONCURRENCY: 3 } }, 'unknown key app.WEB_CONCURRENCY; did you mean app.settings.WEB_CONCURRENCY?'],
    [{ app: { minReplicas: 3 } }, 'unknown key app.minReplicas; did you mean app.autoscaling.minReplicas?'],
    [{ app: { maxmemory: '1gb' } }, 'unknown key app.maxmemory; did you mean redis.config.maxmemory?'],
    [{ replicaCount: 3 }, 'unknown key replicaCount; did you mean app.replicas or redis.replicas?'],
    [{ app: { env: [] } }, 'unknown key app.env; did you mean app.extraEnv?'],
    [
      { redis: { securityContext: {} } },
      'unknown key redis.securityContext; did you mean redis.containerSecurityContext?',
    ],
    // For these keys, a typo is more likely than a value with the same name in another part of the chart.
    [{ ingress: { host: 'a.example' } }, 'unknown key ingress.host; did you mean ingress.hosts?'],
    [{ app: { nodeport: 30_000 } }, 'unknown key app.nodeport; did you mean app.service.nodePort?'],
    [{ redis: { enabled: false } }, 'unknown key redis.enabled; did you mean redis.mode?'],
    [
      { serviceAccount: { automount: true } },
      'unknown key serviceAccount.automount; did you mean serviceAccount.automountServiceAccountToken?',
    ],
    [{ ingress: { pathType: 'Exact' } }, 'unknown key ingress.pathType; did you mean ingress.hosts?'],
    [{ app: { ingress: {} } }, 'unknown key app.ingress; did you mean ingress?'],
    [
      { networkPolicy: { ingress: [] } },
      'unknown key networkPolicy.ingress; did you mean networkPolicy.extraIngress or networkPolicy.redis.extraIngress?',
    ],
    [{ app: { service: { targetPort: 80 } } }, 'unknown key app.service.targetPort; did you mean app.containerPort?'],
    [
      { app: { image: { pullSecrets: [] } } },
      'unknown key app.image.pullSecrets; did you mean imagePullSecrets or global.imagePullSecrets?',
    ],
    [{ app: { readinessProbe: {} } }, 'unknown key app.readinessProbe; did you mean app.probes.readiness?'],
    // A name that is deep in the values is not looked up in other parts of the chart.
    [{ app: { image: { name: 'a' } } }, 'unknown key app.image.name'],
    // More values have this name than a message may suggest.
    [{ periodSeconds: 3 }, 'unknown key periodSeconds'],
    [{ app: { somethingElseEntirely: 1 } }, 'unknown key app.somethingElseEntirely'],
    [{ commonLabels: { 'a\nb': 'c' } }, 'unknown key commonLabels."a\\nb"'],
    [
      { commonLabels: { 'a.example/b': ' ' } },
      'commonLabels.a.example/b must be a label value: up to 63 letters, digits, dashes, underscores, and dots, got " "',
    ],
    [{ app: { replicas: 'three' } }, 'app.replicas must be of type integer or null, got "three"'],
    [
      { app: { rollingUpdate: { maxSurge: 'all' } } },
      'app.rollingUpdate.maxSurge must be a number, or a percentage such as 25%, got "all"',
    ],
    [
      { app: { resources: { limits: { cpu: true } } } },
      /^app\.resources\.limits\.cpu must be of type string or number or null, got true$/,
    ],
    [
      { ingress: { hosts: ['search.example'] } },
      'ingress.hosts.0 must be of type object (keys: host, paths), got "search.example"',
    ],
    [
      { app: { resources: { limits: 1 } } },
      'app.resources.limits must be of type object or null (keys: cpu, memory), got 1',
    ],
    [{ app: { nodeSelector: [] } }, 'app.nodeSelector must be of type object or null, got []'],
    [{ app: { replicas: -1 } }, 'app.replicas must be >= 0, got -1'],
    [
      { app: { resources: { limits: { cpu: '1.5 cores' } } } },
      'app.resources.limits.cpu must be a quantity such as 500m, 512Mi, or 1Gi, got "1.5 cores"',
    ],
    [
      { ingress: { hosts: [{ host: 'https://shop.example' }] } },
      'ingress.hosts.0.host must be a lower-case host name, such as search.example or *.search.example, got "https://shop.example"',
    ],
    [
      { app: { image: { repository: 'registry.example/app:1' } } },
      'app.image.repository must be an image without a tag or digest, such as registry.example/search/app, got "registry.example/app:1"',
    ],
    [
      { redis: { config: { maxmemory: '1G' } } },
      'redis.config.maxmemory must be an amount of memory for Redis above 0, such as 512mb or 2gb, got "1G"',
    ],
    [
      // Redis would take this as no limit.
      { redis: { config: { maxmemory: '0mb' } } },
      'redis.config.maxmemory must be an amount of memory for Redis above 0, such as 512mb or 2gb, got "0mb"',
    ],
    [
      { ingress: { loadBalancing: 'random' } },
      'ingress.loadBalancing must be one of round_robin, least_connections, got "random"',
    ],
  ])('describes the problem of %j', (over, expected) => {
    expect(problemsWith(over)).toEqual([
      expect.stringMatching(expected instanceof RegExp ? expected : `^${escapeRegExp(expected)}$`),
    ])
  })

  it('describes what every pattern of the schema accepts', () => {
    interface Node {
      pattern?: string
      properties?: Record<string, Node>
      patternProperties?: Record<string, Node>
      items?: Node
    }
    const patternsIn = ({ pattern, properties, patternProperties, items }: Node): string[] => [
      ...(pattern === undefined ? [] : [pattern]),
      ...Object.values({ ...properties, ...patternProperties, ...(items && { items }) }).flatMap(patternsIn),
    ]
    expect(patternsIn(valuesSchema as Node).filter((pattern) => !PATTERN_MEANINGS.has(pattern))).toEqual([])
  })

  it('shows only the beginning of a long value', () => {
    expect(problemsWith({ app: 'x'.repeat(10_000) })).toEqual([`app must be of type object, got "${'x'.repeat(79)}…`])
  })

  it('reports every problem', () => {
    expect(problemsWith({ app: { replica: 1 }, redis: { replica: 1 } })).toHaveLength(2)
  })

  it('reports a missing value', () => {
    expect(valuesProblems({ ...defaultValues, app: undefined })).toEqual(['app is missing'])
  })
})

describe('fileProblems', () => {
  it('rejects several documents unless Helm 3 and Helm 4 read the same values', () => {
    const problems = (text: string) => fileProblems(Buffer.from(text))
    const several =
      'the file has several YAML documents: Helm 3 reads only the first one, and Helm 4 merges all of them; write one document'
    expect(problems('app: {replicas: 2}\n---\nredis: {replicas: 2}\n')).toEqual([several])
    expect(problems('---\napp: {replicas: 2}\n---\nredis: {replica: 2}\n')).toEqual([
      'unknown key redis.replica; did you mean redis.replicas?',
      several,
    ])
    expect(problems('---\n---\napp: {replicas: 2}\n')).toEqual([several])
    expect(problems('# Ours\n---\napp: {replicas: 2}\n---\n')).toEqual([])
    expect(problems('---\n---\n')).toEqual([])
  })

  it.each([
    ['# Ours\n\n...\napp: {replicas: 2}\n', 'the file begins with the end of a document (...)'],
    ['---\n---\n...\n', 'the file begins with the end of a document (...)'],
    ['# Ours\n%YAML 1.1\n', 'directives are not accepted, got %YAML 1.1'],
    ['# Ours\n\ufeffapp: {replicas: 2}\n', 'a byte order mark (U+FEFF) may occur only once, at the start of the file'],
    ['\ufeff\ufeff---\napp: {}\n', 'a byte order mark (U+FEFF) may occur only once, at the start of the file'],
  ])('rejects what Helm rejects before a document: %j', (text, problem) => {
    expect(fileProblems(Buffer.from(text))).toEqual([problem])
  })

  it('accepts a byte order mark', () => {
    expect(fileProblems(Buffer.from('\ufeff# Ours\napp: {replicas: 2}\n'))).toEqual([])
  })

  it('reports keys that occur twice together with all other problems', () => {
    const file = 'app: {replica: 2}\nredis: {replicas: 1, replicas: x}\nredis: {replicas: 1, replicas: z}\n'
    expect(fileProblems(Buffer.from(file))).toEqual([
      'the key redis.replicas occurs twice, and Helm ignores the first one; keep only one',
      'the key redis occurs twice, and Helm ignores the first one; keep only one',
      'unknown key app.replica; did you mean app.replicas?',
      'redis.replicas must be of type integer or null, got "z"',
    ])
    expect(fileProblems(Buffer.from('a: {b: 1, b: 2}\nc: *d\n'))).toEqual([
      'the key a.b occurs twice, and Helm ignores the first one; keep only one',
      'unknown anchor d',
    ])
  })
})

describe('nearestKey', () => {
  it('returns undefined if no key is similar', () => {
    expect(nearestKey('zebra', ['app', 'redis', 'ingress'])).toBeUndefined()
  })
})

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
