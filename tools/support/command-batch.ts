import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './paths.ts'
import { capture, type Result } from './process.ts'

const TSX = pathToFileURL(join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href

/** The name of a script in package.json, and its arguments. */
export type CommandCall = readonly [command: string, ...args: string[]]

/**
 * Runs several commands in sequence in a single child process. Loading the commands takes much longer than running
 * one, so tests load them only once.
 * @param root the repository or a copy of it, in which the commands run
 * @returns a result for each command
 */
export async function runInOneProcess(
  root: string,
  calls: readonly CommandCall[],
  env: NodeJS.ProcessEnv = {},
): Promise<Result[]> {
  // Do not use tools/run.mjs, which could install packages. A copy contains only a link to the real node_modules.
  const file = pathToFileURL(join(root, 'tools', 'run-command.ts')).href
  const script = `const { runCommand } = await import('${file}')
    for (const [command, ...args] of JSON.parse(process.argv[1])) {
      process.exitCode = 0
      await runCommand(command, args)
      process.stdout.write('\\0' + process.exitCode + '\\0')
      process.stderr.write('\\0')
    }`
  const { stdout, stderr } = await capture(
    process.execPath,
    ['--import', TSX, '--input-type=module', '-e', script, '--', JSON.stringify(calls)],
    { cwd: root, env: { ...process.env, ...env } },
  )
  const [outputs, errors] = [stdout.split('\0'), stderr.split('\0')]
  if (errors.length !== calls.length + 1) throw new Error(`a command ended the process: ${stderr}`)
  return calls.map((_, at) => ({
    code: Number(outputs[2 * at + 1]),
    stdout: outputs[2 * at] as string,
    stderr: errors[at] as string,
  }))
}
