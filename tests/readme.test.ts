/** Runs the curl examples of the READMEs against a service with the demo dataset. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoEntries } from '../service/src/dataset/demo.ts'
import { TestRedis } from '../service/src/testing/redis.ts'
import { TestService } from '../service/src/testing/service.ts'

const run = promisify(execFile)
let redis: TestRedis
let service: TestService
beforeAll(async () => {
  redis = await TestRedis.start(await demoEntries())
  service = await TestService.start({ REDIS_NODES: redis.node })
})
afterAll(async () => {
  await service.stop()
  await redis.close()
})

describe.each(['README.md', 'README.ko.md'])('%s', (name) => {
  it('has queries that find what their comments say', async () => {
    const text = await readFile(new URL(`../${name}`, import.meta.url), 'utf8')
    const commands = text.match(/^curl .*8000\/autocomplete.*$/gm) ?? []
    expect(commands.length).toBeGreaterThan(1)
    for (const command of commands) {
      // The form in which users can replace the query by any text, such as c++ or h&m.
      expect(command).toMatch(/^curl -G \S+ --data-urlencode 'q=/)
      const { stdout } = await run('sh', ['-c', command.replace('http://127.0.0.1:8000', service.url)])
      const { suggestions } = JSON.parse(stdout) as { suggestions: { text: string }[] }
      const [, found] = /# .*"(.*)"/.exec(command) ?? []
      const texts = suggestions.map((suggestion) => suggestion.text)
      expect(texts, command).toEqual(
        found === undefined ? expect.arrayContaining([expect.any(String)]) : expect.arrayContaining([found]),
      )
    }
  })
})
