import { createServer, type Server } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openConnections, openFilesLimit, parseInfo, parseOpenFiles, parsePss, parseReply, pssBytes } from './memory.ts'

const SMAPS_ROLLUP = `5605a1a5c000-7ffde8b5e000 ---p 00000000 00:00 0                          [rollup]
Rss:                1756 kB
Pss:                 317 kB
Pss_Dirty:           132 kB
Pss_Anon:            132 kB
Pss_File:            185 kB
Pss_Shmem:             0 kB
Shared_Clean:       1624 kB
`
const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            20000                524288               files
Max locked memory         8388608              8388608              bytes
`
const INFO = '# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\nused_memory:2899400\r\nused_memory_human:2.77M\r\n'

/** A server that does this with every connection. */
async function serverOf(onConnection: Parameters<typeof createServer>[1]): Promise<{ server: Server; url: string }> {
  const server = createServer(onConnection).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return { server, url: `tcp://127.0.0.1:${(server.address() as { port: number }).port}` }
}

describe('what is read', () => {
  it('PSS, in bytes, and not its parts', () => {
    expect(parsePss(SMAPS_ROLLUP)).toBe(317 * 1024)
    expect(parsePss('')).toBe(0)
  })

  it('the soft limit of open files', () => {
    expect(parseOpenFiles(LIMITS)).toBe(20_000)
    expect(parseOpenFiles(LIMITS.replace('20000    ', 'unlimited'))).toBe(Number.POSITIVE_INFINITY)
  })

  it('a field of INFO', () => {
    expect(parseInfo(INFO, 'redis_version')).toBe('7.0.15')
    expect(parseInfo(INFO, 'used_memory')).toBe('2899400')
    expect(parseInfo(INFO, 'uptime')).toBe('unknown')
  })

  it('the bytes in an answer of Redis', () => {
    expect(parseReply(Buffer.from('$9\r\n사과\r\na\r\n+OK\r\n')).toString()).toBe('사과\r\na')
    expect(() => parseReply(Buffer.from(':12\r\n'))).toThrow('Redis answered :12')
    expect(() => parseReply(Buffer.from('$-1\r\n'))).toThrow('Redis answered $-1')
    expect(() => parseReply(Buffer.from('-NOPERM no permissions\r\n'))).toThrow('Redis answered -NOPERM no permissions')
  })
})

describe.skipIf(process.platform !== 'linux')('this process', () => {
  it('takes more memory when it holds more', () => {
    const before = pssBytes(process.pid)
    const held = Buffer.alloc(64 * 2 ** 20, 1)
    expect(pssBytes(process.pid) - before).toBeGreaterThan(held.length * 0.9)
  })

  it('may have files open', () => {
    expect(openFilesLimit()).toBeGreaterThan(100)
  })
})

describe('connections', () => {
  it('stay open, each with its request answered', async () => {
    const requests: string[] = []
    const { server, url } = await serverOf((socket) =>
      socket.on('data', (data) => {
        requests.push(String(data))
        socket.write('+PO')
        setTimeout(() => socket.write('NG\r\n'), 5)
      }),
    )
    const sockets = await openConnections(url, 120, 'PING\r\n', /^\+PONG\r\n$/)
    expect(sockets).toHaveLength(120)
    expect(requests).toEqual(Array(120).fill('PING\r\n'))
    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(120)
    for (const socket of sockets) socket.destroy()
  })

  it('one that is closed without an answer is an error, and all are closed', async () => {
    let open = 0
    const { url } = await serverOf((socket) => {
      open += 1
      socket
        .on('error', () => {})
        .on('close', () => (open -= 1))
        .resume()
      if (open === 10) socket.end()
    })
    await expect(openConnections(url, 20, 'PING\r\n', /PONG/)).rejects.toThrow('was closed without an answer')
    while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  })
})
