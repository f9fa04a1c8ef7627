import { pathToFileURL } from 'node:url'
import { UserError } from './support/errors.ts'
import { inRoot } from './support/paths.ts'

type Main = (args: string[]) => Promise<number>

/** The commands behind the scripts of package.json: the file of each, from the root. A file is loaded only when its command runs. */
const COMMANDS: Record<string, string> = {
  start: 'tools/commands/start.ts',
  test: 'tools/commands/test.ts',
  'test-cluster': 'tools/commands/test-cluster.ts',
  'test-chaos': 'tests/chaos/chaos.ts',
  lint: 'tools/commands/lint.ts',
  format: 'tools/commands/format.ts',
  dataset: 'tools/commands/dataset.ts',
  'gen-values': 'generator/src/cli.ts',
  'gen-words': 'tools/commands/gen-words.ts',
  'build-k6': 'tools/commands/build-k6.ts',
  loadtest: 'tools/commands/loadtest.ts',
  deploy: 'tools/commands/deploy.ts',
  bench: 'bench/bench.ts',
  sbom: 'tools/commands/sbom.ts',
}

/** Runs a command and sets the exit code; an error that is for people is one line. */
export async function runCommand(name: string | undefined, args: string[]): Promise<void> {
  const file = name === undefined ? undefined : COMMANDS[name]
  if (file === undefined) {
    console.error(`unknown command ${name ?? ''}; known: ${Object.keys(COMMANDS).join(', ')}`)
    process.exitCode = 2
    return
  }
  try {
    const { main } = (await import(pathToFileURL(inRoot(file)).href)) as { main: Main }
    process.exitCode = await main(args)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    console.error(`${name}: ${error.message}`)
    process.exitCode = 1
  }
}
