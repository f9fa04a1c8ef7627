// The checks of user classes and task sets. A field that is misspelled or misplaced, or that has an invalid value,
// would change the load without an error, so the script is rejected. `bases` contains the base classes of k6/x/locust.
(function (bases) {
  'use strict'

  const { Taskable, User, HttpUser, TaskSet, SequentialTaskSet, MarkovTaskSet } = bases
  const BASES = new Set([Taskable, User, HttpUser, TaskSet, SequentialTaskSet, MarkovTaskSet])
  /** Methods that scripts define. `static` would disable them. */
  const METHODS = ['waitTime', 'onStart', 'onStop']
  /**
   * Locust's fields that have different names here. The names of other fields differ only in case style
   * (`max_redirects`, `maxRedirects`).
   */
  const LOCUST_NAMES = {
    default_headers: 'headers', client_pool: 'poolSize', min_wait: 'waitTime', max_wait: 'waitTime',
    wait_function: 'waitTime', task_set: 'tasks',
  }
  const INTEGERS = ['fixedCount', 'poolSize', 'concurrency', 'maxBodyBytes', 'maxRedirects']
  /** Longest pause in seconds, about 31 years. A longer pause is a mistake. */
  const MAX_SECONDS = 1e9

  /** An error in a class definition. It ends the run. */
  class DefinitionError extends TypeError {}

  const ownStatics = (Class) =>
    Object.getOwnPropertyNames(Class).filter((name) => !['length', 'name', 'prototype', 'arguments', 'caller'].includes(name))
  const ownMembers = (Class) => Object.getOwnPropertyNames(Class.prototype).filter((name) => name !== 'constructor')

  /** All static fields of the base classes. */
  const STATICS = [...new Set([User, HttpUser, TaskSet, MarkovTaskSet].flatMap(ownStatics))]
  /** Fields that the constructors of the base classes set. */
  const OWN_FIELDS = ['host', 'client', 'parent', 'user']

  /**
   * Returns two things: the class with those of its base classes that the script defines, and the static fields of its
   * base classes in k6/x/locust.
   */
  function ancestry(Class) {
    const own = []
    const statics = new Set()
    for (let current = Class; typeof current === 'function' && current !== Function.prototype; current = Object.getPrototypeOf(current)) {
      if (BASES.has(current)) for (const name of ownStatics(current)) statics.add(name)
      else own.push(current)
    }
    return { own, statics }
  }

  const show = (value) => {
    if (typeof value === 'function') return kindOf(value)
    if (typeof value === 'string') return JSON.stringify(value)
    if (value instanceof Promise) return 'a promise'
    if (typeof value !== 'object' || value === null) return String(value)
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
    return { Array: 'a list', Object: 'an object' }[kind] ?? `a ${kind}`
  }

  const kindOf = (value) => {
    const source = Function.prototype.toString.call(value)
    if (/^class\b/.test(source)) return 'a class'
    if (Object.prototype.toString.call(value).includes('Generator')) return 'a generator function'
    return /^async\b/.test(source) ? 'an async function' : 'a function'
  }

  /** Whether a value is a function or an async function, but not a class or a generator function. */
  const isPlainFunction = (value) => typeof value === 'function' && ['a function', 'an async function'].includes(kindOf(value))

  const fail = (Class, name, text) => {
    throw new DefinitionError(`locust: ${Class.name}.${name} ${text}`)
  }

  const plain = (name) => name.replaceAll('_', '').toLowerCase()

  /** Whether b equals a except for one letter that is missing, added, changed, or swapped with the next letter. */
  function isOneTypo(a, b) {
    let start = 0
    while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++
    let [endA, endB] = [a.length, b.length]
    while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) [endA, endB] = [endA - 1, endB - 1]
    const [restA, restB] = [a.slice(start, endA), b.slice(start, endB)]
    return Math.max(restA.length, restB.length) <= 1 || (restA.length === 2 && restA === [...restB].reverse().join(''))
  }

  /**
   * Whether a name is a misspelling of a known name. In names of at least 6 letters, the first letter must be right. In
   * shorter names, only swapped letters count, because many words differ by one letter, such as `post` and `host`.
   */
  const isMisspelled = (name, known) =>
    isOneTypo(name, known) && (known.length >= 6 ? name[0] === known[0] : name.length === known.length && plainLetters(name) === plainLetters(known))
  const plainLetters = (name) => [...name].sort().join('')

  /** Throws if an unknown name is a Locust name, or looks like a misspelled k6/x/locust name. */
  function checkName(Class, name) {
    if (name.startsWith('_')) return
    if (Object.hasOwn(LOCUST_NAMES, name)) fail(Class, name, `is unknown: write ${LOCUST_NAMES[name]}`)
    const names = [...STATICS, ...METHODS].filter((known) => known !== 'transitions' || Class.prototype instanceof MarkovTaskSet)
    for (const known of names) {
      if (plain(name) === plain(known)) fail(Class, name, `is unknown: write ${known}`)
    }
    for (const known of names) {
      if (isMisspelled(name, known)) fail(Class, name, `is unknown: write ${known}, or choose a different name for a field of your own`)
    }
  }

  function checkMethod(Class, name, value) {
    const accepted = name === 'waitTime' ? 'a function that returns seconds, such as locust.between(1, 5)' : 'a function'
    const isAccepted = isPlainFunction(value) && (name !== 'waitTime' || kindOf(value) === 'a function')
    if (!isAccepted) fail(Class, name, `must be ${accepted}, got ${show(value)}`)
  }

  /** Checks the value of a static field. The value in the base class determines the expected type. */
  function checkStatic(Class, name, standard) {
    const value = Class[name]
    if (name === 'tasks' || standard === undefined || standard === null) return
    // Null and undefined mean that the class has no host or no headers.
    if ((name === 'host' || name === 'headers') && (value === undefined || value === null)) return
    if (typeof standard === 'object') {
      const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value)
      if (!isPlain) fail(Class, name, `must be an object, got ${show(value)}`)
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string') fail(Class, name, `must contain only strings, got ${show(text)} for ${key}`)
      }
      return
    }
    if (typeof value !== typeof standard) fail(Class, name, `must be a ${typeof standard}, got ${show(value)}`)
    if (typeof value !== 'number') return
    const [isAccepted, accepted] = INTEGERS.includes(name) ? [Number.isInteger(value), 'an integer'] : [Number.isFinite(value), 'a number']
    if (!isAccepted) fail(Class, name, `must be ${accepted}, got ${value}`)
    if ((name === 'weight' || name === 'fixedCount') && value < 0) fail(Class, name, `must be ${accepted} of at least 0, got ${value}`)
  }

  function checkSeconds(Type, of, seconds) {
    if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= MAX_SECONDS)) {
      throw new Type(`locust: ${of} must be a number from 0 to ${MAX_SECONDS}, got ${show(seconds)}`)
    }
  }

  return {
    DefinitionError,
    isPlainFunction,
    show,
    /** Checks everything about a class that can be checked without an instance. */
    checkClass(Class) {
      const { own, statics } = ancestry(Class)
      for (const current of own) {
        for (const name of ownStatics(current)) {
          if (name === 'tasks' && Class.prototype instanceof MarkovTaskSet) fail(Class, name, 'has no effect: a MarkovTaskSet has static transitions')
          if (statics.has(name)) continue
          if (METHODS.includes(name)) fail(Class, name, 'must not be static')
          if (name === 'abstract') fail(Class, name, 'is unknown: leave the class out of userClasses')
          if (name === 'transitions') fail(Class, name, 'needs a class that extends MarkovTaskSet')
          if (STATICS.includes(name)) {
            fail(Class, name, Class.prototype instanceof TaskSet ? 'belongs to a user class, not to a task set' : 'needs a class that extends HttpUser')
          }
          checkName(Class, name)
        }
        for (const name of ownMembers(current)) {
          if (METHODS.includes(name)) {
            const { value, get } = Object.getOwnPropertyDescriptor(current.prototype, name)
            if (get === undefined) checkMethod(Class, name, value)
          } else if (statics.has(name)) fail(Class, name, 'must be static')
          else if (!Object.hasOwn(Taskable.prototype, name)) checkName(Class, name)
        }
      }
      for (const name of statics) checkStatic(Class, name, HttpUser[name])
    },
    /** Checks the fields of an instance. `host` is the host of its class. */
    checkInstance(instance, Class, host) {
      const { statics } = ancestry(Class)
      if (statics.has('host') && instance.host !== host) fail(Class, 'host', 'must be static')
      // A field without a value, such as `client;`, replaces the value that the base class set.
      const needed = Class.prototype instanceof HttpUser ? ['client'] : Class.prototype instanceof TaskSet ? ['user', 'parent'] : []
      for (const name of needed) {
        if (instance[name] === undefined || instance[name] === null) fail(Class, name, `is set by k6/x/locust: remove the field, got ${show(instance[name])}`)
      }
      for (const name of Object.getOwnPropertyNames(instance)) {
        if (METHODS.includes(name) || OWN_FIELDS.includes(name)) continue
        if (statics.has(name)) fail(Class, name, 'must be static')
        checkName(Class, name)
      }
      for (const name of METHODS) {
        checkMethod(Class, name, instance[name])
        // A field takes precedence over a method, even if the field comes from a base class.
        if (Object.hasOwn(Class.prototype, name) && Object.hasOwn(instance, name)) {
          fail(Class, name, `has no effect, because a field of a base class replaces the method: write ${name} = () => { … }`)
        }
      }
    },
    /** Returns the pause after a task, in seconds. */
    pauseOf(taskable) {
      const seconds = taskable.waitTime()
      if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= MAX_SECONDS)) {
        fail(taskable.constructor, 'waitTime', `must return a number of seconds from 0 to ${MAX_SECONDS}, got ${show(seconds)}`)
      }
      return seconds
    },
    /** Checks the argument of a function that creates a wait time. An error ends the run. */
    checkWait(of, seconds) {
      checkSeconds(DefinitionError, of, seconds)
    },
    /** Checks the argument of `sleep`. */
    checkSleep(seconds) {
      checkSeconds(RangeError, 'sleep', seconds)
    },
  }
})
