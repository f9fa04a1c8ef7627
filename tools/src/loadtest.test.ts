/** The whole of it: the local stack, and the load test as a user runs it. */

import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { inRoot, ROOT } from './paths.ts'
import { capture } from './process.ts'
import { type Ready, StartCommand } from './testing.ts'

const SHORT = ['-e', 'LOCUST_USERS=20', '-e', 'LOCUST_SPAWN_RATE=20', '-e', 'LOCUST_RUN_TIME=3s']

const k6 = (...args: string[]) => capture(inject('k6'), ['run', ...args], { cwd: ROOT })

/** The value of a metric in the summary that k6 prints. */
const metric = (output: string, name: string) => new RegExp(`^ *${name}\\.*: (.*)$`, 'm').exec(output)?.[1]

describe('k6 run loadtest/', () => {
  let command: StartCommand
  let ready: Ready
  beforeAll(async () => {
    ;({ command, ready } = await StartCommand.ready())
  })
  afterAll(async () => {
    command.signal('SIGTERM')
    await command.exited()
  })

  it.each([
    'dev',
    '8cpu-24k',
  ])('types words at the stack without a failed request, against preset %s', async (preset) => {
    // A test of behaviour: how fast this machine is today must not fail it.
    const { stdout, stderr } = await k6(...SHORT, '-e', `TARGET=${ready.url}`, '-e', `PRESET=${preset}`, 'loadtest/')
    expect(metric(stdout, 'failed_requests'), stderr).toMatch(/^0\.00% +0 out of [1-9]/)
    expect(Number(metric(stdout, 'queries')?.split(' ')[0])).toBeGreaterThan(200)
    expect(stdout).toContain('20/20 VUs')
  })

  it('sends the rate of an open loop, letter by letter, however it is answered', async () => {
    const args = ['-e', 'PROFILE=arrival-rate', '-e', 'LOCUST_RUN_TIME=3s', '-e', `TARGET=${ready.url}`, 'loadtest/']
    const { stdout, stderr } = await k6(...args)
    expect(metric(stdout, 'failed_requests'), stderr).toMatch(/^0\.00% +0 out of [1-9]/)
    const sent = Number(metric(stdout, 'queries')?.split(' ')[0])
    const dropped = Number(metric(stdout, 'dropped_iterations')?.split(' ')[0] ?? 0)
    // 400 a second for 3 s; what a busy machine could not start in time is counted as dropped.
    expect(sent + dropped).toBeGreaterThan(1100)
    expect(sent + dropped).toBeLessThanOrEqual(1201)
  })

  it('sends prefixes, letter by letter, that the service counts', async () => {
    const before = await requests()
    const { stdout } = await k6(...SHORT, '-e', `TARGET=${ready.url}/`, 'loadtest')
    expect((await requests()) - before).toBe(Number(metric(stdout, 'queries')?.split(' ')[0]))
  })

  async function requests(): Promise<number> {
    const text = await (await fetch(`${ready.url}/metrics`)).text()
    return Number(/autocomplete_http_requests_total\{route="\/autocomplete",status="200"\} (\d+)/.exec(text)?.[1] ?? 0)
  }
})

describe('what fails', () => {
  async function fake(listener: RequestListener): Promise<string> {
    const server = createServer((request, response) => {
      if (request.url === '/ready') response.end('{}')
      else listener(request, response)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    await new Promise((resolve) => server.once('listening', resolve))
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`
  }

  it.each<[string, string, RequestListener]>([
    ['another status', 'status_errors', (_, response) => void response.writeHead(503).end('{}')],
    ['a body that is not the answer', 'json_errors', (_, response) => void response.end('<html>')],
    ['no answer', 'connection_errors', (request) => void request.socket.destroy()],
  ])('counts %s as %s, and ends with 99', async (_, counter, listener) => {
    const target = await fake(listener)
    const { code, stdout } = await k6(...SHORT, '-e', `TARGET=${target}`, 'loadtest/')
    expect(code).toBe(99)
    expect(metric(stdout, 'failed_requests')).toMatch(/^100\.00%/)
    expect(metric(stdout, counter)).toMatch(/^[1-9]/)
    for (const other of ['status_errors', 'json_errors', 'connection_errors']) {
      if (other !== counter) expect(metric(stdout, other)).toBeUndefined()
    }
  })

  it.each([
    [
      'users for a profile that has none',
      ['-e', 'PROFILE=arrival-rate', '-e', 'LOCUST_USERS=5'],
      /the load profile arrival-rate has a rate and no users: leave LOCUST_USERS and LOCUST_SPAWN_RATE out/,
    ],
    ['an unknown preset', ['-e', 'PRESET=huge'], /unknown PRESET huge; known: .*8cpu-24k.*, dev/],
    [
      'an unknown profile',
      ['-e', 'PROFILE=x'],
      /unknown PROFILE x; known: 100-users, 1000-users, 2000-users, target, arrival-rate/,
    ],
    ['a bad number of users', ['-e', 'LOCUST_USERS=many'], /LOCUST_USERS takes a whole number, got .*many/],
    [
      'a target that is not there',
      ['-e', 'TARGET=http://127.0.0.1:1'],
      /127\.0\.0\.1:1\/ready answered .*; start the service/,
    ],
  ])('%s is told in one line', async (_, args, message) => {
    const { code, stdout, stderr } = await k6('-q', ...args, 'loadtest/')
    expect(code).toBe(107)
    expect(stdout + stderr).toMatch(message)
  })
})

describe('the directory behind flags', () => {
  it('is found behind every flag of k6 that stands alone', async () => {
    const { stdout } = await capture(inject('k6'), ['run', '--help'])
    const alone = [...stdout.matchAll(/^ +(?:-[a-z], )?(--[a-z0-9-]+) {2,}/gm)].map(([, flag]) => flag as string)
    expect(alone).toContain('--quiet')
    const known = await readFile(inRoot('loadtest', 'xk6-locust', 'entry', 'entry.go'), 'utf8')
    // --env stands alone in k6's help, but takes a value.
    expect(alone.filter((flag) => flag !== '--env' && !known.includes(`"${flag}"`))).toEqual([])
  })
})

describe('words.gen.txt', () => {
  it('holds English and Korean words and names its sources', async () => {
    const lines = (await readFile(inRoot('loadtest', 'words.gen.txt'), 'utf8')).trim().split('\n')
    const words = lines.filter((line) => !line.startsWith('#'))
    expect(lines.join('\n')).toContain('CC BY-SA 4.0')
    expect(words.filter((word) => /^[가-힣]+$/u.test(word))).toHaveLength(1000)
    expect(words.filter((word) => /^[A-Za-z']+$/.test(word))).toHaveLength(2000)
    expect(new Set(words).size).toBe(3000)
  })
})
