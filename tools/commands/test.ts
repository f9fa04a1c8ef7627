import { goTool } from '../programs/go-tools.ts'
import { findLocusts } from '../programs/locust.ts'
import { generatedFilesAreFresh } from '../support/generated-files.ts'
import { inRoot, ROOT } from '../support/paths.ts'
import { capture, findInPath, passThrough } from '../support/process.ts'
import { createProgress } from '../support/progress.ts'
import { EXTENSION, main as lint } from './lint.ts'

const USAGE = `usage: npm test [-- PATTERN...]

Sets up what the tests need (redis-server, Helm, k6, Chromium) and runs all of them. With patterns, only the TypeScript tests
whose files match one.
`

/** One part of the whole test run. */
interface Step {
  name: string
  run(): Promise<number>
}

const vitest = (...args: string[]) =>
  passThrough(process.execPath, [inRoot('node_modules', 'vitest', 'vitest.mjs'), 'run', ...args], { cwd: ROOT })

const STEPS: Step[] = [
  { name: 'lint', run: lint },
  { name: 'generated files', run: generatedFilesAreFresh },
  { name: 'TypeScript', run: () => vitest() },
  { name: 'Go', run: testGo },
  { name: 'chart', run: testChart },
]

/** `npm test` */
export async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(USAGE)
    return 0
  }
  if (args.length > 0) return vitest(...args)
  const failed: string[] = []
  for (const { name, run } of STEPS) {
    console.log(`\n== ${name}`)
    if ((await run()) !== 0) failed.push(name)
  }
  console.log(`\n${failed.length > 0 ? `failed: ${failed.join(', ')}` : 'all steps passed'}`)
  console.log(`steps: ${STEPS.length - failed.length} passed, ${failed.length} failed`)
  return failed.length > 0 ? 1 : 0
}

async function testGo(): Promise<number> {
  // The race detector needs a C compiler.
  const { stdout } = await capture('go', ['env', 'CC'])
  const hasCompiler = (await findInPath(stdout.trim())) !== undefined
  if (!hasCompiler) console.log('without the race detector, which needs a C compiler')
  const progress = createProgress()
  const { current, old } = await findLocusts(progress).finally(() => progress.end())
  return passThrough('go', ['test', ...(hasCompiler ? ['-race'] : []), './...'], {
    cwd: EXTENSION,
    env: { ...process.env, LOCUST_BIN: current, LOCUST_OLD_BIN: old },
  })
}

async function testChart(): Promise<number> {
  const progress = createProgress()
  const unittest = await goTool('helm-unittest', progress).finally(() => progress.end())
  return passThrough(unittest, ['--strict', '--file', 'tests/*_test.yaml', 'chart'], { cwd: ROOT })
}
