import { UserError } from './errors.ts'

type Main = (args: string[]) => Promise<number>

/** The commands behind the scripts of package.json; each is loaded only when it runs. */
const COMMANDS: Record<string, () => Promise<{ main: Main }>> = {
  start: () => import('./start.ts'),
  test: () => import('./test.ts'),
  'test-cluster': () => import('./test-cluster.ts'),
  'test-chaos': () => import('./chaos/chaos.ts'),
  lint: () => import('./lint.ts'),
  format: () => import('./format.ts'),
  dataset: () => import('./dataset.ts'),
  'gen-values': () => import('../../generator/src/cli.ts'),
  'gen-words': () => import('./gen-words.ts'),
  'build-k6': () => import('./build-k6.ts'),
  loadtest: () => import('./loadtest.ts'),
  deploy: () => import('./deploy.ts'),
  bench: () => import('./bench/bench.ts'),
  sbom: () => import('./sbom.ts'),
}

/** Runs a command and sets the exit code; an error that is for people is one line. */
export async function runCommand(name: string | undefined, args: string[]): Promise<void> {
  const load = name === undefined ? undefined : COMMANDS[name]
  if (!load) {
    console.error(`unknown command ${name ?? ''}; known: ${Object.keys(COMMANDS).join(', ')}`)
    process.exitCode = 2
    return
  }
  try {
    process.exitCode = await (await load()).main(args)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    console.error(`${name}: ${error.message}`)
    process.exitCode = 1
  }
}
