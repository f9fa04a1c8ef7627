// Sends the same answer to all requests except /count, with node:http and without a framework. /count returns the
// number of the other requests. Environment: BODY, the answer. Prints the port.
import { createServer } from 'node:http'

// Node.js sends a Latin-1 string together with the headers. A Buffer or a UTF-8 string costs more.
const body = Buffer.from(process.env.BODY ?? '').toString('latin1')
const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length }
let requests = 0

// Keep the connections of idle users open.
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.url === '/count') return response.end(String(requests))
  requests++
  response.writeHead(200, headers)
  response.end(body, 'latin1')
})
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
