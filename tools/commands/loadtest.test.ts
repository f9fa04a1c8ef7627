import { expect, it } from 'vitest'
import { UsageError } from '../support/command-line.ts'
import { main } from './loadtest.ts'

it.each(['FOO', '=x'])('-e %j is rejected before k6 is built', async (setting) => {
  await expect(main(['-e', setting])).rejects.toThrow(
    new UsageError(`-e must be NAME=VALUE, got ${JSON.stringify(setting)}`),
  )
})
