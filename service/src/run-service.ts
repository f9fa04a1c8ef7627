/** Starts the service as a single process, or as a primary process with WEB_CONCURRENCY HTTP processes. */
import cluster from 'node:cluster'
import type { RequestListener } from 'node:http'
import { AnswerCache, keepChecking } from './http/answer-cache.ts'
import { AnswerHeaders } from './http/answer-headers.ts'
import { createApp } from './http/app.ts'
import type { Dependencies } from './http/dependencies.ts'
import { EventLoopDelay } from './http/event-loop-delay.ts'
import { gatherMetrics } from './http/gather-metrics.ts'
import { Metrics } from './http/metrics.ts'
import { openConnectionsOf } from './http/open-connections.ts'
import { createOperationsServer, type Operations } from './http/operations-server.ts'
import { createAnswerQuery, withQueryRoutes } from './http/query-routes.ts'
import { answerReadiness, Readiness } from './http/readiness.ts'
import { RejectionLog } from './http/rejection-log.ts'
import { type Connections, createHttpServer, isCrowded, listen } from './http/server.ts'
import { createLogger } from './logger.ts'
import { heapOptions, MEBIBYTE, openFilesWarning, processLimits, readLimits } from './process-limits.ts'
import { RankingPool } from './ranking/pool.ts'
import { RankingRejectedError, stoppingError } from './ranking/rejections.ts'
import { readSettings, redacted, removedSettings, SettingsError, whiteSpaceWarnings } from './read-settings.ts'
import type { Settings } from './settings.ts'
import { onStopSignal } from './stop-signals.ts'
import { warmUp } from './warm-up.ts'

/** Number of dataset texts that the warm-up types letter by letter. */
const WARM_UP_NAMES = 500
/** Delay before a dead HTTP process is replaced, in milliseconds. It prevents a crash loop from using a whole CPU. */
const RESTART_DELAY_MS = 500

function main(): void {
  const settings = settingsOrExit()
  if (cluster.isPrimary) {
    const warnings = [
      ...removedSettings(process.env),
      ...whiteSpaceWarnings(settings),
      openFilesWarning(readLimits(), settings),
    ]
    for (const line of warnings) if (line !== undefined) createLogger(settings).warn(line)
  }
  if (processLimits(settings).processes > 1 && cluster.isPrimary) runPrimary(settings)
  else void runHttpProcess(settings)
}

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    console.error(error.message)
    process.exit(1)
  }
}

/** Serves HTTP until a stop signal, then drains and exits with code 0. */
async function runHttpProcess(settings: Settings): Promise<void> {
  const logger = createLogger(settings)
  let draining = false
  let listening = false
  const maxBytes = settings.CACHE_MAX_MIB * MEBIBYTE
  const cache = maxBytes > 0 ? new AnswerCache(maxBytes) : undefined
  const connections: Connections = { open: 0, dropped: 0 }
  const eventLoopDelay = new EventLoopDelay()
  // The metrics and the pool depend on each other: the metrics read the pool's queue, and the pool reports to the
  // metrics.
  const metrics: Metrics = new Metrics({
    ranking: () => pool.state,
    cache: cache && { entries: () => cache.size, bytes: () => cache.bytes, maxBytes },
    connections,
    eventLoopDelayMs: () => eventLoopDelay.takeLongest(),
  })
  const observer = {
    ...metrics.observer,
    threadFailed: (error: Error) => {
      metrics.observer.threadFailed()
      logger.error({ err: error }, 'a ranking thread failed')
    },
  }
  // Ignore delays during the warm-up: it keeps the process busy, and no other requests arrive then.
  const pool = new RankingPool(settings, observer, () => (metrics.isWarmingUp ? 0 : eventLoopDelay.sustained))
  let warm: Promise<void> | undefined
  const dependencies: Dependencies = {
    rank: (query, criticality) => pool.rank(query, criticality),
    rankAll: (queries, criticality) => pool.rankAll(queries, criticality),
    check: async () => {
      const { version } = await pool.check()
      warm ??= warmUpNow()
      await warm
      return version
    },
    ready: async () => {
      requireNotStopping(draining)
      const version = await dependencies.check()
      // The service may have begun to stop during the check.
      requireNotStopping(draining)
      return version
    },
    isDraining: () => draining,
    isCrowded: (criticality) => isCrowded(connections, settings.HTTP_MAX_CONNECTIONS, criticality),
    cache,
    answerHeaders: new AnswerHeaders(settings),
    metrics,
    servesMetrics: settings.METRICS_PORT === 0,
    rejections: new RejectionLog(logger),
    logger,
  }
  const answerQuery = createAnswerQuery(dependencies)
  const listener: RequestListener = withQueryRoutes(answerQuery, createApp(dependencies).callback())
  const server = createHttpServer(settings, listener, connections)

  const warmUpNow = async () => {
    metrics.isWarmingUp = true
    try {
      await warmUp(listener, await pool.sampleNames(WARM_UP_NAMES), settings.WARM_UP_REQUESTS)
    } catch (error) {
      // The process can also answer without a warm-up.
      if (!draining) logger.warn({ err: error }, 'the warm-up failed')
    } finally {
      metrics.isWarmingUp = false
    }
  }

  const stop = async (signal: string) => {
    if (draining) return
    draining = true
    logger.info({ signal }, 'stopping')
    // A process that does not listen yet has no requests to answer.
    if (server.listening) {
      await new Promise((resolve) => setTimeout(resolve, settings.SHUTDOWN_DELAY_SECONDS * 1000))
      await openConnectionsOf(server).drain(settings.SHUTDOWN_TIMEOUT_SECONDS * 1000)
    }
    await pool.close()
    logger.info('stopped')
    process.exit(0)
  }
  onStopSignal((signal) => void stop(signal))

  const ready = async () => {
    if (!listening) throw new RankingRejectedError('unavailable', 'the process is not listening yet')
    return dependencies.ready()
  }
  if (cluster.isWorker) answerReadiness(ready)
  else {
    const operations = { metrics: () => metrics.text(), contentType: metrics.contentType, ready, logger }
    if (!(await listenForOperations(settings, operations))) {
      await pool.close()
      process.exit(1)
    }
  }
  // Wait for data before listening. If no data arrives, listen anyway, because /health must answer.
  await dependencies.check().catch(() => {})
  if (draining) return
  if (cache) keepChecking(cache, () => pool.check())
  try {
    const port = await listen(server, settings.HOST, settings.PORT)
    listening = true
    logger.info({ port, ...(cluster.isPrimary && { settings: redacted(settings) }) }, 'listening')
  } catch (error) {
    logger.fatal(`cannot listen on HOST ${settings.HOST}, PORT ${settings.PORT}: ${(error as Error).message}`)
    await pool.close()
    process.exit(1)
  }
}

/** Starts the HTTP processes, replaces processes that die, and stops all of them on a signal. */
function runPrimary(settings: Settings): void {
  const logger = createLogger(settings)
  const { processes, processHeapMb } = processLimits(settings)
  // V8 reads these options only at startup. For a single process, Node.js chooses the heap size from the memory limit
  // of the container.
  if (processHeapMb) cluster.setupPrimary({ execArgv: [...process.execArgv, ...heapOptions(processHeapMb)] })
  logger.info({ settings: redacted(settings) }, 'starting')
  const metrics = gatherMetrics()
  const readiness = new Readiness(processes, settings.RANKING_TIMEOUT_MS)
  /** Whether any process has ever listened. */
  let hasListened = false
  let stopping = false

  const stop = (signal: NodeJS.Signals) => {
    stopping = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal)
  }
  onStopSignal(stop)

  cluster.on('fork', (worker) =>
    worker.on('error', (error) => logger.error({ err: error }, 'cannot reach an HTTP process')),
  )
  cluster.on('listening', () => {
    hasListened = true
  })
  cluster.on('exit', ({ process: { pid } }, code, signal) => {
    if (stopping) return
    if (hasListened) {
      logger.error({ pid, code, signal }, 'an HTTP process died; starting another')
      setTimeout(() => stopping || cluster.fork(), RESTART_DELAY_MS)
    } else {
      // No process has ever listened, so a new process would probably also fail.
      logger.error({ pid, code, signal }, 'an HTTP process died before it listened')
      process.exitCode = 1
      stop('SIGTERM')
    }
  })
  for (let count = 0; count < processes; count++) cluster.fork()
  const ready = async () => {
    requireNotStopping(stopping)
    return readiness.all()
  }
  const operations = { metrics: () => metrics.clusterMetrics(), contentType: metrics.contentType, ready, logger }
  void listenForOperations(settings, operations).then((listens) => {
    if (listens) return
    process.exitCode = 1
    stop('SIGTERM')
  })
}

function requireNotStopping(isStopping: boolean): void {
  if (isStopping) throw stoppingError()
}

/** Serves metrics and probes on `METRICS_PORT`, if it is set. Resolves with false if the port is not available. */
async function listenForOperations({ HOST, METRICS_PORT }: Settings, operations: Operations): Promise<boolean> {
  if (METRICS_PORT === 0) return true
  try {
    await listen(createOperationsServer(operations), HOST, METRICS_PORT)
    return true
  } catch (error) {
    operations.logger.fatal(`cannot listen on HOST ${HOST}, METRICS_PORT ${METRICS_PORT}: ${(error as Error).message}`)
    return false
  }
}

main()
