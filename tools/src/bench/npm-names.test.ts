import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { must } from '../../support/process.ts'
import { NO_PROGRESS } from '../../support/progress.ts'
import { heaviestNames, npmNames } from './npm-names.ts'

const { signal } = new AbortController()

/** An archive as npm makes one, on this machine's disk, and a folder for the names. */
async function countsPackage(counts: Record<string, number>) {
  const folder = await mkdtemp(join(tmpdir(), 'npm-names-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'package'))
  await writeFile(join(folder, 'package', 'package.json'), '{"name":"counts","version":"1.0.0"}')
  await writeFile(join(folder, 'package', 'counts.json'), JSON.stringify(counts))
  const spec = join(folder, 'counts.tgz')
  await must('tar', ['-czf', spec, '-C', folder, 'package'])
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(spec))
    .digest('base64')}`
  const cache = join(folder, 'cache')
  return { wanted: { spec, integrity, file: join(cache, 'names.tsv') }, kept: () => readdir(cache) }
}

describe('the names', () => {
  it('are sorted by downloads, without those that are no entries of their own', async () => {
    const counts = { left: 3, React: 10, react: 20, ['long'.repeat(60)]: 9, '@scope/name': 7, zero: 0 }
    const { wanted, kept } = await countsPackage(counts)
    const file = await npmNames(NO_PROGRESS, signal, wanted)
    expect(await readFile(file, 'utf8')).toBe('react\t20\n@scope/name\t7\nleft\t3\nzero\t0\n')
    expect(await kept()).toEqual(['names.tsv'])
    expect(await heaviestNames(file, 2)).toBe('react\t20\n@scope/name\t7\n')
    await expect(heaviestNames(file, 5)).rejects.toThrow(`${file} has 4 names, 5 are needed`)
  })

  it('are fetched once', async () => {
    const { wanted } = await countsPackage({ a: 1 })
    await npmNames(NO_PROGRESS, signal, wanted)
    await rm(wanted.spec)
    expect(await npmNames(NO_PROGRESS, signal, wanted)).toBe(wanted.file)
  })

  it('of an archive with another hash are refused', async () => {
    const { wanted, kept } = await countsPackage({ a: 1 })
    const refused = npmNames(NO_PROGRESS, signal, { ...wanted, integrity: 'sha512-other' })
    await expect(refused).rejects.toThrow(
      `${wanted.spec}, whose names are the data, cannot be had: its hash is ${wanted.integrity}, and should be sha512-other`,
    )
    expect(await kept()).toEqual([])
  })

  it('that npm cannot get are one line', async () => {
    const { wanted, kept } = await countsPackage({ a: 1 })
    await rm(wanted.spec)
    const message = await npmNames(NO_PROGRESS, signal, wanted).catch((error: Error) => error.message)
    expect(message).toMatch(/^\S+counts\.tgz, whose names are the data, cannot be had: .*no such file.*$/)
    expect(await kept()).toEqual([])
  })
})
