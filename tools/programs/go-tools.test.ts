import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EXTENSION } from '../support/paths.ts'
import { fingerprint, requireGo } from './go-tools.ts'

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

it('the fingerprint of the extension depends on all kinds of files that its Go code embeds', async () => {
  const sources = (await readdir(EXTENSION, { recursive: true })).filter((name) => /(?<!_test)\.go$/.test(name))
  const texts = await Promise.all(sources.map((name) => readFile(join(EXTENSION, name), 'utf8')))
  const embedded = texts.flatMap((text) =>
    [...text.matchAll(/^\s*\/\/go:embed (.+)$/gm)].map(([, files = '']) => files),
  )
  const kinds = new Set(embedded.flatMap((files) => files.split(' ').map(extname)))
  expect([...kinds].sort()).toEqual(['.css', '.html', '.js', '.ts'])

  const prints = [await fingerprint(folder)]
  for (const kind of kinds) {
    await writeFile(join(folder, `file${kind}`), '')
    prints.push(await fingerprint(folder))
  }
  expect(new Set(prints).size, [...kinds].join(' ')).toBe(prints.length)
})
