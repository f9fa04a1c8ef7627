import { counted, formatCpus, formatNumber, memoryQuantity, millicores } from './capacity/quantity.ts'
import type { Preset } from './define-preset.ts'
import { createDocument } from './helm-yaml.ts'
import { annotate, generatedFrom, withHeader } from './render.ts'

/** Path of the load test in the image that loadtest/Dockerfile builds. */
export const SCRIPT = '/loadtest/main.ts'
/** Name of this image. */
export const IMAGE = 'autocomplete-loadtest:latest'
/** Command that builds the image, for comments in generated files. */
export const BUILD = 'docker build -f loadtest/Dockerfile -t autocomplete-loadtest:latest .'
/** Name of the chart and of the release. It is the prefix of the release's object names. */
export const RELEASE = 'autocomplete'

/**
 * CPU time that the load generator uses per request, in microseconds. In two runs of `bin/k6 run loadtest/` on two
 * shared cores, at 8,400 and 3,100 requests per second, k6's CPU time divided by its number of requests was 80 to 130.
 */
export const REQUEST_MICROSECONDS = 100
/**
 * Maximum CPU utilization of a load generator; beyond it, the generator distorts its own measurements. k6 recommends
 * the same maximum.
 */
export const HIGHEST_UTILIZATION = 0.8
/**
 * k6's base memory, and its memory per user. In the runs described above, k6 used 101 MiB for 400 users and 462 MiB for
 * 3,600 users.
 */
export const BASE_MIB = 64
export const USER_MIB = 0.125

/** Security context of the pods, and of their containers. */
export const POD_SECURITY = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } }
export const CONTAINER_SECURITY = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }

/** Returns the variables that select the load: the Service of the app, the preset, and the profile. */
export const environment = ({ name, values, loadTest }: Preset): { name: string; value: string }[] => [
  { name: 'TARGET', value: `http://${RELEASE}-app:${values.app.service.port}` },
  { name: 'PRESET', value: name },
  { name: 'PROFILE', value: loadTest.defaultProfile },
]

/** Returns the CPU request in millicores, rounded up to a multiple of 100. */
export const cpuFor = (requestsPerSecond: number, microseconds: number): number =>
  Math.ceil((requestsPerSecond * microseconds) / 1000 / HIGHEST_UTILIZATION / 100) * 100

/**
 * Returns the resource requests of a container, and a memory limit of twice its memory request. There is no CPU limit.
 */
export const resourcesFor = (
  millicores: number,
  mebibytes: number,
): { requests: { cpu: string; memory: string }; limits: { memory: string } } => ({
  requests: { cpu: `${millicores}m`, memory: memoryQuantity(mebibytes * 2 ** 20, 64) },
  limits: { memory: memoryQuantity(2 * mebibytes * 2 ** 20, 64) },
})

/** `loadtest/testruns/<name>.yaml`: the load test of a preset inside the cluster, for k6-operator. */
export function renderTestRun(preset: Preset): string {
  const { name, loadTest, target, cluster } = preset
  const { profiles } = loadTest
  const users = Math.max(...Object.values(profiles).map((run) => ('users' in run ? run.users : run.maxInFlight)))
  const cpu = cpuFor(target.qps, REQUEST_MICROSECONDS)
  const cpuOfNode = millicores(cluster.cpu)
  const document = createDocument({
    apiVersion: 'k6.io/v1alpha1',
    kind: 'TestRun',
    metadata: { name: `${RELEASE}-loadtest` },
    spec: {
      parallelism: 1,
      separate: false,
      script: { localFile: SCRIPT },
      runner: {
        image: IMAGE,
        imagePullPolicy: 'IfNotPresent',
        env: environment(preset),
        resources: resourcesFor(cpu, BASE_MIB + users * USER_MIB),
        automountServiceAccountToken: 'false',
        securityContext: POD_SECURITY,
        containerSecurityContext: CONTAINER_SECURITY,
      },
    },
  })
  const notes: Record<string, string> = {
    'spec.parallelism':
      'With several pods, the runners refuse to start, because execution segments do not split the users. To use several machines, see loadtest/jobs.',
    'spec.runner.image': BUILD,
    'spec.runner.env': `TARGET is the Service of the app in a release named ${RELEASE} in the namespace of the TestRun. PROFILE may be any of ${Object.keys(profiles).join(', ')}.`,
    'spec.runner.resources.requests.cpu': `${formatNumber(target.qps)} requests/s × ${REQUEST_MICROSECONDS} µs of CPU time, divided by a CPU utilization of ${HIGHEST_UTILIZATION}, rounded up. The pod needs this CPU time in addition to the CPUs of the preset.`,
    'spec.runner.resources.requests.memory': `${BASE_MIB} MiB, plus ${USER_MIB} MiB for each of ${counted(users, 'user')}, rounded up.`,
    'spec.runner.resources.limits': 'There is no CPU limit, because throttling would look like slow answers.',
  }
  annotate(document, Object.entries(notes))
  return withHeader(document, [
    generatedFrom(`generator/src/presets/${name}.ts`),
    '',
    `Runs the load test of preset ${name} inside its cluster, with k6-operator:`,
    `kubectl apply -f loadtest/testruns/${name}.yaml; see loadtest/README.md.`,
    ...(cpu > cpuOfNode
      ? [
          '',
          `The pod requests ${formatCpus(cpu / 1000)}, but a node of the preset has ${formatCpus(cpuOfNode / 1000)}. Add a node that is large enough, or`,
          `distribute the load among several smaller pods: kubectl apply -f loadtest/jobs/${name}.yaml.`,
        ]
      : []),
  ])
}
