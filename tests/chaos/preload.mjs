// Loaded before the service's code, in all of its processes and threads. Resolves the name of the Redis replicas to the
// addresses in a file, and carries out orders. An order is an empty file with the name of the order. The service's own
// code is unchanged.
import cluster from 'node:cluster'
import dns from 'node:dns/promises'
import { readFileSync, renameSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const folder = process.env.CHAOS_FOLDER

dns.lookup = async () =>
  JSON.parse(readFileSync(join(folder, 'addresses.json'), 'utf8')).map((address) => ({ address }))
syncBuiltinESMExports()

/** Allocates more than 100 MB of memory per second until none is left. */
function leak() {
  let kept
  setInterval(() => {
    for (let count = 0; count < 20_000; count++) kept = { kept, count }
  }, 5)
}

const ORDERS = {
  thread: {
    crash() {
      throw new Error('crash ordered by the test')
    },
    hang() {
      for (;;);
    },
    leak,
  },
  http: { leak },
}

const role = isMainThread ? (cluster.isWorker ? 'http' : undefined) : 'thread'
if (role) {
  setInterval(() => {
    for (const [name, run] of Object.entries(ORDERS[role])) {
      const order = join(folder, `${role}-${name}`)
      try {
        // Only one process or thread carries out the order.
        renameSync(order, `${order}.taken`)
      } catch {
        continue
      }
      run()
    }
  }, 50).unref()
}
