/** Runs the commands of the Jobs in loadtest/jobs, with the environment variables of their containers. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { freePort } from '../../service/src/testing/free-port.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { imageFolder, Running, serve } from './testing.ts'

interface Container {
  args: string[]
  env: { name: string; value: string }[]
}

describe('loadtest/jobs', () => {
  it('share the users among the workers, and end with the verdict of the master', async () => {
    const folder = await imageFolder()
    const text = await readFile(inRoot('loadtest', 'jobs', 'dev.yaml'), 'utf8')
    const [service, master, workers] = parseAllDocuments(text).map((document) => document.toJS())
    let queries = 0
    const target = await serve((request, response) => {
      const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('q')
      if (query !== null) queries += 1
      response.end(JSON.stringify({ query, suggestions: [], version: '1' }))
    })
    const port = String(await freePort())
    const start = (job: { spec: { template: { spec: { containers: Container[] } } } }, own: Record<string, string>) => {
      const { args, env } = job.spec.template.spec.containers[0] as Container
      // On this machine, the path of the script and the host of the Service are different.
      const local = args.map((arg) => {
        if (arg === service.metadata.name) return '127.0.0.1'
        return arg.startsWith('/loadtest/') ? join(folder, basename(arg)) : arg
      })
      const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]))
      return new Running(inject('k6'), local, { ...variables, TARGET: target, ...own })
    }
    const load = { LOCUST_USERS: '10', LOCUST_SPAWN_RATE: '10', LOCUST_RUN_TIME: '3s', LOCUST_STOP_TIMEOUT: '10' }
    const leading = start(master, { ...load, LOCUST_MASTER_BIND_PORT: port })
    const working = Array.from({ length: workers.spec.parallelism }, () =>
      start(workers, { LOCUST_MASTER_NODE_PORT: port }),
    )
    expect(await leading.exited, leading.output).toBe(0)
    expect(await Promise.all(working.map(({ exited }) => exited)), working[0]?.output).toEqual([0, 0])
    expect(leading.output).toContain('10 users on 2 workers')
    const [, failed, all] = /ok {4}errors {2}(\d+) of ([\d,]+) requests failed/.exec(leading.output) ?? []
    expect([failed, all?.replace(',', '')]).toEqual(['0', String(queries)])
  })
})
