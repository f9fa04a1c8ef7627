// The events of a run, and the environment that their listeners get. `native` contains Go functions, and `checks` those
// of checks.js. A listener can throw `StopTest` to end the run.
(function (native, checks, StopTest) {
  'use strict'

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
      if (!checks.isPlainFunction(listener)) {
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

  return {
    environment,
    events: strict({
      request: { ...eventOf('request'), fire: (event) => native.fire(event) },
      testStart: eventOf('testStart'),
      testStop: eventOf('testStop'),
      quitting: eventOf('quitting'),
    }),
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
  }
})
