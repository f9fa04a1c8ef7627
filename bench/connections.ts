import { connect, type Socket } from 'node:net'
import { UserError } from '../tools/support/errors.ts'
import { openFilesLimit } from '../tools/support/processes.ts'

/** The number of open files that a process needs in addition to its connections. */
const OTHER_FILES = 200

/**
 * Returns how many connections a process can have, at most 100,000. This also applies to child processes, because they
 * inherit the limit of open files.
 */
export const mostConnections = (): number => Math.min(100_000, openFilesLimit() - OTHER_FILES)

/**
 * Opens connections, sends a request on each, and leaves them open. The caller destroys them.
 * @param answered matches a complete response
 * @throws {UserError} if a connection fails or is closed; in this case, the other connections are closed
 */
export async function openConnections(
  url: string,
  count: number,
  request: string,
  answered: RegExp,
): Promise<Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  const open = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      sockets.push(socket)
      let answer = ''
      socket.setEncoding('utf8').on('data', (text) => {
        answer += text
        if (answered.test(answer)) resolve()
      })
      socket.once('error', (error) => reject(new UserError(`connection ${sockets.length} failed: ${error.message}`)))
      socket.once('close', () => reject(new UserError(`connection ${sockets.length} was closed without a response`)))
      socket.write(request)
    })
  try {
    // Open only a few connections at a time, because the queue of a listening socket holds only a few hundred.
    while (sockets.length < count) {
      await Promise.all(Array.from({ length: Math.min(50, count - sockets.length) }, open))
    }
    return sockets
  } catch (error) {
    for (const socket of sockets) socket.destroy()
    throw error
  }
}
