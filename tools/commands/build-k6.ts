import { relative } from 'node:path'
import { buildK6 } from '../programs/go-tools.ts'
import { ROOT } from '../support/paths.ts'
import { createProgress } from '../support/progress.ts'

const USAGE = `usage: npm run build:k6

Builds bin/k6: k6 with the extension k6/x/locust of loadtest/xk6-locust. Needs Go.
`

/** `npm run build:k6` */
export async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(USAGE)
    return 0
  }
  const progress = createProgress()
  const program = await buildK6(progress).finally(() => progress.end())
  console.log(relative(ROOT, program))
  return 0
}
