/** Runs the curl examples of the READMEs against a service with the demo dataset. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoEntries } from '../service/src/dataset/demo.ts'
import { TestRedis } from '../service/src/testing/redis.ts'
import { TestService } from '../service/src/testing/service.ts'
import { inRoot } from '../tools/support/paths.ts'
import { runOrThrow } from '../tools/support/process.ts'

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
    const text = await readFile(inRoot(name), 'utf8')
    const commands = [...text.matchAll(/^(?:# (.*)\n)?(curl .*8000\/autocomplete.*)$/gm)]
    expect(commands.length).toBeGreaterThan(1)
    for (const [, comment = '', command = ''] of commands) {
      // In this form, users can replace the query with any text, such as c++ or h&m.
      expect(command).toMatch(/^curl -G \S+ --data-urlencode 'q=/)
      const { stdout } = await runOrThrow('sh', ['-c', command.replace('http://127.0.0.1:8000', service.url)])
      const { suggestions } = JSON.parse(stdout) as { suggestions: { text: string }[] }
      const [, found] = /"(.*)"/.exec(comment) ?? []
      const texts = suggestions.map((suggestion) => suggestion.text)
      expect(texts, command).toContainEqual(found ?? expect.any(String))
    }
  })
})
