import { readFile } from 'node:fs/promises'
import { goTool } from '../programs/go-tools.ts'
import { findLocusts } from '../programs/locust.ts'
import { readCommandLine } from '../support/command-line.ts'
import { findOutdatedFiles, outdatedLines } from '../support/outdated-files.ts'
import { EXTENSION, inRoot, ROOT } from '../support/paths.ts'
import { capture, findInPath, passThrough } from '../support/process.ts'
import { createProgress } from '../support/progress.ts'
import { renderWords, WORDS_FILE } from './gen-words.ts'
import { main as lint } from './lint.ts'

const COMMAND_LINE = {
  script: 'test',
  summary: `Finds or installs redis-server, Helm, k6, and Chromium, and runs all tests: lint, generated files, TypeScript, Go, \
and the chart. Leaves out the slow suites, which npm run test:all runs. With a pattern or an option, it runs only TypeScript tests, including \
slow ones.`,
  operands: ['[PATTERN...]'],
  options: {
    'test-name': {
      type: 'string',
      short: 't',
      value: 'REGEX',
      help: 'only the tests whose names match; the name of a test includes the names of the describe blocks around it',
    },
    update: { type: 'boolean', short: 'u', help: 'update the golden files of the matching tests' },
  },
  notes: 'A pattern selects the test files whose paths contain it.',
} as const

/** One step of a full test run. */
interface Step {
  name: string
  run(): Promise<number>
}

/** The test files to run: those of `npm test`, those that it leaves out, or both. See vitest.config.ts. */
type Suites = 'fast' | 'slow' | 'all'

const VITEST = inRoot('node_modules', 'vitest', 'vitest.mjs')

/** Whether to print colors. By default, Vitest prints colors even to a pipe. */
const hasColors = () => process.stdout.isTTY || ['FORCE_COLOR', 'CI'].some((name) => process.env[name] !== undefined)

/** Runs the TypeScript tests. */
export const vitest = (suites: Suites, ...args: string[]) =>
  passThrough(process.execPath, [VITEST, 'run', ...(hasColors() ? [] : ['--no-color']), ...args], {
    cwd: ROOT,
    env: { ...process.env, TEST_SUITES: suites },
  })

/** Returns the step that runs the Go tests. The race detector doubles their run time, so `npm test` does not use it. */
export const goStep = (suites: Suites): Step => ({ name: 'Go', run: () => testGo(suites !== 'fast') })

export const typescriptStep = (suites: Suites): Step => ({ name: 'TypeScript', run: () => vitest(suites) })

/** Returns the steps of a whole test run. */
export const stepsOf = (suites: Suites): Step[] => [
  { name: 'lint', run: () => lint([]) },
  { name: 'generated files', run: checkGeneratedFiles },
  typescriptStep(suites),
  goStep(suites),
  { name: 'chart', run: testChart },
]

/** Runs `npm test`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return 0
  const { 'test-name': name, update } = parsed.values
  const options = [...(name === undefined ? [] : [`--testNamePattern=${name}`]), ...(update ? ['--update'] : [])]
  return args.length > 0 ? vitest('all', ...options, ...parsed.operands) : runSteps(stepsOf('fast'))
}

/** Runs steps one after the other and reports which failed. */
export async function runSteps(steps: readonly Step[]): Promise<number> {
  const failed: string[] = []
  for (const { name, run } of steps) {
    console.log(`\n== ${name}`)
    if ((await run()) !== 0) failed.push(name)
  }
  console.log(`\n${failed.length > 0 ? `failed: ${failed.join(', ')}` : 'all steps passed'}`)
  console.log(`steps: ${steps.length - failed.length} passed, ${failed.length} failed`)
  return failed.length > 0 ? 1 : 0
}

/** Lists all generated files that are not up to date. Returns the exit code. */
async function checkGeneratedFiles(): Promise<number> {
  const outdated = await findOutdatedFiles()
  for (const line of outdatedLines(outdated)) console.error(line)
  const wordsAreStale = (await readFile(WORDS_FILE, 'utf8')) !== (await renderWords())
  if (wordsAreStale) console.error('stale: loadtest/words.gen.txt; run npm run gen-words')
  return outdated.length > 0 || wordsAreStale ? 1 : 0
}

async function testGo(detectsRaces: boolean): Promise<number> {
  const { stdout } = await capture('go', ['env', 'CC'])
  const hasCompiler = (await findInPath(stdout.trim())) !== undefined
  if (detectsRaces && !hasCompiler) console.log('there is no C compiler, so the Go tests run without the race detector')
  const progress = createProgress()
  const { current, old } = await findLocusts(progress).finally(() => progress.end())
  return passThrough('go', ['test', ...(detectsRaces && hasCompiler ? ['-race'] : []), './...'], {
    cwd: EXTENSION,
    env: { ...process.env, LOCUST_BIN: current, LOCUST_OLD_BIN: old },
  })
}

async function testChart(): Promise<number> {
  const progress = createProgress()
  const unittest = await goTool('helm-unittest', progress).finally(() => progress.end())
  return passThrough(unittest, ['--strict', '--file', 'tests/*_test.yaml', 'chart'], { cwd: ROOT })
}
