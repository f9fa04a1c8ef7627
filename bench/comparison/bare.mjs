// node:http alone: the cost of a constant answer without any other work. Environment: BODY, the answer. Prints its
// port.
import { createServer } from 'node:http'

// A string of one byte a character goes out in one piece with the headers; a Buffer, or a string of UTF-8, costs more.
const body = Buffer.from(process.env.BODY ?? '').toString('latin1')
const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length }

const server = createServer((_request, response) => {
  response.writeHead(200, headers)
  response.end(body, 'latin1')
})
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
