// Serves the same answer to all requests with node:http, without a framework, and the number of requests at /count.
// Environment: BODY, the answer; STALL_AFTER and STALL, in seconds: the server stalls once for STALL seconds,
// STALL_AFTER seconds after the first request. Prints its port.
import { createServer } from 'node:http'

const { BODY = '', STALL_AFTER, STALL } = process.env
// Node.js sends a Latin-1 string together with the headers. A Buffer or a UTF-8 string costs more.
const body = Buffer.from(BODY).toString('latin1')
const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length }
let requests = 0

// Keep the connections of idle users open.
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.url === '/count') return response.end(String(requests))
  if (requests === 0 && STALL) setTimeout(stall, Number(STALL_AFTER) * 1000)
  requests++
  response.writeHead(200, headers)
  response.end(body, 'latin1')
})
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))

/** Blocks the thread without using CPU time. */
function stall() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(STALL) * 1000)
}
