import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { requireGo } from './go-tools.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'go-'))
  vi.stubEnv('PATH', folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

/** A `go` that only says its version. */
const installGo = (version: string) => writeFile(join(folder, 'go'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })

describe('requireGo', () => {
  it('says where to get Go when it is missing', async () => {
    await expect(requireGo('k6')).rejects.toThrow(
      'Go 1.25 or newer is needed to build k6, it is missing: see https://go.dev/dl',
    )
  })

  it('says which Go is too old', async () => {
    await installGo('go1.24.9')
    await expect(requireGo('helm')).rejects.toThrow('Go 1.25 or newer is needed to build helm, this is go1.24.9')
  })

  it.each(['go1.25.0', 'go1.26.8', 'go2.0'])('takes %s', async (version) => {
    await installGo(version)
    await expect(requireGo('k6')).resolves.toBeUndefined()
  })
})
