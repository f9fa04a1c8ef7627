/**
 * Runs scripts that use k6's own modules and options next to users. Each option must take effect, or k6 must say that it
 * does not.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { CountingServer, Running, temporaryFolder } from './testing.ts'

/** Runs a script with a class Visitor, whose task is `visit`. Returns k6's exit code, its output, and the server. */
async function run({ visit = `await this.client.get('/visit')`, members = '', options = '', init = '' }) {
  const server = await CountingServer.start()
  const file = join(await temporaryFolder(), 'script.js')
  await writeFile(
    file,
    `import exec from 'k6/execution'
    import http from 'k6/http'
    import { group, sleep } from 'k6'
    import locust, { HttpUser } from 'k6/x/locust'
    class Visitor extends HttpUser {
      static host = '${server.url}'
      static tasks = { visit: 1 }
      ${members}
      async visit() { ${visit} }
    }
    const load = { userClasses: [Visitor], users: 1, iterations: 6, runTime: '20s', stopTimeout: '20s', processes: 1 }
    export default locust.run
    ${init || `export const options = { ...locust.options(load), ${options} }`}`,
  )
  const running = new Running(inject('k6'), ['run', '--quiet', '--no-color', '-e', `TARGET=${server.url}`, file])
  const code = await running.exited
  return { code, output: running.output, server }
}

const lines = (output: string, level: string) => output.match(new RegExp(`level=${level}.*`, 'g')) ?? []

describe('a script for k6', () => {
  it("gives requests the tags and the group that it sets with k6's modules", async () => {
    const { code, output, server } = await run({
      members: 'made = 0',
      visit: `
        exec.vu.metrics.tags.odd = String(this.made++ % 2)
        let request
        group('inner', () => { request = this.client.get('/inner') })
        await request
        await this.client.get('/outer')`,
      options: `thresholds: {
        'http_reqs{odd:0}': ['count==6'], 'http_reqs{odd:1}': ['count==6'],
        'http_reqs{group:::inner}': ['count==6'],
      }`,
    })
    expect(code, output).toBe(0)
    expect(server.counts).toEqual({ 'GET /inner': 6, 'GET /outer': 6 })
  })

  it.each([
    ['__VU', '__VU is the number of the runtime, which many users share: use this.userNumber'],
    ['__ITER', '__ITER does not count the tasks of users: use this.userNumber'],
    ['exec.vu.iterationInScenario', 'exec.vu.iterationInScenario does not count the tasks of users'],
    ['exec.scenario.iterationInInstance', 'exec.scenario.iterationInInstance does not count the tasks of users'],
    ['exec.scenario.iterationInTest', 'exec.scenario.iterationInTest does not count the tasks of users'],
  ])('cannot choose data by %s, because all users would use the same data', async (number, message) => {
    const { code, output, server } = await run({ visit: `await this.client.get('/' + ${number})` })
    expect(code).toBe(107)
    expect(output).toContain(message)
    expect(server.total).toBe(0)
  })

  it("can use k6's numbers in scenarios with k6's own executors, even in a runtime that has run users", async () => {
    const { code, output, server } = await run({
      init: `
        export const options = { scenarios: {
          users: { ...locust.scenario({ ...load, runTime: '1s', iterations: undefined, stopTimeout: '0s' }), gracefulStop: '0s' },
          later: { executor: 'per-vu-iterations', vus: 1, iterations: 3, startTime: '2s', exec: 'later' },
        } }
        export function later() {
          http.get(\`\${__ENV.TARGET}/later/\${__VU}/\${__ITER}/\${exec.vu.iterationInScenario}/\${exec.scenario.iterationInTest}\`)
        }`,
      members: 'waitTime = locust.constant(0.1)',
    })
    expect(code, output).toBe(0)
    const later = Object.keys(server.counts).filter((path) => path.startsWith('GET /later/'))
    // __ITER also counts the iteration in which the runtime ran users.
    expect(later.map((path) => path.split('/').slice(2).join(' '))).toEqual(['1 1 0 0', '1 2 1 1', '1 3 2 2'])
  })

  it.each([
    [
      'http_req_waiting',
      'threshold http_req_waiting: k6 does not measure this metric for requests of users: use http_req_duration',
    ],
    [
      'http_req_duration{url:http://a/b}',
      'threshold http_req_duration{url:http://a/b}: requests of users do not have the tag url: use name',
    ],
  ])('is rejected if its threshold on %s would always be met', async (threshold, message) => {
    const { code, output, server } = await run({ options: `thresholds: { '${threshold}': ['p(95)<1'] }` })
    expect(code).toBe(104)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain(message)
    expect(server.total).toBe(0)
  })

  it('fails without waiting for the users of its runtime if a function passed to setTimeout throws an error', async () => {
    const { code, output } = await run({
      visit: `
        setTimeout(() => { throw new Error('in a timer') }, 10)
        await this.client.get('/visit')
        await this.sleep(60)`,
      init: `export const options = locust.options({ ...load, users: 4, spawnRate: 10, processes: 2, stopTimeout: '0s' })`,
    })
    expect(code).toBe(107)
    expect(output).toContain('Error: in a timer')
    expect(output).not.toContain('did not end within')
  })

  it('gets one warning at the end if k6 was too late to make all requests', async () => {
    const visit = `await this.client.get('/visit'); sleep(0.3)`
    const { code, output } = await run({
      visit,
      init: `export const options = locust.options({ ...load, users: 10, spawnRate: 10, iterations: 15 })`,
      members: 'waitTime = locust.constant(0.1)',
    })
    expect(code, output).toBe(0)
    expect(lines(output, 'warning').filter((line) => line.includes('this process was too late'))).toHaveLength(1)
  })

  it('gets one warning at the end if an open loop did not start all tasks', async () => {
    const { code, output } = await run({
      visit: `await this.client.get('/visit'); await this.sleep(0.5)`,
      init: `export const options = locust.options({ userClasses: [Visitor], arrivalRate: 20, maxInFlight: 2, runTime: '1s' })`,
    })
    expect(code, output).toBe(0)
    const warnings = lines(output, 'warning').filter((line) => line.includes('of the open loop did not start'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/\d+ tasks of the open loop did not start, because all 2 users were busy/)
  })
})
