import { expect, it } from 'vitest'
import { reasonOf } from './connect.ts'

it('shortens the messages from Redis, which can have any length', () => {
  expect(reasonOf(new Error('LOADING Redis is loading the dataset in memory'))).toBe(
    'LOADING Redis is loading the dataset in memory',
  )
  expect(reasonOf(new Error(`ERR ${'x'.repeat(1_000_000)}`))).toBe(`ERR ${'x'.repeat(196)}…`)
})

it.each([
  [
    "ERR unknown command 'get', with args beginning with: 'autocomplete:current' ",
    'it is not a replica, but probably Redis Sentinel',
  ],
  ["ERR unknown command 'AUTH', with args beginning with: 'app' 'secret' ", "ERR unknown command 'AUTH'"],
  [
    'ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `app`, `a\nb`, ',
    'ERR unknown command `HELLO`',
  ],
  ...[
    'MOVED 3999 10.0.0.7:6379',
    'ASK 3999 10.0.0.7:6379',
    "CROSSSLOT Keys in request don't hash to the same slot",
    'CLUSTERDOWN The cluster is down',
  ].map((message) => [message, 'it is part of a Redis Cluster; use replicas that each hold the whole dataset']),
  ['read ECONNRESET', 'Redis closed the connection'],
  ['write EPIPE', 'Redis closed the connection'],
  ['Unknown RESP type 72 "H". Please report this.', 'it does not speak the protocol of Redis'],
])('explains %s', (message, reason) => {
  expect(reasonOf(new Error(message))).toBe(reason)
})
