// The JavaScript part of k6/x/locust: users, task sets, wait times, and each user's loop. It is evaluated once in every
// runtime. `native` is defined in native.go, and `loadChecks` in checks.js.
(function (native, loadChecks) {
  'use strict'

  // A user stops if a task throws StopUser. To stop a user, the engine uses STOP to reject the promise that
  // the user awaits. StopUser does not extend Error, so that scripts do not mistake it for an error of their own.
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

  /** Passes the argument of `create` to the base constructor, because constructors in scripts need not pass it on. */
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

  class HttpClient {
    constructor(handle) {
      this._handle = handle
      // Assigning a setting that does not exist, such as client.auth of Python's requests, throws an error.
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

  /** An additional client of a user, with its own host, headers, cookies, and connections. */
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

  /** The cookies of a user. */
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
  // Only lookups of names that a Response does not have reach this proxy, so it does not slow down other lookups.
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

  function task(target, options = {}) {
    if (typeof options !== 'object' || options === null) throw new TypeError(`locust: task needs an object such as { weight: 3 } after the task, got ${checks.show(options)}`)
    for (const name of Object.keys(options)) {
      if (name !== 'weight' && name !== 'tags') throw new TypeError(`locust: task accepts the options weight and tags, got ${name}`)
    }
    const { weight = 1, tags = [] } = options
    return { target, weight, tags }
  }

  const isWeight = (weight) => Number.isInteger(weight) && weight >= 0

  /** Adds the sum of the weights to a list, as `total`. */
  const withTotal = (list) => Object.assign(list, { total: list.reduce((total, { weight }) => total + weight, 0) })

  /**
   * Returns a random item of a list that has a total. The probability of an item is its weight divided by the total.
   */
  function anyOf(list) {
    const last = list.length - 1
    let i = 0
    for (let left = Math.random() * list.total; i < last && (left -= list[i].weight) >= 0; i++);
    return list[i]
  }

  /** Converts an item in a list of tasks to an object like those that `task` returns. */
  function taskOf(owner, item) {
    if (typeof item !== 'object' || item === null) return task(item)
    const { target, ...options } = item
    if (!('target' in item)) {
      throw new TypeError(`${owner.name}.tasks must contain functions, method names, or task sets, got ${checks.show(item)}: for a weight, write locust.task('name', { weight: 3 })`)
    }
    return task(target, options)
  }

  /** Lists the tasks of a class with their tags and weights. */
  function itemsOf(owner) {
    const { tasks } = owner
    if (typeof tasks !== 'object' || tasks === null || tasks instanceof Map || tasks instanceof Set) throw new TypeError(`${owner.name}.tasks must be a list or an object, got ${checks.show(tasks)}`)
    const list = Array.isArray(tasks) ? tasks : Object.entries(tasks).map(([name, weight]) => task(name, { weight }))
    const items = []
    for (const item of list) {
      const { target, weight, tags } = taskOf(owner, item)
      let run = target
      if (typeof target === 'string') {
        run = target in Object.prototype ? undefined : owner.prototype[target]
        if (typeof run !== 'function') throw new TypeError(`${owner.name}.tasks names ${target}, which is not a method of ${owner.name}`)
      }
      if (typeof run !== 'function' || (!isTaskSet(run) && !['a function', 'an async function'].includes(checks.kindOf(run)))) {
        throw new TypeError(`${owner.name}.tasks must contain functions, method names, or task sets, got ${checks.show(run)}`)
      }
      if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== 'string')) {
        throw new TypeError(`${owner.name}.tasks must have lists of strings as tags, got ${checks.show(tags)}`)
      }
      if (!isWeight(weight)) throw new TypeError(`${owner.name}.tasks must have integer weights of at least 0, got ${checks.show(weight)}`)
      if (weight > 0) items.push({ run, tags, weight })
    }
    return items
  }

  /** Checks a class and all task sets that it leads to. */
  function checkTasks(owner, checked = new Set()) {
    if (checked.has(owner)) return
    checked.add(owner)
    checks.checkClass(owner)
    for (const set of setsOf(owner)) checkTasks(set, checked)
  }

  /** Lists the task sets among the tasks of a class. */
  function setsOf(owner) {
    const items = isMarkov(owner) ? expandTransitions(owner) : itemsOf(owner)
    return items.map(({ run }) => run).filter(isTaskSet)
  }

  /** Whether a task set leads back to itself. */
  function isInCycle(owner) {
    const reached = new Set(setsOf(owner))
    for (const set of reached) for (const next of setsOf(set)) reached.add(next)
    return reached.has(owner)
  }

  /**
   * Whether the tags select a task. `inherited` contains the tags of the task sets around it. A task set is selected if
   * any of its tasks is selected. A MarkovTaskSet is selected only if all of its tasks are selected, because a missing
   * task would break its chain.
   */
  function isSelected({ run, tags }, inherited, isWanted, seen = new Map()) {
    const all = [...new Set([...inherited, ...tags])]
    if (!isTaskSet(run)) return isWanted(all)
    // Task sets may contain each other, so do not check a task set twice with the same tags.
    const key = all.join('\n')
    if (!seen.has(run)) seen.set(run, new Set())
    if (seen.get(run).has(key)) return false
    seen.get(run).add(key)
    if (isMarkov(run)) return isWanted(all) && expandTransitions(run).every((item) => isSelected(item, all, isWanted, seen))
    return itemsOf(run).some((item) => isSelected(item, all, isWanted, seen))
  }

  /** Lists the tasks of a class that the tags select, with their weights. */
  function expandTasks(owner, inherited, isWanted) {
    if (!isMarkov(owner)) return withTotal(itemsOf(owner).filter((item) => isSelected(item, inherited, isWanted)))
    return isSelected({ run: owner, tags: [] }, inherited, isWanted) ? expandTransitions(owner) : []
  }

  const isTaskSet = (target) => target.prototype instanceof TaskSet
  const isMarkov = (target) => target.prototype instanceof MarkovTaskSet

  /** Returns the transitions of a task as [name, weight] pairs. */
  function pairsOf(next) {
    if (typeof next === 'string') return [[next, 1]]
    if (Array.isArray(next)) return next.map((item) => (Array.isArray(item) ? item : [item, 1]))
    return Object.entries(next)
  }

  /**
   * Checks the transitions of a MarkovTaskSet as Locust does, and lists its tasks, each with a list of its next tasks.
   */
  function expandTransitions(owner) {
    const { transitions } = owner
    const fail = (text) => {
      throw new checks.DefinitionError(`locust: ${owner.name}.transitions ${text}`)
    }
    if (typeof transitions !== 'object' || transitions === null || Array.isArray(transitions)) {
      fail(`must be an object that maps tasks to their next tasks, got ${checks.show(transitions)}`)
    }
    const chain = new Map()
    for (const [name, next] of Object.entries(transitions)) {
      if (name in MarkovTaskSet.prototype) fail(`names ${name}, which is not a task`)
      const run = owner.prototype[name] ?? owner[name]
      if (typeof run !== 'function' || (!isTaskSet(run) && !['a function', 'an async function'].includes(checks.kindOf(run)))) {
        fail(`names ${name}, which is neither a method nor a static task set of ${owner.name}`)
      }
      if (typeof next !== 'string' && (typeof next !== 'object' || next === null)) {
        fail(`must map ${name} to a name, a list, or an object of weights, got ${checks.show(next)}`)
      }
      chain.set(name, { name, run, tags: [], next: [] })
    }
    if (chain.size === 0) fail("is empty: write static transitions = { index: ['search', ['buy', 2]], … }")
    for (const item of chain.values()) {
      for (const [target, weight] of pairsOf(transitions[item.name])) {
        if (typeof target !== 'string') fail(`must lead from ${item.name} to names of tasks, got ${checks.show(target)}`)
        if (!chain.has(target)) fail(`leads from ${item.name} to ${target}, which has no transitions of its own`)
        if (!isWeight(weight)) fail(`must have integer weights of at least 0, got ${checks.show(weight)} from ${item.name} to ${target}`)
        if (weight > 0) item.next.push({ weight, to: chain.get(target) })
      }
      withTotal(item.next)
      if (item.next.length === 0) fail(`leads nowhere from ${item.name}: add a transition with a weight above 0`)
    }
    const [first] = chain.values()
    const reached = new Set([first])
    for (const item of reached) for (const { to } of item.next) reached.add(to)
    for (const item of chain.values()) if (!reached.has(item)) fail(`never leads from ${first.name}, the first task, to ${item.name}`)
    return [...chain.values()]
  }

  const tagFilter = (tags, excluded) => (own) =>
    (tags.length === 0 || own.some((tag) => tags.includes(tag))) && !own.some((tag) => excluded.includes(tag))

  let wanted = tagFilter([], [])
  let expansions = new Map()

  /** Returns the expanded tasks of a class or task set. A task set inherits the tags of the tasks that lead to it. */
  function tasksOf(owner, inherited) {
    const key = inherited.join('\n')
    let byTags = expansions.get(owner)
    if (byTags === undefined) expansions.set(owner, (byTags = new Map()))
    let tasks = byTags.get(key)
    if (tasks === undefined) byTags.set(key, (tasks = expandTasks(owner, inherited, wanted)))
    return tasks
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

  /** Returns a function that chooses the next task of a task set. */
  function chooser(owner, tasks) {
    if (owner instanceof SequentialTaskSet) {
      let at = 0
      let count = 0
      return () => {
        if (count === tasks[at].weight) {
          at = (at + 1) % tasks.length
          count = 0
        }
        count++
        return tasks[at]
      }
    }
    if (owner instanceof MarkovTaskSet) {
      let [upcoming] = tasks
      return () => {
        const chosen = upcoming
        upcoming = anyOf(chosen.next).to
        return chosen
      }
    }
    return () => anyOf(tasks)
  }

  /** Returns the tasks of a user or task set. Throws if there are none. */
  function listTasks(owner, tags) {
    const tasks = tasksOf(owner.constructor, tags)
    if (tasks.length === 0) throw new TypeError(`${owner.constructor.name} has no tasks`)
    return tasks
  }

  /** Runs the tasks of a task set one after another, until it is interrupted or the user stops. */
  async function runTasks(owner, tags) {
    const handle = owner._handle
    const next = chooser(owner, listTasks(owner, tags))
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
      // Undefined if there is no pause.
      const pausing = native.pausePromise(handle, needsPause ? checks.pauseOf(owner) : 0)
      if (pausing !== undefined) await pausing
    }
  }

  /**
   * Runs the tasks of a user one after another, until the user pauses or stops. In an open loop, it runs one task. The
   * engine calls it again after the pause, or for the next arrival. A user that waits needs no promise, which saves memory
   * and CPU time. The promise is never rejected.
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

  /** Checks the first instance of a class. Only an instance shows its fields. */
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

  /** Starts a user. The promise is never rejected. */
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

  /** The listeners of the events. Each runtime has its own. */
  const listeners = { request: [], testStart: [], testStop: [], quitting: [] }

  // Reading an unknown event, such as `test_stop`, throws an error.
  const strict = (events) =>
    new Proxy(events, {
      get(target, name, receiver) {
        if (typeof name === 'string' && !(name in target)) {
          throw new TypeError(`locust: there is no event ${name}; known: ${Object.keys(target).join(', ')}`)
        }
        return Reflect.get(target, name, receiver)
      },
    })

  const eventOf = (name) => ({
    addListener(listener) {
      if (typeof listener !== 'function' || !['a function', 'an async function'].includes(checks.kindOf(listener))) {
        throw new TypeError(`locust: events.${name}.addListener needs a function, got ${checks.show(listener)}`)
      }
      listeners[name].push(listener)
      if (name === 'request') native.listenToRequests()
      return listener
    },
  })

  /** Handles an error that a listener threw. */
  function listenerFailed(error) {
    if (error instanceof StopTest) native.quit()
    else native.listenerFailed(error)
  }

  /** A copy of the current statistics. */
  class Statistics {
    constructor({ total, entries, errors }) {
      this.total = total
      this.entries = entries
      this.errors = errors
    }
    get(name, method) {
      return this.entries.find((entry) => entry.name === name && entry.method === method)
    }
  }

  const environment = {
    get host() {
      return native.runHost()
    },
    get stats() {
      return new Statistics(native.statistics())
    },
    get processExitCode() {
      return native.exitCode()
    },
    set processExitCode(code) {
      if (code !== null && !(Number.isInteger(code) && code >= 0 && code <= 255)) {
        throw new RangeError(`locust: processExitCode must be an integer from 0 to 255, or null, got ${checks.show(code)}`)
      }
      native.setExitCode(code)
    },
    runner: {
      get userCount() {
        return native.userCount()
      },
      quit() {
        native.quit()
      },
    },
  }

  let distributors = 0

  /** Gives each item of a list to only one caller, across all runtimes and workers. */
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

  /** The classes of each call to `options` or `scenario`, by name. */
  const definitions = []
  let classes = new Map()

  /** Returns each task's share in a class or task set, including the shares inside nested task sets. */
  function ratiosOf(owner, tags) {
    // As in Locust, the shares within a MarkovTaskSet are not reported, because each task depends on the previous one.
    const tasks = isMarkov(owner) ? [] : tasksOf(owner, tags)
    const shares = new Map()
    for (const { run, tags: own, weight } of tasks) {
      if (!shares.has(run)) {
        // For a task set that leads back to itself, the recursion would never end.
        const hasShares = isTaskSet(run) && !isInCycle(run)
        shares.set(run, { name: run.name || 'anonymous', ratio: 0, tasks: hasShares ? ratiosOf(run, [...tags, ...own]) : [] })
      }
      shares.get(run).ratio += weight / tasks.total
    }
    return [...shares.values()]
  }

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
     * Ends a user, after calling its `onStop`. The user must be waiting for its next task, or its code cannot continue.
     */
    cleanUp(handle) {
      const user = running.get(handle)
      if (user === undefined) native.ended(handle)
      // `onStop` must not run before the caller has returned.
      else void Promise.resolve().then(() => finish(handle, user, STOP))
    },
    /** Calls the listeners of `events.request`. */
    requested(event) {
      for (const listener of listeners.request) {
        try {
          const result = listener(event)
          // The run does not wait for asynchronous listeners of `events.request`, but counts their errors.
          if (result instanceof Promise) result.catch(listenerFailed)
        } catch (error) {
          listenerFailed(error)
        }
      }
    },
    /** Calls the listeners of an event one after another, and then `done`. */
    async notify(name, done) {
      for (const listener of listeners[name]) {
        try {
          await listener({ environment })
        } catch (error) {
          listenerFailed(error)
        }
      }
      done()
    },
    /** Selects the tasks that run, by their tags. */
    filter(tags, excluded) {
      wanted = tagFilter(tags, excluded)
      expansions = new Map()
    },
    /** Returns how many of a class's tasks the tags select. Throws if its tasks are invalid. */
    taskCount: (name) => tasksOf(classes.get(name), []).length,
    /** Returns the task shares of every class, for reports. */
    ratios: () => [...classes.values()].map((Class) => ({ name: Class.name, ratio: 1, tasks: ratiosOf(Class, []) })),
    /** Selects the classes of a scenario, by the index of the call that defined it. Removes the tag filter. */
    select(definition) {
      classes = definitions[definition]
      wanted = tagFilter([], [])
      expansions = new Map()
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
        checkTasks(Class)
        if (expandTasks(Class, [], () => true).length === 0) throw new TypeError(`${Class.name} has no tasks: list them in static tasks`)
        const { name, weight, fixedCount, host } = Class
        const isHttp = Class.prototype instanceof HttpUser
        const { poolSize, concurrency, maxBodyBytes, discardBodies } = Class
        const { connectionTimeout, networkTimeout, maxRedirects, insecure, http2, headers } = Class
        const http = {
          ...{ poolSize, concurrency, maxBodyBytes, discardBodies, connectionTimeout, networkTimeout, maxRedirects, insecure, http2 },
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
      events: strict({
        request: { ...eventOf('request'), fire: (event) => native.fire(event) },
        testStart: eventOf('testStart'),
        testStop: eventOf('testStop'),
        quitting: eventOf('quitting'),
      }),
      distribute: (list, options) => new Distributor(list, options),
      LoadTestShape: class LoadTestShape {
        getRunTime() {
          return native.runTime()
        }
        getCurrentUserCount() {
          return native.userCount()
        }
      },
      task,
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
