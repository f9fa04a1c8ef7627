/**
 * Locust for k6: users as classes, many of them in one JavaScript runtime, over one native HTTP client.
 *
 * @example
 * import locust, { HttpUser } from 'k6/x/locust'
 *
 * class Shopper extends HttpUser {
 *   static tasks = { search: 3, buy: 1 }
 *   waitTime = locust.between(1, 5)
 *   async search() {
 *     await this.client.get('/search?q=shoes', { name: '/search' })
 *   }
 *   async buy() {
 *     await this.client.post('/cart', { json: { sku: 17 } })
 *   }
 * }
 *
 * export const options = locust.options({ userClasses: [Shopper], users: 100, spawnRate: 10, runTime: '5m', host: 'http://127.0.0.1:8000' })
 * export default locust.run
 */
declare module 'k6/x/locust' {
  import type { Options } from 'k6/options'

  type MaybePromise<T> = T | Promise<T>

  /** Seconds to pause after a task. Called with the user as `this`. */
  export type WaitTime = () => number

  /** What a user does: a function called with the user (or task set) as `this` and as its argument, or a task set. */
  // biome-ignore lint/suspicious/noExplicitAny: a task may be written for any class of users
  export type Task = ((user: any) => MaybePromise<unknown>) | TaskSetClass

  /** A task with its weight and tags, from {@link task}. */
  export interface WeightedTask {
    readonly target: Task | string
    readonly weight: number
    readonly tags: readonly string[]
  }

  /** Tasks as a list, or by the names of methods with their weights. A task of weight 3 is chosen three times as often as one of 1. */
  export type Tasks = readonly (Task | WeightedTask)[] | Readonly<Record<string, number>>

  /**
   * A task with a weight and tags, as Locust's `@task(3)` and `@tag('slow')`.
   * @param target a function, a task set, or the name of a method of the class
   */
  export function task(target: Task | string, options?: { weight?: number; tags?: readonly string[] }): WeightedTask

  /** What users and task sets have in common. */
  interface Taskable {
    /** Seconds between two tasks; 0 where it is not said. A task set without one has that of its user. */
    waitTime: WaitTime
    /** Once, before the first task. */
    onStart(): MaybePromise<void>
    /** Once, after the last task, also when the run ends. */
    onStop(): MaybePromise<void>
    /** Pauses as between two tasks: a user may stop here. */
    wait(): Promise<void>
    /** Pauses within a task. k6's own `sleep` would make all users of the process wait. */
    sleep(seconds: number): Promise<void>
  }

  /** A user that makes no HTTP requests by itself. */
  export class User implements Taskable {
    /** How many of the users are of this class, as against the weights of the others; 1. */
    static weight: number
    /** Exactly so many, started before all others; 0 for by weight. */
    static fixedCount: number
    /** Where paths go; the option `host` stands above it. */
    static host: string
    static tasks: Tasks
    readonly host: string
    waitTime: WaitTime
    onStart(): MaybePromise<void>
    onStop(): MaybePromise<void>
    wait(): Promise<void>
    sleep(seconds: number): Promise<void>
    /** Ends this user after its task and `onStop`. */
    stop(): void
  }

  /** A user with an HTTP client. All users of a class share one pool of connections. */
  export class HttpUser extends User {
    /** Connections of all users of this class together; one that needs another waits. 12,000. */
    static poolSize: number
    /** Seconds; 60 each. */
    static connectionTimeout: number
    static networkTimeout: number
    /** 1 or more; 30. A request with `allowRedirects: false` follows none. */
    static maxRedirects: number
    /** Whether any certificate will do, as in Locust: true. */
    static insecure: boolean
    /** Whether HTTP/2 is spoken: where TLS negotiates it (`auto`, the default), always (`prior-knowledge`), or never (`off`). */
    static http2: 'auto' | 'prior-knowledge' | 'off'
    /** Sent with every request, below the request's own. */
    static headers: Readonly<Record<string, string>>
    readonly client: HttpClient
  }

  type TaskSetClass = new (parent: never) => TaskSet

  /** Tasks that belong together, as a task of a user or of another task set: they go on until `interrupt()`. */
  export class TaskSet implements Taskable {
    static tasks: Tasks
    // biome-ignore lint/suspicious/noExplicitAny: a task set may be written for any class of users
    readonly user: any
    // biome-ignore lint/suspicious/noExplicitAny: and any parent
    readonly parent: any
    readonly client: HttpClient
    waitTime: WaitTime
    onStart(): MaybePromise<void>
    onStop(): MaybePromise<void>
    wait(): Promise<void>
    sleep(seconds: number): Promise<void>
    /**
     * Leaves the task set.
     * @param reschedule whether the parent takes its next task at once (true) or pauses first
     */
    interrupt(reschedule?: boolean): never
  }

  /** A task set whose tasks run in their order. */
  export class SequentialTaskSet extends TaskSet {}

  /** Requests as Locust's client has them. A path goes to the user's host. */
  export interface HttpClient {
    get(url: string, options?: RequestOptions): Promise<Response>
    head(url: string, options?: RequestOptions): Promise<Response>
    options(url: string, options?: RequestOptions): Promise<Response>
    delete(url: string, options?: RequestOptions): Promise<Response>
    post(url: string, options?: RequestOptions): Promise<Response>
    put(url: string, options?: RequestOptions): Promise<Response>
    patch(url: string, options?: RequestOptions): Promise<Response>
    request(method: string, url: string, options?: RequestOptions): Promise<Response>
  }

  export interface RequestOptions {
    /** The name in statistics and in the tag `name`; the path where it is not said. Give one to addresses that differ. */
    name?: string
    headers?: Readonly<Record<string, string>>
    /** Added to the query. */
    params?: Readonly<Record<string, string | number | boolean>>
    /** The body: a text, bytes, or a form. */
    data?: string | ArrayBuffer | Readonly<Record<string, string | number | boolean>>
    /** The body as JSON. */
    json?: unknown
    /** Name and password of Basic authentication. */
    auth?: readonly [name: string, password: string]
    /** Seconds until the request has failed; the class's `networkTimeout` where it is not said. */
    timeout?: number
    /** Whether redirects are followed; true. */
    allowRedirects?: boolean
    /**
     * Judges the answer before it is counted, as the `with` block of Locust's `catch_response=True`: `response.failure(why)` or
     * `response.success()`; without either the status decides. The time it takes is not in the response time.
     */
    catchResponse?: (response: ResponseToJudge) => MaybePromise<void>
  }

  export interface Response {
    /** 0 when there was no answer. */
    readonly statusCode: number
    /** Whether it counts as a success by its status: 200 to 399, as in Locust. */
    readonly ok: boolean
    /** What went wrong; empty when there was an answer. */
    readonly error: string
    /** After redirects. */
    readonly url: string
    /** Names in lower case; of one that came several times the values joined by ", ". */
    readonly headers: Readonly<Record<string, string>>
    /** The body as text, and as bytes. */
    readonly text: string
    readonly content: ArrayBuffer
    /** Milliseconds from the start of the request to the last byte. */
    readonly responseTime: number
    /**
     * The body as JSON, or the part of it that a [GJSON path](https://github.com/tidwall/gjson/blob/master/SYNTAX.md) names, which costs
     * less than all of it; undefined where there is no such part.
     * @throws {SyntaxError} when the body is not JSON
     */
    // biome-ignore lint/suspicious/noExplicitAny: JSON is anything
    json(path?: string): any
  }

  export interface ResponseToJudge extends Response {
    success(): void
    failure(reason: string): void
  }

  export function between(minSeconds: number, maxSeconds: number): WaitTime
  export function constant(seconds: number): WaitTime
  /** The pause that makes a task start every so many seconds; 0 where the task took longer. */
  export function constantPacing(seconds: number): WaitTime
  /** So many tasks a second and user. */
  export function constantThroughput(tasksPerSecond: number): WaitTime
  /** Pauses whose lengths are distributed exponentially: tasks at random moments, so many a second on average. */
  export function poisson(tasksPerSecond: number): WaitTime
  /** Thrown by a task it ends its user, after `onStop`. */
  export class StopUser {}

  /** A load that changes: asked every second, until it says null. */
  export class LoadTestShape {
    /** Users and spawn rate from now on, and of which classes where not of all; null ends the run. */
    tick(): readonly [users: number, spawnRate: number, userClasses?: readonly (typeof User)[]] | null
    /** Seconds since the start. */
    getRunTime(): number
    getCurrentUserCount(): number
  }

  /**
   * What a run must show; each is one line of the verdict at its end, and one sample of the metric `requirements`, on which
   * {@link options} sets a threshold: k6 ends with 99 when one is not met.
   */
  export interface Requirements {
    /** What asks for it, as the verdict names it. */
    of?: string
    /** Failed requests at most, as a share of all. */
    errorRate?: number
    /** Milliseconds at most. */
    p95Ms?: number
    p99Ms?: number
    /** Requests a second at least, on average from when all users have started. */
    rate?: number
  }

  export interface LocustOptions {
    userClasses: readonly (typeof User)[]
    /** Users at the peak, and how many of them start in a second; 1 each. */
    users?: number
    spawnRate?: number
    /** How long the run takes from its start: `300s`, `20m`, `3h`, `1h30m`; until it is ended where it is not said. */
    runTime?: string
    /** Where paths go, above the `host` of the classes. */
    host?: string
    /** How long tasks may go on at the end: `10s`; they are interrupted at once where it is not said. */
    stopTimeout?: string
    /** Only tasks with any of the tags, and none with any of the excluded. */
    tags?: readonly string[]
    excludeTags?: readonly string[]
    /** A load shape instead of users and spawn rate. */
    shape?: typeof LoadTestShape
    /**
     * An open loop instead of users that wait: so many tasks start each second, however slow the answers. Response times count from
     * the moment a task should have started.
     */
    arrivalRate?: number
    /** Tasks that may be under way at once in an open loop; one more is dropped, and counted. */
    maxInFlight?: number
    /** JavaScript runtimes that share the users; as many as there are CPUs where it is not said. */
    processes?: number
    requirements?: Requirements
    /** Locust's files: `PREFIX_stats.csv` and so on, a page of plots, statistics as JSON. */
    csv?: string
    csvFullHistory?: boolean
    html?: string
    jsonFile?: string
  }

  /**
   * The k6 options of a run. Locust's environment variables (`LOCUST_USERS`, `LOCUST_SPAWN_RATE`, `LOCUST_RUN_TIME`, `LOCUST_HOST`,
   * `LOCUST_TAGS` …), also by k6's `-e`, stand above the argument.
   */
  export function options(options: LocustOptions): Options

  /** The function that k6 runs: `export default locust.run`. */
  export function run(): Promise<void>

  /** Events that scripts report themselves. */
  export const events: {
    request: {
      /** Counts a request that the client did not make. Milliseconds, bytes. */
      fire(event: {
        requestType: string
        name: string
        responseTime: number
        responseLength?: number
        exception?: string | Error | null
      }): void
    }
  }

  const locust: {
    User: typeof User
    HttpUser: typeof HttpUser
    TaskSet: typeof TaskSet
    SequentialTaskSet: typeof SequentialTaskSet
    LoadTestShape: typeof LoadTestShape
    task: typeof task
    between: typeof between
    constant: typeof constant
    constantPacing: typeof constantPacing
    constantThroughput: typeof constantThroughput
    poisson: typeof poisson
    StopUser: typeof StopUser
    options: typeof options
    run: typeof run
    events: typeof events
  }
  export default locust
}
