import { goTool } from '../programs/go-tools.ts'
import { readCommandLine } from '../support/command-line.ts'
import { EXTENSION, inRoot, ROOT } from '../support/paths.ts'
import { findInPath, passThrough } from '../support/process.ts'
import { createProgress } from '../support/progress.ts'

/** The workspaces whose TypeScript is checked. */
const WORKSPACES = ['generator', 'service', 'loadtest', 'tools', 'bench', 'tests']

/** `npm run lint` */
export async function main(args: string[]): Promise<number> {
  const summary = 'Checks the TypeScript with Biome and tsc, and the Go with golangci-lint. Needs Go.'
  if (!readCommandLine({ script: 'lint', summary }, args)) return 0
  const node = (module: string, ...rest: string[]) =>
    passThrough(process.execPath, [inRoot('node_modules', ...module.split('/')), ...rest], { cwd: ROOT })
  const codes = [await node('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')]
  for (const name of WORKSPACES) codes.push(await node('typescript/bin/tsc', '--noEmit', '-p', name))
  codes.push(await lintGo())
  return codes.every((code) => code === 0) ? 0 : 1
}

async function lintGo(): Promise<number> {
  if (!(await findInPath('go'))) {
    console.error('lint: Go is missing, so the extension is not checked; see https://go.dev/dl')
    return 1
  }
  const progress = createProgress()
  const linter = await goTool('golangci-lint', progress).finally(() => progress.end())
  return passThrough(linter, ['run', './...'], { cwd: EXTENSION })
}
