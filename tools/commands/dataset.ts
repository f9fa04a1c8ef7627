import { passThrough } from '../support/process.ts'
import { buildService, DATASET_CLI } from '../support/service-build.ts'

/**
 * Runs `npm run dataset`: builds the service and runs its dataset builder. The builder reads its own options, because
 * the service's image contains it as a separate program. Returns the exit code.
 */
export async function main(args: string[]): Promise<number> {
  await buildService()
  return passThrough(process.execPath, [DATASET_CLI, ...args])
}
