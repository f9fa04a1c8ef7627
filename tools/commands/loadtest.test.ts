import { expect, it, vi } from 'vitest'
import { loadPresets } from '../../generator/src/presets.ts'
import { UsageError } from '../support/command-line.ts'
import { main } from './loadtest.ts'

it.each(['FOO', '=x'])('-e %j is rejected before k6 is built', async (setting) => {
  await expect(main(['-e', setting])).rejects.toThrow(
    new UsageError(`-e must be NAME=VALUE, got ${JSON.stringify(setting)}`),
  )
})

it('names every setting and the default profile of the presets in its help', async () => {
  let help = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    help += text
    return true
  })
  await main(['--help']).finally(() => vi.restoreAllMocks())
  for (const name of ['TARGET', 'PRESET', 'PROFILE', 'CRITICALITY']) expect(help).toContain(`\n  ${name} `)
  for (const { loadTest } of await loadPresets()) expect(help).toContain(`(default ${loadTest.defaultProfile},`)
})
