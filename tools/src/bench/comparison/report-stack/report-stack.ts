/** The stack of the report that the project starts from (app.py), in a virtual environment of Python. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Child } from '../../../child.ts'
import { UserError } from '../../../errors.ts'
import { inRoot } from '../../../paths.ts'
import { findInPath, must } from '../../../process.ts'
import type { Progress } from '../../../progress.ts'

const HOST = '127.0.0.1'
const FOLDER = inRoot('tools', 'src', 'bench', 'comparison', 'report-stack')
const REQUIREMENTS = join(FOLDER, 'requirements.txt')
const ENVIRONMENT = inRoot('.cache', 'report-stack')
/** Says what is installed; written last, so that without it nothing is. */
const INSTALLED = join(ENVIRONMENT, 'installed.txt')

/** A Python with what the report's stack needs. */
export interface ReportPython {
  /** The folder of its programs. */
  bin: string
  /** Its version, such as 3.11.7. */
  version: string
}

/**
 * The virtual environment with the versions in requirements.txt: made when it is not there, and anew when they or Python change.
 * @throws {UserError} when Python is missing, or pip cannot install them
 */
export async function installReportStack(progress: Progress, signal: AbortSignal): Promise<ReportPython> {
  const python = await findInPath('python3')
  if (!python) throw new UserError('python3 is missing')
  const version = /\d[\w.]*/.exec((await must(python, ['--version'], { signal })).stdout)?.[0] ?? 'unknown'
  const bin = join(ENVIRONMENT, 'bin')
  const wanted = `Python ${version}\n${await readFile(REQUIREMENTS, 'utf8')}`
  if ((await readFile(INSTALLED, 'utf8').catch(() => undefined)) === wanted) return { bin, version }
  progress.step("installing the report's stack")
  // Paths inside it are absolute, so it cannot be made elsewhere and moved.
  await rm(ENVIRONMENT, { recursive: true, force: true })
  await must(python, ['-m', 'venv', ENVIRONMENT], { signal })
  const options = ['--disable-pip-version-check', '--no-input', '--quiet']
  await must(join(bin, 'python'), ['-m', 'pip', 'install', ...options, '--requirement', REQUIREMENTS], { signal })
  await writeFile(INSTALLED, wanted)
  return { bin, version }
}

/**
 * Starts Gunicorn with one Uvicorn worker on a free port of the loopback interface.
 * @param redis URL of the Redis that holds its sorted sets
 */
export async function startReportStack(
  { bin }: ReportPython,
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
