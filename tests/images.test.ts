import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { inRoot } from '../tools/support/paths.ts'

/** The fields of a Deployment that are used here. */
interface Deployment {
  kind: string
  metadata: { labels: Record<string, string> }
  spec: { template: { spec: { securityContext: { runAsUser: number; runAsGroup: number } } } }
}

/**
 * Returns the instructions in the last stage of a Dockerfile, each with its arguments. This stage defines the image.
 */
async function lastStage(...path: string[]): Promise<[word: string, rest: string][]> {
  const text = await readFile(inRoot(...path), 'utf8')
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n')
  const all = lines.filter((line) => /^[A-Z]+ /.test(line))
  const last = all.findLastIndex((line) => line.startsWith('FROM '))
  return all.slice(last).map((line) => {
    const [word = ''] = line.split(' ', 1)
    return [word, line.slice(word.length + 1)]
  })
}

async function chartUser(component: string): Promise<string> {
  const golden = await readFile(inRoot('chart', 'tests', 'golden', 'dev.yaml'), 'utf8')
  const objects = parseAllDocuments(golden).map((document) => document.toJS() as Deployment | null)
  const deployment = objects.find(
    (one) => one?.kind === 'Deployment' && one.metadata.labels['app.kubernetes.io/component'] === component,
  )
  const { runAsUser, runAsGroup } = (deployment as Deployment).spec.template.spec.securityContext
  return `${runAsUser}:${runAsGroup}`
}

const IMAGES = [
  ['app', ['service', 'Dockerfile']],
  ['redis', ['service', 'redis-with-data', 'Dockerfile']],
] as const

describe.each(IMAGES)('the image of %s', (component, path) => {
  // The user must be a number, because Kubernetes cannot tell whether a user name is root.
  it('runs as the user of the chart, which is set by number and is not root', async () => {
    const users = (await lastStage(...path)).filter(([word]) => word === 'USER').map(([, user]) => user)
    expect(users).toEqual([await chartUser(component)])
    expect(users[0]).not.toMatch(/^0|:0/)
  })

  it('starts its program without a shell', async () => {
    const commands = (await lastStage(...path)).filter(([word]) => word === 'CMD' || word === 'ENTRYPOINT')
    expect(commands.map(([, command]) => JSON.parse(command))).toEqual([expect.any(Array)])
  })

  it('copies only named files from the build, so that it contains no source, test, or secret', async () => {
    const copies = (await lastStage(...path)).filter(([word]) => word === 'COPY' || word === 'ADD')
    const sources = copies.map(([, rest]) => rest.split(' ').filter((part) => !part.startsWith('--'))[0])
    expect(sources.length).toBeGreaterThan(0)
    expect(sources.filter((source) => source === '.' || source === '/build' || source === 'service')).toEqual([])
  })
})

it('the image of the service contains no package manager', async () => {
  const [removal] = (await lastStage('service', 'Dockerfile')).filter(([word]) => word === 'RUN')
  expect(removal?.[1]).toMatch(/^rm -rf .*\/usr\/local\/lib\/node_modules/)
})
