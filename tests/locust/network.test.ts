/**
 * Runs k6 with network options. Users of k6/x/locust must respect each of these options, or k6 must refuse to start. The
 * options for TLS and DNS are tested in loadtest/xk6-locust/internal/network.
 */
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { Running, serve, temporaryFolder } from './testing.ts'

/** What the server saw of a request. */
interface Seen {
  agent: string
  ip: string
  connection: string
  /** Number of connections that the server had accepted when this request arrived. */
  connections: number
}

/**
 * Runs a script with one user for one second. By default, the user sends a request every 0.2 s, and the server
 * redirects it. Returns what the server saw and what k6 printed; `lines` contains each different text that the script
 * printed after "got ".
 */
async function run(
  args: string[],
  { members = '', options = '', init = '', task = '', env = {} as Record<string, string>, host = '' } = {},
): Promise<{ code: number | null; output: string; seen: Seen[]; lines: string[] }> {
  const seen: Seen[] = []
  let connections = 0
  const server = createServer((request, response) => {
    const { headers, socket } = request
    const { 'user-agent': agent = '', connection = '' } = headers
    seen.push({ agent, ip: socket.remoteAddress ?? '', connection, connections })
    if (request.url === '/from') response.writeHead(302, { Location: '/to' })
    request.resume().on('end', () => response.end('answer'))
  }).on('connection', () => {
    connections++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const file = join(await temporaryFolder(), 'network.js')
  await writeFile(
    file,
    `import locust, { HttpUser } from 'k6/x/locust'
    import http from 'k6/http'
    ${init}
    class A extends HttpUser {
      static host = 'http://${host || '127.0.0.1'}:${port}'
      static tasks = { visit: 1 }
      ${members}
      waitTime = locust.constant(0.2)
      async visit() {
        ${task || `const r = await this.client.get('/from'); console.log('got ' + r.statusCode + ' ' + r.error)`}
      }
    }
    export const options = { ...locust.options({ userClasses: [A], runTime: '1s' }), ${options.replaceAll('PORT', String(port))} }
    export default locust.run`,
  )
  const running = new Running(inject('k6'), ['run', '--quiet', '--no-color', ...args, file], {
    K6_NO_SUMMARY: 'true',
    HTTP_PROXY: '',
    ...env,
  })
  const code = await running.exited
  const lines = [...running.output.matchAll(/got ([^"\n]*)/g)].map(([, line]) => (line as string).trim())
  return { code, output: running.output, seen, lines: [...new Set(lines)] }
}

describe('k6 run', () => {
  it.each<[string[], string, string]>([
    [[], '', '200'],
    [['--blacklist-ip', '127.0.0.0/8'], '', '0 IP address blocked by the option blacklistIPs'],
    [[], `blacklistIPs: ['127.0.0.0/8']`, '0 IP address blocked by the option blacklistIPs'],
    [['--max-redirects', '0'], '', '302'],
  ])('with %j and { %s }, users get %s', async (args, options, line) => {
    expect((await run(args, { options })).lines).toEqual([line])
  })

  it.each<[string, string, string]>([
    ['shop.example', `hosts: { 'shop.example': '127.0.0.1' }`, '200'],
    ['shop.example', `hosts: { '*.example': '127.0.0.1' }`, '200'],
    [
      'shop.example',
      `hosts: { 'shop.example': '127.0.0.1' }, blockHostnames: ['*.example']`,
      '0 host blocked by the option blockHostnames',
    ],
  ])('users of the host %s with { %s } get %s', async (host, options, line) => {
    expect((await run([], { host, options })).lines).toEqual([line])
  })

  it('obeys --user-agent, --local-ips, and --no-connection-reuse', async () => {
    const args = ['--user-agent', 'mine', '--local-ips', '127.0.0.7', '--no-connection-reuse']
    const { seen, code } = await run(args)
    expect(code).toBe(0)
    expect(seen.length).toBeGreaterThan(4)
    for (const [i, { agent, ip, connection, connections }] of seen.entries()) {
      expect({ agent, ip, connection, connections }).toEqual({
        agent: 'mine',
        ip: '127.0.0.7',
        connection: 'close',
        connections: i + 1,
      })
    }
  })

  it('reuses the connection of a user, unless --no-vu-connection-reuse gives each task a new one', async () => {
    expect((await run([])).seen.at(-1)?.connections).toBe(1)
    const { seen } = await run(['--no-vu-connection-reuse'])
    // Each task makes two requests, because the first one is redirected.
    expect(seen.length).toBeGreaterThan(5)
    expect(seen.map(({ connections }) => connections)).toEqual(seen.map((_, i) => Math.floor(i / 2) + 1))
    const { code, output } = await run(['--no-vu-connection-reuse'], { members: 'static poolSize = 5' })
    expect(code).not.toBe(0)
    expect(output).toContain("A: k6's option noVUConnectionReuse needs connections per user")
  })

  it('limits the requests of all users with --rps', async () => {
    const { seen } = await run(['--rps', '5'], { members: 'waitTime = () => 0' })
    expect(seen.length).toBeGreaterThan(3)
    // As in k6, redirects do not count toward the limit.
    expect(seen.length).toBeLessThan(16)
  })

  it('logs requests and answers with --http-debug', async () => {
    const headers = await run(['--http-debug'])
    expect(headers.output).toMatch(/Request:\\nGET \/from HTTP\/1.1\\n/)
    expect(headers.output).toMatch(/Response:\\nHTTP\/1.1 302 Found\\n/)
    expect(headers.output).not.toContain('answer')
    expect((await run(['--http-debug=full'])).output).toContain('answer')
  })

  it('discards bodies with --discard-response-bodies', async () => {
    const task = `try { (await this.client.get('/')).text } catch (error) { console.log('got ' + error.message) }`
    expect((await run(['--discard-response-bodies'], { task })).lines).toEqual([
      'the body was discarded: to keep it, set discardBody: false on the request',
    ])
  })

  it('uses the proxy of HTTP_PROXY', async () => {
    const requests: string[] = []
    const proxy = await serve((request, response) => {
      requests.push(request.url as string)
      response.end()
    })
    // The host is a name, because proxies are never used for 127.0.0.1.
    const { lines } = await run([], { host: 'shop.example', env: { HTTP_PROXY: proxy, NO_PROXY: '' } })
    expect(lines).toEqual(['200'])
    expect(requests[0]).toMatch(/^http:\/\/shop\.example:\d+\/from$/)
  })

  it.each<[string[], string, string]>([
    [['--throw'], '', "users of k6/x/locust do not support k6's option throw"],
    [['--min-iteration-duration', '5s'], '', "users of k6/x/locust do not support k6's option minIterationDuration"],
    [['--execution-segment', '0:1/2'], '', "users of k6/x/locust do not support k6's option executionSegment"],
    [[], 'noCookiesReset: false', "users of k6/x/locust do not support k6's option noCookiesReset"],
  ])('with %j and { %s }, refuses to start before setup()', async (args, options, message) => {
    const init = `export function setup() { console.log('got set up') }`
    const { code, output, seen, lines } = await run(args, { options, init })
    expect(code).toBe(104)
    expect(output).toContain(message)
    expect(output.split(message)).toHaveLength(2)
    expect(seen).toEqual([])
    expect(lines).toEqual([])
  })

  it('uploads files of k6/http as multipart', async () => {
    const bodies: string[] = []
    const url = await serve((request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (data) => {
        body += data
      })
      request.on('end', () => {
        bodies.push(`${request.headers['content-type']}\n${body}`)
        response.end()
      })
    })
    const init = `const bytes = new Uint8Array([65, 66]).buffer`
    const task = `
      await this.client.post('${url}/', { data: { f: http.file(bytes, 'a.bin', 'a/b'), n: 1 } })
      await this.client.post('${url}/', { files: { f: http.file('text', 'b.txt') } })
      try { await this.client.post('${url}/', { data: http.file('x') }) } catch (error) { console.log('got ' + error.message) }`
    const { lines } = await run([], { init, task })
    expect(lines[0]).toMatch(/data must be a string, bytes, .*got a file/)
    expect(bodies[0]).toMatch(
      /^multipart\/form-data; boundary=\S+\n--\S+\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\nContent-Type: a\/b\r\n\r\nAB\r\n--\S+\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n--\S+--\r\n$/,
    )
    expect(bodies[1]).toContain('filename="b.txt"')
  })
})
