import { expect, it } from 'vitest'
import { parseWrkVersion } from './wrk.ts'

it.each([
  ['wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer\nUsage: wrk <options> <url>\n', '4.1.0'],
  ['wrk 4.2.0 [kqueue] Copyright (C) 2012 Will Glozer\n', '4.2.0'],
  ['', 'unknown'],
])('%j is version %s', (text, version) => expect(parseWrkVersion(text)).toBe(version))
