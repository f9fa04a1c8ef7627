import { buildK6 } from '../programs/go-tools.ts'
import { readCommandLine, UsageError } from '../support/command-line.ts'
import { inRoot } from '../support/paths.ts'
import { passThrough } from '../support/process.ts'
import { createProgress } from '../support/progress.ts'

const COMMAND_LINE = {
  script: 'loadtest',
  summary:
    'Builds bin/k6 if its sources have changed, and runs the load test with it. Put options of k6 itself after a second --.',
  operands: ['[-- K6-OPTION...]'],
  options: {
    env: { type: 'string', short: 'e', multiple: true, value: 'NAME=VALUE', help: 'a setting of the load test' },
  },
  notes: `Settings:
  TARGET               URL of the service (default http://127.0.0.1:8000)
  PRESET               the preset whose thresholds the service must meet (default dev)
  PROFILE              a load profile of the preset (default target, which is planned for the preset's target rate)
  CRITICALITY          criticality of all queries, such as prefetch (default: that of typing users)
  LOCUST_USERS, LOCUST_SPAWN_RATE, LOCUST_RUN_TIME   used instead of the profile's figures, such as 100, 10, and 30s

Exit codes: 0 all thresholds were met, 99 a threshold was missed, 2 invalid command line; other codes are from k6.`,
} as const

/** Runs `npm run loadtest`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return 0
  const env = parsed.values.env ?? []
  const invalid = env.find((setting) => !/^[^=]+=/.test(setting))
  if (invalid !== undefined) throw new UsageError(`-e must be NAME=VALUE, got ${JSON.stringify(invalid)}`)
  const settings = env.flatMap((setting) => ['-e', setting])
  const [first = '-'] = parsed.operands
  if (!first.startsWith('-')) throw new UsageError(`unexpected argument ${JSON.stringify(first)}`)
  const progress = createProgress()
  const k6 = await buildK6(progress).finally(() => progress.end())
  // k6 exits without a verdict at the second signal. Therefore, it must get Ctrl-C only from this process.
  const detached = process.platform !== 'win32'
  return passThrough(k6, ['run', ...settings, ...parsed.operands, inRoot('loadtest')], { detached })
}
