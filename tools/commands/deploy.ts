import type { ChildProcess } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { loadPreset } from '../../generator/src/presets.ts'
import { goTool } from '../programs/go-tools.ts'
import {
  currentNamespace,
  Helm,
  HelmError,
  type ListedRelease,
  type Plan,
  type Release,
  SET_OPTIONS,
  type Setting,
} from '../programs/helm.ts'
import { readCommandLine, UsageError } from '../support/command-line.ts'
import { UserError } from '../support/errors.ts'
import { toUserError } from '../support/generator-errors.ts'
import { onInterrupt } from '../support/interrupt.ts'
import { noteOutdatedFiles } from '../support/outdated-files.ts'
import { inRoot } from '../support/paths.ts'
import { capture, findInPath } from '../support/process.ts'
import { createProgress, type Progress } from '../support/progress.ts'

const CHART_NAME = 'autocomplete'
const DEFAULT_TIMEOUT = '5m'
/** Time for an interrupted Helm to record the interruption in the cluster, in ms. */
const STOP_MS = 10_000
const POLL_MS = 2000

/** Pattern of a DNS-1123 label. A label may have at most 63 characters. Helm allows fewer in a release name. */
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/
const MAX_LENGTH = { release: 53, namespace: 63 } as const

const COMMAND_LINE = {
  script: 'deploy',
  summary: `Installs the chart with a preset into the cluster of the current kubectl context, or upgrades the release if it exists. Waits \
until all pods are ready and prints how to reach the service. Before an upgrade, the changes to the objects are printed to standard error. \
Ctrl-C ends the wait. Uses the Helm in PATH, or else builds its own. No file in the repository is changed: chart/ and values/ are used as \
they are. Stale or edited files in them are reported.`,
  operands: ['RELEASE'],
  options: {
    preset: { type: 'string', value: 'NAME', help: 'the preset (required)' },
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      help: 'namespace (default: the namespace of the kubectl context); an install creates a missing namespace',
    },
    context: { type: 'string', value: 'NAME', help: 'kubectl context (default: the current one)' },
    values: {
      type: 'string',
      short: 'f',
      value: 'FILE',
      multiple: true,
      help: 'a values file or URL that takes precedence over the preset and earlier files',
    },
    set: {
      type: 'string',
      value: 'KEY=VALUE',
      multiple: true,
      help: 'an additional value, such as app.image.tag=1.2.0, escaped as in Helm',
    },
    'set-string': {
      type: 'string',
      value: 'KEY=VALUE',
      multiple: true,
      help: 'like --set, but the value is always a string',
    },
    'set-json': { type: 'string', value: 'KEY=JSON', multiple: true, help: 'like --set, but the value is JSON' },
    'set-file': {
      type: 'string',
      value: 'KEY=FILE',
      multiple: true,
      help: 'like --set, but the value is the content of a file',
    },
    timeout: {
      type: 'string',
      value: 'TIME',
      help: `maximum time to wait, such as 90s or 1h30m (default ${DEFAULT_TIMEOUT})`,
    },
    'dry-run': {
      type: 'boolean',
      help: 'change nothing; print the manifest to standard output, and what an upgrade would change to standard error',
    },
    json: {
      type: 'boolean',
      help: 'print one line {"release","namespace","preset","action","status","revision"} instead; use `npm run --silent deploy` to get only \
that line',
    },
  },
} as const

interface Options {
  release: string
  preset: string
  namespace: string | undefined
  context: string | undefined
  valuesFiles: string[]
  settings: Setting[]
  timeout: string
  dryRun: boolean
  json: boolean
}

/** Finds a program named `helm`. */
type FindHelm = (progress: Progress) => Promise<string>

/** Runs `npm run deploy`. Returns the exit code. */
export async function main(
  args: string[],
  findHelm: FindHelm = async (progress) => (await findInPath('helm')) ?? (await goTool('helm', progress)),
): Promise<number> {
  const options = readOptions(args)
  if (!options) return 0
  const children = new Children()
  const interrupted = onInterrupt(() => void children.stop())
  const progress = createProgress()
  try {
    await deploy(options, findHelm, progress, interrupted.signal)
    return 0
  } catch (error) {
    // If the command was interrupted, errors from the programs that it stopped are expected.
    if (interrupted.signal.aborted) return 130
    throw toUserError(error)
  } finally {
    progress.end()
    children.forget()
    interrupted.dispose()
  }
}

function readOptions(args: string[]): Options | undefined {
  const parsed = readCommandLine(COMMAND_LINE, args)
  if (!parsed) return undefined
  const { values } = parsed
  const { preset, namespace, context, values: valuesFiles = [], timeout = DEFAULT_TIMEOUT } = values
  const release = parsed.operands[0] as string
  requireName('release', release)
  if (namespace !== undefined) requireName('namespace', namespace)
  if (preset === undefined) throw new UsageError('--preset is missing')
  const noFile = valuesFiles.find((file) => file === '' || file === '-')
  if (noFile !== undefined) throw new UsageError(`--values must be a file or a URL, got ${JSON.stringify(noFile)}`)
  if (!(/^(\d+(h|m|s))+$/.test(timeout) && /[1-9]/.test(timeout))) {
    throw new UsageError(`--timeout must be a time such as 90s, 5m, or 1h30m, got ${JSON.stringify(timeout)}`)
  }
  const settings = SET_OPTIONS.flatMap((option) => (values[option] ?? []).map((value) => ({ option, value })))
  for (const { option, value } of settings) {
    // The value may have several lines. Newer versions of Helm also accept a whole object for --set-json.
    if (!/^[^=]+=/.test(value) && !(option === 'set-json' && value.trim().startsWith('{'))) {
      const form = COMMAND_LINE.options[option].value
      throw new UsageError(`--${option} must be ${form}, got ${JSON.stringify(value)}`)
    }
  }
  const flags = { dryRun: values['dry-run'] ?? false, json: values.json ?? false }
  return { release, preset, namespace, context, valuesFiles, settings, timeout, ...flags }
}

function requireName(what: keyof typeof MAX_LENGTH, name: string, Problem = UsageError): void {
  if (LABEL.test(name) && name.length <= MAX_LENGTH[what]) return
  throw new Problem(
    `the ${what} must have 1 to ${MAX_LENGTH[what]} characters from a-z, 0-9, and -, and must not begin or end with -, got ${JSON.stringify(name)}`,
  )
}

async function deploy(options: Options, findHelm: FindHelm, progress: Progress, signal: AbortSignal): Promise<void> {
  const { release, preset, context, settings, timeout, dryRun } = options
  const note = (line: string) => {
    progress.end()
    console.error(line)
  }
  await noteOutdatedFiles(await loadPreset(preset), note)
  // helm-ts does not pass on options, so Helm gets the context from the environment.
  if (context !== undefined) process.env.HELM_KUBECONTEXT = context
  const ownHelm = await findInPath('helm')
  const program = await findHelm(progress)
  const namespace = options.namespace ?? (await currentNamespace(program))
  requireName('namespace', namespace, UserError)

  const helm = new Helm(program, namespace, (line) => note(`helm: ${line}`))
  const valuesFiles = [inRoot('values', `${preset}.yaml`), ...options.valuesFiles]
  const plan: Plan = { chart: inRoot('chart'), valuesFiles, settings, timeout, dryRun }
  progress.step(`looking for release ${release}`)
  const helmWord = ownHelm ? 'helm' : relative(process.cwd(), program)
  const helmCommand = `${helmWord}${contextOption('--kube-context', context)} -n ${namespace}`
  const action = await chooseAction(helm, options, helmCommand, note)
  signal.throwIfAborted()

  if (action === 'upgrade') {
    progress.step(`comparing with release ${release}`)
    const { manifest } = await helm.upgrade(release, { ...plan, dryRun: true })
    note(await differenceOf(await helm.manifest(release), manifest))
    signal.throwIfAborted()
  }
  const kubectl = dryRun ? undefined : await createKubectl(namespace, release, context)
  const doing = `${action === 'upgrade' ? 'upgrading' : 'installing'} ${release}`
  progress.step(doing)
  const stopWatching = watchPods(kubectl, (pods) => progress.detail(pods))
  let deployed: Release
  try {
    deployed = await helm[action](release, plan)
  } catch (error) {
    stopWatching()
    if (signal.aborted && !dryRun) note(`interrupted while ${doing}; deploy it again to finish`)
    signal.throwIfAborted()
    if (!(error instanceof HelmError)) throw error
    progress.step('looking for the reason')
    throw new UserError([error.message, ...(await whatIsNotReady(kubectl))].join('\n'))
  } finally {
    stopWatching()
    progress.end()
  }
  print(options, deployed, action, howToReach(deployed, helmCommand, context))
}

type Action = 'install' | 'upgrade' | 'template'

/** For each state in which Helm refuses to upgrade a release: what happened, and the Helm command that helps. */
const BLOCKING_STATES: Record<string, readonly [what: string, command: string]> = {
  'pending-install': ['is being installed; wait, or if that Helm process was killed, run', 'uninstall'],
  'pending-upgrade': ['is being upgraded; wait, or if that Helm process was killed, run', 'rollback'],
  'pending-rollback': ['is being rolled back; wait, or if that Helm process was killed, run', 'rollback'],
  uninstalling: ['is being uninstalled; wait, or if that Helm process was killed, run', 'uninstall'],
  uninstalled: ['is uninstalled, but its history is kept; to delete the history, run', 'uninstall'],
}

/** Decides what to do with the release. A dry run needs no cluster. */
async function chooseAction(
  helm: Helm,
  { release, dryRun, context }: Options,
  helmCommand: string,
  note: (line: string) => void,
): Promise<Action> {
  let existing: ListedRelease | undefined
  try {
    existing = await helm.find(release)
  } catch (error) {
    if (!(error instanceof HelmError && error.clusterUnreachable)) throw error
    if (error.noClusterConfigured) requireNoConfiguration(context, error)
    if (!dryRun) throw error
    note(`no cluster answers, so ${release} is treated as a new release: ${error.message}`)
    return 'template'
  }
  if (!existing) return 'install'
  const { chart, namespace, status } = existing
  if (!chart.startsWith(`${CHART_NAME}-`)) {
    throw new UserError(
      `release ${release} in namespace ${namespace} is from the chart ${chart}, not ${CHART_NAME}: choose another name`,
    )
  }
  const blocking = BLOCKING_STATES[status]
  if (!blocking) return 'upgrade'
  const [what, command] = blocking
  throw new UserError(`release ${release} in namespace ${namespace} ${what}: ${helmCommand} ${command} ${release}`)
}

/**
 * Checks that the user named neither a kubeconfig nor a context. If the kubeconfig is missing, or if the context has no
 * cluster, Helm silently connects to localhost:8080.
 * @throws {UserError} if the user named one
 */
function requireNoConfiguration(context: string | undefined, { message }: HelmError): void {
  const { HELM_KUBEAPISERVER, HELM_KUBECONTEXT, KUBECONFIG } = process.env
  if (HELM_KUBEAPISERVER) return
  const chosen = context ?? HELM_KUBECONTEXT
  if (chosen) throw new UserError(`the cluster of context ${JSON.stringify(chosen)} is missing: ${message}`)
  if (KUBECONFIG) throw new UserError(`KUBECONFIG ${JSON.stringify(KUBECONFIG)} names no cluster: ${message}`)
}

function print(
  { preset, dryRun, json }: Options,
  { name, namespace, version, info: { status }, manifest }: Release,
  action: Action,
  reach: readonly string[],
): void {
  if (json) {
    const done = dryRun ? 'dry-run' : action
    console.log(JSON.stringify({ release: name, namespace, preset, action: done, status, revision: version }))
  } else if (dryRun) process.stdout.write(`${manifest.trim()}\n`)
  else {
    const done = action === 'upgrade' ? 'upgraded' : 'installed'
    console.log(`${name} is ${done} in namespace ${namespace}: preset ${preset}, revision ${version}`)
    for (const line of reach) console.log(`  ${line}`)
  }
}

/** The fields of an object in the manifest that are used here. */
interface ManifestObject {
  kind: string
  /** Undefined for lists, which `extraObjects` may contain. */
  metadata?: { name: string; namespace?: string; labels?: Record<string, string> }
  spec?: {
    ports?: { port: number }[]
    template?: { spec: { containers: { ports?: { name?: string; containerPort: number }[] }[] } }
    ingressClassName?: string
    tls?: { hosts?: string[] }[]
    rules?: { host?: string }[]
    hostnames?: string[]
    parentRefs?: { name: string }[]
  }
}

/** The lowest port on which users other than root can listen. */
const FIRST_USER_PORT = 1024
/** The default port of the app. */
const USUAL_PORT = 8000

/**
 * Returns lines that say how to reach a release. They are derived from its manifest, which includes the values of
 * `--set`.
 */
function howToReach({ name, namespace, manifest }: Release, helm: string, context: string | undefined): string[] {
  const objects = parseAllDocuments(manifest).map((document) => document.toJS() as ManifestObject | null)
  const ofApp = objects.filter((object) => object?.metadata?.labels?.['app.kubernetes.io/component'] === 'app')
  const service = ofApp.find((object) => object?.kind === 'Service')
  // The value namespaceOverride puts the objects into another namespace.
  const inNamespace = service?.metadata?.namespace ?? namespace
  const port = service?.spec?.ports?.[0]?.port ?? USUAL_PORT
  const containers = ofApp.find((object) => object?.kind === 'Deployment')?.spec?.template?.spec.containers ?? []
  const container = containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === 'http')
  const local = port < FIRST_USER_PORT ? (container?.containerPort ?? USUAL_PORT) : port
  const entries = ofApp.filter((object) => object?.kind === 'Ingress' || object?.kind === 'HTTPRoute')
  const outside = entries.flatMap((entry) => outsideAddresses(entry?.spec ?? {}))
  return [
    `forward: kubectl${contextOption('--context', context)} -n ${inNamespace} port-forward service/${service?.metadata?.name} ${local === port ? port : `${local}:${port}`}`,
    `query:   curl 'http://127.0.0.1:${local}/autocomplete?q=app&limit=5'`,
    `test:    ${helm} test ${name}`,
    ...(outside.length > 0 ? [`ingress: ${outside.join(', ')}`] : []),
  ]
}

const contextOption = (flag: string, context: string | undefined) =>
  context === undefined ? '' : ` ${flag}=${quoted(context)}`

/** Quotes a word for a shell if necessary. */
const quoted = (word: string) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/**
 * Returns the changes from one manifest to another in the unified format of diff. Secrets are shown only as checksums.
 */
async function differenceOf(from: string, to: string): Promise<string> {
  const key = randomBytes(16)
  const lines = [from, to].map((manifest) =>
    manifest
      .split(/^---$/m)
      .map((text) => {
        if (!hasSecret(text)) return text
        const checksum = createHmac('sha256', key).update(text).digest('hex').slice(0, 8)
        return `\n# A Secret, which is not shown. Checksum: ${checksum}.\n`
      })
      .join('---')
      .trim(),
  )
  if (lines[0] === lines[1]) return 'the upgrade changes no objects'
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'))
  try {
    const files = ['deployed', 'new'].map((name) => join(folder, name))
    for (const [at, file] of files.entries()) await writeFile(file, `${lines[at]}\n`)
    const failed = () => ({ code: 2, stdout: '' })
    const { code, stdout } = await capture('diff', ['-u', '-L', 'deployed', '-L', 'new', ...files]).catch(failed)
    return code === 1 ? stdout.trimEnd() : 'the upgrade changes objects; to see how, install the program diff'
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Returns whether a part of a manifest contains a Secret, alone or in a list. */
const hasSecret = (text: string): boolean =>
  parseAllDocuments(text, { logLevel: 'silent' }).some((document) =>
    document.errors.length > 0 ? text.includes('Secret') : isSecret(document.toJS()),
  )

function isSecret(object: unknown): boolean {
  const { kind, items } = (object ?? {}) as { kind?: unknown; items?: unknown }
  return kind === 'Secret' || (Array.isArray(items) && items.some(isSecret))
}

/** Returns the URLs of an Ingress or HTTPRoute. */
function outsideAddresses(spec: NonNullable<ManifestObject['spec']>): string[] {
  const { rules = [], hostnames, tls = [], ingressClassName, parentRefs } = spec
  const hosts = hostnames ?? rules.flatMap(({ host }) => host ?? [])
  const hasCertificate = (host: string) =>
    tls.some(({ hosts: covered = [host] }) => covered.includes(host) || covered.includes(host.replace(/^[^.]+/, '*')))
  if (hosts.length > 0) return hosts.map((host) => `http${hasCertificate(host) ? 's' : ''}://${host}/`)
  if (parentRefs) return [`any host name of gateway ${parentRefs[0]?.name}`]
  return [`any host name of ${ingressClassName ? `ingress class ${ingressClassName}` : 'the default ingress class'}`]
}

const instanceLabel = (release: string) => `app.kubernetes.io/instance=${release}`

/** Returns all objects of a kind in the release; none if kubectl fails. */
type Kubectl = <T>(kind: string) => Promise<T[]>

/**
 * Creates a function that runs kubectl for a release, if kubectl is in PATH. The function never throws, because kubectl
 * only adds details.
 */
async function createKubectl(
  namespace: string,
  release: string,
  context: string | undefined,
): Promise<Kubectl | undefined> {
  const program = await findInPath('kubectl')
  if (!program) return undefined
  return async <T>(kind: string) => {
    const args = ['get', kind, '-n', namespace, '-l', instanceLabel(release), '-o', 'json', '--request-timeout=10s']
    if (context !== undefined) args.push(`--context=${context}`)
    const { code, stdout } = await capture(program, args)
    return code === 0 ? (JSON.parse(stdout) as { items: T[] }).items : []
  }
}

interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
}

interface DeploymentObject {
  metadata: { name: string }
  spec: { replicas: number }
  status: { readyReplicas?: number; conditions?: Condition[] }
}

/** Shows on a terminal how many pods are ready, until the returned function is called. */
function watchPods(kubectl: Kubectl | undefined, tell: (pods: string) => void): () => void {
  if (!kubectl || !process.stderr.isTTY) return () => {}
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const poll = async () => {
    const deployments = await kubectl<DeploymentObject>('deployments').catch(() => [])
    if (stopped) return
    const wanted = deployments.reduce((sum, { spec }) => sum + spec.replicas, 0)
    const ready = deployments.reduce((sum, { status }) => sum + (status.readyReplicas ?? 0), 0)
    if (wanted > 0) tell(`${ready} of ${wanted} pods ready`)
    timer = setTimeout(poll, POLL_MS)
  }
  void poll()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

interface ContainerStatus {
  name: string
  ready: boolean
  state?: { waiting?: Reason; terminated?: Reason }
  lastState?: { terminated?: Reason }
}

interface Reason {
  reason?: string
  message?: string
}

interface PodObject {
  metadata: { name: string; deletionTimestamp?: string }
  status: {
    phase: string
    conditions?: Condition[]
    initContainerStatuses?: ContainerStatus[]
    containerStatuses?: ContainerStatus[]
  }
}

/** Returns a line for each pod that is not ready and for each deployment that cannot create its pods. */
async function whatIsNotReady(kubectl: Kubectl | undefined): Promise<string[]> {
  if (!kubectl) return []
  const pods = await kubectl<PodObject>('pods').catch(() => [])
  const deployments = await kubectl<DeploymentObject>('deployments').catch(() => [])
  return [
    ...deployments.flatMap(({ metadata: { name }, status: { conditions = [] } }) =>
      conditions
        .filter(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
        .map((failure) => `${name}: ${reasonLine(failure)}`),
    ),
    ...pods
      .filter(({ metadata, status }) => !metadata.deletionTimestamp && status.phase !== 'Succeeded' && !isReady(status))
      .map(({ metadata: { name }, status }) => `${name}: ${waitingReason(status)}`),
  ]
}

const isReady = ({ conditions = [] }: PodObject['status']) =>
  conditions.some(({ type, status }) => type === 'Ready' && status === 'True')

function waitingReason({ phase, conditions = [], ...status }: PodObject['status']): string {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const unready = containers.filter(({ ready }) => !ready)
  const waiting = unready.find(({ state }) => state?.waiting)
  const unmet = (wanted: string) => conditions.find(({ type, status }) => type === wanted && status !== 'True')
  const reasons = waiting
    ? // The state of the previous container contains the reason for the restart.
      [waiting.state?.waiting, waiting.lastState?.terminated]
    : [unready.find(({ state }) => state?.terminated)?.state?.terminated ?? unmet('PodScheduled') ?? unmet('Ready')]
  return reasons.flatMap((reason) => (reason ? reasonLine(reason) : [])).join('; before that ') || phase
}

const reasonLine = ({ reason, message }: Reason) =>
  oneLine([reason, message].filter((text) => text !== undefined && text !== '').join(': '))

const oneLine = (text: string) => text.trim().replaceAll(/\s*\n\s*/g, ' ')

/** The child processes of this process. They include the child processes that helm-ts starts and does not expose. */
class Children {
  readonly #running = new Set<ChildProcess>()

  constructor() {
    subscribe('child_process', this.#add)
  }

  readonly #add = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess }
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
  }

  forget(): void {
    unsubscribe('child_process', this.#add)
  }

  /** Interrupts the children and their descendants. Kills those that are still running after some time. */
  async stop(): Promise<void> {
    const pids = [...this.#running].flatMap(({ pid }) => pid ?? [])
    // The shell that helm-ts starts does not pass on signals.
    const family = await withDescendants(pids)
    const signalAll = (signal: NodeJS.Signals) => {
      for (const pid of family) {
        try {
          process.kill(pid, signal)
        } catch {
          // The process has exited.
        }
      }
    }
    signalAll('SIGINT')
    // The pipes of a running child keep this process alive.
    setTimeout(signalAll, STOP_MS, 'SIGKILL').unref()
  }
}

async function withDescendants(pids: readonly number[]): Promise<number[]> {
  const family = new Set(pids)
  const parents = await parentsOfAll()
  for (const member of family) for (const [pid, parent] of parents) if (parent === member) family.add(pid)
  return [...family]
}

/** Returns the process id and the parent id of every process on this machine. */
async function parentsOfAll(): Promise<[number, number][]> {
  if (process.platform !== 'linux') {
    const { stdout } = await capture('ps', ['-A', '-o', 'pid=,ppid=']).catch(() => ({ stdout: '' }))
    return stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
  }
  // Small containers have no ps.
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      // The program's name may contain anything. It is followed by ") S <parent> …".
      return [Number(pid), Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2])]
    }),
  )
}
