import type { TestProject } from 'vitest/node'
import { findChromium } from './chromium.ts'
import { buildK6, goTool } from './go-tools.ts'
import { createProgress } from './progress.ts'
import { findRedisServer } from './redis-server.ts'
import { buildService } from './service-build.ts'

/** Gets the real programs that the tests run, once for all of them. */
export default async function setup(project: TestProject): Promise<void> {
  const progress = createProgress()
  try {
    await buildService()
    project.provide('redisServer', await findRedisServer(progress))
    project.provide('helm', await goTool('helm', progress))
    project.provide('helm4', await goTool('helm4', progress))
    project.provide('k6', await buildK6(progress))
    project.provide('chromium', (await findChromium(progress)) ?? '')
  } finally {
    progress.end()
  }
}
