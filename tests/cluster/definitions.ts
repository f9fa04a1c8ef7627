import { definitionFiles } from '../definitions.ts'
import { kubectl, kubectlOrThrow } from './cluster.ts'

/**
 * Installs the custom resource definitions of the Gateway API, of controllers, and of the Prometheus operator. Returns a
 * function that removes them.
 */
export async function installDefinitions(): Promise<() => Promise<void>> {
  const files = await definitionFiles()
  for (const file of files) await kubectlOrThrow('apply', '--server-side', '-f', file)
  await kubectlOrThrow('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s')
  return async () => {
    for (const file of files) await kubectl('delete', '-f', file, '--wait=false')
  }
}
