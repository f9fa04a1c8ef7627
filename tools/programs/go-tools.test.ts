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

/** Installs a fake `go` that only prints its version and its GOTOOLCHAIN. */
const installGo = (version: string, toolchain = 'local') =>
  writeFile(join(folder, 'go'), `#!/bin/sh\necho ${version}\necho ${toolchain}\n`, { mode: 0o755 })

describe('requireGo', () => {
  it('says where to get Go if it is missing', async () => {
    await expect(requireGo('k6', '1.25')).rejects.toThrow(
      'Go 1.25 or newer is needed to build k6, but Go is missing: see https://go.dev/dl',
    )
  })

  it.each([
    ['go1.24.9', 'local', '1.25'],
    ['go1.25.9', 'local', '1.26'],
    ['go1.20.1', 'auto', '1.25'],
  ])('rejects %s with GOTOOLCHAIN %s, because %s is needed', async (version, toolchain, needed) => {
    await installGo(version, toolchain)
    await expect(requireGo('helm', needed)).rejects.toThrow(
      `Go ${needed} or newer is needed to build helm, but this is ${version}`,
    )
  })

  it.each([
    ['go1.25.0', 'local', '1.25'],
    ['go1.26.8', 'local', '1.25'],
    ['go2.0', 'local', '1.26'],
    ['go1.24.0', 'auto', '1.26'],
  ])('accepts %s with GOTOOLCHAIN %s if %s is needed', async (version, toolchain, needed) => {
    await installGo(version, toolchain)
    await expect(requireGo('k6', needed)).resolves.toBeUndefined()
  })
})
