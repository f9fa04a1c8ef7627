import { access, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { inRoot } from '../tools/support/paths.ts'

it('SECURITY.md points only to files that exist', async () => {
  const text = await readFile(inRoot('SECURITY.md'), 'utf8')
  const files = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, file]) => file as string)
  expect(files.length).toBeGreaterThan(10)
  for (const file of files) await expect(access(inRoot(file)), file).resolves.toBeUndefined()
})
