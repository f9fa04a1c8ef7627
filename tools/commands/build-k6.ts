import { relative } from 'node:path'
import { buildK6 } from '../programs/go-tools.ts'
import { readCommandLine } from '../support/command-line.ts'
import { createProgress } from '../support/progress.ts'

/** Runs `npm run build:k6`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const summary = 'Builds bin/k6, which is k6 with the extension k6/x/locust from loadtest/xk6-locust. Needs Go.'
  const notes =
    'k6 is licensed under the AGPL 3.0, and so is bin/k6: if you give it to others, offer its source code, too.'
  if (!readCommandLine({ script: 'build:k6', summary, notes }, args)) return 0
  const progress = createProgress()
  const program = await buildK6(progress).finally(() => progress.end())
  console.log(relative(process.cwd(), program))
  return 0
}
