/** Sends unusual, malformed, and ambiguous requests to the service, directly and through nginx. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestRedis } from '../../service/src/testing/redis.ts'
import { TestService } from '../../service/src/testing/service.ts'
import { findNginx, startNginx } from '../../tools/programs/nginx.ts'
import { NO_PROGRESS } from '../../tools/support/progress.ts'
import { ownTemporaryFolder } from '../../tools/support/temporary-folder.ts'
import { ETAG, HIDDEN_QUERY, HTTP_CASES, type HttpCase, NO_ANSWER } from './cases.ts'
import { type Answer, answersIn, exchange } from './conversation.ts'

/** The number of cases that are tested at the same time. */
const AT_A_TIME = 8
/**
 * Sent after every complete request, on the same connection. The answer shows where the server sees the end of that
 * request.
 */
const NEXT = 'GET /autocomplete?q=next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
/** A header that nginx adds to each request, so that the requests it forwards can be counted. */
const FORWARDED = 'X-Forwarded-Once'
const FORWARDED_REQUEST = new RegExp(`([A-Z]+) \\S+ HTTP/1\\.1\\r\\n(?:[\\w-]+: .*\\r\\n)*?${FORWARDED}: `, 'g')

let redis: TestRedis
let service: TestService
let port: number
let etag: string
beforeAll(async () => {
  redis = await TestRedis.start([{ text: 'apple', weight: 1 }])
  service = await TestService.start({ REDIS_NODES: redis.node })
  port = Number(new URL(service.url).port)
  etag = (await service.get('/autocomplete?q=app')).headers.get('etag') as string
})
afterAll(async () => {
  expect(await service.stop()).toBe(0)
  expect(service.stderr).toBe('')
  expect(service.log.filter((line) => /"level":[56]0/.test(line))).toEqual([])
  await redis.close()
})

/** The answers to a case, without the answer to the request that was sent after it. */
interface Outcome {
  answers: Answer[]
  isNextAnswered: boolean
}

async function send({ bytes, ends = false }: HttpCase, to: number): Promise<Outcome> {
  const received = await exchange(to, bytes.replaceAll(ETAG, etag) + (ends ? '' : NEXT), ends)
  const answers = answersIn(received, [bytes.split(' ', 1)[0] as string])
  const isNextAnswered = answers.at(-1)?.body.includes('"query":"next"') === true
  return { answers: isNextAnswered ? answers.slice(0, -1) : answers, isNextAnswered }
}

/** What one side of a connection sent, and what the other side answered, as Latin-1. */
interface Recording {
  requests: string
  answers: string
}

/** Starts a proxy in front of the service that records each connection. */
async function startRecorder(recordings: Recording[]): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((client) => {
    const recording: Recording = { requests: '', answers: '' }
    recordings.push(recording)
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    const forward = (from: Socket, to: Socket, what: keyof Recording) => {
      from.on('data', (data) => {
        recording[what] += data.toString('latin1')
        to.write(data)
      })
      from.on('close', () => to.destroy())
      from.on('error', () => to.destroy())
    }
    forward(client, upstream, 'requests')
    forward(upstream, client, 'answers')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { port: (server.address() as { port: number }).port, close }
}

/** Calls a function for every case, for a few cases at a time. */
async function forEachCase(use: (one: HttpCase) => Promise<void>): Promise<void> {
  const cases = HTTP_CASES.values()
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (const one of cases) await use(one)
    }),
  )
}

/** Returns all problems with the service's answers to a case. */
function problemsOf(
  { statuses, afterward, matches = [], never }: HttpCase,
  { answers, isNextAnswered }: Outcome,
): string[] {
  const [first] = answers
  const whole = answers.map(({ head, body }) => head + body)
  const status = first?.status ?? NO_ANSWER
  return [
    ...(statuses.includes(status) ? [] : [`the status is ${status}, not ${statuses.join(' or ')}`]),
    ...(afterward === 'any' || (afterward === 'next') === isNextAnswered
      ? []
      : [`the next request is ${isNextAnswered ? '' : 'not '}answered`]),
    // Without `Connection: close`, the client could not know whether the service has processed its next request.
    ...(isNextAnswered || answers.length === 0 || /^connection: close\r$/im.test(answers.at(-1)?.head ?? '')
      ? []
      : ['the connection is closed without notice']),
    ...matches
      .filter((pattern) => !pattern.test(whole[0] ?? ''))
      .map((pattern) => `the answer does not match ${pattern}`),
    ...(never && whole.some((text) => never.test(text)) ? [`an answer matches ${never}`] : []),
    ...answers.flatMap(({ status, head, body }) => [
      ...(status >= 500 ? [`an answer has the status ${status}`] : []),
      ...(status >= 400 && !/^cache-control: no-store\r$/im.test(head) ? ['an error may be cached'] : []),
      ...(status >= 400 && !/^\{"error":\{"code":"\w+","message":"[^"]+"\}\}$/.test(body)
        ? ['an error is not JSON']
        : []),
      ...(body.includes(HIDDEN_QUERY) ? ['a hidden request is answered'] : []),
    ]),
  ]
}

it('the service gives every case an allowed answer, and finds the correct end of the case', async () => {
  const problems: string[] = []
  await forEachCase(async (one) => {
    const found = problemsOf(one, await send(one, port))
    problems.push(...found.map((problem) => `${one.name}: ${problem}`))
  })
  expect(problems).toEqual([])
})

it('nginx and the service agree on where every case ends', async ({ skip }) => {
  const nginx = await findNginx(NO_PROGRESS).catch((error: Error) => error)
  if (nginx instanceof Error) return skip(nginx.message)
  const folder = await ownTemporaryFolder()
  const recordings: Recording[] = []
  const recorder = await startRecorder(recordings)
  const upstream = `127.0.0.1:${recorder.port}`
  const proxy = await startNginx(nginx, upstream, folder, AbortSignal.timeout(30_000), { [FORWARDED]: '1' })
  const problems: string[] = []
  let probes = 0
  try {
    const proxyPort = Number(new URL(proxy.url).port)
    await forEachCase(async (one) => {
      const [direct, proxied] = [await send(one, port), await send(one, proxyPort)]
      if (direct.isNextAnswered && proxied.isNextAnswered && direct.answers.length !== proxied.answers.length)
        problems.push(`${one.name}: ${direct.answers.length} answers, and ${proxied.answers.length} through nginx`)
      for (const { status, body } of proxied.answers) {
        if (status === 502 || status === 504) problems.push(`${one.name}: nginx does not understand the answer`)
        if (body.includes(HIDDEN_QUERY)) problems.push(`${one.name}: a hidden request is answered`)
      }
      // If the service still held bytes of an earlier request, another client would get the answer to that request.
      const query = `probe${probes++}`
      const answer = await fetch(`${proxy.url}/autocomplete?q=${query}`, { headers: { Connection: 'close' } })
      if (!(await answer.text()).includes(`"query":"${query}"`))
        problems.push(`${one.name}: another client is affected`)
    })
  } finally {
    await proxy.stop()
    await recorder.close()
  }
  for (const { requests, answers } of recordings) {
    const methods = [...requests.matchAll(FORWARDED_REQUEST)].map(([, method]) => method as string)
    // There may be fewer answers than requests: if a client disconnects, nginx does not wait for its answer.
    const count = answersIn(answers, methods).length
    if (count > methods.length) problems.push(`${count} answers to ${methods.length} requests of nginx: ${requests}`)
  }
  expect(problems).toEqual([])
  // Without recordings, or without requests in them, nothing would have been compared.
  expect(recordings.length).toBeGreaterThan(0)
  expect(recordings.map(({ requests }) => requests).join('')).toContain(`"queries"`)
})
