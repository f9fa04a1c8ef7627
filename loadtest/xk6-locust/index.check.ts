/**
 * Checks the types of `k6/x/locust` with tsc. tsc must accept correct uses of the exports, and reject incorrect ones.
 */
import http from 'k6/http'
import type { Options } from 'k6/options'
import locust, {
  between,
  constant,
  constantPacing,
  constantThroughput,
  type Distributor,
  distribute,
  events,
  type HttpClient,
  HttpSession,
  HttpUser,
  LoadTestShape,
  type LocustOptions,
  options,
  poisson,
  quit,
  type RequestOptions,
  type Requirements,
  type Response,
  type ResponseToJudge,
  run,
  SequentialTaskSet,
  StopTest,
  StopUser,
  scenario,
  type Task,
  TaskSet,
  type Tasks,
  task,
  User,
  variables,
  type WaitTime,
  type WeightedTask,
} from 'k6/x/locust'

class Nested extends TaskSet {
  override waitTime = constant(1)
  static override tasks: Tasks = { look: 2 }
  async look() {
    await this.client.get('/')
    const parent: unknown = this.parent
    const user: unknown = this.user
    await this.wait()
    this.interrupt(parent === user)
  }
}

class Steps extends SequentialTaskSet {
  static override tasks = [function first(this: Steps) {}, Nested]
}

if (variables().includes('TARGT')) throw new Error('TARGT is unknown')
const accounts: Distributor<{ name: string }> = distribute([{ name: 'kim' }], { repeat: true })

class Visitor extends HttpUser {
  static override weight = 2
  static override fixedCount = 0
  static override host = 'http://127.0.0.1'
  static override concurrency = 5
  static override poolSize = 10
  static override maxBodyBytes = 1e9
  static override discardBodies = true
  static override connectionTimeout = 1
  static override networkTimeout = 1
  static override maxRedirects = 1
  static override insecure = false
  static override http2 = 'off' as const
  static override headers = { Accept: 'text/plain' }
  static override tasks = [Nested, Steps, task(Nested, { weight: 2, tags: ['slow'] }), task('visit'), () => undefined]
  override waitTime: WaitTime = between(1, 2)

  override onStart() {
    const name: string = accounts.next().name
    const number: number = this.userNumber
    if (name === '' || number > this.setupData.limit) quit()
    throw new StopTest()
  }
  override async onStop() {}

  async visit() {
    const client: HttpClient = this.client
    const request: RequestOptions = {
      name: '/',
      headers: { A: 'b' },
      params: { q: 'x', page: 2, all: true },
      auth: ['name', 'password'],
      timeout: 0.5,
      allowRedirects: false,
      catchResponse: async (response: ResponseToJudge) => {
        response.name = 'renamed'
        if (response.ok) response.success()
        else response.failure(response.error)
      },
    }
    const response: Response = await client.get('/', request)
    const verdict: true | string | undefined = response.verdict
    if (verdict !== undefined) return
    const session: HttpClient & { close(): void } = new HttpSession(this, 'http://127.0.0.1:8000')
    session.close()
    // @ts-expect-error only additional sessions can be closed
    client.close()
    await client.head('/')
    await client.options('/')
    await client.get(http.url`/items/${1}`)
    // @ts-expect-error only http.url creates such objects
    await client.get({ url: '/' })
    await client.delete('/')
    await client.post('/', { data: 'text' })
    await client.put('/', { data: new Uint8Array(1).buffer })
    await client.patch('/', { data: { form: 1 } })
    await client.request('PROPFIND', '/', { json: [1] })
    await client.post('/', {
      params: 'a=1',
      data: [['a', [1, null]]],
      files: { f: ['a.txt', 'text', 'text/plain', { A: 1 }] },
    })
    await client.post('/', { data: { f: http.file('x') }, headers: { Host: undefined }, discardBody: true })
    await client.post('/', {
      data: new Map([['a', 1]]),
      files: [['f', new Uint8Array(1)]],
      params: { a: [1, 2], b: undefined },
    })
    client.headers = { Authorization: 'x', 'X-Number': 5 }
    client.headers.Authorization = undefined
    Object.assign(client.headers, { Accept: '*/*' })
    client.cookies.set('a', 1, { domain: 'example.org', path: '/a' })
    const cookies: Record<string, string> = { ...client.cookies.all('/a'), a: client.cookies.get('a') ?? '' }
    client.cookies.delete(cookies.a as string)
    client.cookies.clear()
    client.requestName = await client.renameRequest('name', async () => 'other')
    const { history, reason, elapsed, status, body, name } = response
    const fields: (number | string)[] = [
      elapsed + status + history.length,
      reason + body + name,
      response.cookies.a ?? '',
    ]
    const { statusCode, headers, text, content, responseTime, url } = response
    fields.push(headers['X-Any'] ?? '')
    const type: string | undefined = headers['content-type']
    const size: number = content.byteLength + text.length + responseTime + statusCode + url.length
    await this.sleep(size + response.json('part').size)
    if (type) this.stop()
    throw new StopUser()
  }
}

class Ticker extends User {
  static override tasks: Record<string, number> = { tick: 1 }
  override waitTime = constantPacing(1)
  tick() {
    events.request.fire({
      requestType: 'TICK',
      name: this.host,
      responseTime: 1,
      responseLength: 2,
      exception: new Error(),
    })
  }
}

class Shape extends LoadTestShape {
  override tick() {
    if (this.getRunTime() > 60) return null
    return [this.getCurrentUserCount() + 1, 1, [Visitor]] as const
  }
}

const requirements: Requirements = { of: 'x', errorRate: 0, p95Ms: 1, p99Ms: 2, rate: 3 }
const all: LocustOptions = {
  userClasses: [Visitor, Ticker],
  users: 1,
  spawnRate: 0.5,
  iterations: 5,
  runTime: '1h30m',
  host: 'http://127.0.0.1',
  stopTimeout: '10s',
  tags: ['fast'],
  excludeTags: ['slow'],
  shape: Shape,
  processes: -1,
  requirements,
  csv: 'x',
  csvFullHistory: true,
  html: 'x.html',
  jsonFile: 'x',
}
export const single: Options = options(all)
export const several: Options = {
  scenarios: {
    browse: scenario(all),
    checkout: { ...locust.scenario({ userClasses: [Visitor] }), startTime: '10s', env: { LOCUST_USERS: '5' } },
    ping: { executor: 'constant-vus', vus: 1, duration: '5m', exec: 'ping' },
  },
}
export const openLoop: Options = locust.options({ userClasses: [Visitor], arrivalRate: 10, maxInFlight: 5 })
export const waits: WaitTime[] = [constantThroughput(2), poisson(2), locust.between(0, 1)]
export const weighted: WeightedTask = locust.task('visit', { tags: ['a'] })
export const aTask: Task = (user: Visitor) => user.visit()
export const main: (data?: unknown) => Promise<void> = run

// @ts-expect-error user classes are required
locust.options({ users: 1 })
// @ts-expect-error user classes are required
locust.scenario({ users: 1 })
// @ts-expect-error an instance is not a class
locust.options({ userClasses: [new Visitor()] })
// @ts-expect-error a task set is not a user
locust.options({ userClasses: [Nested] })
// @ts-expect-error Locust's Python spelling
locust.options({ userClasses: [Visitor], spawn_rate: 1 })
// @ts-expect-error a time must be a string
locust.options({ userClasses: [Visitor], runTime: 60 })
// @ts-expect-error a pause needs both limits
locust.between(1)
// @ts-expect-error a weight must be a number
locust.task('visit', { weight: '3' })
locust.events.request.addListener(({ name, exception, response }) => console.log(name, exception, response?.status))
locust.events.quitting.addListener(async ({ environment }) => {
  environment.processExitCode = environment.stats.total.getResponseTimePercentile(0.95) > 800 ? 1 : null
  environment.stats.get('/', 'GET')?.failRatio
})
// @ts-expect-error Locust's Python spelling
locust.events.test_stop
// @ts-expect-error the exit code is a number
locust.events.testStop.addListener(({ environment }) => (environment.processExitCode = 'failed'))
export async function firstByte(user: HttpUser): Promise<number> {
  return (await user.client.get('/', { stream: true })).timeToFirstByte ?? 0
}
export async function streamed(user: HttpUser): Promise<number> {
  const response = await user.client.get('/', {
    stream: true,
    catchResponse: async (own) => {
      for (let line = await own.readLine(); line !== null; line = await own.readLine()) own.failure(line.trim())
      const bytes: ArrayBuffer | null = await own.read(10)
      // @ts-expect-error read() returns null at the end of the body
      bytes.byteLength
    },
  })
  response.close()
  // @ts-expect-error the argument is a number of bytes
  await response.read('10')
  // @ts-expect-error a promise has no length
  return response.readLine().length
}
// @ts-expect-error an event needs all its fields
locust.events.request.fire({ name: 'x' })

export class Wrong extends HttpUser {
  // @ts-expect-error seconds must be a number
  override waitTime = 'between'
  async visit() {
    // @ts-expect-error the Python name of a Locust option
    await this.client.get('/', { catch_response: true })
    const response = await this.client.get('/')
    // @ts-expect-error available only in catchResponse
    response.failure('late')
    // @ts-expect-error the property is statusCode
    response.status_code
    await this.client.get('/', { catchResponse: ({ status }) => status === 201 })
    await this.client.get('/', { catchResponse: async ({ ok, error }) => ok || error })
    // @ts-expect-error the result must be a boolean or a reason
    await this.client.get('/', { catchResponse: ({ status }) => status })
    // @ts-expect-error the result must not be null
    await this.client.get('/', { catchResponse: ({ text }) => text.match(/x/) })
    // @ts-expect-error form fields cannot be nested
    await this.client.post('/', { data: { a: { b: 1 } } })
    // @ts-expect-error one argument after the URL
    await this.client.post('/', null, { headers: {} })
    // @ts-expect-error the name can be set only in catchResponse
    response.name = 'late'
    // @ts-expect-error read-only
    response.statusCode = 200
    // @ts-expect-error a promise has no status
    this.client.get('/').statusCode
  }
}

export class Browse extends locust.MarkovTaskSet {
  static override transitions = { index: 'search', search: { index: 1, buy: 3 }, buy: ['index', ['search', 2]] }
  async index() {
    await this.client.get('/')
  }
}

// @ts-expect-error a task needs the names of its next tasks
export class Astray extends locust.MarkovTaskSet {
  static override transitions = { index: 5 }
}

// @ts-expect-error weights must be numbers
export class Weightless extends User {
  static override tasks = { visit: 'often' }
}

export class Shapeless extends LoadTestShape {
  // @ts-expect-error tick() must return the number of users and the spawn rate
  override tick() {
    return [1] as const
  }
}
