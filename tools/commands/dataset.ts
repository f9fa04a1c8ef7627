import { passThrough } from '../support/process.ts'
import { buildService, DATASET_CLI } from '../support/service-build.ts'

/**
 * `npm run dataset`: builds the service and runs its dataset builder, which is a program of the images and reads its
 * own options.
 */
export async function main(args: string[]): Promise<number> {
  await buildService()
  return passThrough(process.execPath, [DATASET_CLI, ...args])
}
