import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './paths.ts'
import { capture, type Result } from './process.ts'

/** The files and folders that the commands read and write. */
const COPIED = [
  ...['generator', 'tools', 'values', 'chart', 'docs', 'loadtest', 'README.md'],
  ...['service/package.json', 'service/src/settings.ts', 'service/README.md'],
]
const TSX = pathToFileURL(join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href

/** A copy of the repository in a temporary folder, for tests of commands that write generated files. */
export interface RepositoryCopy {
  root: string
  /** Runs a command of the copy, such as `gen-values`. */
  run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Result>
  remove(): Promise<void>
}

/** Copies the parts of the repository that the generator and `npm run deploy` use. */
export async function copyRepository(): Promise<RepositoryCopy> {
  const root = await mkdtemp(join(tmpdir(), 'repository-'))
  for (const name of COPIED) {
    await cp(join(ROOT, name), join(root, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !/[\\/](dist|node_modules)$/.test(path),
    })
  }
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  return {
    root,
    run(command, args, env = {}) {
      // Does not use tools/run.mjs, which could install packages into the real node_modules through the link.
      const file = pathToFileURL(join(root, 'tools', 'run-command.ts')).href
      const script = `await (await import('${file}')).runCommand('${command}', process.argv.slice(1))`
      return capture(process.execPath, ['--import', TSX, '--input-type=module', '-e', script, '--', ...args], {
        cwd: root,
        env: { ...process.env, ...env },
      })
    },
    remove: () => rm(root, { recursive: true }),
  }
}
