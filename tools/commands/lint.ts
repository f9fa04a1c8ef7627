import { goTool } from '../programs/go-tools.ts'
import { inRoot, ROOT } from '../support/paths.ts'
import { findInPath, passThrough } from '../support/process.ts'
import { createProgress } from '../support/progress.ts'

/** The packages whose TypeScript is checked. */
const PACKAGES = ['generator', 'service', 'loadtest', 'tools', 'bench', 'tests']
export const EXTENSION = inRoot('loadtest', 'xk6-locust')

/** `npm run lint`: style and types of the TypeScript; golangci-lint, with gofmt and vet, for the Go. */
export async function main(): Promise<number> {
  const node = (module: string, ...args: string[]) =>
    passThrough(process.execPath, [inRoot('node_modules', ...module.split('/')), ...args], { cwd: ROOT })
  const codes = [await node('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')]
  for (const name of PACKAGES) codes.push(await node('typescript/bin/tsc', '--noEmit', '-p', name))
  codes.push(await lintGo())
  return codes.every((code) => code === 0) ? 0 : 1
}

async function lintGo(): Promise<number> {
  if (!(await findInPath('go'))) {
    console.error('lint: Go is missing, so the extension is not checked: see https://go.dev/dl')
    return 1
  }
  const progress = createProgress()
  const linter = await goTool('golangci-lint', progress).finally(() => progress.end())
  return passThrough(linter, ['run', './...'], { cwd: EXTENSION })
}
