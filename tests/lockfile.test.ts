import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { inRoot } from '../tools/support/paths.ts'

interface LockedPackage {
  link?: boolean
  resolved?: string
  integrity?: string
  optionalDependencies?: Record<string, string>
}

describe('package-lock.json', async () => {
  const { packages } = JSON.parse(await readFile(inRoot('package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }

  it('contains no registry URL, and has a checksum for every package', () => {
    for (const [path, { link, resolved, integrity }] of Object.entries(packages)) {
      if (!path.includes('node_modules/') || link) continue
      expect(resolved, path).toBeUndefined()
      expect(integrity, path).toMatch(/^sha512-/)
    }
  })

  // `npm ci` installs only packages of the lockfile. So other platforms need their packages in it, too.
  it('contains the packages of all platforms', () => {
    const locked = Object.keys(packages)
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
      .filter((name) => !locked.some((path) => path.endsWith(`node_modules/${name}`)))
    expect(missing).toEqual([])
  })
})
