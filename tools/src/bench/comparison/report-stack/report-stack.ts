/** The stack of the report that the project starts from (app.py), in a virtual environment of Python. */
import { join } from 'node:path'
import { type PythonEnvironment, pythonEnvironment } from '../../../../programs/python-environment.ts'
import { Child } from '../../../../support/child.ts'
import { inRoot } from '../../../../support/paths.ts'
import type { Progress } from '../../../../support/progress.ts'

const HOST = '127.0.0.1'
const FOLDER = inRoot('tools', 'src', 'bench', 'comparison', 'report-stack')

/**
 * Installs it.
 * @throws {UserError} as {@link pythonEnvironment} does
 */
export function installReportStack(progress: Progress, signal: AbortSignal): Promise<PythonEnvironment> {
  return pythonEnvironment('report-stack', join(FOLDER, 'requirements.txt'), progress, signal)
}

/**
 * Starts Gunicorn with one Uvicorn worker on a free port of the loopback interface.
 * @param redis URL of the Redis that holds its sorted sets
 */
export async function startReportStack(
  { bin }: PythonEnvironment,
  redis: string,
  signal: AbortSignal,
): Promise<{ url: string; child: Child }> {
  const options = [
    ['--worker-class', 'uvicorn_worker.UvicornWorker'],
    ['--bind', `${HOST}:0`],
    ['--worker-connections', '2000'],
    ['--keep-alive', '75'],
    // It would lie in the home folder.
    ['--no-control-socket'],
  ]
  const child = new Child("the report's stack", join(bin, 'gunicorn'), ['app:app', ...options.flat()], {
    cwd: FOLDER,
    env: { PATH: process.env.PATH, REDIS_URL: redis, WEB_CONCURRENCY: '1', PYTHONDONTWRITEBYTECODE: '1' },
  })
  try {
    const [, url] = await child.line(/Listening at: (\S+)/, signal)
    await child.line(/Application startup complete/, signal)
    return { url: url as string, child }
  } catch (error) {
    await child.stop()
    throw error
  }
}
