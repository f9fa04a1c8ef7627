import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from '../../tools/support/process.ts'
import { kubectl, mustKubectl } from './cluster.ts'

/** The custom resource definitions of other projects. Each is a file in a pinned version of a Go module. */
const DEFINITIONS = [
  ['sigs.k8s.io/gateway-api@v1.3.0', 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
  [
    'github.com/traefik/traefik/v3@v3.6.12',
    'docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml',
  ],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.82.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.82.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
] as const

/**
 * Installs the custom resource definitions of Traefik, the Gateway API, and the Prometheus operator. Returns a function
 * that removes them.
 */
export async function installDefinitions(): Promise<() => Promise<void>> {
  const files: string[] = []
  for (const [module, path] of DEFINITIONS) {
    const { stdout } = await must('go', ['mod', 'download', '-json', module], {
      // Run outside of any Go module, because a go.mod file would have to list this module.
      cwd: tmpdir(),
      env: { ...process.env, GOFLAGS: '-mod=mod' },
    })
    files.push(join((JSON.parse(stdout) as { Dir: string }).Dir, path))
  }
  for (const file of files) await mustKubectl('apply', '--server-side', '-f', file)
  await mustKubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
  return async () => {
    for (const file of files) await kubectl('delete', '-f', file, '--wait=false')
  }
}
