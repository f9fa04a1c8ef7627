import type { TestProject } from 'vitest/node'
import { findChromium } from '../programs/chromium.ts'
import { buildK6, goTool } from '../programs/go-tools.ts'
import { findLocusts } from '../programs/locust.ts'
import { findRedisServer } from '../programs/redis-server.ts'
import { UserError } from './errors.ts'
import { createProgress, type Progress } from './progress.ts'
import { buildService } from './service-build.ts'

/** Finds or builds the real programs that the tests run, once for all test files. */
export default async function setup(project: TestProject): Promise<void> {
  const progress = createProgress()
  try {
    await buildService()
    project.provide('redisServer', await findRedisServer(progress))
    project.provide('helm', await goTool('helm', progress))
    project.provide('helm4', await goTool('helm4', progress))
    project.provide('k6', await buildK6(progress))
    project.provide('chromium', await chromiumIfAny(progress))
    project.provide('locust', await findLocusts(progress))
  } finally {
    progress.end()
  }
}

/**
 * Returns the path of Chromium. If it is missing, prints the reason and returns '', because only tests of pages need
 * it.
 */
async function chromiumIfAny(progress: Progress): Promise<string> {
  let why = 'there is no Chromium or Chrome in PATH, and only root on Debian can install Chromium automatically'
  try {
    const found = await findChromium(progress)
    if (found) return found
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    why = error.message
  }
  console.error(`the page is not tested: ${why}`)
  return ''
}
