// Koa, which ranks the candidates under a Redis key: GET /rank?KEY. What differs is where. Environment: REDIS_PORT; THREADS, or 0 to
// rank on the main thread; BATCHES, how many tasks a thread works on at a time; BATCH, how many queries a task takes. Prints its port.
import Router from '@koa/router'
import Koa from 'koa'
import { Piscina } from 'piscina'
import { answer, connect } from './ranking.mjs'

const { REDIS_PORT, THREADS, BATCHES, BATCH } = process.env
const rank = Number(THREADS) > 0 ? inThreads(Number(THREADS), Number(BATCHES), Number(BATCH)) : onMainThread()

function onMainThread() {
  const redis = connect(REDIS_PORT)
  return async (key) => (await answer(redis, [key]))[0]
}

/** The way of the service's RankingPool, without what it does about failures. */
function inThreads(threads, batches, batch) {
  const piscina = new Piscina({
    filename: new URL('./worker.mjs', import.meta.url).href,
    workerData: REDIS_PORT,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: batches,
    atomics: 'disabled',
    recordTiming: false,
  })
  const waiting = []
  let running = 0
  let isScheduled = false
  const schedule = () => {
    if (isScheduled || running >= threads * batches) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      while (waiting.length > 0 && running < threads * batches) void run(waiting.splice(0, batch))
    })
  }
  const run = async (queries) => {
    running += 1
    try {
      const bodies = await piscina.run(queries.map(({ key }) => key))
      for (const [at, { resolve }] of queries.entries()) resolve(bodies[at])
    } catch (error) {
      for (const { reject } of queries) reject(error)
    }
    running -= 1
    if (waiting.length > 0) schedule()
  }
  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      schedule()
    })
}

const router = new Router()
router.get('/rank', async (ctx) => {
  const body = await rank(ctx.querystring)
  // As the service writes its answers.
  ctx.respond = false
  ctx.res
    .writeHead(200, ['Content-Type', 'application/json', 'Content-Length', String(body.length)])
    .end(body, 'latin1')
})
router.get('/health', (ctx) => {
  ctx.body = { status: 'ok' }
})

const server = new Koa().use(router.routes()).listen(0, '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`)
})
