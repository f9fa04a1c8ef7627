import { goTool } from '../programs/go-tools.ts'
import { readCommandLine } from '../support/command-line.ts'
import { EXTENSION, inRoot, ROOT } from '../support/paths.ts'
import { capture, findInPath, passThrough } from '../support/process.ts'
import { createProgress } from '../support/progress.ts'

/** The workspaces whose TypeScript is checked. */
const WORKSPACES = ['generator', 'service', 'loadtest', 'tools', 'bench', 'tests']

/** Generated files, whose prose is checked in their source. */
const NO_PROSE = /\.gen\.(?:ts|go)$/

/** Runs `npm run lint`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const summary =
    'Checks TypeScript with Biome and tsc, Go with golangci-lint, and the prose of pages and comments with Vale. Needs Go.'
  if (!readCommandLine({ script: 'lint', summary }, args)) return 0
  const node = (module: string, ...rest: string[]) =>
    passThrough(process.execPath, [inRoot('node_modules', ...module.split('/')), ...rest], { cwd: ROOT })
  const codes = [await node('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')]
  for (const name of WORKSPACES) codes.push(await node('typescript/bin/tsc', '--noEmit', '-p', name))
  codes.push(await lintGo(), await lintProse())
  return codes.every((code) => code === 0) ? 0 : 1
}

/** Checks the Markdown pages and the comments of TypeScript and Go against the rules in tools/vale/. */
async function lintProse(): Promise<number> {
  const { stdout } = await capture('go', ['env', 'CC']).catch(() => ({ stdout: '' }))
  if (stdout === '' || !(await findInPath(stdout.trim()))) {
    console.error('lint: Vale needs Go and a C compiler, but one of them is missing, so the prose is not checked')
    return 0
  }
  const { stdout: listed } = await capture('git', ['ls-files', '*.md', '*.ts', '*.go'], { cwd: ROOT })
  const files = listed.split('\n').filter((file) => file !== '' && !NO_PROSE.test(file))
  if (files.length === 0) {
    console.error('lint: this is not a Git checkout, so the prose is not checked')
    return 0
  }
  const progress = createProgress()
  const vale = await goTool('vale', progress).finally(() => progress.end())
  return passThrough(vale, ['--output=line', ...files], { cwd: ROOT })
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
