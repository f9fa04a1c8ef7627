/** The custom resource definitions of other projects, from pinned versions of their Go modules. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOrThrow } from '../tools/support/process.ts'

const PROMETHEUS_OPERATOR = 'github.com/prometheus-operator/prometheus-operator@v0.85.0'
const DEFINITIONS: readonly [module: string, path: string][] = [
  // Version 1.7 requires Go 1.27.
  ['sigs.k8s.io/gateway-api@v1.6.3', 'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
  [
    'github.com/traefik/traefik/v3@v3.7.13',
    'docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml',
  ],
  [
    'github.com/envoyproxy/gateway@v1.9.1',
    'charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_backendtrafficpolicies.yaml',
  ],
  ['istio.io/api@v1.32.0', 'kubernetes/customresourcedefinitions.gen.yaml'],
  [PROMETHEUS_OPERATOR, 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml'],
  [PROMETHEUS_OPERATOR, 'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml'],
  [PROMETHEUS_OPERATOR, 'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml'],
]

/**
 * Returns the path of a file in a version of a Go module, such as `istio.io/api@v1.32.0`. Downloads the module if
 * necessary.
 */
export async function fileOfModule(module: string, path: string): Promise<string> {
  const { stdout } = await runOrThrow('go', ['mod', 'download', '-json', module], {
    // Run outside of any Go module, because a go.mod file would have to list this module.
    cwd: tmpdir(),
    env: { ...process.env, GOFLAGS: '-mod=mod' },
  })
  return join((JSON.parse(stdout) as { Dir: string }).Dir, path)
}

/**
 * Returns the definition files of the custom resources that the chart may create. Only definitions in Go modules are
 * included.
 */
export const definitionFiles = (): Promise<string[]> =>
  Promise.all(DEFINITIONS.map(([module, path]) => fileOfModule(module, path)))
