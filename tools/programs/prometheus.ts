import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../service/src/testing/free-port.ts'
import { Child } from '../support/child.ts'
import { inRoot } from '../support/paths.ts'
import { capture, findInPath, isExecutable } from '../support/process.ts'
import { canInstallDebianPackages, unpackDebianPackage } from './debian.ts'

const UNPACKED = inRoot('.tools', 'prometheus')
const HOST = '127.0.0.1'

/** The paths of Prometheus's two programs. */
export interface PrometheusPrograms {
  prometheus: string
  promtool: string
}

/**
 * Finds Prometheus in PATH, or else unpacks Debian's package if this process is root on Debian or Ubuntu. The package
 * is not installed, because an installation would start a system service. Returns undefined if both fail.
 */
export async function findPrometheus(): Promise<PrometheusPrograms | undefined> {
  const [prometheus, promtool] = [await findInPath('prometheus'), await findInPath('promtool')]
  if (prometheus && promtool) return { prometheus, promtool }
  const unpacked = {
    prometheus: join(UNPACKED, 'usr', 'bin', 'prometheus'),
    promtool: join(UNPACKED, 'usr', 'bin', 'promtool'),
  }
  if (!(await isExecutable(unpacked.promtool)) && (await canInstallDebianPackages())) {
    await unpackDebianPackage('prometheus', UNPACKED)
  }
  // Check that the unpacked program starts, because it may lack a library.
  const version = await capture(unpacked.promtool, ['--version']).catch(() => undefined)
  return version?.code === 0 ? unpacked : undefined
}

/** A sample in the result of an instant query. */
export interface Sample {
  metric: Record<string, string>
  value: [number, string]
}

/** An active Prometheus alert. */
export interface Alert {
  labels: Record<string, string>
  annotations: Record<string, string>
  state: 'pending' | 'firing'
}

/** A real Prometheus that scrapes one service every second and evaluates rules. */
export class TestPrometheus {
  readonly url: string
  readonly #child: Child

  private constructor(url: string, child: Child) {
    this.url = url
    this.#child = child
  }

  /**
   * Starts a Prometheus that scrapes `target`, such as `127.0.0.1:8000`, every second.
   * @param labels the labels that the operator would add to the series
   * @param rules the contents of a rules file
   */
  static async start(
    program: string,
    folder: string,
    target: string,
    labels: Record<string, string>,
    rules: string,
  ): Promise<TestPrometheus> {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'rules.yaml'), rules)
    const { job, ...more } = labels
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yaml'],
      scrape_configs: [{ job_name: job, static_configs: [{ targets: [target], labels: more }] }],
    }
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config))
    const port = await freePort()
    const child = new Child('prometheus', program, [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${HOST}:${port}`,
    ])
    await child.line(/Server is ready to receive web requests/, undefined)
    return new TestPrometheus(`http://${HOST}:${port}`, child)
  }

  /** Returns the current value of an expression. */
  async query(expr: string): Promise<Sample[]> {
    const { result } = await this.#get<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`)
    return result
  }

  /** Returns all alerts that are pending or firing. */
  async alerts(): Promise<Alert[]> {
    const { alerts } = await this.#get<{ alerts: Alert[] }>('alerts')
    return alerts
  }

  stop(): Promise<void> {
    return this.#child.stop()
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1/${path}`)
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string }
    if (status !== 'success') throw new Error(error)
    return data
  }
}
