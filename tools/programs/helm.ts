import { createRequire } from 'node:module'
import { delimiter, dirname } from 'node:path'
import { UserError } from '../support/errors.ts'
import { capture } from '../support/process.ts'

// Node.js and Vitest import this CommonJS package differently, so load it with `require`.
const helmTs = (createRequire(import.meta.url)('helm-ts') as typeof import('helm-ts')).default

/** Pattern of a word that has no special meaning to a shell and does not look like an option. */
const SAFE_WORD = /^[A-Za-z0-9][A-Za-z0-9._/:=,@%+-]*$/

/**
 * Go's errors for a server that does not answer. Helm also calls a cluster unreachable if the kubeconfig is broken, the
 * context is unknown, or the client and the server do not trust each other. These cases must not match.
 */
const NO_ANSWER =
  /cluster unreachable: Get "[^"]+": (proxyconnect tcp: )?(dial |read |EOF|context deadline exceeded|net\/http: (request canceled|TLS handshake timeout))/

/** An error that Helm reports. The message is one line. */
export class HelmError extends UserError {
  override name = 'HelmError'

  /** Whether nothing answers at the cluster's address, or at Helm's default address if no cluster is configured. */
  get clusterUnreachable(): boolean {
    return NO_ANSWER.test(this.message)
  }

  /** Whether no cluster is configured, and nothing answers at Helm's default address. */
  get noClusterConfigured(): boolean {
    return this.clusterUnreachable && /"http:\/\/localhost:8080\//.test(this.message)
  }
}

/** A release in the output of `helm list`. */
export type ListedRelease = Awaited<ReturnType<typeof helmTs.list>>[number]

/** A release in the output of `helm install`, `upgrade`, and `status`, with the fields that are used here. */
export interface Release {
  name: string
  namespace: string
  /** The revision of the release. */
  version: number
  info: { status: string }
  manifest: string
}

/** Helm's options that set single values. */
export const SET_OPTIONS = ['set', 'set-string', 'set-json', 'set-file'] as const

/** A Helm option that sets single values. Helm reads its value, including escapes such as `\\,`. */
export interface Setting {
  option: (typeof SET_OPTIONS)[number]
  value: string
}

/** Describes an installation. Relative paths start at the folder in which Helm runs. */
export interface Plan {
  chart: string
  /** Values files or URLs. Later ones take precedence. */
  valuesFiles: string[]
  settings: Setting[]
  /** Maximum time until everything is ready, such as `5m`. */
  timeout: string
  /** Renders the manifest and changes nothing. */
  dryRun: boolean
}

/**
 * Returns the namespace that Helm uses by default: HELM_NAMESPACE, the namespace of the kubectl context, or `default`.
 */
export async function currentNamespace(program: string): Promise<string> {
  return (await run(program, ['env', 'HELM_NAMESPACE'])).stdout.trim()
}

/**
 * Runs Helm in one namespace. Only the search for a release uses helm-ts. helm-ts passes its arguments to a shell
 * unchanged, so only words without a special meaning to a shell are passed to helm-ts. Everything else runs Helm
 * without a shell, because values and paths may contain any characters.
 *
 * Helm uses the kubectl context in HELM_KUBECONTEXT, or else the current one.
 */
export class Helm {
  readonly #program: string
  readonly #namespace: string
  readonly #onWarning: (line: string) => void
  readonly #warnings = new Set<string>()

  /**
   * @param program path of a file named `helm`. Its folder becomes the first entry of PATH, so that helm-ts finds it
   * @param onWarning called once for each different warning from Helm
   */
  constructor(program: string, namespace: string, onWarning: (line: string) => void) {
    this.#program = program
    this.#namespace = safeWord('the namespace', namespace)
    this.#onWarning = onWarning
    process.env.PATH = `${dirname(program)}${delimiter}${process.env.PATH ?? ''}`
  }

  /** Finds a release in any state; undefined if it does not exist. */
  async find(name: string): Promise<ListedRelease | undefined> {
    // By default, Helm lists only the first 256 releases, and only deployed and failed ones.
    const words = [...STATES, '--max=0', `--filter=${safeWord('the release', name)}`]
    const releases =
      (await this.#throughHelmTs(helmTs.list({ namespace: [this.#namespace, ...words].join(' ') }))) ??
      (await this.#json<ListedRelease[]>('list', words))
    return releases.find((release) => release.name === name)
  }

  /** Installs a release and waits until it is ready. */
  install(name: string, plan: Plan): Promise<Release> {
    return this.#json('install', [safeWord('the release', name), plan.chart, ...planOptions(plan, 'client')])
  }

  /** Upgrades a release and waits until it is ready. In a dry run, the templates can look up objects of the cluster. */
  upgrade(name: string, plan: Plan): Promise<Release> {
    return this.#json('upgrade', [safeWord('the release', name), plan.chart, ...planOptions(plan, 'server')])
  }

  /** Returns the manifest of a release in the cluster, without hooks. */
  async manifest(name: string): Promise<string> {
    return (await this.#run('get', ['manifest', safeWord('the release', name)])).stdout
  }

  /** Returns the same as a dry run of an install, but needs no cluster. */
  async template(name: string, plan: Plan): Promise<Release> {
    const words = [safeWord('the release', name), plan.chart, ...valueOptions(plan), '--no-hooks']
    const { stdout: manifest } = await this.#run('template', words)
    return { name, namespace: this.#namespace, version: 1, info: { status: 'pending-install' }, manifest }
  }

  /** Waits for a call to helm-ts. Returns undefined if Helm succeeded with a warning. */
  async #throughHelmTs<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      return await call
    } catch (error) {
      const { message, stderr } = error as Error & { stderr?: string }
      // Only errors of child_process.exec have this property.
      if (stderr !== undefined) throw new HelmError(reason(stderr) || message)
      if (error instanceof SyntaxError) throw noJson(error)
      this.#warn(message)
      return undefined
    }
  }

  async #json<T>(command: string, words: readonly string[]): Promise<T> {
    const { stdout } = await this.#run(command, [...words, JSON_OUTPUT])
    try {
      return JSON.parse(stdout) as T
    } catch (error) {
      throw noJson(error as SyntaxError)
    }
  }

  async #run(command: string, words: readonly string[]) {
    const result = await run(this.#program, [command, ...words, `--namespace=${this.#namespace}`])
    this.#warn(result.stderr)
    return result
  }

  #warn(text: string): void {
    for (const line of text.split('\n').map((line) => line.replace(LOG_HEADER, ''))) {
      if (line.trim() === '' || this.#warnings.has(line)) continue
      this.#warnings.add(line)
      this.#onWarning(line)
    }
  }
}

/** Options for every state of a release except `superseded`, because Helm 4 has no --all. */
const STATES = ['--deployed', '--failed', '--pending', '--uninstalling', '--uninstalled']
const JSON_OUTPUT = '--output=json'
/**
 * Prefix of a warning from an API server: time, process, and source, such as `I1123 04:22:40.650134    8540
 * warnings.go:107] `.
 */
const LOG_HEADER = /^[IWEF]\d{4} [\d:.]+ +\d+ \S+\] /

const noJson = (error: SyntaxError) => new HelmError(`helm did not print JSON: ${error.message}`)

/**
 * Returns a word that is safe to pass to a shell unchanged.
 * @throws {UserError} if the word is not safe
 */
function safeWord(what: string, word: string): string {
  if (SAFE_WORD.test(word)) return word
  throw new UserError(
    `${what} must contain only letters, digits, and . _ / : = , @ % + -, and begin with a letter or digit, got ${JSON.stringify(word)}`,
  )
}

function planOptions(plan: Plan, dryRun: 'client' | 'server'): string[] {
  return [
    ...valueOptions(plan),
    ...(plan.dryRun ? [`--dry-run=${dryRun}`] : ['--create-namespace', '--wait', `--timeout=${plan.timeout}`]),
  ]
}

function valueOptions({ valuesFiles, settings }: Plan): string[] {
  return [
    ...valuesFiles.map((file) => `--values=${csvField(file)}`),
    ...settings.map(({ option, value }) => `--${option}=${value}`),
  ]
}

/** Quotes a path for `--values` if necessary, because Helm reads this option as a line of CSV. */
const csvField = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Runs Helm without a shell. */
async function run(program: string, args: readonly string[]) {
  const result = await capture(program, args)
  if (result.code !== 0) throw new HelmError(reason(result.stderr) || `helm ${args[0]} failed with code ${result.code}`)
  return result
}

/** Helm's prefix for a message that a template passes to `fail`, and the hint that follows the message. */
const FAILED_TEMPLATE = /execution error at \(\S+\): | *Use --debug flag to render out invalid YAML$/g

/** Returns the error in Helm's output, without warnings, on one line. */
function reason(stderr: string): string {
  const [, text = stderr] = /^Error: ([\s\S]*)$/m.exec(stderr) ?? []
  return text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(FAILED_TEMPLATE, '')
}
