import { join } from 'node:path'
import { UserError } from '../support/errors.ts'
import { inRoot } from '../support/paths.ts'
import type { Progress } from '../support/progress.ts'
import { pythonEnvironment } from './python-environment.ts'

/**
 * The paths of two versions of Locust: the current one, and the oldest one with which k6 workers and a k6 master are
 * tested.
 */
export interface LocustPrograms {
  /** Empty if this version cannot be installed. The same applies to `old`. */
  current: string
  old: string
}

/** Installs both versions into `.cache`. If a version cannot be installed, prints the reason to standard error. */
export async function findLocusts(progress: Progress): Promise<LocustPrograms> {
  return {
    current: await locustIfAny('locust', 'requirements.txt', progress),
    old: await locustIfAny('locust-old', 'requirements-old.txt', progress),
  }
}

async function locustIfAny(name: string, requirements: string, progress: Progress): Promise<string> {
  try {
    const file = inRoot('tests', 'locust', requirements)
    const { bin } = await pythonEnvironment(name, file, progress, new AbortController().signal)
    return join(bin, 'locust')
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    console.error(`not tested with ${name}, which cannot be installed here: ${error.message}`)
    return ''
  }
}
