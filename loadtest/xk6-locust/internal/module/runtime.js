// The JavaScript part of k6/x/locust: users, task sets, wait times, and each user's loop. It is evaluated once in every
// runtime. `native` is defined in native.go. `parts` contains the functions of checks.js, tasks.js, and events.js.
(function (native, parts) {
  'use strict'

  const { loadChecks, loadTasks, loadEvents } = parts

  // A user stops if a task throws StopUser. To stop a user, Go rejects the promises that the user waits for, with STOP
  // as the reason. StopUser does not extend Error, so that scripts do not mistake it for an error of their own.
  class StopUser {
    toString() {
      return 'the user is stopped'
    }
  }
  const STOP = new StopUser()

  // StopTest also ends the run.
  class StopTest extends StopUser {
    toString() {
      return 'the test is stopped'
    }
  }

  class Interrupt {
    constructor(taskSet, reschedule) {
      this.taskSet = taskSet
      this.reschedule = reschedule
    }
    toString() {
      return 'interrupt() was called outside of its task set'
    }
  }

  /** The argument of the current call to `create`. The base constructors read it if the script does not pass it on. */
  let creator

  function create(Class, of) {
    creator = of
    let object
    try {
      object = new Class(of)
    } finally {
      creator = undefined
    }
    if (!(object instanceof Class) || object._handle !== (of._handle ?? of)) {
      throw new DefinitionError(`locust: ${Class.name}: its constructor must not return a different object`)
    }
    return object
  }

  /** The common base of users and task sets. */
  class Taskable {
    onStart() {}
    onStop() {}
    wait() {
      return pause(this, checks.pauseOf(this))
    }
    sleep(seconds) {
      checks.checkSleep(seconds)
      return native.sleep(this._handle, seconds)
    }
  }

  class User extends Taskable {
    static weight = 1
    static fixedCount = 0
    static host = ''
    static tasks = []
    constructor(handle = creator) {
      super()
      if (handle === undefined) throw new TypeError(`locust: the run creates users: do not call new ${new.target.name}() in a script`)
      this._handle = handle
      this.host = native.host(handle)
      startPacing(this)
    }
    get userNumber() {
      return native.userNumber(this._handle)
    }
    get setupData() {
      return native.setupData()
    }
    get environment() {
      return environment
    }
    waitTime() {
      return 0
    }
    stop() {
      native.stop(this._handle)
    }
  }

  class HttpUser extends User {
    static poolSize = 0
    static concurrency = 10
    static maxBodyBytes = 16 * 1024 * 1024
    static discardBodies = false
    static connectionTimeout = 60
    static networkTimeout = 60
    static maxRedirects = 30
    static insecure = true
    static http2 = 'auto'
    static headers = {}
    constructor(handle) {
      super(handle)
      this.client = new HttpClient(this._handle)
    }
  }

  class TaskSet extends Taskable {
    static tasks = []
    constructor(parent = creator) {
      super()
      if (parent === undefined) throw new TypeError(`locust: users create task sets: do not call new ${new.target.name}() in a script`)
      this.parent = parent
      this.user = parent instanceof User ? parent : parent.user
      this.client = this.user.client
      this._handle = this.user._handle
      startPacing(this)
    }
    waitTime() {
      return this.user.waitTime()
    }
    interrupt(reschedule = true) {
      throw new Interrupt(this, reschedule)
    }
  }

  class SequentialTaskSet extends TaskSet {}

  class MarkovTaskSet extends TaskSet {
    static transitions = {}
  }

  const checks = loadChecks({ Taskable, User, HttpUser, TaskSet, SequentialTaskSet, MarkovTaskSet })
  const { DefinitionError } = checks
  const taskLists = loadTasks({ TaskSet, SequentialTaskSet, MarkovTaskSet }, checks)
  const { anyOf, isTaskSet, listTasks } = taskLists
  const { environment, events, notify, requested } = loadEvents(native, checks, StopTest)

  class HttpClient {
    constructor(handle) {
      this._handle = handle
      // After this, assigning to an unknown setting, such as client.auth of Python's requests, throws an error.
      Object.preventExtensions(this)
    }
    get(url, options, extra) {
      return native.request(this._handle, 'GET', url, options, extra)
    }
    head(url, options, extra) {
      return native.request(this._handle, 'HEAD', url, options, extra)
    }
    options(url, options, extra) {
      return native.request(this._handle, 'OPTIONS', url, options, extra)
    }
    delete(url, options, extra) {
      return native.request(this._handle, 'DELETE', url, options, extra)
    }
    post(url, options, extra) {
      return native.request(this._handle, 'POST', url, options, extra)
    }
    put(url, options, extra) {
      return native.request(this._handle, 'PUT', url, options, extra)
    }
    patch(url, options, extra) {
      return native.request(this._handle, 'PATCH', url, options, extra)
    }
    request(method, url, options, extra) {
      return native.request(this._handle, method, url, options, extra)
    }
    get headers() {
      return native.headers(this._handle)
    }
    set headers(values) {
      native.setHeaders(this._handle, values)
    }
    get cookies() {
      return new Cookies(this._handle)
    }
    get requestName() {
      return native.requestName(this._handle)
    }
    set requestName(name) {
      native.setRequestName(this._handle, name)
    }
    async renameRequest(name, run) {
      const earlier = this.requestName
      this.requestName = name
      try {
        return await run()
      } finally {
        this.requestName = earlier
      }
    }
  }

  /** An additional client of a user, with its own host, headers, and cookies. */
  class HttpSession extends HttpClient {
    constructor(user, host) {
      const owner = user instanceof TaskSet ? user.user : user
      if (!(owner instanceof User)) throw new TypeError(`locust: HttpSession needs a user, got ${checks.show(user)}`)
      super(native.openSession(owner._handle, host))
    }
    close() {
      native.closeSession(this._handle)
    }
  }

  /** The cookies of a client. */
  class Cookies {
    constructor(handle) {
      this._handle = handle
    }
    get(name, url) {
      return this.all(url)[name]
    }
    all(url) {
      return native.cookies(this._handle, url)
    }
    set(name, value, options) {
      native.setCookie(this._handle, name, value, options)
    }
    delete(name) {
      native.deleteCookie(this._handle, name)
    }
    clear() {
      native.clearCookies(this._handle)
    }
  }

  // Responses are Go objects. Only the properties that a script reads are converted to JavaScript.
  const Response = native.Response
  // This proxy gets only lookups of names that a Response does not have, so it does not slow down other lookups.
  Object.setPrototypeOf(
    Response.prototype,
    new Proxy(Object.prototype, {
      get(target, name, receiver) {
        if (typeof name === 'symbol' || name === 'toJSON' || name in target) return Reflect.get(target, name, receiver)
        const known = Object.getOwnPropertyNames(Response.prototype).filter((other) => other !== 'then' && other !== 'constructor')
        throw new TypeError(`a Response has no ${name}; known: ${known.join(', ')}`)
      },
    }),
  )

  /** Pauses for a time in seconds. The promise is rejected with STOP if the user is stopped in the meantime. */
  function pause(taskable, seconds) {
    return native.pause(taskable._handle, seconds)
  }

  /** Whether each arrival starts one task of a user. */
  let isOpenLoop = false

  /** Whether the run ends after a certain number of tasks. Task sets are not counted, only their tasks. */
  let isLimited = false

  /** Returns whether a task counts toward the limit of the run. Throws STOP if the limit was reached. */
  function claimTask(handle, { run }) {
    const isCounted = isLimited && !isTaskSet(run)
    if (isCounted && !native.claim(handle)) throw STOP
    return isCounted
  }

  /** Runs the tasks of a task set one after another, until it is interrupted or the user stops. */
  async function runTasks(owner, tags) {
    const handle = owner._handle
    const next = taskLists.chooser(owner, listTasks(owner, tags))
    for (;;) {
      const chosen = next()
      const isCounted = claimTask(handle, chosen)
      let needsPause = true
      try {
        if (isTaskSet(chosen.run)) needsPause = await runTaskSet(chosen.run, owner, [...tags, ...chosen.tags])
        else await chosen.run.call(owner, owner)
      } catch (error) {
        if (error instanceof StopUser || error instanceof Interrupt || error instanceof DefinitionError) throw error
        native.exception(handle, error)
      } finally {
        if (isCounted) native.taskDone(handle)
      }
      // `pausing` is undefined if there is no pause.
      const pausing = native.pausePromise(handle, needsPause ? checks.pauseOf(owner) : 0)
      if (pausing !== undefined) await pausing
    }
  }

  /**
   * Runs the tasks of a user one after another, until the user pauses or stops. In an open loop, it runs one task. Go
   * calls it again after the pause, or for the next arrival. So a waiting user needs no promise, which saves memory and
   * CPU time. The returned promise is never rejected.
   */
  async function resume(user, tasks) {
    const handle = user._handle
    try {
      for (;;) {
        const chosen = anyOf(tasks)
        const isCounted = claimTask(handle, chosen)
        let needsPause = true
        try {
          if (isTaskSet(chosen.run)) needsPause = await runTaskSet(chosen.run, user, chosen.tags)
          else await chosen.run.call(user, user)
        } catch (error) {
          if (error instanceof StopUser || error instanceof DefinitionError) throw error
          if (error instanceof Interrupt && !isOpenLoop) throw error
          native.exception(handle, error)
        } finally {
          if (isCounted) native.taskDone(handle)
        }
        if (isOpenLoop) return native.waitForArrival(handle, user, tasks)
        const isPausing = native.pauseBetweenTasks(handle, needsPause ? checks.pauseOf(user) : 0, user, tasks)
        if (isPausing) return
      }
    } catch (error) {
      await finish(handle, user, error)
    }
  }

  /** Runs a task set as a task. Returns whether the parent must pause afterward. */
  async function runTaskSet(Class, parent, tags) {
    const taskSet = create(Class, parent)
    checkInstance(taskSet, Class)
    try {
      await taskSet.onStart()
    } catch (error) {
      return needsPauseAfter(error, taskSet)
    }
    native.nest(taskSet._handle, 1)
    try {
      await runTasks(taskSet, tags)
    } catch (error) {
      native.nest(taskSet._handle, -1)
      await cleanUp(taskSet)
      return needsPauseAfter(error, taskSet)
    }
  }

  /** The classes whose instances were checked. */
  const checked = new Set()

  /** Checks the first instance of a class, because instance fields exist only on instances. */
  function checkInstance(instance, Class) {
    if (checked.has(Class)) return
    checks.checkInstance(instance, Class, native.host(instance._handle))
    checked.add(Class)
  }

  /** Returns whether the parent must pause after a task set has interrupted itself. Rethrows any other error. */
  function needsPauseAfter(error, taskSet) {
    if (!(error instanceof Interrupt) || error.taskSet !== taskSet) throw error
    return !error.reschedule
  }

  /** Calls `onStop` of a user or task set. `onStop` can send requests although the user is stopping. */
  async function cleanUp(owner) {
    native.cleanUp(owner._handle, true)
    try {
      await owner.onStop()
    } catch (error) {
      if (!(error instanceof StopUser) && !(error instanceof Interrupt)) native.exception(owner._handle, error)
    }
    native.cleanUp(owner._handle, false)
  }

  /** The running users, by handle. */
  const running = new Map()

  /** Starts a user. The returned promise is never rejected. */
  async function startUser(Class, handle) {
    let user
    try {
      user = create(Class, handle)
      running.set(handle, user)
      checkInstance(user, Class)
      await user.onStart()
      native.nest(handle, 1)
      const tasks = listTasks(user, [])
      if (isOpenLoop) native.waitForArrival(handle, user, tasks)
      else void resume(user, tasks)
    } catch (error) {
      await finish(handle, user, error)
    }
  }

  /** Ends a user that has thrown an error. `user` is undefined if its constructor threw. */
  async function finish(handle, user, error) {
    if (error instanceof StopTest) native.quit()
    if (error instanceof StopUser && user !== undefined) await cleanUp(user)
    else if (error instanceof DefinitionError) native.fail(handle, error.message)
    // As in Locust, onStop is not called for a user whose onStart has failed.
    else native.exception(handle, error)
    end(handle)
  }

  function end(handle) {
    running.delete(handle)
    native.ended(handle)
  }

  let distributors = 0

  /** Gives out the items of a list, each only once across all runtimes and workers, unless `repeat` is set. */
  class Distributor {
    #list
    #repeats
    #number = distributors++
    constructor(list, options = {}) {
      if (typeof options !== 'object' || options === null) throw new TypeError(`locust: distribute needs an object such as { repeat: true } after the list, got ${checks.show(options)}`)
      for (const name of Object.keys(options)) {
        if (name !== 'repeat') throw new TypeError(`locust: distribute accepts the option repeat, got ${name}`)
      }
      if (options.repeat !== undefined && typeof options.repeat !== 'boolean') {
        throw new TypeError(`locust: distribute needs true or false as repeat, got ${checks.show(options.repeat)}`)
      }
      if (!(list?.length > 0)) throw new TypeError(`locust: distribute needs a list of at least one item, got ${checks.show(list)}`)
      this.#list = list
      this.#repeats = options.repeat === true
    }
    next() {
      const index = native.nextItem(this.#number)
      const { length } = this.#list
      if (index >= length && !this.#repeats) throw new RangeError(`locust: all ${length} items of the distributor were taken`)
      return this.#list[index % length]
    }
  }

  /** The classes of each call to `options` or `scenario`, by name. `classes` contains those of the current scenario. */
  const definitions = []
  let classes = new Map()

  // The error is thrown here, because the stack of an error from Go would contain the Go function.
  function valueOf({ value, error }) {
    if (error !== undefined) throw new TypeError(error)
    return value
  }

  return {
    STOP,
    /** Starts a user of the class with this name. */
    spawn(name, handle, open, limited) {
      isOpenLoop = open
      isLimited = limited
      void startUser(classes.get(name), handle)
    },
    resume,
    /**
     * Ends a user, after calling its `onStop`. Either the user is waiting for its next task, or an interrupt has ended
     * its code.
     */
    cleanUp(handle) {
      const user = running.get(handle)
      if (user === undefined) native.ended(handle)
      // `onStop` must not run before the caller has returned.
      else void Promise.resolve().then(() => finish(handle, user, STOP))
    },
    requested,
    notify,
    /** Selects the tasks that run, by their tags. */
    filter: taskLists.filter,
    /** Returns how many tasks of a class the tags select. Throws if the tasks are invalid. */
    taskCount: (name) => taskLists.tasksOf(classes.get(name), []).length,
    /** Returns the task shares of every class, for reports. */
    ratios: () => [...classes.values()].map((Class) => ({ name: Class.name, ratio: 1, tasks: taskLists.ratiosOf(Class, []) })),
    /** Selects the classes of a scenario, by the index of the call that defined it. Removes the tag filter. */
    select(definition) {
      classes = definitions[definition]
      taskLists.filter([], [])
    },
    /** Stores the classes of a scenario and returns their settings. */
    register(list) {
      if (!Array.isArray(list) || list.length === 0) throw new TypeError('options.userClasses must be a list of at least one class')
      classes = new Map()
      const settings = list.map((Class) => {
        if (typeof Class !== 'function' || !(Class.prototype instanceof User)) {
          throw new TypeError('userClasses must contain classes that extend User or HttpUser')
        }
        if (typeof Class.name !== 'string' || Class.name === '') throw new TypeError('userClasses must contain named classes')
        if (classes.has(Class.name)) throw new TypeError(`two classes in userClasses are called ${Class.name}`)
        classes.set(Class.name, Class)
        taskLists.checkTasks(Class)
        if (!taskLists.hasTasks(Class)) throw new TypeError(`${Class.name} has no tasks: list them in static tasks`)
        const { name, weight, fixedCount, host } = Class
        const isHttp = Class.prototype instanceof HttpUser
        const { poolSize, concurrency, maxBodyBytes, discardBodies } = Class
        const { connectionTimeout, networkTimeout, maxRedirects, insecure, http2, headers } = Class
        const http = {
          poolSize, concurrency, maxBodyBytes, discardBodies, connectionTimeout, networkTimeout, maxRedirects, insecure, http2,
          headers: native.headerPairs(Class.name, headers),
        }
        return { name, weight, fixedCount, host, ...(isHttp && { http }) }
      })
      definitions.push(classes)
      return settings
    },
    exports: Object.assign(notCallable, {
      options: (argument) => valueOf(native.options(argument)),
      scenario: (argument) => valueOf(native.scenario(argument)),
      User,
      HttpUser,
      HttpSession,
      TaskSet,
      SequentialTaskSet,
      MarkovTaskSet,
      Response,
      StopUser,
      StopTest,
      quit: () => native.quit(),
      variables: () => native.variables(),
      events,
      distribute: (list, options) => new Distributor(list, options),
      LoadTestShape: class LoadTestShape {
        getRunTime() {
          return native.runTime()
        }
        getCurrentUserCount() {
          return native.userCount()
        }
      },
      task: taskLists.task,
      constant(seconds) {
        checks.checkWait('constant', seconds)
        return () => seconds
      },
      between(min, max) {
        if (!(typeof min === 'number' && typeof max === 'number' && min >= 0 && max >= min)) throw new DefinitionError(`locust: between requires 0 <= min <= max, got ${checks.show(min)} and ${checks.show(max)}`)
        return () => min + Math.random() * (max - min)
      },
      constantPacing,
      constantThroughput(rate) {
        if (!(typeof rate === 'number' && rate > 0)) throw new DefinitionError(`locust: constantThroughput must be a number above 0, got ${checks.show(rate)}`)
        return constantPacing(1 / rate)
      },
      poisson(rate) {
        if (!(typeof rate === 'number' && rate > 0)) throw new DefinitionError(`locust: poisson must be a number above 0, got ${checks.show(rate)}`)
        return () => -Math.log(1 - Math.random()) / rate
      },
    }),
  }

  function notCallable() {
    throw new TypeError('locust is not a function: use export const options = locust.options({ userClasses: [...] }) and export default locust.run')
  }

  function startPacing(taskable) {
    taskable._lastRun = native.now()
    taskable._lastPause = 0
  }

  /** As in Locust, the duration of a task is the time since the end of the last pause. */
  function constantPacing(seconds) {
    checks.checkWait('constantPacing', seconds)
    return function () {
      const now = native.now()
      this._lastPause = Math.max(0, seconds - (now - this._lastRun - this._lastPause))
      this._lastRun = now
      return this._lastPause
    }
  }
})
