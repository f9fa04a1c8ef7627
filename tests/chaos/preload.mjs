// Loaded into the service before its own code, in every process and thread of it: resolves the name of the Redis replicas to what a
// file says, and does to itself what a file orders. The service's own code is as it is shipped.
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

/** Takes memory until there is no more, some 100 MB a second. */
function leak() {
  let kept
  setInterval(() => {
    for (let count = 0; count < 20_000; count++) kept = { kept, count }
  }, 5)
}

const ORDERS = {
  thread: {
    crash() {
      throw new Error('an order to crash')
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
        // One of all takes it.
        renameSync(order, `${order}.taken`)
      } catch {
        continue
      }
      run()
    }
  }, 50).unref()
}
