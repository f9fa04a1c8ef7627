import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { inRoot } from './paths.ts'
import { NODE_OPTIONS } from './service-build.ts'

it('uses the same options of Node.js as the image', async () => {
  const [, command] = /^CMD (.*)$/m.exec(await readFile(inRoot('service', 'Dockerfile'), 'utf8')) ?? []
  expect(JSON.parse(command as string)).toEqual(['node', ...NODE_OPTIONS, 'service/dist/main.js'])
})
