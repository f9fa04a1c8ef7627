/** Runs the load test as a user would, against a service with the demo dataset. */

import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { demoEntries } from '../service/src/dataset/demo.ts'
import { TestRedis } from '../service/src/testing/redis.ts'
import { TestService } from '../service/src/testing/service.ts'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'
import { serve } from './locust/testing.ts'

const SHORT = ['-e', 'LOCUST_USERS=20', '-e', 'LOCUST_SPAWN_RATE=20', '-e', 'LOCUST_RUN_TIME=3s']
/**
 * Lets requests finish at the end of the run. Otherwise, the service would count interrupted requests, and k6 would
 * not.
 */
const GRACE = ['-e', 'LOCUST_STOP_TIMEOUT=10s']

const k6 = (...args: string[]) => capture(inject('k6'), ['run', ...args], { cwd: ROOT })

/**
 * Returns the values of a metric in k6's summary, or undefined if it is missing. If there is a separate line for the
 * load test's requests, returns the values in that line.
 */
const metric = (output: string, name: string) =>
  new RegExp(`^ *${name}\\.*: (?:.*\\n(?: +\\{ expected.*\\n)? +\\{ name:/autocomplete \\}\\.*: )?(.*)$`, 'm').exec(
    output,
  )?.[1]

const count = (output: string, name: string) => Number(metric(output, name)?.split(' ')[0] ?? 0)

describe('k6 run loadtest/', () => {
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

  it.each([
    'dev',
    '8cpu-24k',
  ])('types words without a failed request and checks the requirements of preset %s', async (preset) => {
    // The speed is not tested, because the test must also pass on a slow machine.
    const { stdout, stderr } = await k6(...SHORT, '-e', `TARGET=${service.url}`, '-e', `PRESET=${preset}`, 'loadtest/')
    expect(metric(stdout, 'http_req_failed'), stderr).toMatch(/^0\.00% +0 out of [1-9]/)
    expect(count(stdout, 'http_reqs')).toBeGreaterThan(100)
    expect(stdout).toMatch(/^ *users\.*: 0 +min=0 +max=20$/m)
    // The verdict has a line for each requirement. The rate is required only with the profile's number of users.
    expect(stdout).toMatch(new RegExp(`^preset ${preset}, load profile target$`, 'm'))
    expect(stdout).toMatch(/^ {2}ok {4}errors {2}0 of [\d,]+ requests failed \(0(\.00)?%; limit: [\d.]+%\)$/m)
    expect(stdout).toMatch(/^ {2}(ok {2}|FAIL) {2}p95 {5}[\d.,]+ ms \(limit: [\d.]+ ms\)$/m)
    expect(stdout).toMatch(/^ {2}(ok {2}|FAIL) {2}p99 {5}[\d.,]+ ms \(limit: [\d.]+ ms\)$/m)
    expect(stdout).not.toMatch(/^ {2}(ok {2}|FAIL) {2}rate/m)
    expect(metric(stdout, 'requirements')).toMatch(/out of 3$/)
  })

  it('types letter by letter in an open loop at a fixed rate', async () => {
    const args = ['-e', 'PROFILE=arrival-rate', '-e', 'LOCUST_RUN_TIME=3s', '-e', `TARGET=${service.url}`, 'loadtest/']
    const { stdout, stderr } = await k6(...args)
    expect(metric(stdout, 'http_req_failed'), stderr).toMatch(/^0\.00% +0 out of [1-9]/)
    expect(stdout).toMatch(/^preset dev, load profile arrival-rate$/m)
    // The load is 400 requests per second for 3 s. A busy machine drops requests while too many are in flight, and some
    // more at the end of the run.
    const sent = count(stdout, 'http_reqs')
    expect(sent).toBeLessThanOrEqual(1201)
    expect(sent + count(stdout, 'dropped_iterations'), stdout).toBeGreaterThan(900)
  })

  it('sends prefixes letter by letter, and counts the same number of requests as the service', async () => {
    const before = await requests()
    const { stdout } = await k6(...SHORT, ...GRACE, '-e', `TARGET=${service.url}/`, 'loadtest')
    expect((await requests()) - before).toBe(count(stdout, 'http_reqs'))
  })

  async function requests(): Promise<number> {
    const text = await (await fetch(`${service.url}/metrics`)).text()
    return Number(/autocomplete_http_requests_total\{route="\/autocomplete",status="200"\} (\d+)/.exec(text)?.[1] ?? 0)
  }
})

describe('failures', () => {
  const fake = (listener: RequestListener) =>
    serve((request, response) => {
      if (request.url === '/ready') response.end('{}')
      else listener(request, response)
    })

  it.each<[string, string, RequestListener]>([
    ['another status', 'status_errors', (_, response) => void response.writeHead(503).end('{}')],
    ['a body that is not JSON', 'json_errors', (_, response) => void response.end('<html>')],
    ['no answer', 'connection_errors', (request) => void request.socket.destroy()],
  ])('include %s, counted as %s, with exit code 99', async (_, counter, listener) => {
    const target = await fake(listener)
    const { code, stdout } = await k6(...SHORT, '-e', `TARGET=${target}`, 'loadtest/')
    expect(code).toBe(99)
    expect(metric(stdout, 'http_req_failed')).toMatch(/^100\.00%/)
    expect(stdout).toMatch(/^ {2}FAIL {2}errors {2}([\d,]+) of \1 requests failed \(100(\.00)?%; limit: 0(\.00)?%\)$/m)
    expect(metric(stdout, counter)).toMatch(/^[1-9]/)
    for (const other of ['status_errors', 'json_errors', 'connection_errors']) {
      if (other !== counter) expect(metric(stdout, other)).toBeUndefined()
    }
  })

  it('report a slow target: its latency for users, the requests that an open loop did not send, and exit code 99', async () => {
    const target = await fake((_, response) => void setTimeout(() => response.end('{}'), 1000))
    const run = (...args: string[]) => k6(...args, '-e', `TARGET=${target}`, 'loadtest/')
    const [users, openLoop] = await Promise.all([run(), run('-e', 'PROFILE=arrival-rate')])
    expect([users.code, openLoop.code]).toEqual([99, 99])
    expect(users.stdout).toMatch(
      /^ {2}FAIL {2}rate {4}[\d.]+ requests\/s \(required: 400\): with 70 users, the mean response time must be at most [\d.]+ ms, but it was 1,\d+ ms: reduce it, or add \d+ users$/m,
    )
    expect(openLoop.stdout).toMatch(
      /^ {2}FAIL {2}rate {4}[\d.]+ requests\/s \(required: 400\): [\d,]+ requests were not sent because 101 were already in flight \(mean answer: 1,\d+ ms\)$/m,
    )
  })

  it.each([
    [
      'a number of users for a profile without users',
      ['-e', 'PROFILE=arrival-rate', '-e', 'LOCUST_USERS=5'],
      /the load profile arrival-rate is an open loop without users: remove LOCUST_USERS and LOCUST_SPAWN_RATE/,
    ],
    ['an unknown preset', ['-e', 'PRESET=huge'], /unknown PRESET huge; known: .*8cpu-24k.*, dev/],
    [
      'an unknown profile',
      ['-e', 'PROFILE=x'],
      /unknown PROFILE x; known: 100-users, 1000-users, 2000-users, target, arrival-rate/,
    ],
    ['a bad number of users', ['-e', 'LOCUST_USERS=many'], /LOCUST_USERS must be an integer of at least 0, got .*many/],
    [
      'an unreachable target',
      ['-e', 'TARGET=http://127.0.0.1:1'],
      /"http:\/\/127\.0\.0\.1:1\/ready did not answer: [^"\\]*connection refused; start the service [^"\\]*"/,
    ],
    ['a misspelled setting', ['-e', 'TARGT=http://127.0.0.1:1'], /TARGT is unknown: use TARGET/],
  ])('include %s, reported in one line', async (_, args, message) => {
    const { code, stdout, stderr } = await k6('-q', ...args, 'loadtest/')
    expect(code).toBe(107)
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd()).not.toMatch(/\n|\\n|\(file:/)
    expect(stdout).toBe('')
  })
})

describe('the directory behind flags', () => {
  it('is found after every k6 flag that takes no value', async () => {
    const { stdout } = await capture(inject('k6'), ['run', '--help'])
    const flags = [...stdout.matchAll(/^ +(?:-[a-z], )?(--[a-z0-9-]+) {2,}/gm)].map(([, flag]) => flag as string)
    expect(flags).toContain('--quiet')
    const known = await readFile(inRoot('loadtest', 'xk6-locust', 'internal', 'entry', 'entry.go'), 'utf8')
    // Leave out --env: it takes a value, although k6's help shows none.
    expect(flags.filter((flag) => flag !== '--env' && !known.includes(`"${flag}"`))).toEqual([])
  })
})

describe('words.gen.txt', () => {
  it('contains English and Korean words and names its sources', async () => {
    const lines = (await readFile(inRoot('loadtest', 'words.gen.txt'), 'utf8')).trim().split('\n')
    const words = lines.filter((line) => !line.startsWith('#'))
    expect(lines.join('\n')).toContain('CC BY-SA 4.0')
    expect(words.filter((word) => /^[가-힣]+$/u.test(word))).toHaveLength(1000)
    expect(words.filter((word) => /^[A-Za-z']+$/.test(word))).toHaveLength(2000)
    expect(new Set(words).size).toBe(3000)
  })
})
