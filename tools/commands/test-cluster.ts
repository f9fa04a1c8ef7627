import { UserError } from '../support/errors.ts'
import { inRoot, ROOT } from '../support/paths.ts'
import { findInPath, passThrough } from '../support/process.ts'

const USAGE = `usage: npm run test:cluster [-- PATTERN...]

Proves the chart on the cluster that KUBECONFIG names. Needs kubectl and Go. Everything is made in namespaces of its own and deleted
after; the resource definitions of Traefik, the Gateway API and the Prometheus operator are installed and deleted too, so take a
cluster for tests.

  CLUSTER_LOAD_IMAGE   the command that loads an image archive, whose path is added to it, such as
                       "minikube image load" or "kind load image-archive"; without it no pod is really run
`

/** `npm run test:cluster` */
export async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(USAGE)
    return 0
  }
  if (!process.env.KUBECONFIG) throw new UserError('KUBECONFIG names no cluster; see npm run test:cluster -- --help')
  if (!(await findInPath('kubectl')))
    throw new UserError('kubectl is missing: see https://kubernetes.io/docs/tasks/tools/')
  const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs')
  return passThrough(process.execPath, [vitest, 'run', '--config', 'vitest.cluster.config.ts', ...args], { cwd: ROOT })
}
