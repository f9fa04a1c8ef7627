import { buildK6 } from '../programs/go-tools.ts'
import { ROOT } from '../support/paths.ts'
import { passThrough } from '../support/process.ts'
import { createProgress } from '../support/progress.ts'

const USAGE = `usage: npm run loadtest [-- K6-OPTIONS]

Builds bin/k6 if need be and runs \`bin/k6 run loadtest/\` with the options:

  -e TARGET=URL          what is tested (default http://127.0.0.1:8000)
  -e PRESET=NAME         the preset whose thresholds it must meet (default dev)
  -e PROFILE=NAME        one of the preset's load profiles (default its own)
  -e LOCUST_USERS=N -e LOCUST_SPAWN_RATE=N -e LOCUST_RUN_TIME=3s   instead of the profile's

Exit codes: 0 all thresholds met, 99 one failed, others as k6 has them.
`

/** `npm run loadtest` */
export async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(USAGE)
    return 0
  }
  const progress = createProgress()
  const k6 = await buildK6(progress).finally(() => progress.end())
  return passThrough(k6, ['run', ...args, 'loadtest/'], { cwd: ROOT })
}
