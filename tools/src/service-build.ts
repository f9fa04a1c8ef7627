import { inRoot } from './paths.ts'
import { must } from './process.ts'

/** The compiled service and dataset builder. */
export const SERVICE_MAIN = inRoot('service', 'dist', 'main.js')
export const DATASET_CLI = inRoot('service', 'dist', 'dataset', 'cli.js')

/** Compiles the service; quick when nothing has changed. */
export async function buildService(signal?: AbortSignal): Promise<void> {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  await must(process.execPath, [tsc, '-p', inRoot('service', 'tsconfig.build.json')], { signal })
}
