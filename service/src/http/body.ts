import type { IncomingMessage } from 'node:http'
import { HttpError } from './errors.ts'

/** Maximum size of a request body, in bytes. */
export const MAX_BODY_BYTES = 65_536

/**
 * Reads the body of a request as JSON text. Does not parse it.
 * @throws {HttpError} 415 if the content type is not JSON or the body is compressed, 413 if it is too long, 400 if it
 * is incomplete or not valid UTF-8
 */
export async function readJsonText(req: IncomingMessage): Promise<string> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = req.headers
  if (!/^application\/json[ \t]*(;|$)/i.test(type) || encoding.toLowerCase() !== 'identity') {
    throw new HttpError(415, 'unsupported_media_type', 'the body must be of type application/json, and not compressed')
  }
  const tooLong = new HttpError(413, 'payload_too_large', `the body must be at most ${MAX_BODY_BYTES} bytes`, true)
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLong
  const body = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    // An async iterator would destroy the request after an error. The rest of the body has to be read, so that the
    // client can send it and get the answer.
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
      else reject(tooLong)
    })
    req.once('end', () => resolve(Buffer.concat(chunks)))
    // A client that disconnects is not a fault of the service.
    const fail = () => reject(new HttpError(400, 'incomplete_body', 'the body ended early'))
    req.once('error', fail).once('close', fail)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new HttpError(400, 'bad_encoding', 'the body is not valid UTF-8')
  }
}
