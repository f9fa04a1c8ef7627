/** Lets the primary process collect the metrics of all HTTP processes, by exchanging messages with them. */
import cluster from 'node:cluster'
import { AggregatorRegistry, type Registry } from 'prom-client'

const ASK = 'autocomplete:metrics'
/** Timeout for the primary process's answer, in milliseconds. It exceeds prom-client's timeout of 5 s. */
const ANSWER_TIMEOUT_MS = 6000

interface MetricsMessage {
  type: typeof ASK
  id: number
  text?: string
  error?: string
}

let lastId = 0

/** Returns the metrics of all HTTP processes. Called in an HTTP process, which asks the primary process. */
export function askPrimary(): Promise<string> {
  const id = ++lastId
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer)
      process.off('message', onMessage)
    }
    const onMessage = (message: MetricsMessage) => {
      if (message?.type !== ASK || message.id !== id) return
      done()
      if (message.text === undefined) reject(new Error(message.error))
      else resolve(message.text)
    }
    const timer = setTimeout(() => {
      done()
      reject(new Error('the primary process did not answer'))
    }, ANSWER_TIMEOUT_MS)
    process.on('message', onMessage)
    process.send?.({ type: ASK, id } satisfies MetricsMessage, undefined, undefined, () => {})
  })
}

type Aggregator = Pick<AggregatorRegistry<Registry['contentType']>, 'clusterMetrics' | 'contentType'>

/**
 * Lets the primary process collect the metrics of all HTTP processes, for the metrics server and for processes that
 * request them.
 */
export function gatherMetrics(): Aggregator {
  const registry: Aggregator = new AggregatorRegistry()
  cluster.on('message', (worker, message: MetricsMessage) => {
    if (message?.type !== ASK) return
    const answer = (result: Pick<MetricsMessage, 'text' | 'error'>) => {
      // The process may have died in the meantime. Without a callback, the error would end this process.
      if (worker.isConnected()) worker.send({ ...message, ...result }, () => {})
    }
    registry.clusterMetrics().then(
      (text) => answer({ text }),
      (error: Error) => answer({ error: error.message }),
    )
  })
  return registry
}
