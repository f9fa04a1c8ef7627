import { readCommandLine } from '../support/command-line.ts'
import { EXTENSION, inRoot, ROOT } from '../support/paths.ts'
import { findInPath, passThrough } from '../support/process.ts'

/** Runs `npm run format`. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const summary = 'Formats the TypeScript, JavaScript, JSON, and CSS with Biome, and the Go if gofmt is in PATH.'
  if (!readCommandLine({ script: 'format', summary }, args)) return 0
  const biome = inRoot('node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const code = await passThrough(process.execPath, [biome, 'check', '--write', '.'], { cwd: ROOT })
  if (!(await findInPath('gofmt'))) return code
  return (await passThrough('gofmt', ['-w', '.'], { cwd: EXTENSION })) || code
}
