import { inRoot } from './paths.ts'
import { runOrThrow } from './process.ts'

/**
 * The Node.js options from the service's Dockerfile. They set the minimum size of V8's space for new objects to what a
 * busy process needs. Otherwise, V8 shrinks the space while a process is idle, and then collects garbage constantly
 * under load.
 */
export const NODE_OPTIONS = ['--min-semi-space-size=16']
/** The compiled service and dataset builder. */
export const SERVICE_MAIN = inRoot('service', 'dist', 'main.js')
export const DATASET_CLI = inRoot('service', 'dist', 'dataset', 'cli.js')

/** Compiles the service. This is quick if nothing has changed. */
export async function buildService(signal?: AbortSignal): Promise<void> {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  await runOrThrow(process.execPath, [tsc, '-p', inRoot('service', 'tsconfig.build.json')], { signal })
}
