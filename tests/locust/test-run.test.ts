/** Runs the TestRuns in loadtest/testruns with the commands of k6-operator's initializer and runner. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { loadPresets } from '../../generator/src/presets.ts'
import { freePort } from '../../service/src/testing/free-port.ts'
import { inRoot, ROOT } from '../../tools/support/paths.ts'
import { capture } from '../../tools/support/process.ts'
import { imageFolder, Running, serve } from './testing.ts'

interface TestRun {
  spec: { script: { localFile: string }; runner: { image: string; env: { name: string; value: string }[] } }
}

const testRun = async (preset: string): Promise<TestRun> =>
  parse(await readFile(inRoot('loadtest', 'testruns', `${preset}.yaml`), 'utf8'))

describe('loadtest/testruns', () => {
  it('reach the Service of the app in a release named autocomplete', async () => {
    for (const { name } of await loadPresets()) {
      const { spec } = await testRun(name)
      const target = new URL(spec.runner.env.find((one) => one.name === 'TARGET')?.value as string)
      const args = ['template', 'autocomplete', 'chart', '-f', `values/${name}.yaml`]
      const { stdout } = await capture(inject('helm'), args, { cwd: ROOT })
      const services = parseAllDocuments(stdout)
        .map((document) => document.toJS())
        .filter((object) => object?.kind === 'Service')
      const service = services.find((one) => one.metadata.name === target.hostname)
      expect(service?.spec.ports.map(({ port }: { port: number }) => String(port))).toContain(target.port)
    }
  })

  it("are initialized: k6 archives and inspects the image's script with the environment of the TestRun", async () => {
    const folder = await imageFolder()
    for (const { name } of await loadPresets()) {
      const { spec } = await testRun(name)
      const script = join(folder, basename(spec.script.localFile))
      const archive = join(folder, 'main.ts.archived.tar')
      const env = spec.runner.env.flatMap((one) => ['-e', `${one.name}=${one.value}`])
      const archived = await capture(inject('k6'), ['archive', script, ...env, '-O', archive])
      expect(archived.code, archived.stderr).toBe(0)
      const { code, stdout, stderr } = await capture(inject('k6'), ['inspect', '--execution-requirements', archive])
      expect(code, stderr).toBe(0)
      // The operator treats any logged error as a failure.
      expect(stderr).not.toMatch(/level.*error/)
      const { maxVUs, scenarios } = JSON.parse(stdout)
      expect(maxVUs).toBeGreaterThan(0)
      expect(scenarios.locust.executor).toBe('locust')
    }
  })

  it('run only after a start through the API of k6', async () => {
    const folder = await imageFolder()
    const { spec } = await testRun('dev')
    let queries = 0
    const target = await serve((request, response) => {
      const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('q')
      if (query !== null) queries += 1
      response.end(JSON.stringify({ query, suggestions: [], version: '1' }))
    })
    const port = await freePort()
    const env = Object.fromEntries(spec.runner.env.map(({ name, value }) => [name, value]))
    const runner = new Running(
      inject('k6'),
      [
        ...['run', '--quiet', join(folder, basename(spec.script.localFile)), `--address=127.0.0.1:${port}`, '--paused'],
        ...['--tag', 'instance_id=1', '--tag', 'testrun_name=autocomplete-loadtest'],
      ],
      { ...env, TARGET: target, LOCUST_USERS: '10', LOCUST_SPAWN_RATE: '10', LOCUST_RUN_TIME: '2s' },
    )
    const status = `http://127.0.0.1:${port}/v1/status`
    // The operator's readiness probe sends the same request.
    await runner.until(async () => (await fetch(status).catch(() => undefined))?.ok === true)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(queries).toBe(0)
    const body = JSON.stringify({
      data: { type: 'status', id: 'default', attributes: { paused: false, stopped: false } },
    })
    await runner.until(async () => (await fetch(status, { method: 'PATCH', body })).ok)
    await runner.exited
    expect(queries, runner.output).toBeGreaterThan(20)
    expect(runner.output).toMatch(/ok {4}errors {2}0 of \d+ requests failed/)
  })
})
