import { readCommandLine } from '../support/command-line.ts'
import { UserError } from '../support/errors.ts'
import { inRoot, ROOT } from '../support/paths.ts'
import { findInPath, passThrough } from '../support/process.ts'

const COMMAND_LINE = {
  script: 'test:cluster',
  summary: `Tests the chart on the cluster that KUBECONFIG names. Needs kubectl and Go. Use a cluster for tests: in addition to \
its own namespaces, this command creates and deletes the resource definitions of Traefik, the Gateway API, and the Prometheus operator.`,
  operands: ['[PATTERN...]'],
  notes: `With patterns, only the test files whose paths contain one of them run.

Environment:
  CLUSTER_LOAD_IMAGE   the command that loads an image archive into the cluster, such as "minikube image load" or
                       "kind load image-archive"; the path is appended. Tests that need running pods are skipped without it`,
} as const

/** Runs `npm run test:cluster`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return 0
  if (!process.env.KUBECONFIG) throw new UserError('KUBECONFIG must name a cluster; see --help')
  if (!(await findInPath('kubectl')))
    throw new UserError('kubectl is missing; see https://kubernetes.io/docs/tasks/tools/')
  const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs')
  const config = ['--config', 'vitest.cluster.config.ts']
  return passThrough(process.execPath, [vitest, 'run', ...config, ...parsed.operands], { cwd: ROOT })
}
