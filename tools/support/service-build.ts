import { join } from 'node:path'
import { inRoot, ROOT } from './paths.ts'
import { runOrThrow } from './process.ts'

/**
 * The Node.js options from the service's Dockerfile. They set the size of V8's space for new objects to what a busy
 * process needs. Otherwise, V8 shrinks the space while a process is idle, and then collects garbage constantly under
 * load. In containers with 512 MiB or less, V8 limits the space to 1 MiB, unless a maximum is set.
 */
export const NODE_OPTIONS = ['--min-semi-space-size=16', '--max-semi-space-size=16']
/** Returns the compiled service of a checkout of this repository. */
export const serviceMain = (root: string): string => join(root, 'service', 'dist', 'main.js')
/** Returns the compiled dataset builder of a checkout of this repository. */
export const datasetCli = (root: string): string => join(root, 'service', 'dist', 'dataset', 'cli.js')
export const SERVICE_MAIN = serviceMain(ROOT)
export const DATASET_CLI = datasetCli(ROOT)

/**
 * Compiles the service. This is quick if nothing has changed.
 * @param root a checkout of this repository
 */
export async function buildService(signal?: AbortSignal, root = ROOT): Promise<void> {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  await runOrThrow(process.execPath, [tsc, '-p', join(root, 'service', 'tsconfig.build.json')], { signal })
}
