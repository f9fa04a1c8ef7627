/** Tests which queries an overloaded service rejects, with the whole service and real Redis servers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  ask,
  eventually,
  FRUIT,
  metric,
  openSockets,
  startRedis,
  startService,
  startSlowPath,
  texts,
  until,
  untilReady,
} from './testing/running-service.ts'
import { type TestService, WITH_CACHE } from './testing/service.ts'

describe('overload', () => {
  const rejectedFor = (reason: string, criticality = 'typed') =>
    `autocomplete_queries_rejected_total{reason="${reason}",criticality="${criticality}"}`

  async function expectRejections(answers: readonly Response[], code: string): Promise<void> {
    for (const answer of answers) {
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.json()).toEqual({ error: { code, message: expect.any(String) } })
    }
  }

  it('rejects requests with many queries immediately if their work would take too long, and answers the others', async () => {
    const redis = await startRedis(FRUIT)
    // A request of 16 queries is ranked as two batches. Together, they take 400 ms, far longer than delays on a busy
    // machine.
    const service = await startService({
      REDIS_NODES: `127.0.0.1:${await startSlowPath(redis, 200)}`,
      RANKING_TIMEOUT_MS: '6000',
    })
    let answered = 0
    let asked = 0
    const post = async () => {
      const queries = Array.from({ length: 16 }, () => ({ q: `a${asked++}` }))
      const headers = { 'Content-Type': 'application/json' }
      const answer = await service.get('/autocomplete', { method: 'POST', headers, body: JSON.stringify({ queries }) })
      return { answer, order: answered++ }
    }
    for (let i = 0; i < 10; i++) expect((await post()).answer.status).toBe(200)
    answered = 0
    const answers = await Promise.all(Array.from({ length: 40 }, post))
    const rejected = answers.filter(({ answer }) => answer.status !== 200)
    await expectRejections(
      rejected.map(({ answer }) => answer),
      'overloaded',
    )
    expect(rejected.length).toBeGreaterThan(10)
    expect(rejected.length).toBeLessThan(40)
    // Rejected requests are answered before all others, because they cause no work.
    expect(rejected.map(({ order }) => order).toSorted((a, b) => a - b)).toEqual(rejected.map((_, at) => at))
    expect((await post()).answer.status).toBe(200)
  })

  it.each([
    [1, 1],
    [3, 2],
  ])('with RANKING_THREADS %d, requests with many queries use at most %d', async (threads, used) => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      RANKING_THREADS: String(threads),
      REDIS_COMMAND_TIMEOUT_MS: '30000',
      RANKING_TIMEOUT_MS: '60000',
    })
    await redis.kill('SIGSTOP')
    const headers = { 'Content-Type': 'application/json' }
    const answers = Array.from({ length: threads + 1 }, (_, at) =>
      service.get('/autocomplete', { method: 'POST', headers, body: `{"queries":[{"q":"a${at}"}]}` }),
    )
    const count = (batches: 'waiting' | 'running') => metric(service, `autocomplete_ranking_${batches}_batches`)
    await until(async () => (await count('waiting')) === threads + 1 - used)
    expect(await count('running')).toBe(used)
    answers.push(service.get('/autocomplete?q=b'))
    await until(async () => (await count('running')) === used + 1)
    await redis.kill('SIGCONT')
    for (const answer of answers) expect((await answer).status).toBe(200)
  })

  /** Sends 40 queries while Redis does not respond: the thread sends 32 to Redis, and the others wait. */
  async function sendBlocked(service: TestService): Promise<Promise<Response>[]> {
    const answers: Promise<Response>[] = []
    // Send one query at a time. If many arrive before the service has measured its rate, it may reject some of them.
    while (answers.length < 32) {
      answers.push(service.get(`/autocomplete?q=b${answers.length}`))
      await until(async () => (await metric(service, 'autocomplete_ranking_running_batches')) === answers.length)
    }
    while (answers.length < 40) answers.push(service.get(`/autocomplete?q=b${answers.length}`))
    await until(async () => (await metric(service, 'autocomplete_ranking_waiting_batches')) === 8)
    return answers
  }

  /** Starts a service whose thread has the maximum number of batches, each with one query, and a queue behind them. */
  async function startBlocked(env: Record<string, string>) {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      ...WITH_CACHE,
      RANKING_BATCH_MAX_QUERIES: '1',
      REDIS_COMMAND_TIMEOUT_MS: '30000',
      RANKING_TIMEOUT_MS: '60000',
      ...env,
    })
    expect((await service.get('/autocomplete?q=known')).status).toBe(200)
    await redis.kill('SIGSTOP')
    return { redis, service, answers: await sendBlocked(service) }
  }

  it('rejects queries immediately that would wait too long, still answers all others, and then recovers', async () => {
    // All queries of startBlocked must arrive within this time.
    const { redis, service, answers } = await startBlocked({ OVERLOAD_MAX_DELAY_MS: '3000' })
    await until(async () => (await metric(service, 'autocomplete_ranking_oldest_waiting_seconds')) > 3)
    const rejected = [await service.get('/autocomplete?q=c1'), await service.get('/autocomplete?q=c2')]
    await expectRejections(rejected, 'overloaded')
    expect((await service.get('/autocomplete?q=known')).status).toBe(200)
    expect(await metric(service, rejectedFor('wait'))).toBe(2)
    await redis.kill('SIGCONT')
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200))
    await eventually(service, '/autocomplete?q=c1', ({ status }) => status === 200)
  })

  it('does not limit queries that wait for a slow Redis', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: `127.0.0.1:${await startSlowPath(redis, 300)}`,
      // This is shorter than the time that the queries wait for Redis, but longer than the delays on a busy machine.
      OVERLOAD_MAX_DELAY_MS: '250',
      RANKING_BATCH_MAX_QUERIES: '1',
    })
    const answers = []
    for (let i = 0; i < 12; i++) {
      answers.push(service.get(`/autocomplete?q=d${i}`))
      await until(async () => (await metric(service, 'autocomplete_queries_total{criticality="typed"}')) > i)
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200))
  })

  it('rejects the least critical queries first', async () => {
    const { redis, service, answers } = await startBlocked({ RANKING_MAX_PENDING: '64' })
    // 40 of at most 64 queries are pending. That is more than the shares of prefetches and background queries.
    const background = await service.get('/autocomplete?q=e&criticality=background')
    const prefetch = await service.get('/autocomplete?q=e', { headers: { 'Sec-Purpose': 'prefetch' } })
    await expectRejections([background, prefetch], 'overloaded')
    const batch = await service.get('/autocomplete', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"queries":[{"q":"e"}]}',
    })
    await expectRejections([batch], 'overloaded')
    expect(await metric(service, rejectedFor('pending', 'background'))).toBe(2)
    expect(await metric(service, rejectedFor('pending', 'prefetch'))).toBe(1)
    answers.push(service.get('/autocomplete?q=e', { headers: { Priority: 'u=5' } }), service.get('/autocomplete?q=e'))
    await until(async () => (await metric(service, 'autocomplete_ranking_pending_queries')) === answers.length)
    await redis.kill('SIGCONT')
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200))
  })

  it('ranks queries that may be expensive in batches of their own, and rejects them first', async () => {
    const { redis, service, answers } = await startBlocked({
      RANKING_MAX_PENDING: '64',
      RANKING_TEXT_CACHE_MAX_MIB: '0',
    })
    const expensive = '/autocomplete?q=banana+c+d+e+f+g+h+i+j+k'
    await expectRejections([await service.get(expensive)], 'overloaded')
    answers.push(service.get('/autocomplete?q=e'))
    await redis.kill('SIGCONT')
    await Promise.all(answers)
    const other = await startService({
      REDIS_NODES: redis.node,
      RANKING_TEXT_CACHE_MAX_MIB: '0',
      // Queries of a kind share a batch if they arrive within this time.
      RANKING_BATCH_WAIT_MS: '1000',
      REDIS_COMMAND_TIMEOUT_MS: '30000',
      RANKING_TIMEOUT_MS: '60000',
    })
    await untilReady(other, 1)
    await redis.kill('SIGSTOP')
    const asked = [expensive, `${expensive}&limit=5`, '/autocomplete?q=app', '/autocomplete?q=ban']
    const more = asked.map((path) => other.get(path))
    await until(async () => (await metric(other, 'autocomplete_ranking_running_batches')) === 2)
    await redis.kill('SIGCONT')
    const found = await Promise.all(more.map(async (answer) => texts(await answer)))
    expect(found).toEqual([['banana'], ['banana'], ['Apple', 'apply'], ['banana']])
  })

  it('rejects waiting queries while no replica responds, the less critical ones first', async () => {
    const replicas = await Promise.all([startRedis(FRUIT), startRedis(FRUIT)])
    const service = await startService({
      REDIS_NODES: replicas.map(({ node }) => node).join(','),
      RANKING_BATCH_MAX_QUERIES: '1',
      // Typed queries wait for the command timeout and then for this time, which is enough even for a slow machine.
      OVERLOAD_MAX_DELAY_MS: '6000',
      // This is enough time to see all queries wait.
      REDIS_COMMAND_TIMEOUT_MS: '16000',
      RANKING_TIMEOUT_MS: '60000',
    })
    await untilReady(service, 2)
    for (const replica of replicas) await replica.kill('SIGSTOP')
    const typed = await sendBlocked(service)
    // Only typed queries wait for other replicas.
    const prefetches = Array.from({ length: 8 }, (_, i) => service.get(`/autocomplete?q=c${i}&criticality=prefetch`))
    const answers = await Promise.all([...typed, ...prefetches])
    const codes = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { error: { code: string } }).error.code),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503))
    expect(new Set(codes.slice(0, 40))).toEqual(new Set(['unavailable']))
    expect(new Set(codes.slice(40))).toEqual(new Set(['overloaded']))
    for (const replica of replicas) await replica.kill('SIGCONT')
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 200)
  })

  it('does not reject queries after an outage in which all waiting queries were rejected', async () => {
    const { redis, service, answers } = await startBlocked({
      OVERLOAD_MAX_DELAY_MS: '2000',
      REDIS_COMMAND_TIMEOUT_MS: '6000',
    })
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 503))
    await redis.kill('SIGCONT')
    await eventually(service, '/autocomplete?q=c', ({ status }) => status === 200)
    // Wait longer than OVERLOAD_MAX_DELAY_MS, so that a drain rate from the outage is outdated.
    await sleep(2500)
    const later = await Promise.all(Array.from({ length: 20 }, (_, i) => service.get(`/autocomplete?q=d${i}`)))
    expect(later.map(({ status }) => status)).toEqual(later.map(() => 200))
  })

  it('of the event loop rejects queries that are not cached, until it ends', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE, OVERLOAD_MAX_DELAY_MS: '1' })
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 200)
    const sockets = openSockets(service, 500)
    let isOver = false
    const statuses = { known: new Set<string>(), unknown: new Set<string>() }
    const asking = sockets.map(async (socket, i) => {
      for (let count = 0; !isOver; count++) {
        const isKnown = i % 10 === 0
        const answer = await ask(socket, isKnown ? '/autocomplete?q=a' : `/autocomplete?q=b${i}_${count}`)
        statuses[isKnown ? 'known' : 'unknown'].add(answer.slice(9, 12))
      }
    })
    await until(async () => (await metric(service, rejectedFor('event_loop'))) > 0)
    await until(() => statuses.unknown.has('503'))
    isOver = true
    await Promise.all(asking)
    expect(statuses).toEqual({ known: new Set(['200']), unknown: new Set(['200', '503']) })
    await eventually(service, '/autocomplete?q=new', ({ status }) => status === 200)
  })
})
