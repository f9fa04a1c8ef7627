import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { TestRedis } from '../../service/src/testing/redis.ts'
import { TestService, WITH_CACHE } from '../../service/src/testing/service.ts'
import { pythonEnvironment } from '../../tools/programs/python-environment.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { capture } from '../../tools/support/process.ts'
import { NO_PROGRESS } from '../../tools/support/progress.ts'

const REQUIREMENTS = inRoot('tests', 'openapi', 'requirements.txt')

it('the service follows its OpenAPI document and rejects requests that the document forbids', async ({ skip }) => {
  const python = await pythonEnvironment('schemathesis', REQUIREMENTS, NO_PROGRESS, new AbortController().signal).catch(
    (error) => {
      if (error instanceof UserError) return skip(`Schemathesis cannot be installed: ${error.message}`)
      throw error
    },
  )
  const contexts = { category: ['fruit'] }
  const redis = await TestRedis.start([
    { text: 'apple', weight: 9, contexts, payload: { sku: 1 } },
    { text: 'New York', weight: 8, aliases: ['NYC'] },
    { text: '장바구니', weight: 7, pinned: true },
  ])
  onTestFinished(() => redis.close())
  const service = await TestService.start({ REDIS_NODES: redis.node, ...WITH_CACHE })
  onTestFinished(() => void service.signal('SIGKILL'))
  // Schemathesis writes its findings to the working folder.
  const folder = await mkdtemp(join(tmpdir(), 'openapi-'))
  onTestFinished(() => rm(folder, { recursive: true }))

  const phases = ['--phases', 'examples,coverage,fuzzing', '--max-examples', '50']
  const args = ['run', `${service.url}/openapi.json`, ...phases, '--no-color', '--seed', '1']
  const { code, stdout } = await capture(join(python.bin, 'schemathesis'), args, { cwd: folder })
  expect(stdout).toContain('Tested: 5')
  expect(code, stdout).toBe(0)
  // The service must log nothing above the level info, which is 30.
  expect(service.log.filter((line) => !line.includes('"level":30'))).toEqual([])
}, 300_000)
