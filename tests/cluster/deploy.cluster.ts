/** Tests `npm run deploy` on a real cluster. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'
import { capture } from '../../tools/support/process.ts'
import { imageOptions, Namespace, until } from './cluster.ts'

const RUN = [inRoot('tools', 'run.mjs'), 'deploy', 'demo', '--preset', 'dev']
const deploy = (namespace: Namespace, ...args: string[]) =>
  capture(process.execPath, [...RUN, '--namespace', namespace.name, ...args])

const releases = async (namespace: Namespace) =>
  JSON.parse((await namespace.helm('list', '--all', '-o', 'json')).stdout) as { revision: string; status: string }[]

/** Runs the port-forward command from the output, on a free local port. Returns the port. */
async function forward(line: string): Promise<number> {
  const [command, ...args] = line.split(' ') as [string, ...string[]]
  const port = args.pop()
  const child: ChildProcess = spawn(command, [...args, `:${port}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    child.kill()
    await once(child, 'close')
  })
  let output = ''
  child.stdout?.on('data', (data) => {
    output += data
  })
  await until('the port is forwarded', 30, async () => output.includes('\n'))
  return Number(/127\.0\.0\.1:(\d+)/.exec(output)?.[1])
}

// Pods can start only if the images are in the cluster.
describe.skipIf(!inject('appImage'))('npm run deploy', () => {
  it('installs and upgrades a release, and the printed commands for port forwarding and helm test work', async () => {
    const namespace = await Namespace.create('deploy')
    const installed = await deploy(namespace, ...imageOptions())
    expect(installed.code, installed.stderr).toBe(0)
    const [first, ...lines] = installed.stdout.trim().split('\n')
    expect(first).toBe(`demo is installed in namespace ${namespace.name}: preset dev, revision 1`)
    const [portForward, curl, test] = lines.map((line) => line.replace(/^ +\w+: +/, '')) as [string, string, string]

    const port = await forward(portForward)
    const url = /'(http:.*)'/.exec(curl)?.[1]?.replace(/:\d+/, `:${port}`) as string
    expect(await (await fetch(url)).json()).toMatchObject({ suggestions: expect.arrayContaining([expect.anything()]) })
    expect(test).toMatch(new RegExp(`helm -n ${namespace.name} test demo$`))
    const tested = await namespace.helm('test', 'demo', '--timeout', '120s')
    expect(tested.code, tested.stderr).toBe(0)

    const dryRun = await deploy(namespace, ...imageOptions(), '--dry-run', '--set', 'app.replicas=3')
    expect(dryRun).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^- {2}replicas: 1\n\+ {2}replicas: 3$/m),
      stdout: expect.stringContaining('replicas: 3'),
    })
    expect(await releases(namespace)).toMatchObject([{ revision: '1' }])

    const upgraded = await deploy(namespace, ...imageOptions(), '--json', '--set', 'app.resources.requests.cpu=100m')
    expect(upgraded.code, upgraded.stderr).toBe(0)
    expect(JSON.parse(upgraded.stdout)).toEqual({
      release: 'demo',
      namespace: namespace.name,
      preset: 'dev',
      action: 'upgrade',
      status: 'deployed',
      revision: 2,
    })
  })

  it('shows the errors of Helm and of the pod if the release does not become ready, and a second run can fix it', async () => {
    const namespace = await Namespace.create('deploy')
    const failed = await deploy(namespace, ...imageOptions(), '--set', 'app.image.tag=missing', '--timeout', '25s')
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    const [helm, ...pods] = failed.stderr.trim().split('\n')
    expect(helm).toMatch(/^deploy: INSTALLATION FAILED: .*(deadline exceeded|timed out)/)
    expect(pods.filter((line) => line.startsWith('demo-autocomplete-app-'))).toEqual([
      expect.stringMatching(/^demo-autocomplete-app-\S+: (ErrImagePull|ImagePullBackOff): .*missing/),
    ])

    const fixed = await deploy(namespace, ...imageOptions(), '--json')
    expect(fixed.code, fixed.stderr).toBe(0)
    expect(JSON.parse(fixed.stdout)).toMatchObject({ action: 'upgrade', status: 'deployed', revision: 2 })
  })

  it('exits with 130 when interrupted, and Helm records the release as failed', async () => {
    const namespace = await Namespace.create('deploy')
    const child = spawn(process.execPath, [...RUN, '-n', namespace.name, '--set', 'app.image.tag=missing'], {
      stdio: 'ignore',
    })
    await until('it waits', 60, async () => (await namespace.pods('app')).length > 0)
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect(code).toBe(130)
    expect(await releases(namespace)).toMatchObject([{ revision: '1', status: 'failed' }])
  })
})
