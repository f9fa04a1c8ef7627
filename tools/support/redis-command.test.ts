import { expect, it } from 'vitest'
import { parseInfo, parseReply } from './redis-command.ts'

const INFO = '# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\nused_memory:2899400\r\nused_memory_human:2.77M\r\n'

it('parses a field of INFO', () => {
  expect(parseInfo(INFO, 'redis_version')).toBe('7.0.15')
  expect(parseInfo(INFO, 'used_memory')).toBe('2899400')
  expect(parseInfo(INFO, 'uptime')).toBe('unknown')
})

it('parses a string reply from Redis, and rejects all other replies', () => {
  expect(parseReply(Buffer.from('$9\r\n사과\r\na\r\n+OK\r\n'))).toBe('사과\r\na')
  expect(() => parseReply(Buffer.from(':12\r\n'))).toThrow('Redis answered :12')
  expect(() => parseReply(Buffer.from('$-1\r\n'))).toThrow('Redis answered $-1')
  expect(() => parseReply(Buffer.from('-NOPERM no permissions\r\n'))).toThrow('Redis answered -NOPERM no permissions')
})
