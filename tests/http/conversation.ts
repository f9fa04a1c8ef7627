import { connect } from 'node:net'

/** An answer of a server, as Latin-1. */
export interface Answer {
  status: number
  head: string
  body: string
}

const HEAD_END = '\r\n\r\n'

/**
 * Sends bytes on a new connection. When the server has closed the connection, resolves with everything received.
 * @param ends whether to end this side after the bytes; otherwise, the server must close the connection first
 */
export async function exchange(port: number, bytes: string, ends: boolean): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1')
  let received = ''
  socket.on('data', (data: unknown) => {
    received += data as string
  })
  // A server may reset a connection before it has read all bytes.
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  if (ends) socket.end(bytes, 'latin1')
  else socket.write(bytes, 'latin1')
  await closed
  return received
}

/**
 * Splits everything received on a connection into answers. Informational answers (1xx) are left out.
 * @param methods the methods of the requests. Answers to HEAD have no body.
 * @throws {Error} if something received is not part of a whole answer, or if an answer with a body has no
 * Content-Length
 */
export function answersIn(received: string, methods: readonly string[]): Answer[] {
  const answers: Answer[] = []
  for (let at = 0; at < received.length; ) {
    const headEnd = received.indexOf(HEAD_END, at) + HEAD_END.length
    const head = received.slice(at, headEnd)
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
    if (headEnd < HEAD_END.length || Number.isNaN(status)) {
      throw new Error(`not an answer: ${JSON.stringify(received.slice(at, at + 200))}`)
    }
    at = headEnd
    if (status < 200) continue
    const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? Number.NaN)
    const hasBody = !(status === 204 || status === 304 || methods[answers.length] === 'HEAD')
    if (hasBody && Number.isNaN(length)) throw new Error(`an answer without a length: ${head}`)
    const end = hasBody ? at + length : at
    if (end > received.length) throw new Error(`an incomplete answer: ${received.slice(at)}`)
    answers.push({ status, head, body: received.slice(at, end) })
    at = end
  }
  return answers
}
