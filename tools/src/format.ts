import { EXTENSION } from './lint.ts'
import { inRoot, ROOT } from './paths.ts'
import { findInPath, passThrough } from './process.ts'

/** `npm run format`: formats the TypeScript, and the Go where Go is installed. */
export async function main(): Promise<number> {
  const biome = inRoot('node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const code = await passThrough(process.execPath, [biome, 'check', '--write', '.'], { cwd: ROOT })
  if (await findInPath('gofmt')) await passThrough('gofmt', ['-w', '.'], { cwd: EXTENSION })
  return code
}
