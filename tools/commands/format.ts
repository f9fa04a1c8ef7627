import { inRoot, ROOT } from '../support/paths.ts'
import { findInPath, passThrough } from '../support/process.ts'
import { EXTENSION } from './lint.ts'

/** `npm run format`: formats the TypeScript, and the Go where Go is installed. */
export async function main(): Promise<number> {
  const biome = inRoot('node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const code = await passThrough(process.execPath, [biome, 'check', '--write', '.'], { cwd: ROOT })
  if (await findInPath('gofmt')) await passThrough('gofmt', ['-w', '.'], { cwd: EXTENSION })
  return code
}
