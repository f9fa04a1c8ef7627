import { inRoot } from './paths.ts'
import { must } from './process.ts'

/**
 * For Node.js to run the service as its Dockerfile does. The space for new objects is as large from the start as a busy process
 * makes it: else V8 makes it small again whenever a process is idle for a while, and collects it all the time when it is not.
 */
export const NODE_OPTIONS = ['--min-semi-space-size=16']
/** The compiled service and dataset builder. */
export const SERVICE_MAIN = inRoot('service', 'dist', 'main.js')
export const DATASET_CLI = inRoot('service', 'dist', 'dataset', 'cli.js')

/** Compiles the service; quick when nothing has changed. */
export async function buildService(signal?: AbortSignal): Promise<void> {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  await must(process.execPath, [tsc, '-p', inRoot('service', 'tsconfig.build.json')], { signal })
}
