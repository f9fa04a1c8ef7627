import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { RedisProxy, splitCommands } from './redis-proxy.ts'

const PING = '*1\r\n$4\r\nPING\r\n'

/** Starts an echo server, a proxy in front of it, and a client of the proxy. */
async function start(): Promise<{ proxy: RedisProxy; client: Socket; answer(text: string): Promise<string> }> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await RedisProxy.listen('127.0.0.1', 0, (server.address() as { port: number }).port)
  const client = connect(proxy.port, '127.0.0.1').setEncoding('utf8')
  onTestFinished(async () => {
    client.destroy()
    await proxy.close()
    server.close()
  })
  await once(client, 'connect')
  const answer = async (text: string) => {
    client.write(text)
    return (await once(client, 'data'))[0] as string
  }
  return { proxy, client, answer }
}

it('forwards data, and sends its own replies, on the same connection', async () => {
  const { proxy, answer } = await start()
  expect(await answer(PING)).toBe(PING)
  proxy.set({ kind: 'answer', line: '-LOADING' })
  expect(await answer(PING + PING)).toBe('-LOADING\r\n-LOADING\r\n')
  proxy.set({ kind: 'pass' })
  expect(await answer(PING)).toBe(PING)
})

it('delays replies, and preserves their order when the delay ends', async () => {
  const { proxy, client } = await start()
  proxy.set({ kind: 'slow', delayMs: 100 })
  let got = ''
  let firstMs = Number.POSITIVE_INFINITY
  const begin = performance.now()
  client.on('data', (text) => {
    got += text
    firstMs = Math.min(firstMs, performance.now() - begin)
  })
  client.write('first')
  await new Promise((resolve) => setTimeout(resolve, 30))
  // After these turns of the event loop, the reply has arrived at the proxy even on a slow machine.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  proxy.set({ kind: 'pass' })
  client.write('second')
  while (got.length < 11) await once(client, 'data')
  expect(got).toBe('firstsecond')
  // Timers may be early by a millisecond.
  expect(firstMs).toBeGreaterThanOrEqual(99)
})

it('freezes connections without closing them, and cuts connections', async () => {
  const { proxy, client } = await start()
  proxy.set({ kind: 'freeze' })
  client.write(PING)
  let isClosed = false
  client.on('close', () => {
    isClosed = true
  })
  client.on('error', () => {})
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([client.bytesRead, isClosed]).toEqual([0, false])
  proxy.set({ kind: 'cut' })
  await once(client, 'close')
})

it('counts complete commands, whatever they contain', () => {
  const mget = '*3\r\n$4\r\nMGET\r\n$5\r\na\r\n*1\r\n$0\r\n\r\n'
  expect(splitCommands(PING + mget)).toEqual({ commands: 2, rest: '' })
  for (let cut = 1; cut < mget.length; cut++) {
    expect(splitCommands(PING + mget.slice(0, cut))).toEqual({ commands: 1, rest: mget.slice(0, cut) })
  }
})
