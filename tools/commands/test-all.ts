import { readCommandLine } from '../support/command-line.ts'
import { goStep, runSteps, stepsOf, typescriptStep } from './test.ts'

const COMMAND_LINE = {
  script: 'test:all',
  summary:
    'Runs everything that npm test runs, and the slow suites: the page in Chromium, npm start, publishing under load, charts with many kinds of values, fuzz and property tests, Go with the race detector, real Locust masters, Prometheus alerts, and short runs of all benchmarks.',
  options: {
    rest: { type: 'boolean', help: 'run only the tests that npm test leaves out' },
  },
} as const

/** Runs `npm run test:all`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return 0
  return runSteps(parsed.values.rest ? [typescriptStep('slow'), goStep('slow')] : stepsOf('all'))
}
