import { inRoot, ROOT } from './paths.ts'
import { capture, findInPath, passThrough } from './process.ts'

/** The packages whose TypeScript is checked. */
const PACKAGES = ['generator', 'service', 'loadtest', 'tools']
export const EXTENSION = inRoot('loadtest', 'xk6-locust')

/** `npm run lint`: style and types of the TypeScript, format and vet of the Go. */
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
  const { stdout: unformatted } = await capture('gofmt', ['-l', '.'], { cwd: EXTENSION })
  if (unformatted) {
    console.error(`not formatted with gofmt: ${unformatted.trim().split('\n').join(', ')}`)
    return 1
  }
  return passThrough('go', ['vet', './...'], { cwd: EXTENSION })
}
