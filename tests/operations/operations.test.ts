/** Checks alerts, dashboard, and runbooks with a real Prometheus and with the metrics of the running service. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { TestRedis } from '../../service/src/testing/redis.ts'
import { TestService, WITH_CACHE } from '../../service/src/testing/service.ts'
import { findPrometheus, type Sample, TestPrometheus } from '../../tools/programs/prometheus.ts'
import { inRoot, ROOT } from '../../tools/support/paths.ts'
import { capture, runOrThrow } from '../../tools/support/process.ts'
import { FAULT_MINUTE, MINUTES, SAMPLE_SECONDS, SCENARIOS, seriesOf } from './alert-scenarios.ts'

/** The labels that the Prometheus operator adds to every series from a pod of `helm install autocomplete`. */
const LABELS = { job: 'autocomplete-app', namespace: 'search', pod: 'autocomplete-app-0' }
/** Metrics from other sources, with their labels: `up` and `ALERTS` from Prometheus itself, the rest from kube-state-metrics. */
const LABELS_OF_OTHERS = {
  up: Object.keys(LABELS),
  ALERTS: ['alertname', 'alertstate', ...Object.keys(LABELS)],
  kube_horizontalpodautoscaler_status_desired_replicas: ['namespace', 'horizontalpodautoscaler'],
  kube_horizontalpodautoscaler_spec_max_replicas: ['namespace', 'horizontalpodautoscaler'],
  kube_deployment_status_replicas_ready: ['namespace', 'deployment'],
  kube_pod_container_status_last_terminated_reason: ['namespace', 'pod', 'container', 'reason', 'uid'],
}
const ENTRIES = ['apple', 'apricot', 'banana', 'cherry'].map((text, at) => ({ text, weight: 100 - at }))
/** Settings that keep the service from rejecting queries on a busy machine. */
const PATIENT = { OVERLOAD_MAX_DELAY_MS: '20000', RANKING_TIMEOUT_MS: '30000' }
/** Alerts that may fire on a busy machine. */
const OF_SPEED = ['AutocompleteSlow', 'AutocompleteQueueOld', 'AutocompleteEventLoopDelayed']
const RUNBOOKS = inRoot('docs', 'runbooks')
const LESSONS = inRoot('docs', 'lessons')

const programs = await findPrometheus().catch((error: Error) => console.error(error.message))
if (!programs) {
  console.error(
    'the alerts are not tested in Prometheus: it is not in PATH, and its package can be installed only as root on Debian',
  )
}

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: Record<string, string>
  annotations: Record<string, string>
}

interface Panel {
  id: number
  title: string
  type: string
  datasource?: { type: string; uid: string }
  gridPos: { h: number; w: number; x: number; y: number }
  fieldConfig: { defaults: { unit: string } }
  targets?: { expr: string; legendFormat: string; refId: string }[]
}

interface Dashboard {
  panels: Panel[]
  templating: { list: { name: string; type: string; query: string }[] }
}

let folder: string
let rules: Rule[]
let dashboard: Dashboard

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'operations-'))
  const [rule, configMap] = await Promise.all(['prometheusrule', 'dashboard'].map((what) => render(what)))
  rules = rule.spec.groups.flatMap((group: { rules: Rule[] }) => group.rules)
  dashboard = JSON.parse(Object.values(configMap.data)[0] as string)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

// biome-ignore lint/suspicious/noExplicitAny: any Kubernetes object
async function render(what: string, objectives: object = {}): Promise<any> {
  const metrics = { dashboard: { enabled: true }, prometheusRule: { enabled: true, objectives } }
  const set = `--set-json=metrics=${JSON.stringify(metrics)}`
  const { stdout } = await runOrThrow(
    inject('helm'),
    ['template', 'autocomplete', 'chart', '-n', LABELS.namespace, set, '-s', `templates/app-${what}.yaml`],
    { cwd: ROOT },
  )
  return parse(stdout)
}

const graphs = () => dashboard.panels.filter(({ type }) => type !== 'row')

/** Returns the expressions of the dashboard, with an interval in place of Grafana's variable. */
const expressions = (interval: string) =>
  graphs().flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', interval) })),
  )

/** Returns the metric names in a PromQL expression or in prose. */
const metricsIn = (text: string) =>
  text
    .match(/\b(?:(?:autocomplete|process|nodejs|kube)_[a-z0-9_]+|up(?=\{))/g)
    ?.filter((name) => !name.endsWith('_')) ?? []

/** Returns the part of a string before its first unmatched closing parenthesis. */
function parenthesized(text: string): string {
  let open = 1
  const end = [...text].findIndex((character) => {
    if (character === '(') open += 1
    if (character === ')') open -= 1
    return open === 0
  })
  return text.slice(0, end)
}

const rulesFile = (list: readonly object[]) => stringify({ groups: [{ name: 'autocomplete', rules: list }] })

/** Starts a service and its Redis replicas. All of them stop at the end of the test. */
async function startService(replicas: number, env: Record<string, string>) {
  const redis = await Promise.all(Array.from({ length: replicas }, () => TestRedis.start(ENTRIES)))
  const service = await TestService.start({ REDIS_NODES: redis.map(({ node }) => node).join(','), ...env })
  onTestFinished(async () => {
    await service.stop()
    await Promise.all(redis.map((one) => one.close()))
  })
  return { redis, service }
}

/** Repeats `get` until a result fits. Throws an error with the last result after the timeout. */
async function until<T>(get: () => Promise<T>, fits: (result: T) => boolean, milliseconds = 45_000): Promise<T> {
  const end = performance.now() + milliseconds
  for (;;) {
    const result = await get()
    if (fits(result)) return result
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(result)}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

describe('the dashboard', () => {
  it('has panels in rows, with unique ids and without overlaps', () => {
    const { panels } = dashboard
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      'Objectives',
      'Requests',
      'Queue, batches, and ranking threads',
      'Redis',
      'Answer cache',
      'Processes',
      'Autoscaling (from kube-state-metrics)',
    ])
    const taken = new Map<string, string>()
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.get(`${x} ${y}`), title).toBeUndefined()
          taken.set(`${x} ${y}`, title)
        }
      }
    }
  })

  it('takes its data source from a variable, and every graph has its own title and lettered series', () => {
    const [variable, ...others] = dashboard.templating.list
    expect(variable).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' })
    expect(others).toEqual([])
    expect(new Set(graphs().map(({ title }) => title)).size).toBe(graphs().length)
    for (const { title, datasource, targets = [] } of graphs()) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of a Grafana variable
      expect(datasource, title).toEqual({ type: 'prometheus', uid: '${datasource}' })
      expect(targets.length, title).toBeGreaterThan(0)
      expect(targets.map(({ refId }) => refId)).toEqual([...'ABCD'].slice(0, targets.length))
    }
  })

  it('has only properties that exist in the types of Grafana', async () => {
    const types = inRoot('node_modules', '@grafana', 'schema', 'dist', 'types', 'index.d.ts')
    const file = join(folder, 'dashboard.ts')
    const check = async (text: string) => {
      await writeFile(
        file,
        `import type { Dashboard } from ${JSON.stringify(types)}\nexport const it: Dashboard = ${text}\n`,
      )
      const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
      const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', '']
      return (await capture(process.execPath, [tsc, ...options, file], { cwd: folder })).stdout
    }
    const text = JSON.stringify(dashboard)
    expect(await check(text)).toBe('')
    expect(await check(text.replace('"unit"', '"units"'))).toContain('\'"units"\' does not exist')
  })
})

describe('the objectives', () => {
  it('all have graphs that show their limits, and burn-rate alerts use the same expressions and limits', async () => {
    const settings = { availabilityPercent: 98, latencyPercent: 97, latencySeconds: 0.25 }
    const schema = JSON.parse(await readFile(inRoot('chart', 'values.schema.json'), 'utf8'))
    const { objectives } = schema.properties.metrics.properties.prometheusRule.properties
    expect(Object.keys(objectives.properties)).toEqual(Object.keys(settings))

    const [rule, configMap] = await Promise.all(['prometheusrule', 'dashboard'].map((what) => render(what, settings)))
    const { panels } = JSON.parse(Object.values(configMap.data)[0] as string) as Dashboard
    const [errors, slow, burnRates] = panels.slice(1).map(({ title, targets = [] }) => ({
      title,
      expressions: targets.map(({ expr }) => expr),
    }))
    expect(errors).toMatchObject({ expressions: [expect.stringContaining('status=~"5.."'), 'vector(0.02)'] })
    expect(slow).toMatchObject({
      title: 'Queries that take longer than 0.25 s',
      expressions: [expect.stringContaining('le="0.25"'), 'vector(0.03)'],
    })
    const alerts = rule.spec.groups[0].rules as Rule[]
    for (const [of, budget, alert] of [
      [errors, 0.02, 'AutocompleteErrorBudget'],
      [slow, 0.03, 'AutocompleteLatencyBudget'],
    ] as const) {
      const share = of?.expressions[0]?.replaceAll('$__rate_interval', '3d')
      expect(burnRates?.expressions).toContain(`(${share}) / ${budget}`)
      expect(alerts.find((one) => one.alert === alert)?.expr).toContain(`${share} > ${budget}`)
    }
  })
})

describe('the runbooks', () => {
  it('have one page per alert, which the alert links to, and all pages have the same sections', async () => {
    const { home } = parse(await readFile(inRoot('chart', 'Chart.yaml'), 'utf8')) as { home: string }
    const pages = (await readdir(RUNBOOKS)).filter((name) => name !== 'README.md').sort()
    expect(pages).toEqual(rules.map(({ alert }) => `${alert}.md`).sort())
    for (const { alert, annotations, labels } of rules) {
      expect(annotations.runbook_url).toBe(`${home}/blob/main/docs/runbooks/${alert}.md`)
      expect(annotations.summary).toMatch(/\.$/)
      expect(annotations.description).toMatch(/\.$/)
      const page = await readFile(join(RUNBOOKS, `${alert}.md`), 'utf8')
      expect(page).toMatch(new RegExp(`^# ${alert}\n`))
      expect(page, alert).toContain(`**${labels.severity}**`)
      expect(page, alert).toMatch(/\n## First look\n\n[^\n]*\]\(README\.md#names-in-the-commands\)/)
      expect([...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
        'What it means',
        'First look',
        'Likely causes',
        'What to do',
        'Resolved when',
      ])
    }
  })

  it('name only objects that the chart creates, and select pods that it creates', async () => {
    const { stdout } = await runOrThrow(
      inject('helm'),
      ['template', 'autocomplete', 'chart', '-n', LABELS.namespace, '--no-hooks'],
      { cwd: ROOT },
    )
    const objects = parseAllDocuments(stdout).map((document) => document.toJS())
    const names = objects.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`)
    const pods: Record<string, string>[] = objects.flatMap(({ spec }) => spec?.template?.metadata.labels ?? [])
    let checked = 0
    for (const page of (await readdir(RUNBOOKS)).filter((name) => name !== 'README.md')) {
      const text = await readFile(join(RUNBOOKS, page), 'utf8')
      for (const [, selector = ''] of text.matchAll(/ -l ([^\s`]+)/g)) {
        const [, service] = /^kubernetes\.io\/service-name=(.+)$/.exec(selector) ?? []
        const labels = selector.split(',').map((pair) => pair.split('='))
        const isSelected = (pod: Record<string, string>) => labels.every(([key = '', value]) => pod[key] === value)
        const exists = service ? names.includes(`service/${service}`) : pods.some(isSelected)
        expect(exists, `${page}: ${selector}`).toBe(true)
        checked += 1
      }
      for (const [name] of text.matchAll(/\b(?:deployment|service)\/[a-z-]+/g)) {
        expect(names, page).toContain(name)
        checked += 1
      }
      for (const [, service] of text.matchAll(/lookup\("([a-z-]+)/g)) {
        expect(names, page).toContain(`service/${service}`)
        checked += 1
      }
      for (const [command] of text.matchAll(/(?<=[`\n])kubectl .*/g)) {
        expect(command, page).toMatch(/^kubectl (-n search|cordon) /)
        // Without this option, kubectl stops at the first pod that has no log.
        if (/ logs -l /.test(command)) expect(command, page).toContain(' --ignore-errors')
      }
    }
    expect(checked).toBeGreaterThan(rules.length)
  })

  it('and the lessons link only to files that exist, and their indexes list every page', async () => {
    for (const directory of [RUNBOOKS, LESSONS]) {
      for (const name of await readdir(directory)) {
        const page = await readFile(join(directory, name), 'utf8')
        for (const [, target] of page.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
          await expect(
            readFile(join(directory, target as string)).then(
              () => true,
              (error) => error.code,
            ),
          ).resolves.toSatisfy(
            // Links to folders are allowed.
            (result) => result === true || result === 'EISDIR',
            `${name}: ${target}`,
          )
        }
      }
      const index = await readFile(join(directory, 'README.md'), 'utf8')
      const others = (await readdir(directory)).filter((name) => name !== 'README.md').sort()
      expect([...index.matchAll(/\]\((?!\.\.)([^)/]+\.md)\)/g)].map(([, name]) => name).sort()).toEqual(others)
    }
  })
})

describe('the metrics', () => {
  it('in alerts, dashboard, runbooks, and lessons exist in the service', async () => {
    const { service } = await startService(1, WITH_CACHE)
    await service.get('/autocomplete?q=app')
    const metrics = await (await service.get('/metrics')).text()
    const names = new Set(Object.keys(LABELS_OF_OTHERS))
    for (const [, name, type] of metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      names.add(name as string)
      if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) names.add(`${name}_${part}`)
    }
    const used: [string, string][] = [
      ...rules.flatMap(({ alert, expr }) => metricsIn(expr).map((name): [string, string] => [alert, name])),
      ...expressions('1m').flatMap(({ title, expr }) => metricsIn(expr).map((name): [string, string] => [title, name])),
    ]
    for (const directory of [RUNBOOKS, LESSONS]) {
      for (const page of await readdir(directory)) {
        const text = await readFile(join(directory, page), 'utf8')
        used.push(...metricsIn(text).map((name): [string, string] => [page, name]))
      }
    }
    expect(used.length).toBeGreaterThan(60)
    expect(used.filter(([, name]) => !names.has(name))).toEqual([])
  })

  it('have every possible latency objective as a bound of the histogram', async () => {
    const { service } = await startService(1, WITH_CACHE)
    await service.get('/autocomplete?q=app')
    const metrics = await (await service.get('/metrics')).text()
    const bounds = [...metrics.matchAll(/^autocomplete_http_request_duration_seconds_bucket\{le="([\d.]+)"/gm)]
    const schema = JSON.parse(await readFile(inRoot('chart', 'values.schema.json'), 'utf8'))
    const { objectives } = schema.properties.metrics.properties.prometheusRule.properties
    const limits: number[] = objectives.properties.latencySeconds.enum.filter((limit: number | null) => limit !== null)
    expect(limits.length).toBeGreaterThan(5)
    expect(bounds.map(([, bound]) => Number(bound))).toEqual(expect.arrayContaining(limits))
  })

  it('in alerts, dashboard, and runbooks have the labels by which they are selected and grouped', async () => {
    const { service } = await startService(1, WITH_CACHE)
    await service.get('/autocomplete?q=app')
    const metrics = await (await service.get('/metrics')).text()
    const labels = new Map<string, Set<string>>(
      Object.entries(LABELS_OF_OTHERS).map(([name, own]) => [name, new Set(own)]),
    )
    for (const [, name = '', pairs = ''] of metrics.matchAll(/^([a-z_]+)(?:\{(.*)\})? \S+$/gm)) {
      const own = labels.get(name) ?? new Set(Object.keys(LABELS))
      for (const [, label = ''] of pairs.matchAll(/(\w+)="/g)) own.add(label)
      labels.set(name, own)
    }
    const queries = [
      ...rules.map(({ alert, expr }) => ({ where: alert, expr, shown: [] })),
      ...graphs().flatMap(({ title, targets = [] }) =>
        targets.map(({ expr, legendFormat }) => ({
          where: title,
          expr,
          shown: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
        })),
      ),
    ]
    for (const page of await readdir(RUNBOOKS)) {
      const text = await readFile(join(RUNBOOKS, page), 'utf8')
      for (const [, block = ''] of text.matchAll(/```promql\n([\s\S]*?)```/g)) {
        for (const expr of block.split('\n')) queries.push({ where: page, expr, shown: [] })
      }
    }
    const unknown = queries.flatMap(({ where, expr, shown }) => {
      const selected = [...expr.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) =>
        [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => [name, label]),
      )
      const groups = [...expr.matchAll(/\bby \(([^)]*)\) \(/g)].map(({ 0: by, 1: list = '', index }) => ({
        labels: list.split(/, */),
        names: metricsIn(parenthesized(expr.slice(index + by.length))),
      }))
      const grouped = groups.flatMap(({ labels, names }) =>
        names.flatMap((name) => labels.map((label) => [name, label])),
      )
      const legend = shown.flatMap((label) => metricsIn(expr).map((name) => [name, label]))
      const isLost = (label: string) => groups.length > 0 && !groups.every(({ labels }) => labels.includes(label))
      return [...selected, ...grouped, ...legend]
        .filter(([name = '', label = '']) => !labels.get(name)?.has(label) || (shown.includes(label) && isLost(label)))
        .map(([name, label]) => `${where}: ${name} has no ${label}`)
    })
    expect(unknown).toEqual([])
    expect(queries.length).toBeGreaterThan(60)
  })

  it('have the units of their graphs', () => {
    const unitOf = (expr: string): string | undefined => {
      if (/^histogram_quantile\(|^autocomplete_\w+_seconds\{/.test(expr)) return 's'
      if (/^(max\()?\w+_bytes\{/.test(expr)) return 'bytes'
      if (/^sum by \((status|reason)\) \(rate\(autocomplete_\w+_total\{/.test(expr)) return 'reqps'
      if (/^rate\(autocomplete_\w+_total\{/.test(expr)) return 'cps'
      if (/^(sum by \(pod\) \()?rate\(nodejs_gc_\w+_seconds_sum\{/.test(expr)) return 'percentunit'
      // A ratio of two rates of counters is a percentage, unless it is also divided by a limit.
      const isRatio = /rate\((\w+_total|\w+_bucket)\{.*\) \/ .*rate\((\w+_total|\w+_bucket)\{/.test(expr)
      return isRatio && !/\) \/ [\d.]+$/.test(expr) ? 'percentunit' : undefined
    }
    const found = graphs().flatMap(({ title, fieldConfig, targets = [] }) => {
      const units = new Set(targets.flatMap(({ expr }) => unitOf(expr) ?? []))
      return units.size === 0 ? [] : [{ title, units: [...units], shown: fieldConfig.defaults.unit }]
    })
    expect(found.length).toBeGreaterThan(12)
    for (const { title, units, shown } of found) expect([shown], title).toEqual(units)
    const others = graphs().filter(({ title }) => !found.some((one) => one.title === title))
    for (const { title, fieldConfig } of others) expect(fieldConfig.defaults.unit, title).toBe('short')
  })

  it('have only reasons for rejections that the runbook for errors explains', async () => {
    const { service } = await startService(1, WITH_CACHE)
    const metrics = await (await service.get('/metrics')).text()
    const reasons = [...metrics.matchAll(/^autocomplete_queries_rejected_total\{reason="(\w+)"/gm)]
    const page = await readFile(join(RUNBOOKS, 'AutocompleteErrors.md'), 'utf8')
    const [table = ''] = /^\| 503(?:.|\n)*?\n\n/m.exec(page) ?? []
    const explained = [...table.matchAll(/^\| 503 (.*?) \|/gm)].flatMap(([, list = '']) => list.match(/\w+/g) ?? [])
    expect(new Set(explained)).toEqual(new Set(reasons.map(([, reason]) => reason)))
  })

  it('of the service all have a graph', async () => {
    const { service } = await startService(1, WITH_CACHE)
    await service.get('/autocomplete?q=app')
    const metrics = await (await service.get('/metrics')).text()
    const shown = expressions('1m')
      .flatMap(({ expr }) => metricsIn(expr))
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    const own = [...metrics.matchAll(/^# TYPE (autocomplete_\S+) /gm)].map(([, name]) => name as string)
    expect(own.length).toBeGreaterThan(15)
    expect(own.filter((name) => !shown.includes(name))).toEqual([])
  })
})

describe.skipIf(!programs)('in Prometheus', () => {
  const promtool = (...args: string[]) => capture(programs?.promtool as string, args, { cwd: folder })

  it('the rules are valid, and so is every expression of the dashboard', async () => {
    const records = expressions('1m').map(({ expr }, at) => ({ record: `panel_${at}`, expr }))
    await writeFile(join(folder, 'all.yaml'), rulesFile([...rules, ...records]))
    const { code, stdout, stderr } = await promtool('check', 'rules', 'all.yaml')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`${rules.length + records.length} rules found`)
  })

  it('the queries in the runbooks are valid', async () => {
    const queries: string[] = []
    for (const page of await readdir(RUNBOOKS)) {
      const text = await readFile(join(RUNBOOKS, page), 'utf8')
      for (const [, block] of text.matchAll(/```promql\n([\s\S]*?)```/g)) {
        queries.push(...(block as string).split('\n').filter((line) => line.trim() !== ''))
      }
    }
    expect(queries.length).toBeGreaterThan(rules.length)
    await writeFile(
      join(folder, 'queries.yaml'),
      rulesFile(queries.map((expr, at) => ({ record: `query_${at}`, expr }))),
    )
    const { code, stdout, stderr } = await promtool('check', 'rules', 'queries.yaml')
    expect([code, stderr], stdout).toEqual([0, ''])
  })

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', async (name, { change, firing }) => {
    await writeFile(join(folder, 'rules.yaml'), rulesFile(rules))
    // Check just before the fault and long after it began.
    const expected: [string, readonly string[]][] = [
      [`${FAULT_MINUTE - 1}m`, []],
      [`${MINUTES - 1}m`, firing],
    ]
    const test = {
      rule_files: ['rules.yaml'],
      evaluation_interval: '30s',
      tests: [
        {
          name,
          interval: `${SAMPLE_SECONDS}s`,
          input_series: seriesOf(change),
          promql_expr_test: expected.map(([eval_time, alerts]) => ({
            expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
            eval_time,
            exp_samples: alerts.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
          })),
        },
      ],
    }
    await writeFile(join(folder, 'test.yaml'), stringify(test))
    const { code, stdout, stderr } = await promtool('test', 'rules', 'test.yaml')
    expect(code, stdout + stderr).toBe(0)
  })

  it('every alert fires in at least one scenario', () => {
    const fired = new Set(SCENARIOS.flatMap(({ firing }) => firing))
    expect([...fired].sort()).toEqual(rules.map(({ alert }) => alert).sort())
  })

  /** Starts a Prometheus that scrapes the service, with the rules shortened to wait only seconds. */
  async function watch(service: TestService): Promise<TestPrometheus> {
    const quick = rules.map((rule) => (rule.for ? { ...rule, for: '3s' } : rule))
    const own = await mkdtemp(join(folder, 'prometheus-'))
    const address = new URL(service.url).host
    const prometheus = await TestPrometheus.start(
      programs?.prometheus as string,
      own,
      address,
      LABELS,
      rulesFile(quick),
    )
    onTestFinished(() => prometheus.stop())
    return prometheus
  }

  const firing = async (prometheus: TestPrometheus) =>
    (await prometheus.alerts()).filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname)

  /** Sends queries until the test ends. Consecutive queries always differ. */
  function keepAsking(service: TestService, atOnce = 1): void {
    let stopped = false
    onTestFinished(() => {
      stopped = true
    })
    const ask = async () => {
      for (let at = 0; !stopped; at++) {
        await service.get(`/autocomplete?q=${['a', 'b', 'c', 'ap'][at % 4]}`).then(
          (answer) => answer.text(),
          () => {},
        )
        if (atOnce === 1) await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    for (let user = 0; user < atOnce; user++) void ask()
  }

  it('a healthy service triggers no alert, and every graph has data', async () => {
    const { service } = await startService(2, { ...WITH_CACHE, ...PATIENT })
    keepAsking(service)
    const prometheus = await watch(service)
    // Leave out the graphs of Kubernetes metrics, which do not exist in this test.
    const wanted = expressions('10s').filter(({ expr }) => !expr.includes('kube_'))
    const empty = () =>
      Promise.all(wanted.map(async ({ title, expr }) => ((await prometheus.query(expr)).length > 0 ? [] : [title])))
    await until(
      async () => (await empty()).flat(),
      (titles) => titles.length === 0,
    )
    await new Promise((resolve) => setTimeout(resolve, 5000))
    expect((await firing(prometheus)).filter((alert) => !OF_SPEED.includes(alert as string))).toEqual([])
  })

  it('the loss of Redis triggers alerts for the loss, for errors, and for missing replicas, until Redis is back', async () => {
    const { service, redis } = await startService(2, { REDIS_COMMAND_TIMEOUT_MS: '200' })
    keepAsking(service)
    const prometheus = await watch(service)
    await until(
      () => prometheus.query('up == 1'),
      (samples: Sample[]) => samples.length > 0,
    )
    await Promise.all(redis.map((one) => one.kill()))
    const wanted = ['AutocompleteRedisLost', 'AutocompleteRedisDegraded', 'AutocompleteErrors']
    await until(
      () => firing(prometheus),
      (alerts) => wanted.every((alert) => alerts.includes(alert)),
    )
    const lost = (await prometheus.alerts()).find(({ labels }) => labels.alertname === 'AutocompleteErrors')
    expect(lost?.annotations.description).toMatch(/^[\d.]+% of the queries got a 5xx answer in the last hours/)
    expect(lost?.labels).toMatchObject({ severity: 'critical', namespace: 'search', release: 'autocomplete' })
    await Promise.all(redis.map((one) => one.run()))
    await until(
      () => firing(prometheus),
      (alerts) => !alerts.some((alert) => alert?.startsWith('AutocompleteRedis')),
    )
  })

  it('an overloaded service triggers an alert for rejected queries', async () => {
    const { service } = await startService(2, { RANKING_MAX_PENDING: '1' })
    const prometheus = await watch(service)
    await until(
      () => prometheus.query('up == 1'),
      (samples: Sample[]) => samples.length > 0,
    )
    keepAsking(service, 8)
    await until(
      () => firing(prometheus),
      (alerts) => alerts.includes('AutocompleteShedding'),
    )
    const shedding = (await prometheus.alerts()).find(({ labels }) => labels.alertname === 'AutocompleteShedding')
    expect(shedding?.labels).toMatchObject({ reason: 'pending', severity: 'warning' })
  })

  it('a replaced HTTP process triggers an alert, although the counters of the other process continue', async () => {
    const { service } = await startService(1, { WEB_CONCURRENCY: '2' })
    const prometheus = await watch(service)
    // Open so many connections that both processes get some of them.
    const asked = Array.from({ length: 20 }, async () => {
      for (let at = 0; at < 20; at++) await (await service.get('/autocomplete?q=a')).text()
    })
    await Promise.all(asked)
    await until(
      () => prometheus.query('autocomplete_http_requests_total{route="/autocomplete"} == 400'),
      (samples: Sample[]) => samples.length > 0,
    )
    const { pid: primary } = JSON.parse(service.log[0] as string) as { pid: number }
    const [child] = (await readFile(`/proc/${primary}/task/${primary}/children`, 'utf8')).split(' ').map(Number)
    process.kill(child as number, 'SIGKILL')
    await until(
      () => firing(prometheus),
      (alerts) => alerts.includes('AutocompleteRestarts'),
    )
    const restarts = (await prometheus.alerts()).find(({ labels }) => labels.alertname === 'AutocompleteRestarts')
    expect(restarts?.annotations.description).toBe(
      'Restarts of pod autocomplete-app-0 or its processes within 15 minutes: 1.',
    )
  })
})
