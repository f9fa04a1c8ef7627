import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../support/errors.ts'
import { EXTENSION, inRoot, TOOLS_BIN } from '../support/paths.ts'
import { capture, isExecutable, runOrThrow } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'

/**
 * The Go tools, pinned by the modules in tools/go. Maps each program to the Go version that it needs, its module's
 * folder, and its package.
 */
const TOOLS = {
  actionlint: { go: '1.25', module: 'actionlint', package: 'github.com/rhysd/actionlint/cmd/actionlint' },
  'golangci-lint': {
    go: '1.26',
    module: 'golangci-lint',
    package: 'github.com/golangci/golangci-lint/v2/cmd/golangci-lint',
  },
  helm: { go: '1.26', module: 'helm', package: 'helm.sh/helm/v3/cmd/helm' },
  helm4: { go: '1.26', module: 'helm4', package: 'helm.sh/helm/v4/cmd/helm' },
  'helm-unittest': { go: '1.26', module: 'helm', package: 'github.com/helm-unittest/helm-unittest/cmd/helm-unittest' },
  vale: { go: '1.26', module: 'vale', package: 'github.com/vale-cli/vale/v3/cmd/vale' },
  vegeta: { go: '1.25', module: 'vegeta', package: 'github.com/tsenart/vegeta/v12' },
  xk6: { go: '1.25', module: 'xk6', package: 'go.k6.io/xk6' },
} as const

/**
 * Checks that Go is installed and new enough to build `what`.
 * @param needed the minimum version, such as `1.25`
 * @throws {UserError} if Go is missing or too old
 */
export async function requireGo(what: string, needed: string): Promise<void> {
  const { stdout } = await capture('go', ['env', 'GOVERSION', 'GOTOOLCHAIN']).catch(() => ({ stdout: '' }))
  const [version = '', toolchain = ''] = stdout.split('\n')
  const [major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number)
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number)
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return
  // Go 1.21 and later download the version that a module requires, unless downloads are disabled.
  if (major === 1 && minor >= 21 && toolchain === 'auto') return
  const found = version ? `this is ${version}` : 'Go is missing'
  throw new UserError(`Go ${needed} or newer is needed to build ${what}, but ${found}: see https://go.dev/dl`)
}

/** Returns the path of a pinned Go tool. Builds it into `.tools/bin` unless this version is already there. */
export async function goTool(name: keyof typeof TOOLS, progress: Progress): Promise<string> {
  const { go, module, package: pkg } = TOOLS[name]
  const folder = inRoot('tools', 'go', module)
  const program = join(TOOLS_BIN, name)
  const flags = name === 'helm' ? await kubernetesVersionFlags(folder) : []
  await buildOnce(program, [await fingerprint(folder), ...flags].join(' '), async (output) => {
    await requireGo(name, go)
    progress.install(`building ${name} (takes some minutes, only once)`)
    await runOrThrow('go', ['build', '-C', folder, ...flags, '-o', output, pkg])
  })
  return program
}

/**
 * Returns the flags for building Helm 3, as in its releases. Without them, `helm template` assumes Kubernetes 1.20,
 * which the chart does not support.
 */
async function kubernetesVersionFlags(folder: string): Promise<string[]> {
  const goMod = await readFile(join(folder, 'go.mod'), 'utf8')
  const [, minor] = /^\s*k8s\.io\/client-go v0\.(\d+)\./m.exec(goMod) ?? []
  if (!minor) throw new Error(`${join(folder, 'go.mod')} must name the version of k8s.io/client-go`)
  const packages = ['helm.sh/helm/v3/pkg/chartutil', 'helm.sh/helm/v3/pkg/lint/rules']
  const variables = packages.flatMap((path) => [`-X ${path}.k8sVersionMajor=1`, `-X ${path}.k8sVersionMinor=${minor}`])
  return [`-ldflags=${variables.join(' ')}`]
}

/** Returns the path of `bin/k6`, which is k6 with the project's extension. Builds it if its sources have changed. */
export async function buildK6(progress: Progress): Promise<string> {
  const program = inRoot('bin', 'k6')
  await buildOnce(program, await fingerprint(EXTENSION), async (output) => {
    await requireGo('k6', TOOLS.xk6.go)
    const xk6 = await goTool('xk6', progress)
    const goMod = await readFile(join(EXTENSION, 'go.mod'), 'utf8')
    const [, module] = /^module (\S+)$/m.exec(goMod) ?? []
    const [, version] = /^\s*go\.k6\.io\/k6\/v\d+ (\S+)$/m.exec(goMod) ?? []
    if (!module || !version) throw new Error(`${join(EXTENSION, 'go.mod')} must name the module and the version of k6`)
    progress.install(`building k6 ${version} with xk6-locust (takes some minutes the first time)`)
    await runOrThrow(xk6, ['build', version, '--with', `${module}=${EXTENSION}`, '--output', output])
  })
  return program
}

/** Runs `build` unless the program exists and was built from sources with the same fingerprint. */
async function buildOnce(program: string, print: string, build: (output: string) => Promise<void>): Promise<void> {
  const stamp = `${program}.built-from`
  const built = await readFile(stamp, 'utf8').catch(() => '')
  if (built === print && (await isExecutable(program))) return
  await mkdir(join(program, '..'), { recursive: true })
  // Build to another file and rename it, because the old program may be running.
  await build(`${program}.new`)
  await rename(`${program}.new`, program)
  await writeFile(stamp, print)
}

/** Returns a hash of the Go sources below a folder, with embedded files and module files, but without tests. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  const built = /(\.(go|js|ts|css|html)|go\.(mod|sum))$/
  const files = (await readdir(folder, { recursive: true })).filter((file) => built.test(file))
  for (const file of files.filter((name) => !name.endsWith('_test.go')).sort()) {
    hash.update(`${file}\n`).update(await readFile(join(folder, file)))
  }
  return hash.digest('hex')
}
