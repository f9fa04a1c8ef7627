import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'

const README = inRoot('loadtest', 'xk6-locust', 'README.md')

it('all code on the page comes from tested examples', async () => {
  const text = await readFile(README, 'utf8')
  const blocks = [...text.matchAll(/^```(py|ts)(?: (\S+))?\n([\s\S]*?)^```$/gm)]
  expect(blocks.length).toBeGreaterThan(10)
  for (const [, , file, code] of blocks) {
    expect(file, `a block without a file:\n${code}`).toBeDefined()
    expect(await readFile(join(dirname(README), file as string), 'utf8')).toContain(code)
  }
})

it('the page lists every flag and variable of the command', async () => {
  const text = await readFile(README, 'utf8')
  const source = await readFile(inRoot('loadtest', 'xk6-locust', 'internal', 'cli', 'flags.go'), 'utf8')
  const flags = [...source.matchAll(/\((?:locust\.Env\w+|&f\.\w+|level), "([a-z-]+)", (?:"(\w?)", )?/g)].map(
    ([, long, short = '']) => [`--${long}`, `-${short}`],
  )
  expect(flags.length).toBeGreaterThan(20)
  const hidden = ['--master', '--headless']
  const missing = flags.filter(
    ([long = '', short = '']) => !text.includes(`\`${long}\``) && !text.includes(`\`${short}\``),
  )
  expect(missing.map(([long]) => long).filter((flag) => flag && !hidden.includes(flag))).toEqual([])
})

it('the page begins with a complete script', async () => {
  const [, start = ''] = /^## Getting started\n([\s\S]*?)^## /m.exec(await readFile(README, 'utf8')) ?? []
  const [, file = '', code] = /^```ts (\S+)\n([\s\S]*?)^```$/m.exec(start) ?? []
  expect(code).toBe(await readFile(join(dirname(README), file), 'utf8'))
  expect(start).toContain(`bin/k6 x locust -H http://127.0.0.1:8000 loadtest/examples/${basename(file)}`)
})
