import { createRequire } from 'node:module'
import { delimiter, dirname } from 'node:path'
import { UserError } from '../support/errors.ts'
import { capture } from '../support/process.ts'

// Node.js and Vitest import this CommonJS package differently.
const helmTs = (createRequire(import.meta.url)('helm-ts') as typeof import('helm-ts')).default

/** A word that means nothing special to a shell and does not look like an option. */
const SAFE_WORD = /^[A-Za-z0-9][A-Za-z0-9._/:=,@%+-]*$/

/** An error of Helm. The message is the reason in one line. */
export class HelmError extends UserError {
  override name = 'HelmError'

  /** Whether no cluster answered. */
  get clusterUnreachable(): boolean {
    return this.message.includes('cluster unreachable')
  }
}

/** A release as `helm list` shows it. */
export type ListedRelease = Awaited<ReturnType<typeof helmTs.list>>[number]

/** The fields that are used here of a release as `helm install`, `upgrade`, and `status` print it. */
export interface Release {
  name: string
  namespace: string
  /** The revision. */
  version: number
  info: { status: string }
  manifest: string
}

/** What to install, and how. Paths are relative to the current folder, which must be the root. */
export interface Plan {
  chart: string
  valuesFile: string
  /** `KEY=VALUE`, as for `--set`. */
  settings: string[]
  /** How long Helm waits until everything is ready, such as `5m`. */
  timeout: string
  /** Only print what would be done. */
  dryRun: boolean
}

/** The default namespace of Helm: HELM_NAMESPACE, that of the kubectl context, or `default`. */
export async function currentNamespace(program: string): Promise<string> {
  return (await run(program, ['env', 'HELM_NAMESPACE'])).stdout.trim()
}

/**
 * Helm in one namespace. It uses helm-ts as far as possible, and otherwise runs Helm without a shell.
 *
 * helm-ts passes its arguments to a shell unchanged, and its only option is the namespace. So it gets only words that
 * mean nothing special to a shell, and further options follow the chart and the namespace.
 */
export class Helm {
  readonly #program: string
  readonly #namespace: string
  readonly #onWarning: (line: string) => void
  readonly #warnings = new Set<string>()

  /**
   * @param program a file named `helm`; its folder becomes the first of PATH, so that helm-ts finds it
   * @param onWarning called once for every warning of Helm
   */
  constructor(program: string, namespace: string, onWarning: (line: string) => void) {
    this.#program = program
    this.#namespace = safeWord('the namespace', namespace)
    this.#onWarning = onWarning
    process.env.PATH = `${dirname(program)}${delimiter}${process.env.PATH ?? ''}`
  }

  /** The release in any state, if it exists. */
  async find(name: string): Promise<ListedRelease | undefined> {
    // By default, Helm lists the first 256 releases that are deployed or failed.
    const words = [...STATES, '--max=0', `--filter=${safeWord('the release', name)}`]
    const releases =
      (await this.#throughHelmTs(helmTs.list({ namespace: [this.#namespace, ...words].join(' ') }))) ??
      (await this.#json<ListedRelease[]>('list', words))
    return releases.find((release) => release.name === name)
  }

  /** Installs a release and waits until it is ready. */
  async install(name: string, plan: Plan): Promise<Release> {
    safeWord('the release', name)
    const words = [plan.chart, ...planOptions(plan)]
    const chart = [...words, JSON_OUTPUT].join(' ')
    const release = await this.#throughHelmTs(helmTs.install(name, chart, { namespace: this.#namespace }))
    // The type that helm-ts gives it is that of an entry of its list.
    if (release) return release as unknown as Release
    // With a warning helm-ts throws away what Helm said, but the release is installed.
    return plan.dryRun ? this.#json('install', [name, ...words]) : this.#json('status', [name])
  }

  /** Upgrades a release, which helm-ts cannot, and waits until it is ready. */
  upgrade(name: string, plan: Plan): Promise<Release> {
    return this.#json('upgrade', [safeWord('the release', name), plan.chart, ...planOptions(plan)])
  }

  /** What the dry run of an install would give, without asking a cluster. */
  async template(name: string, plan: Plan): Promise<Release> {
    const words = [safeWord('the release', name), plan.chart, ...valueOptions(plan), '--no-hooks']
    const { stdout: manifest } = await this.#run('template', words)
    return { name, namespace: this.#namespace, version: 1, info: { status: 'pending-install' }, manifest }
  }

  /** Resolves with nothing when Helm succeeded but warned. */
  async #throughHelmTs<T>(call: Promise<T>): Promise<T | undefined> {
    try {
      return await call
    } catch (error) {
      const { message, stderr } = error as Error & { stderr?: string }
      // Only what child_process.exec rejects with has it.
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

/** Every state of a release but that of an old revision; Helm 4 has no --all. */
const STATES = ['--deployed', '--failed', '--pending', '--uninstalling', '--uninstalled']
const JSON_OUTPUT = '--output=json'
/**
 * Time, process and place of what an API server warns of, such as `I1123 04:22:40.650134    8540 warnings.go:107] `.
 */
const LOG_HEADER = /^[IWEF]\d{4} [\d:.]+ +\d+ \S+\] /

const noJson = (error: SyntaxError) => new HelmError(`helm printed something else than JSON: ${error.message}`)

/**
 * Returns a word that may go to a shell as it is.
 * @throws {UserError} if it may not
 */
export function safeWord(what: string, word: string): string {
  if (isSafeWord(word)) return word
  throw new UserError(unsafeWordMessage(what, word))
}

/** Whether a word may go to a shell as it is. */
export const isSafeWord = (word: string): boolean => SAFE_WORD.test(word)

/** Says what a safe word is, for one that is not. */
export const unsafeWordMessage = (what: string, word: string): string =>
  `${what} takes only letters, digits and . _ / : = , @ % + - and begins with a letter or digit, got ${JSON.stringify(word)}`

function planOptions(plan: Plan): string[] {
  safeWord('the chart', plan.chart)
  return [
    ...valueOptions(plan),
    ...(plan.dryRun
      ? ['--dry-run=client']
      : ['--create-namespace', '--wait', `--timeout=${safeWord('--timeout', plan.timeout)}`]),
  ]
}

function valueOptions({ valuesFile, settings }: Plan): string[] {
  return [
    `--values=${safeWord('the values file', valuesFile)}`,
    ...settings.map((setting) => `--set=${safeWord('--set', setting)}`),
  ]
}

/** Runs Helm without a shell. */
async function run(program: string, args: readonly string[]) {
  const result = await capture(program, args)
  if (result.code !== 0) throw new HelmError(reason(result.stderr) || `helm ${args[0]} failed with code ${result.code}`)
  return result
}

/** What Helm says behind its warnings, in one line. */
function reason(stderr: string): string {
  const [, text = stderr] = /^Error: ([\s\S]*)$/m.exec(stderr) ?? []
  return text.trim().replaceAll(/\s*\n\s*/g, ' ')
}
