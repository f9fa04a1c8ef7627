// The tasks of users and task sets: which tasks a class has, which of them the tags select, and which comes next.
// `bases` contains the base classes of task sets. `checks` contains the functions of checks.js.
(function (bases, checks) {
  'use strict'

  const { TaskSet, SequentialTaskSet, MarkovTaskSet } = bases
  const { DefinitionError } = checks

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

  /** Lists the tasks of a class with their tags and weights. Leaves out tasks with a weight of 0. */
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
      if (!isTask(run)) {
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
  const isTask = (run) => checks.isPlainFunction(run) || (typeof run === 'function' && isTaskSet(run))
  const isMarkov = (target) => target.prototype instanceof MarkovTaskSet

  /** Returns the transitions of a task as [name, weight] pairs. */
  function pairsOf(next) {
    if (typeof next === 'string') return [[next, 1]]
    if (Array.isArray(next)) return next.map((item) => (Array.isArray(item) ? item : [item, 1]))
    return Object.entries(next)
  }

  /**
   * Checks the transitions of a MarkovTaskSet, and lists its tasks, each with a list of its next tasks. Unlike Locust,
   * it rejects tasks that the chain never reaches.
   */
  function expandTransitions(owner) {
    const { transitions } = owner
    const fail = (text) => {
      throw new DefinitionError(`locust: ${owner.name}.transitions ${text}`)
    }
    if (typeof transitions !== 'object' || transitions === null || Array.isArray(transitions)) {
      fail(`must be an object that maps tasks to their next tasks, got ${checks.show(transitions)}`)
    }
    const chain = new Map()
    for (const [name, next] of Object.entries(transitions)) {
      if (name in MarkovTaskSet.prototype) fail(`names ${name}, which is not a task`)
      const run = owner.prototype[name] ?? owner[name]
      if (!isTask(run)) {
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

  /** Selects the tasks that run, by their tags. */
  function filter(tags, excluded) {
    wanted = tagFilter(tags, excluded)
    expansions = new Map()
  }

  /** Returns the selected tasks of a class. A task set inherits the tags of the task sets and tasks that lead to it. */
  function tasksOf(owner, inherited) {
    const key = inherited.join('\n')
    let byTags = expansions.get(owner)
    if (byTags === undefined) expansions.set(owner, (byTags = new Map()))
    let tasks = byTags.get(key)
    if (tasks === undefined) byTags.set(key, (tasks = expandTasks(owner, inherited, wanted)))
    return tasks
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

  /** Returns the selected tasks of a user or task set. Throws if there are none. */
  function listTasks(owner, tags) {
    const tasks = tasksOf(owner.constructor, tags)
    if (tasks.length === 0) throw new TypeError(`${owner.constructor.name} has no tasks`)
    return tasks
  }

  /** Returns the share of each selected task of a class, including the shares inside nested task sets. */
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

  /** Whether a class has any tasks, regardless of their tags. */
  const hasTasks = (owner) => expandTasks(owner, [], () => true).length > 0

  return { task, anyOf, checkTasks, chooser, filter, hasTasks, isTaskSet, listTasks, ratiosOf, tasksOf }
})
