import { expect, it, onTestFinished, vi } from 'vitest'
import { NO_PROGRESS } from '../../../../support/progress.ts'
import { installReportStack } from './report-stack.ts'

it('without Python it cannot be had', async () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  await expect(installReportStack(NO_PROGRESS, new AbortController().signal)).rejects.toThrow('python3 is missing')
})
