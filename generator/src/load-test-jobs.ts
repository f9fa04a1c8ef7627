import { runTimeSeconds } from './capacity/load-profile.ts'
import { counted, formatNumber } from './capacity/quantity.ts'
import type { Preset } from './define-preset.ts'
import { createDocument, printYaml } from './helm-yaml.ts'
import { annotate, generatedFrom, withHeader } from './render.ts'
import {
  BASE_MIB,
  BUILD,
  CONTAINER_SECURITY,
  cpuFor,
  environment,
  HIGHEST_UTILIZATION,
  IMAGE,
  POD_SECURITY,
  RELEASE,
  REQUEST_MICROSECONDS,
  resourcesFor,
  SCRIPT,
  USER_MIB,
} from './test-run.ts'

const NAME = `${RELEASE}-loadtest`
/** Maximum CPU request of a worker, so that it fits on small nodes. */
const WORKER_MILLICORES = 2000
/**
 * CPU time of the master per request of its workers, in microseconds. With 100 workers that each reported 1,000
 * requests per second, 2.1 was measured.
 */
const MASTER_MICROSECONDS = 3
/**
 * Memory in bytes that k6 needs per request for thresholds and the summary: 8 for `http_req_duration`, another 8 for
 * its thresholds with a tag, and 25% more, because the memory grows in steps.
 */
const REQUEST_BYTES = 20
/** Time limit for the workers to join, in seconds. It includes the time for pulling the image. */
const JOIN_SECONDS = 300

/** `loadtest/jobs/<name>.yaml`: the load test of a preset inside the cluster, with a master and several workers. */
export function renderLoadTestJobs(preset: Preset): string {
  const { name, loadTest, target } = preset
  const users = Object.values(loadTest.profiles).map((run) => ('users' in run ? run.users : 0))
  const seconds = Object.values(loadTest.profiles).map((run) => runTimeSeconds(run.runTime) ?? 0)
  const [mostUsers, longest] = [Math.max(...users), Math.max(...seconds)]
  const cpu = cpuFor(target.qps, REQUEST_MICROSECONDS)
  const workers = Math.max(2, Math.ceil(cpu / WORKER_MILLICORES))
  const masterMib = BASE_MIB + Math.ceil((target.qps * longest * REQUEST_BYTES) / 2 ** 20)
  const workerMib = BASE_MIB + Math.ceil(mostUsers / workers) * USER_MIB

  const waiting = ['--expect-workers', String(workers), '--expect-workers-max-wait', String(JOIN_SECONDS)]
  const master = createDocument(
    job(
      NAME,
      { backoffLimit: 0 },
      {
        args: ['x', 'locust', '--master', ...waiting, SCRIPT],
        env: environment(preset),
        ports: [{ name: 'locust', containerPort: 5557 }],
        resources: resourcesFor(cpuFor(target.qps, MASTER_MICROSECONDS), masterMib),
      },
    ),
  )
  const worker = createDocument(
    job(
      `${NAME}-workers`,
      { parallelism: workers, completions: workers, backoffLimit: workers },
      {
        args: ['x', 'locust', '--worker', '--master-host', NAME, SCRIPT, '--', '--no-thresholds'],
        env: environment(preset),
        resources: resourcesFor(cpuFor(target.qps / workers, REQUEST_MICROSECONDS), workerMib),
      },
    ),
  )
  const service = createDocument({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME },
    spec: {
      selector: { 'app.kubernetes.io/name': NAME },
      ports: [{ name: 'locust', port: 5557, targetPort: 'locust' }],
    },
  })
  const container = 'spec.template.spec.containers.0'
  const masterNotes = {
    'spec.backoffLimit': 'The exit code of the master is the verdict, so a master that fails is not run again.',
    [`${container}.image`]: BUILD,
    [`${container}.env`]: `TARGET is the Service of the app in a release named ${RELEASE} in the same namespace. PROFILE may be any of ${closedLoops(preset)}.`,
    [`${container}.resources.requests.cpu`]: `${formatNumber(target.qps)} requests/s × ${MASTER_MICROSECONDS} µs of CPU time, divided by a CPU utilization of ${HIGHEST_UTILIZATION}, rounded up.`,
    [`${container}.resources.requests.memory`]: `${BASE_MIB} MiB, plus ${REQUEST_BYTES} bytes for each request of the longest run, rounded up.`,
  }
  annotate(master, Object.entries(masterNotes))
  const workerNotes = {
    'spec.parallelism': `Each worker requests at most ${WORKER_MILLICORES}m of CPU. The number of workers must equal --expect-workers.`,
    'spec.backoffLimit': 'A lost worker is replaced. The new one joins the run.',
    [`${container}.args`]: 'Thresholds are turned off, because the master judges the results of all workers.',
    [`${container}.resources.requests.cpu`]: `${formatNumber(target.qps)} requests/s × ${REQUEST_MICROSECONDS} µs of CPU time, divided by a CPU utilization of ${HIGHEST_UTILIZATION} and by ${workers} workers, rounded up. The workers need this CPU time in addition to the CPUs of the preset.`,
    [`${container}.resources.requests.memory`]: `${BASE_MIB} MiB, plus ${USER_MIB} MiB for each of ${counted(Math.ceil(mostUsers / workers), 'user')}, rounded up.`,
    [`${container}.resources.limits`]: 'There is no CPU limit, because throttling would look like slow answers.',
  }
  annotate(worker, Object.entries(workerNotes))
  const first = withHeader(service, [
    generatedFrom(`generator/src/presets/${name}.ts`),
    '',
    `Runs the load test of preset ${name} inside its cluster, with a master and ${workers} workers:`,
    `kubectl apply -f loadtest/jobs/${name}.yaml; see loadtest/README.md.`,
  ])
  return [first, printYaml(master), printYaml(worker)].join('---\n')
}

/** Returns the names of the profiles that a master can distribute. */
const closedLoops = ({ loadTest: { profiles } }: Preset): string =>
  Object.entries(profiles)
    .filter(([, run]) => 'users' in run)
    .map(([profile]) => profile)
    .join(', ')

function job(name: string, spec: object, container: object): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      ...spec,
      template: {
        metadata: { labels: { 'app.kubernetes.io/name': name } },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: POD_SECURITY,
          containers: [
            {
              name: 'k6',
              image: IMAGE,
              imagePullPolicy: 'IfNotPresent',
              ...container,
              securityContext: CONTAINER_SECURITY,
            },
          ],
        },
      },
    },
  }
}
