/** Checks that the types of k6/x/locust work in another repository. */
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'
import { capture } from '../../tools/support/process.ts'
import { temporaryFolder } from './testing.ts'

const SCRIPT = `
  import locust, { HttpUser } from 'k6/x/locust'
  class Visitor extends HttpUser {
    static override tasks = { visit: 1 }
    async visit() {
      const response = await this.client.get('/', { params: { a: [1, 2] } })
      console.log(response.status, response.cookies)
    }
  }
  export const options = locust.options({ userClasses: [Visitor] })
  export default locust.run
`

it.each([
  [['es2023']],
  [['es2023', 'dom']],
])('a script compiles with the packed types and the libraries %j', async (lib) => {
  const folder = await temporaryFolder()
  const packed = JSON.parse(
    (await capture('npm', ['pack', '--json', '--pack-destination', folder, inRoot('loadtest', 'xk6-locust')])).stdout,
  )
  const { name, files } = (Array.isArray(packed) ? packed[0] : Object.values(packed)[0]) as {
    name: string
    files: { path: string }[]
  }
  expect(files.map(({ path }) => path).sort()).toEqual(['LICENSE', 'README.md', 'index.d.ts', 'package.json'])
  const modules = join(folder, 'node_modules')
  await mkdir(join(modules, '@types'), { recursive: true })
  await symlink(inRoot('node_modules', '@types', 'k6'), join(modules, '@types', 'k6'))
  for (const { path } of files) await cp(inRoot('loadtest', 'xk6-locust', path), join(modules, name, path))
  await writeFile(join(folder, 'script.ts'), SCRIPT)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    types: ['k6', name],
    lib,
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['script.ts'] }))
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  const { code, stdout } = await capture(process.execPath, [tsc, '-p', folder])
  expect(stdout).toBe('')
  expect(code).toBe(0)
})
