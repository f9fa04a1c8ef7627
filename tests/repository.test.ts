/** Checks that package.json, the Go modules, and the issue templates use the URL of `repository` in package.json. */
import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { inRoot } from '../tools/support/paths.ts'

const packageJson = JSON.parse(await readFile(inRoot('package.json'), 'utf8')) as {
  repository: { type: string; url: string }
  homepage: string
  bugs: { url: string }
}
const [, host = '', path = ''] = /^git\+https:\/\/([^/]+)\/(.+)\.git$/.exec(packageJson.repository.url) ?? []
const url = `https://${host}/${path}`

describe('the URL of the project', () => {
  it('points to a Git repository', () => {
    expect(packageJson.repository.type).toBe('git')
    expect(host).not.toBe('')
  })

  it('is used in the other fields in package.json', () => {
    expect(packageJson.homepage).toBe(`${url}#readme`)
    expect(packageJson.bugs).toEqual({ url: `${url}/issues` })
  })

  it('is the beginning of the Go module paths', async () => {
    const tools = (await readdir(inRoot('tools', 'go'))).map((name) => `tools/go/${name}`)
    for (const folder of ['loadtest/xk6-locust', ...tools]) {
      const goMod = await readFile(inRoot(folder, 'go.mod'), 'utf8')
      expect(goMod.split('\n'), folder).toContain(`module ${host}/${path}/${folder}`)
    }
  })

  it('is the beginning of the links in issue templates', async () => {
    const config = parse(await readFile(inRoot('.github', 'ISSUE_TEMPLATE', 'config.yml'), 'utf8')) as {
      contact_links: { url: string }[]
    }
    expect(config.contact_links.length).toBeGreaterThan(0)
    for (const link of config.contact_links)
      expect([link.url.slice(0, url.length), link.url[url.length]]).toEqual([url, expect.stringMatching(/[/#]/)])
  })
})

it.each(['bug.yml', 'feature.yml'])('the issue template %s is a form', async (file) => {
  const form = parse(await readFile(inRoot('.github', 'ISSUE_TEMPLATE', file), 'utf8')) as {
    name: string
    description: string
    body: { type: string; id: string; attributes: { label: string } }[]
  }
  expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) })
  const ids = form.body.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { attributes } of form.body) expect(attributes.label).not.toBe('')
})

it.each(['CONTRIBUTING.md', 'CODE_OF_CONDUCT.md'])('%s links only to files that exist', async (page) => {
  const text = await readFile(inRoot(page), 'utf8')
  for (const [, file] of text.matchAll(/\]\((?!https:)([^)#]+)/g)) {
    await expect(readFile(inRoot(file as string)), file).resolves.toBeDefined()
  }
})
