import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { processTree } from '../support/processes.ts'
import { NO_PROGRESS } from '../support/progress.ts'
import { ownTemporaryFolder } from '../support/temporary-folder.ts'
import { findNginx, startNginx } from './nginx.ts'

const nginx = await findNginx(NO_PROGRESS).catch(() => undefined)

it('starts nginx with one worker that forwards requests over kept-alive connections, and stops nginx', async ({
  skip,
}) => {
  if (nginx === undefined) return skip('nginx cannot be installed here')
  const temporary = await ownTemporaryFolder()
  const seen: { url: string | undefined; connection: string | undefined; port: number | undefined }[] = []
  const server = createServer(({ url, headers, socket }, response) => {
    seen.push({ url, connection: headers.connection, port: socket.remotePort })
    response.end('an answer')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const upstream = `127.0.0.1:${(server.address() as { port: number }).port}`

  const proxy = await startNginx(nginx, upstream, temporary, new AbortController().signal)
  try {
    for (const path of ['/autocomplete?q=%EC%82%AC', '/other']) {
      const response = await fetch(proxy.url + path)
      expect(response.headers.get('server')).toMatch(/^nginx/)
      expect(await response.text()).toBe('an answer')
    }
    expect(processTree(proxy.pid)).toHaveLength(2)
  } finally {
    await proxy.stop()
  }
  const { port } = seen[0] as { port: number }
  expect(seen).toEqual([
    { url: '/autocomplete?q=%EC%82%AC', connection: undefined, port },
    { url: '/other', connection: undefined, port },
  ])
  await expect(fetch(proxy.url)).rejects.toThrow()
})
