import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInOneProcess } from './command-batch.ts'
import { ROOT } from './paths.ts'
import type { Result } from './process.ts'

/** The files and folders that the commands read and write. */
const COPIED = [
  ...['generator', 'tools', 'values', 'chart', 'docs', 'loadtest', 'README.md'],
  ...['service/package.json', 'service/src/settings.ts', 'service/src/dataset/usage-message.ts', 'service/README.md'],
]

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
    async run(command, args, env) {
      const [result] = await runInOneProcess(root, [[command, ...args]], env)
      return result as Result
    },
    remove: () => rm(root, { recursive: true }),
  }
}
