import { passThrough } from '../support/process.ts'
import { buildService, DATASET_CLI } from '../support/service-build.ts'

/** `npm run dataset`: the dataset builder of the service, with its own options. */
export async function main(args: string[]): Promise<number> {
  await buildService()
  return passThrough(process.execPath, [DATASET_CLI, ...args])
}
