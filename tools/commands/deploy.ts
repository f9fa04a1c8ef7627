import { relative } from 'node:path'
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
import { createKubectl, describeUnready, watchPods } from '../programs/kubectl.ts'
import { readCommandLine, UsageError } from '../support/command-line.ts'
import { UserError } from '../support/errors.ts'
import { toUserError } from '../support/generator-errors.ts'
import { onInterrupt } from '../support/interrupt.ts'
import { noteOutdatedFiles } from '../support/outdated-files.ts'
import { OwnChildren } from '../support/own-children.ts'
import { inRoot } from '../support/paths.ts'
import { findInPath } from '../support/process.ts'
import { createProgress, type Progress } from '../support/progress.ts'
import { differenceOf } from './manifest-difference.ts'
import { contextOption, howToReach } from './release-access.ts'

const CHART_NAME = 'autocomplete'
const DEFAULT_TIMEOUT = '5m'

/** Pattern of a DNS-1123 label. A label may have at most 63 characters. Helm allows fewer in a release name. */
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/
const MAX_LENGTH = { release: 53, namespace: 63 } as const

const COMMAND_LINE = {
  script: 'deploy',
  summary: `Installs the chart with a preset into the cluster of the current kubectl context, or upgrades the release if it exists. Waits \
until all pods are ready and prints how to reach the service. Before an upgrade, the changes to the objects are printed to standard error. \
Ctrl-C ends the wait. Uses the Helm in PATH, which must be 3.13 or later, or else builds its own. No file in the repository is changed: chart/ and values/ are used as \
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
  const children = new OwnChildren()
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
  const helmProgram = ownHelm ? 'helm' : relative(process.cwd(), program)
  const helmCommand = `${helmProgram}${contextOption('--kube-context', context)} -n ${namespace}`
  const action = await chooseAction(helm, options, helmCommand, note)
  signal.throwIfAborted()

  if (action === 'upgrade') {
    progress.step(`comparing with release ${release}`)
    const { manifest } = await helm.upgrade(release, { ...plan, dryRun: true })
    note(await differenceOf(await helm.manifest(release), manifest))
    signal.throwIfAborted()
  }
  const kubectl = dryRun ? undefined : await createKubectl(namespace, release, context)
  const activity = `${action === 'upgrade' ? 'upgrading' : 'installing'} ${release}`
  progress.step(activity)
  const stopWatching = watchPods(kubectl, (pods) => progress.detail(pods))
  let deployed: Release
  try {
    deployed = await helm[action](release, plan)
  } catch (error) {
    stopWatching()
    if (signal.aborted && !dryRun) note(`interrupted while ${activity}; deploy it again to finish`)
    signal.throwIfAborted()
    if (!(error instanceof HelmError)) throw error
    progress.step('looking for the reason')
    throw new UserError([error.message, ...(await describeUnready(kubectl))].join('\n'))
  } finally {
    stopWatching()
    progress.end()
  }
  print(options, deployed, action, howToReach(deployed, helmCommand, context))
}

type Action = 'install' | 'upgrade' | 'template'

/** For each state in which Helm refuses to upgrade a release: what happened, and the Helm command that helps. */
const BLOCKING_STATES: Record<string, readonly [what: string, command: string]> = {
  'pending-install': [
    'is being installed; wait until the installation ends. If the Helm process that started it was killed, run',
    'uninstall',
  ],
  'pending-upgrade': [
    'is being upgraded; wait until the upgrade ends. If the Helm process that started it was killed, run',
    'rollback',
  ],
  'pending-rollback': [
    'is being rolled back; wait until the rollback ends. If the Helm process that started it was killed, run',
    'rollback',
  ],
  uninstalling: [
    'is being uninstalled; wait until the uninstallation ends. If the Helm process that started it was killed, run',
    'uninstall',
  ],
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
 * Reports a kubeconfig or a context that the user named, but that leads to no cluster. Instead of failing, Helm
 * silently connects to localhost:8080.
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
