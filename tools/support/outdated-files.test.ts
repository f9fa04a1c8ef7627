import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyRepository, type RepositoryCopy } from './repository-copy.ts'

/** Tests what a new user does: edit a values file, then deploy it. */
describe('npm run deploy with files that are not up to date', () => {
  let copy: RepositoryCopy
  let file: string
  beforeAll(async () => {
    copy = await copyRepository()
    file = join(copy.root, 'values', 'dev.yaml')
    const bin = join(copy.root, 'bin')
    await mkdir(bin)
    const release = { name: 'demo', namespace: 'apps', version: 1, info: { status: 'deployed' }, manifest: '' }
    const script = `case $1 in list) echo '[]';; *) echo '${JSON.stringify(release)}';; esac`
    await writeFile(join(bin, 'helm'), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, 'helm'), 0o755)
  })
  afterAll(() => copy.remove())

  const deploy = (...options: string[]) =>
    copy.run('deploy', ['demo', '--preset', 'dev', '-n', 'apps', '--json', ...options], {
      PATH: `${join(copy.root, 'bin')}${delimiter}${process.env.PATH}`,
    })

  it.each([[[]], [['--dry-run']]])('keeps an edited file and says so, with the options %j', async (options) => {
    const edited = (await readFile(file, 'utf8')).replace('replicas: 1', 'replicas: 2')
    await writeFile(file, edited)
    const readme = join(copy.root, 'README.md')
    await writeFile(readme, '# Mine\n')
    expect(await deploy(...options)).toMatchObject({
      code: 0,
      stderr: 'values/dev.yaml was edited, and is used as it is\n',
    })
    expect(await readFile(file, 'utf8')).toBe(edited)
    expect(await readFile(readme, 'utf8')).toBe('# Mine\n')
  })

  it('does not write a stale or missing file', async () => {
    const source = join(copy.root, 'generator', 'src', 'presets', 'dev.ts')
    const defaults = await readFile(join(copy.root, 'chart', 'values.yaml'), 'utf8')
    await rm(join(copy.root, 'values', 'dev.yaml'))
    expect(await deploy()).toMatchObject({
      code: 1,
      stderr: 'deploy: values/dev.yaml is missing; run npm run gen-values\n',
    })
    await writeFile(source, (await readFile(source, 'utf8')).replace('qps: 400', 'qps: 500'))
    await writeFile(file, await readFile(new URL('../../values/dev.yaml', import.meta.url), 'utf8'))
    expect(await deploy('--dry-run')).toMatchObject({
      code: 0,
      stderr: 'values/dev.yaml is used as it is, but is not up to date; update it with npm run gen-values\n',
    })
    expect(await readFile(join(copy.root, 'chart', 'values.yaml'), 'utf8')).toBe(defaults)
  })
})
