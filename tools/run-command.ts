import { pathToFileURL } from 'node:url'
import { UsageError } from './support/command-line.ts'
import { UserError } from './support/errors.ts'
import { inRoot } from './support/paths.ts'

type Main = (args: string[]) => Promise<number>

/** The file of each script in package.json, relative to the root. A file is loaded only when its script runs. */
export const COMMANDS: Record<string, string> = {
  start: 'tools/commands/start.ts',
  test: 'tools/commands/test.ts',
  'test:all': 'tools/commands/test-all.ts',
  'test:cluster': 'tools/commands/test-cluster.ts',
  'test:chaos': 'tests/chaos/chaos.ts',
  lint: 'tools/commands/lint.ts',
  format: 'tools/commands/format.ts',
  dataset: 'tools/commands/dataset.ts',
  'gen-values': 'tools/commands/gen-values.ts',
  'gen-words': 'tools/commands/gen-words.ts',
  'build:k6': 'tools/commands/build-k6.ts',
  loadtest: 'tools/commands/loadtest.ts',
  deploy: 'tools/commands/deploy.ts',
  bench: 'bench/bench.ts',
  sbom: 'tools/commands/sbom.ts',
}

/**
 * Runs a script and sets the exit code: 2 for an invalid command line, or 1 for another error that the user can fix.
 */
export async function runCommand(name: string | undefined, args: string[]): Promise<void> {
  const file = name === undefined ? undefined : COMMANDS[name]
  if (file === undefined) {
    console.error(`unknown command ${JSON.stringify(name ?? '')}; known: ${Object.keys(COMMANDS).join(', ')}`)
    process.exitCode = 2
    return
  }
  try {
    const { main } = (await import(pathToFileURL(inRoot(file)).href)) as { main: Main }
    process.exitCode = await main(args)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const isUsageError = error instanceof UsageError
    console.error(`${name}: ${error.message}${isUsageError ? '; see --help' : ''}`)
    process.exitCode = isUsageError ? 2 : 1
  }
}
