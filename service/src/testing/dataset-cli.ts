/** Runs the compiled dataset builder, for tests. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const DATASET_CLI = fileURLToPath(new URL('../../dist/dataset/cli.js', import.meta.url))

/** Runs the dataset builder in a folder. */
export async function runDataset(folder: string, ...args: string[]) {
  return ended(spawn(process.execPath, [DATASET_CLI, ...args], { cwd: folder }))
}

/** Waits for a process to end. Returns its exit code and its output. */
export async function ended(child: ChildProcessWithoutNullStreams) {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += data))
  child.stderr.on('data', (data) => (stderr += data))
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}
