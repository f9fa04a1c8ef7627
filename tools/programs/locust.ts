import { join } from 'node:path'
import { UserError } from '../support/errors.ts'
import { inRoot } from '../support/paths.ts'
import type { Progress } from '../support/progress.ts'
import { pythonEnvironment } from './python-environment.ts'

/** The paths of two Locusts: that of today, and the oldest whose master the workers of k6 are tested with. */
export interface LocustPrograms {
  /** Empty where it cannot be had, as the other. */
  current: string
  old: string
}

/** Gets both, each into its folder of `.cache`; says on standard error which cannot be had, and why. */
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
    console.error(`not tested with ${name}, which cannot be had here: ${error.message}`)
    return ''
  }
}
