/**
 * Locust for k6. Classes describe the users. Each JavaScript runtime runs many users. Their HTTP client is implemented
 * in Go.
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
  import type { FileData, url } from 'k6/http'
  import type { Options, Scenario } from 'k6/options'

  type MaybePromise<T> = T | Promise<T>

  /** Returns the pause after a task, in seconds. Called with the user or task set as `this`. */
  export type WaitTime = () => number

  /** A task of a user: a task set, or a function that gets the user (or task set) as `this` and as its argument. */
  // biome-ignore lint/suspicious/noExplicitAny: a task may be written for users of any class
  export type Task = ((user: any) => MaybePromise<unknown>) | TaskSetClass

  /** A task with its weight and tags, created by {@link task}. */
  export interface WeightedTask {
    readonly target: Task | string
    readonly weight: number
    readonly tags: readonly string[]
  }

  /**
   * A list of tasks, or an object that maps method names to weights. A task of weight 3 is chosen three times as often
   * as a task of weight 1.
   */
  export type Tasks = readonly (Task | WeightedTask)[] | Readonly<Record<string, number>>

  /**
   * Creates a task with a weight and tags, like Locust's `@task(3)` and `@tag('slow')`.
   * @param target a function, a task set, or the name of one of the class's methods
   */
  export function task(target: Task | string, options?: { weight?: number; tags?: readonly string[] }): WeightedTask

  /** The common members of users and task sets. */
  interface Taskable {
    /** Pause between two tasks, in seconds. Default: 0. A task set without a wait time uses its user's wait time. */
    waitTime: WaitTime
    /** Runs once, before the first task. */
    onStart(): MaybePromise<void>
    /**
     * Runs once, after the last task, even if the user stops because the run ends. It does not run if `onStart` or the
     * user's `waitTime` threw an error.
     */
    onStop(): MaybePromise<void>
    /** Pauses for the wait time, as between two tasks. A user that is stopping stops here. */
    wait(): Promise<void>
    /** Pauses within a task. k6's own `sleep` would block all users of the runtime. */
    sleep(seconds: number): Promise<void>
  }

  /** A user without an HTTP client. */
  export class User implements Taskable {
    /** Share of this class among the users, relative to the weights of the other classes. Default: 1. */
    static weight: number
    /**
     * Fixed number of users of this class. They start before the users of other classes. Default: 0, which means that
     * the weight decides.
     */
    static fixedCount: number
    /** Base URL for paths. The option `host` takes precedence. */
    static host: string
    static tasks: Tasks
    readonly host: string
    /**
     * Number of this user, from 0. User numbers are unique within a run, across all runtimes and workers. In a worker,
     * it is the worker's index × 1,000,000 plus the user's number within the worker.
     */
    readonly userNumber: number
    /** The result of `setup()`, as passed to {@link run}. Each runtime has its own copy. */
    // biome-ignore lint/suspicious/noExplicitAny: setup() may return anything
    readonly setupData: any
    readonly environment: Environment
    waitTime: WaitTime
    onStart(): MaybePromise<void>
    onStop(): MaybePromise<void>
    wait(): Promise<void>
    sleep(seconds: number): Promise<void>
    /** Makes this user stop after its current task. `onStop` still runs. */
    stop(): void
  }

  /** A user with an HTTP client. k6's network options take precedence over the static fields. */
  export class HttpUser extends User {
    /** Maximum number of HTTP/1.1 connections per client. Further requests wait. Default: 10, as in Locust. */
    static concurrency: number
    /**
     * Makes all users of this class share this number of connections, like Locust's `client_pool`. Further requests
     * wait. Default: 0, which means that each user has its own connections.
     */
    static poolSize: number
    /**
     * Maximum length of a response body in bytes, both before and after decompression. Requests with a longer response
     * body fail. In a stream, this is the maximum length of a line. Default: 16 MiB.
     */
    static maxBodyBytes: number
    /** Read response bodies without keeping them. The bodies may have any length. Default: false. */
    static discardBodies: boolean
    /** Timeouts in seconds. Default: 60 for each. */
    static connectionTimeout: number
    static networkTimeout: number
    /**
     * Maximum number of redirects per request, at least 1. Default: 30. To follow no redirects, set
     * `allowRedirects: false` on the request.
     */
    static maxRedirects: number
    /** Accept any server certificate. Default: true, as in Locust. */
    static insecure: boolean
    /**
     * Use HTTP/2 if TLS negotiates it (`auto`, the default), also for http URLs without negotiation
     * (`prior-knowledge`), or never (`off`).
     */
    static http2: 'auto' | 'prior-knowledge' | 'off'
    /** Initial headers of `client`. The headers of a request take precedence. */
    static headers: Readonly<Record<string, string>>
    readonly client: HttpClient
  }

  /** A value that is sent as text. */
  type Scalar = string | number | bigint | boolean

  /** Headers. Null and undefined remove a default header. */
  export type RequestHeaders = Readonly<Record<string, Scalar | null | undefined>>

  type FieldValue = Scalar | null | undefined

  /**
   * Parameters or form fields. A list repeats the name: `{ a: [1, 2] }` becomes `a=1&a=2`. Null and undefined are left
   * out.
   */
  export type Fields<Value = FieldValue> =
    | Readonly<Record<string, Value | readonly Value[]>>
    | Iterable<readonly [name: string, value: Value | readonly Value[]]>

  /**
   * A file to upload: its content, k6's `http.file(…)`, or a list as in Python's `requests`. With `null` as the filename,
   * the list is a plain field of the form.
   */
  export type FileValue =
    | string
    | ArrayBuffer
    | ArrayBufferView
    | FileData
    | readonly [
        filename: string | null | undefined,
        content: string | ArrayBuffer | ArrayBufferView,
        contentType?: string | null,
        headers?: RequestHeaders,
      ]

  type TaskSetClass = new (parent: never) => TaskSet

  /** A group of tasks that is itself a task of a user or task set. It runs until `interrupt()` or the user's end. */
  export class TaskSet implements Taskable {
    static tasks: Tasks
    // biome-ignore lint/suspicious/noExplicitAny: a task set may be written for users of any class
    readonly user: any
    // biome-ignore lint/suspicious/noExplicitAny: a task set may have any parent
    readonly parent: any
    readonly client: HttpClient
    waitTime: WaitTime
    onStart(): MaybePromise<void>
    onStop(): MaybePromise<void>
    wait(): Promise<void>
    sleep(seconds: number): Promise<void>
    /**
     * Leaves the task set.
     * @param reschedule true (default): the parent runs its next task immediately; false: the parent pauses first
     */
    interrupt(reschedule?: boolean): never
  }

  /** A task set that runs its tasks in order. */
  export class SequentialTaskSet extends TaskSet {}

  /**
   * The tasks that may follow a task: one name, a list of names and `[name, weight]` pairs, or an object that maps
   * names to weights. Default weight: 1.
   */
  export type NextTasks = string | readonly (string | readonly (string | number)[])[] | Readonly<Record<string, number>>

  /**
   * A task set in which each task decides which tasks may follow it, like a Markov chain. It begins with the first task
   * in `transitions`.
   *
   * @example
   * class Browse extends MarkovTaskSet {
   *   static transitions = { index: 'search', search: { index: 1, buy: 3 }, buy: ['index', ['search', 2]] }
   * }
   */
  export class MarkovTaskSet extends TaskSet {
    /**
     * Maps each task to the tasks that may follow it. Tasks are names of methods, or of static fields that contain task
     * sets. Every task must have a next task, and must be reachable from the first task.
     */
    static transitions: Readonly<Record<string, NextTasks>>
  }

  /** A path, a URL, or a template literal tagged with k6's `http.url`. The tag also sets the name of the request. */
  type RequestURL = string | ReturnType<typeof url>

  /** A client like Locust's. Paths are relative to the host of the user or session. */
  export interface HttpClient {
    get(url: RequestURL, options?: RequestOptions): Promise<Response>
    head(url: RequestURL, options?: RequestOptions): Promise<Response>
    options(url: RequestURL, options?: RequestOptions): Promise<Response>
    delete(url: RequestURL, options?: RequestOptions): Promise<Response>
    post(url: RequestURL, options?: RequestOptions): Promise<Response>
    put(url: RequestURL, options?: RequestOptions): Promise<Response>
    patch(url: RequestURL, options?: RequestOptions): Promise<Response>
    /** Makes a request with any method. Lowercase letters become uppercase. */
    request(method: string, url: RequestURL, options?: RequestOptions): Promise<Response>
    /**
     * Headers for all requests from this client. Initially, a user's client has the headers of the class, and an
     * `HttpSession` has none. You can replace the object (`client.headers = {…}`), or change individual headers. Names
     * are case-insensitive. Null and undefined remove a header.
     */
    get headers(): Record<string, Scalar | null | undefined>
    set headers(headers: RequestHeaders)
    readonly cookies: Cookies
    /** Name for all requests that do not set a name. Default: undefined, which means the URL as written. */
    requestName: string | undefined
    /**
     * Calls `run` with `requestName` set to `name`, and restores the earlier name when `run` has finished, like
     * Locust's `rename_request`.
     */
    renameRequest<Result>(name: string, run: () => MaybePromise<Result>): Promise<Result>
  }

  /** The cookies of a client. */
  export interface Cookies {
    /** Returns the value of a cookie. With a path or URL, considers only cookies that would be sent there. */
    get(name: string, url?: string): string | undefined
    /** Returns all cookies that have not expired. With a path or URL, returns only cookies that would be sent there. */
    all(url?: string): Record<string, string>
    /** Sets a cookie for the host of the client, or for another URL or domain. Default path: `/`. */
    set(name: string, value: Scalar, options?: { url?: string; domain?: string; path?: string }): void
    /** Removes all cookies with this name, on all hosts and paths. */
    delete(name: string): void
    clear(): void
  }

  /**
   * An additional client of a user, like Locust's `HttpSession`. It has its own host, headers, and cookies. Unless the
   * class has a `poolSize`, it also has its own connections. Create it in `onStart`, or close it at the end of the
   * task. A user can have at most 100 open sessions.
   */
  export class HttpSession {
    /** @param host base URL for paths, such as `http://127.0.0.1:8000` */
    constructor(user: User | TaskSet, host: string)
    /**
     * Closes the connections of the session. Requests in flight fail, unless the class has a `poolSize`. The session
     * cannot be used afterward. The sessions of a user are also closed when the user stops.
     */
    close(): void
  }
  export interface HttpSession extends HttpClient {}

  export interface RequestOptions {
    /**
     * Name in statistics and in the tag `name`. Default: the client's `requestName`, or else the URL as written, without
     * `params`. Set a common name for URLs that vary.
     */
    name?: string
    /** Headers of this request. They take precedence over `client.headers`. */
    headers?: RequestHeaders
    /** Parameters to add to the query string, or the query string itself. */
    params?: string | Fields
    /** Body of the request: text, bytes, or a form. A form that contains `http.file(…)` is sent as multipart. */
    data?: string | ArrayBuffer | ArrayBufferView | Fields<FieldValue | FileData>
    /** Files to upload as multipart, after the fields of `data`. */
    files?: Readonly<Record<string, FileValue | null | undefined>> | Iterable<readonly [name: string, file: FileValue]>
    /** Body of the request, sent as JSON. */
    json?: unknown
    /** User name and password for Basic authentication. */
    auth?: readonly [name: string, password: string]
    /**
     * Timeout in seconds. With `stream`, it limits the time until the response headers have arrived, and then each wait
     * for more data. Default: the `networkTimeout` of the class.
     */
    timeout?: number
    /** Follow redirects. Default: true. */
    allowRedirects?: boolean
    /**
     * Tags of the request in k6's metrics, for thresholds and outputs, in addition to the tags `name`, `method`, `status`,
     * and `expected_response`. They do not affect the statistics.
     */
    tags?: Readonly<Record<string, string | number | boolean | null | undefined>>
    /** Read the body of the answer without keeping it. Default: the `discardBodies` of the class. */
    discardBody?: boolean
    /**
     * Resolve the promise and stop measuring the response time as soon as the response headers have arrived, like
     * Locust's `stream=True`. Read the body with `response.readLine()` or `response.read()`. Default: false.
     */
    stream?: boolean
    /**
     * Judges the response before it is counted, like the `with` block of Locust's `catch_response=True`. To make the
     * request fail, call `response.failure(reason)`, or return the reason or false. To accept an error status, call
     * `response.success()`. Otherwise, the status decides, even if the function returns true. If the function returns a
     * value of any other type, the request throws an error. The response time excludes the time that the function takes.
     */
    // biome-ignore lint/suspicious/noConfusingVoidType: the function may have no return statement
    catchResponse?: (response: ResponseToJudge) => MaybePromise<boolean | string | void>
  }

  /** An answer. Reading a property that does not exist throws an error. */
  export interface Response {
    /** Status code, or 0 if there was no complete and valid answer. */
    readonly statusCode: number
    /** Whether the status counts as a success: 200 to 399, as in Locust. */
    readonly ok: boolean
    /** Reason why there was no complete and valid answer, or an empty string. */
    readonly error: string
    /** Text after the status code, such as `OK`. */
    readonly reason: string
    /** URL after redirects. */
    readonly url: string
    /** The responses that redirected the request. Their response times are not measured. */
    readonly history: readonly Response[]
    /**
     * Headers. Names are case-insensitive. Values of repeated headers are joined by ", ", but values of Set-Cookie are
     * joined by line breaks.
     */
    readonly headers: Readonly<Record<string, string | undefined>>
    /** Cookies that this response sets. */
    readonly cookies: Readonly<Record<string, string>>
    /**
     * Body as text and as bytes. Empty if there was no complete answer. Otherwise, reading it throws an error if the body
     * was discarded, or if `stream` is set.
     */
    readonly text: string
    readonly content: ArrayBuffer
    /**
     * Waits for the next line of a stream, without its line break (LF or CRLF). Returns null at the end of the body.
     * Requires `stream: true`.
     *
     * @example
     * const response = await this.client.get('/events', { stream: true })
     * for (let line = await response.readLine(); line !== null; line = await response.readLine()) {
     *   if (line.startsWith('data: ')) console.log(line.slice(6))
     * }
     *
     * @throws {Error} when the connection breaks, no data arrives within the timeout, or a line is longer than
     * `maxBodyBytes`
     */
    readLine(): Promise<string | null>
    /**
     * Waits for more bytes of a stream, and returns those that have arrived. Returns null at the end of the body.
     * Requires `stream: true`. Throws the same errors as `readLine()`.
     * @param maxBytes maximum number of bytes to return, at least 1. Default: all bytes that have arrived.
     */
    read(maxBytes?: number): Promise<ArrayBuffer | null>
    /**
     * Ends a stream. If the body was not read to its end, the connection (over HTTP/2, only the HTTP/2 stream) is
     * closed. A stream also ends when `catchResponse` ends, and at the end of the task that opened it. Streams that
     * `onStart` opened, and those of an `HttpSession`, can stay open until the user stops. Requires `stream: true`.
     */
    close(): void
    /** What `success()` or `failure()` has decided: true, or the reason for the failure. Undefined if neither was called. */
    readonly verdict: true | string | undefined
    /**
     * Milliseconds from the start of the request to the last byte, or until the request failed. With `stream`, the same
     * as `timeToFirstByte`.
     */
    readonly responseTime: number
    /**
     * Milliseconds from the start of the request until the response headers arrived. Undefined if there was no answer.
     */
    readonly timeToFirstByte: number | undefined
    /** `responseTime` in seconds, or 0 if `error` is set, like Locust's `elapsed`. */
    readonly elapsed: number
    /** Name in the statistics. */
    readonly name: string
    /** The same as `statusCode` and `text`, under the names that `k6/http` uses, so that k6's checks work. */
    readonly status: number
    readonly body: string
    /**
     * Parses the body as JSON. With a [GJSON path](https://github.com/tidwall/gjson/blob/master/SYNTAX.md), returns
     * only the part at this path, or undefined if there is no such part. This is faster than parsing the whole body.
     * @throws {SyntaxError} when the body is not JSON
     */
    // biome-ignore lint/suspicious/noExplicitAny: JSON may have any type
    json(path?: string): any
  }

  export interface ResponseToJudge extends Response {
    /** Set this property to count the request under a different name. */
    name: string
    success(): void
    failure(reason: unknown): void
  }

  export function between(minSeconds: number, maxSeconds: number): WaitTime
  export function constant(seconds: number): WaitTime
  /** Pauses so that a task starts every `seconds` seconds. Does not pause if the task took longer. */
  export function constantPacing(seconds: number): WaitTime
  /** Pauses so that each user runs at most this number of tasks per second. */
  export function constantThroughput(tasksPerSecond: number): WaitTime
  /** Pauses for a random, exponentially distributed time of 1 / `tasksPerSecond` seconds on average. */
  export function poisson(tasksPerSecond: number): WaitTime
  /** Throw this in a task to stop the user. `onStop` still runs. */
  export class StopUser {}
  /** Throw this in a task to end the run as if its run time were over. The exit code does not change. */
  export class StopTest extends StopUser {}
  /** Ends the run as if its run time were over. Call it only while users are running. */
  export function quit(): void

  /**
   * Returns the names of the variables that were set with `-e`. `__ENV` also contains the system's variables, which
   * may have similar names. Use this function to reject misspelled variables.
   */
  export function variables(): string[]

  /** Gives out the items of a list, each item only once unless `repeat` is set. */
  export interface Distributor<T> {
    /**
     * Returns the next item. Unless `repeat` is set, no other user of the run gets the same item, in any runtime or
     * worker.
     * @throws {RangeError} when all items have been taken, unless `repeat` is set
     */
    next(): T
  }

  /**
   * Creates a distributor for a list, such as user names for logins. Call this function in the script's init code. If
   * there are several distributors, always create them in the same order. In a distributed run, set `--expect-workers`
   * on the k6 master, or on each worker of a Locust master.
   * @param options repeat: start again with the first item when all items have been taken
   */
  export function distribute<T>(list: ArrayLike<T>, options?: { repeat?: boolean }): Distributor<T>

  /** A load that changes over time. `tick` is called every second until it returns null. */
  export class LoadTestShape {
    /** Returns the users, the spawn rate, and optionally the user classes that apply from now on. Null ends the run. */
    tick(): readonly [users: number, spawnRate: number, userClasses?: readonly (typeof User)[]] | null
    /** Seconds since the start of the run. */
    getRunTime(): number
    getCurrentUserCount(): number
  }

  /**
   * Requirements of a run. Each one adds a line to the verdict at the end, and a sample to the metric `requirements`.
   * There is no sample if k6 was too late to tell whether the requirement was met. {@link options} sets a threshold on
   * this metric: k6 exits with 99 if a requirement is not met.
   */
  export interface Requirements {
    /** Source of the requirements, such as the name of a preset. The verdict shows it. */
    of?: string
    /** Maximum share of failed requests, from 0 to 1. */
    errorRate?: number
    /** Maximum values of the 95th and 99th percentile of the response times, in milliseconds. */
    p95Ms?: number
    p99Ms?: number
    /** Minimum number of requests per second, averaged over the time during which all users are running. */
    rate?: number
  }

  export interface LocustOptions {
    userClasses: readonly (typeof User)[]
    /** Number of users at the peak, and number of users that start per second. Default: 1 each. */
    users?: number
    spawnRate?: number
    /** Duration of the run: `300s`, `20m`, `3h`, `1h30m`. Default: until it is interrupted. */
    runTime?: string
    /** End the run when all users together have run this number of tasks. Default: no limit. */
    iterations?: number
    /** Base URL for paths. Takes precedence over the `host` of the classes. */
    host?: string
    /**
     * Time for tasks to finish at the end of the run, such as `10s`. Default: none; tasks are interrupted immediately.
     */
    stopTimeout?: string
    /** Run only tasks that have at least one of `tags`, and none of `excludeTags`. */
    tags?: readonly string[]
    excludeTags?: readonly string[]
    /** Load shape. Replaces `users` and `spawnRate`. */
    shape?: typeof LoadTestShape
    /**
     * Makes the run an open loop: this number of tasks start per second, no matter how slow the answers are. The response
     * time of a task's first request is measured from the time at which the task should have started. The first task
     * starts once `onStart` has ended for all users, but at the latest after `runTime`. Requires `maxInFlight`.
     */
    arrivalRate?: number
    /** Maximum number of tasks in flight in an open loop. Further tasks are dropped and counted. */
    maxInFlight?: number
    /** Number of JavaScript runtimes that share the users. Default: -1, which means the number of CPUs. */
    processes?: number
    requirements?: Requirements
    /**
     * Reports as in Locust: CSV files such as `PREFIX_stats.csv`, an HTML page, and the statistics as JSON. If a test
     * has several scenarios, they must set the same paths. The reports of a scenario have its name in their paths:
     * `PREFIX_NAME_stats.csv`.
     */
    csv?: string
    csvFullHistory?: boolean
    html?: string
    jsonFile?: string
  }

  /**
   * Returns the k6 options of a run. Locust's environment variables, such as `LOCUST_USERS` and `LOCUST_HOST`, take
   * precedence over the argument. You can also set these variables with k6's `-e`.
   */
  export function options(options: LocustOptions): Options

  /**
   * Returns one scenario for k6's option `scenarios`. Each scenario has its own users, requirements, and reports. Call
   * this function in the script's init code, in the same order in every runtime.
   *
   * @example
   * export const options = {
   *   scenarios: {
   *     browse: locust.scenario({ userClasses: [Visitor], users: 100, spawnRate: 10, runTime: '5m' }),
   *     checkout: { ...locust.scenario({ userClasses: [Buyer], users: 5, runTime: '4m' }), startTime: '1m' },
   *     ping: { executor: 'constant-vus', vus: 1, duration: '5m', exec: 'ping' },
   *   },
   * }
   */
  export function scenario(options: LocustOptions): Scenario

  /** The function that k6 runs in a scenario with Locust users: `export default locust.run`. */
  export function run(setupData?: unknown): Promise<void>

  /** One row of the statistics at the moment when it was read. Times are in milliseconds, lengths in bytes. */
  export interface StatsEntry {
    readonly name: string
    readonly method: string
    readonly numRequests: number
    readonly numFailures: number
    /** Share of failed requests, from 0 to 1. */
    readonly failRatio: number
    readonly avgResponseTime: number
    readonly minResponseTime: number
    readonly maxResponseTime: number
    readonly medianResponseTime: number
    readonly avgContentLength: number
    /** Requests and failures per second, since the start of the run and at present. */
    readonly totalRps: number
    readonly currentRps: number
    readonly totalFailPerSec: number
    readonly currentFailPerSec: number
    /** @param share from 0 to 1, such as 0.95 */
    getResponseTimePercentile(share: number): number
  }

  /** A copy of the statistics of the scenario in this k6 process. On a master, they cover all workers. */
  export interface Statistics {
    readonly total: StatsEntry
    /** The rows without the total, sorted by name and method. */
    readonly entries: readonly StatsEntry[]
    readonly errors: readonly { method: string; name: string; error: string; occurrences: number }[]
    /** Returns the row of a name and method, or undefined if there were no such requests. */
    get(name: string, method: string): StatsEntry | undefined
  }

  /** The run, as listeners and users see it. */
  export interface Environment {
    /** The host from the options. In a worker, the host from the master. An empty string if there is none. */
    readonly host: string
    readonly stats: Statistics
    /** Exit code of the run, from 0 to 255. Default: null, which means that the results decide. */
    processExitCode: number | null
    readonly runner: {
      /** Number of running users of the scenario in this k6 process. On a master, in all workers. */
      readonly userCount: number
      /** Ends the run as if its run time were over. */
      quit(): void
    }
  }

  /** A request that was counted. */
  export interface RequestEvent {
    readonly requestType: string
    readonly name: string
    /** Response time in milliseconds. */
    readonly responseTime: number
    /** Length of the body in bytes. */
    readonly responseLength: number
    /** Reason for a failure, or null. */
    readonly exception: string | null
    /** The response and its URL, or null if `events.request.fire` reported the request. */
    readonly response: Response | null
    readonly url: string | null
    /** Start of the request in Unix seconds. */
    readonly startTime: number
  }

  /** An event of the run. It occurs once per scenario and k6 process, in one of the runtimes. */
  interface RunEvent {
    /**
     * Adds a listener. If it is asynchronous, the run waits for it: for `testStop` and `quitting`, at most 10 seconds.
     * Call this function in the init code of the script.
     */
    addListener<Listener extends (event: { environment: Environment }) => MaybePromise<void>>(
      listener: Listener,
    ): Listener
  }

  /** The events of a run. An error that a listener throws is counted like an error in a task. */
  export const events: {
    request: {
      /** Counts a request that the client did not make. Times are in milliseconds, lengths in bytes. */
      fire(event: {
        requestType: string
        name: string
        responseTime: number
        responseLength?: number
        exception?: string | Error | null
      }): void
      /**
       * Adds a listener for all requests of this runtime. The listener is called after each request has been counted.
       */
      addListener<Listener extends (event: RequestEvent) => MaybePromise<void>>(listener: Listener): Listener
    }
    /** Before the first user starts. */
    testStart: RunEvent
    /** After the last user has stopped. */
    testStop: RunEvent
    /** After `testStop`, before the reports are written. */
    quitting: RunEvent
  }

  const locust: {
    User: typeof User
    HttpUser: typeof HttpUser
    HttpSession: typeof HttpSession
    TaskSet: typeof TaskSet
    SequentialTaskSet: typeof SequentialTaskSet
    MarkovTaskSet: typeof MarkovTaskSet
    LoadTestShape: typeof LoadTestShape
    task: typeof task
    between: typeof between
    constant: typeof constant
    constantPacing: typeof constantPacing
    constantThroughput: typeof constantThroughput
    poisson: typeof poisson
    StopUser: typeof StopUser
    StopTest: typeof StopTest
    quit: typeof quit
    variables: typeof variables
    distribute: typeof distribute
    options: typeof options
    scenario: typeof scenario
    run: typeof run
    events: typeof events
  }
  export default locust
}

/** k6 has a console, but its types expect the declaration from the DOM. */
interface Console {
  debug(...values: unknown[]): void
  info(...values: unknown[]): void
  log(...values: unknown[]): void
  warn(...values: unknown[]): void
  error(...values: unknown[]): void
}
declare var console: Console
