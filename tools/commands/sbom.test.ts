import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { inRoot } from '../support/paths.ts'
import { type Component, INSTALL, main, type Sbom } from './sbom.ts'

/** The fields of an entry in package-lock.json that are used here. */
interface LockedPackage {
  version: string
  link?: boolean
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  os?: string[]
  cpu?: string[]
  libc?: string[]
}

/** Returns all direct and indirect production dependencies of a package in the lockfile, as `name version`. */
async function productionPackages(start: string): Promise<string[]> {
  const lockfile = await readFile(inRoot('package-lock.json'), 'utf8')
  const { packages } = JSON.parse(lockfile) as { packages: Record<string, LockedPackage> }
  const found = new Map<string, string>()
  const visit = (from: string) => {
    const { dependencies, optionalDependencies } = packages[from] as LockedPackage
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      // Look for the dependency in the nearest node_modules folder, from the inside out.
      let folder: string | undefined = from
      while (folder !== undefined && !packages[join(folder, 'node_modules', name)]) folder = parentOf(folder)
      const path = join(folder ?? '', 'node_modules', name)
      const one = packages[path]
      if (!one || found.has(path) || !isForImage(one)) continue
      found.set(path, `${name} ${one.version}`)
      visit(path)
    }
  }
  visit(start)
  return [...found.values()].sort()
}

function parentOf(folder: string): string | undefined {
  if (folder === '') return undefined
  const at = folder.lastIndexOf('node_modules/')
  return at < 0 ? '' : folder.slice(0, at).replace(/\/$/, '')
}

function isForImage({ os = ['linux'], cpu = [process.arch], libc = ['glibc'] }: LockedPackage): boolean {
  return os.includes('linux') && cpu.includes(process.arch) && libc.includes('glibc')
}

const nameOf = ({ name, version }: Component) => `${name} ${version}`

describe('npm run sbom', () => {
  let folder: string
  let out: string
  const printed: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sbom-test-'))
    out = join(folder, 'out')
    const log = vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(line))
    expect(await main(['--out', out, '--json'])).toBe(0)
    log.mockRestore()
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('lists exactly the packages that the service needs to run', async () => {
    const sbom = JSON.parse(await readFile(join(out, 'sbom.cdx.json'), 'utf8')) as Sbom
    expect(sbom.bomFormat).toBe('CycloneDX')
    const names = sbom.components.map(nameOf).filter((name) => name !== 'service 0.1.0')
    expect(names.sort()).toEqual(await productionPackages('service'))
  })

  it('contains only URLs that CycloneDX accepts', async () => {
    const text = await readFile(join(out, 'sbom.cdx.json'), 'utf8')
    const urls = [...text.matchAll(/"url": "([^"]+)"/g)].map(([, url]) => url as string)
    expect(urls.length).toBeGreaterThan(50)
    expect(urls.filter((url) => !URL.canParse(url))).toEqual([])
  })

  it('lists the name, version, and license of each package, and counts the licenses', async () => {
    const lines = (await readFile(join(out, 'licenses.tsv'), 'utf8')).trim().split('\n')
    expect(lines).toContainEqual(expect.stringMatching(/^koa\t\d+\.\d+\.\d+\tMIT$/))
    const report = JSON.parse(printed[0] as string)
    expect(report).toMatchObject({ sbom: join(out, 'sbom.cdx.json'), licenses: join(out, 'licenses.tsv') })
    expect(report.packages).toBe(lines.length)
    expect(report.byLicense.MIT).toBe(lines.filter((line) => line.endsWith('\tMIT')).length)
  })

  it('installs packages with the same command as the image', async () => {
    const dockerfile = await readFile(inRoot('service', 'Dockerfile'), 'utf8')
    expect(dockerfile).toContain(` npm ${INSTALL.join(' ')} `)
  })

  const withLicense = (license: Component['licenses']) =>
    main(['--out', out, '--json'], async () => ({
      bomFormat: 'CycloneDX',
      components: [{ name: 'one', version: '1.0.0', ...(license && { licenses: license }) }],
    }))

  it.each([
    ['an unknown license', [{ license: { id: 'AGPL-3.0-only' } }], 'one 1.0.0 (AGPL-3.0-only)'],
    ['a text that names no license', [{ license: { name: 'SEE LICENSE IN x' } }], 'one 1.0.0 (SEE LICENSE IN x)'],
    ['a missing license', undefined, 'one 1.0.0 (none)'],
    ['an additional license that is not allowed', [{ expression: '(MIT AND GPL-2.0-only)' }], '(MIT AND GPL-2.0-only)'],
    [
      'an expression with inner parentheses',
      [{ expression: 'GPL-2.0-only AND (X OR MIT OR Y)' }],
      'GPL-2.0-only AND (X OR MIT OR Y)',
    ],
  ])('rejects %s in one line, but still writes the list', async (_, licenses, named) => {
    await expect(withLicense(licenses)).rejects.toThrow(new RegExp(`^license not allowed: .*${quote(named)}.*$`))
    await expect(access(join(out, 'licenses.tsv'))).resolves.toBeUndefined()
  })

  it('accepts a package if one of its alternative licenses is allowed', async () => {
    vi.spyOn(console, 'log').mockImplementationOnce(() => {})
    expect(await withLicense([{ expression: '(GPL-2.0-only OR MIT)' }])).toBe(0)
  })

  it('lists the modules of k6 and their licenses with --k6', async () => {
    const log = vi.spyOn(console, 'log').mockImplementationOnce(() => {})
    expect(await main(['--k6', '--out', out, '--json'])).toBe(0)
    const report = JSON.parse(log.mock.lastCall?.[0] as string)
    const text = await readFile(join(out, 'k6.cdx.json'), 'utf8')
    const sbom = JSON.parse(text) as Sbom
    expect(report).toMatchObject({ licenses: join(out, 'k6-licenses.tsv'), packages: sbom.components.length })
    // The list must not contain a local path, although the extension is built from a local folder.
    expect(text).not.toContain(inRoot())
    const lines = (await readFile(join(out, 'k6-licenses.tsv'), 'utf8')).trim().split('\n')
    const [, k6] =
      /go\.k6\.io\/k6\/v2 (v\S+)/.exec(await readFile(inRoot('loadtest', 'xk6-locust', 'go.mod'), 'utf8')) ?? []
    const licenses = Object.fromEntries(
      lines.map((line) => line.split('\t') as [string, string, string]).map(([name, , license]) => [name, license]),
    )
    expect(lines).toContain(`go.k6.io/k6/v2\t${k6}\tAGPL-3.0-only`)
    expect(licenses).toMatchObject({
      stdlib: 'BSD-3-Clause',
      'github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust': 'Apache-2.0',
      'github.com/gorilla/websocket': 'BSD-2-Clause',
      'github.com/grafana/sobek': 'MIT',
      'github.com/r3labs/sse/v2': 'MPL-2.0',
      'golang.org/x/net': 'BSD-3-Clause',
      'gopkg.in/yaml.v3': 'Apache-2.0 AND MIT',
    })
  })

  it('reports an unknown option and an unwritable folder in one line', async () => {
    await expect(main(['--nope'])).rejects.toThrow(/^Unknown option '--nope'$/)
    const file = inRoot('package.json')
    const sbom = async () => ({ bomFormat: 'CycloneDX', components: [] })
    await expect(main(['--out', file], sbom)).rejects.toThrow(/^cannot write into .*package\.json: /)
  })
})

const quote = (text: string) => text.replace(/[()+.]/g, '\\$&')
