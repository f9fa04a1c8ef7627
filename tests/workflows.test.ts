import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { goTool } from '../tools/programs/go-tools.ts'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

interface Job {
  uses?: string
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  steps?: Step[]
}

interface Workflow {
  on: Record<string, unknown>
  permissions?: Record<string, string>
  jobs: Record<string, Job>
}

interface Dependabot {
  updates: { 'package-ecosystem': string; directory?: string; directories?: string[] }[]
}

/** Returns the folders that contain a file with this name, in Dependabot's notation. */
async function foldersWith(name: string, folder = '/'): Promise<string[]> {
  const entries = await readdir(inRoot(folder), { withFileTypes: true })
  const below = entries.filter((entry) => entry.isDirectory() && !/^(node_modules|dist|\..*)$/.test(entry.name))
  const found = await Promise.all(below.map((entry) => foldersWith(name, join(folder, entry.name))))
  return [...(entries.some((entry) => entry.name === name) ? [folder] : []), ...found.flat()].sort()
}

const WORKFLOWS = ['ci.yml', 'nightly.yml', 'release.yml']

describe.each(WORKFLOWS)('the workflow %s', async (name) => {
  const text = await readFile(inRoot('.github', 'workflows', name), 'utf8')
  const workflow = parse(text) as Workflow
  const jobs = Object.entries(workflow.jobs)
  const steps = jobs.flatMap(([, job]) => job.steps ?? [])

  it('pins every action to a commit and names its version', () => {
    const used = [...text.matchAll(/uses: +(.*)$/gm)].map(([, action]) => action as string)
    expect(used.length).toBe(steps.filter(({ uses }) => uses).length + jobs.filter(([, { uses }]) => uses).length)
    for (const action of used) expect(action).toMatch(/^(\.\/\S+|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/)
  })

  it('has only read permissions, except in the jobs that publish', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    const writing = jobs.filter(([, { permissions = {} }]) => Object.values(permissions).includes('write'))
    expect(writing.map(([job]) => job)).toEqual(name === 'release.yml' ? ['images', 'chart'] : [])
  })

  it('runs no untrusted code with permissions: no pull_request_target, and no event text in a shell', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target')
    expect(Object.keys(workflow.on)).not.toContain('workflow_run')
    for (const { run = '' } of steps) expect(run).not.toContain('${{')
  })

  it('leaves no token in the checkout', () => {
    for (const { uses = '', with: inputs } of steps) {
      if (uses.startsWith('actions/checkout@')) expect(inputs).toMatchObject({ 'persist-credentials': false })
    }
  })

  it('runs only commands that package.json has', async () => {
    const { scripts } = JSON.parse(await readFile(inRoot('package.json'), 'utf8')) as { scripts: object }
    const commands = steps.flatMap(({ run = '' }) => [
      ...run.matchAll(/\bnpm (?:run )?(?!run\b|audit\b|ci\b)([\w:-]+)/g),
    ])
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(commands.map(([, command]) => command)))
    expect(commands.length).toBeGreaterThan(0)
  })

  it('has timeouts, and calls only workflows that exist', async () => {
    for (const [job, { uses, 'timeout-minutes': minutes }] of jobs) {
      if (uses) await access(inRoot(uses))
      else expect(minutes, job).toBeGreaterThan(0)
    }
  })
})

it('actionlint finds no problems in the workflows', async () => {
  // Turn off shellcheck, because only some machines have it.
  const { code, stdout, stderr } = await capture(await goTool('actionlint', NO_PROGRESS), ['-shellcheck='], {
    cwd: ROOT,
  })
  expect([code, stdout + stderr]).toEqual([0, ''])
}, 300_000)

it('these tests cover every workflow', async () => {
  expect((await readdir(inRoot('.github', 'workflows'))).sort()).toEqual(WORKFLOWS)
})

describe('dependabot.yml', async () => {
  const { updates } = parse(await readFile(inRoot('.github', 'dependabot.yml'), 'utf8')) as Dependabot
  const foldersOf = (ecosystem: string) =>
    updates
      .filter((update) => update['package-ecosystem'] === ecosystem)
      .flatMap(({ directory, directories = [] }) => (directory ? [directory] : directories))
      .sort()

  it('updates Go modules and base images in every folder that has them', async () => {
    expect(foldersOf('gomod')).toEqual(await foldersWith('go.mod'))
    expect(foldersOf('docker')).toEqual(await foldersWith('Dockerfile'))
  })

  it('updates Python packages in every folder that has them', async () => {
    // Leave out the benchmarks, because the versions of their Python packages are fixed.
    const folders = (await foldersWith('requirements.txt')).filter((folder) => !folder.startsWith('/bench/'))
    expect(foldersOf('pip')).toEqual(folders)
  })

  it('updates npm packages and actions', () => {
    expect(foldersOf('npm')).toEqual(['/'])
    expect(foldersOf('github-actions')).toEqual(['/'])
  })
})
