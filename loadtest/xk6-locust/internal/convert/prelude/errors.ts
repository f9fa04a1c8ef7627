// Python's exceptions.

// biome-ignore-all lint: Python values can have any type

import { pyTuple } from './collections.ts'
import { pyRepr, pyStr } from './values.ts'

/** A Python exception. `base` is the name of its built-in class, or of the built-in class that its class extends. */
export class PyError extends Error {
  constructor(
    readonly type: string,
    message: any = '',
    readonly base = type,
  ) {
    super(pyStr(message))
    this.name = type
  }
}

/**
 * Returns the arguments of an exception: its message, or the key of a KeyError. Refuses keys other than simple strings
 * and whole numbers.
 */
export function pyArgs(error: any): any[] {
  if (error.message === '') return pyTuple([])
  if (!pyCatches(error, 'KeyError')) return pyTuple([error.message])
  const [, text, number] = /^(?:'([^'\\]*)'|(\d+))$/.exec(error.message) ?? []
  if (text === undefined && number === undefined) throw new PyRefusal(`the key ${error.message} is not supported`)
  return pyTuple([text ?? Number(number)])
}

/** Returns a field of an exception of the locustfile. */
export function pyAttribute(error: any, name: string): any {
  if (!(name in error)) throw new PyError('AttributeError', `${error.name} has no attribute ${name}`)
  return error[name]
}

/** Thrown if the script cannot do what the locustfile does. No `except` clause catches this error. */
export class PyRefusal extends Error {}

/** Thrown by exit() and sys.exit(). As in Python, `except Exception` does not catch this error. */
export class PyExit extends PyRefusal {
  constructor(code: any = '') {
    super(pyStr(code))
    this.name = 'SystemExit'
  }
}

/**
 * Maps Python exceptions to their base classes. The name of an exception of Python's `requests` library begins with
 * `requests.` if another exception has the same name.
 */
export const pyBases: Record<string, string[]> = {
  KeyError: ['LookupError'],
  IndexError: ['LookupError'],
  JSONDecodeError: ['ValueError'],
  ZeroDivisionError: ['ArithmeticError'],
  'requests.JSONDecodeError': ['JSONDecodeError', 'RequestException'],
  HTTPError: ['RequestException'],
  ConnectionError: ['RequestException'],
  Timeout: ['RequestException'],
  ConnectTimeout: ['ConnectionError', 'Timeout'],
  ReadTimeout: ['Timeout'],
  SSLError: ['ConnectionError'],
  ChunkedEncodingError: ['RequestException'],
  ContentDecodingError: ['RequestException'],
  TooManyRedirects: ['RequestException'],
}

/** Returns the text of a KeyError. The text is empty if there is no key. */
export function pyKeyText(key: any): string {
  return key === '' ? '' : pyRepr(key)
}

/** Whether an `except` clause with these types catches the error. */
export function pyCatches(error: any, ...types: any[]): boolean {
  for (const type of types) if (typeof type === 'function' && error instanceof type) return true
  if (types.includes('Exception')) return true
  // If code reads a field of null or undefined, JavaScript throws a TypeError, and Python an AttributeError.
  if (error instanceof TypeError && types.includes('AttributeError')) return true
  const isCaught = (name: string): boolean => types.includes(name) || (pyBases[name] ?? []).some(isCaught)
  // Only the method json() of a response throws a SyntaxError.
  return isCaught(
    error instanceof PyError ? error.base : error instanceof SyntaxError ? 'requests.JSONDecodeError' : error.name,
  )
}

export function pyAssert(condition: boolean, message?: any): asserts condition {
  if (!condition) throw new PyError('AssertionError', message)
}

/** Returns the name of an exception's type. */
export function pyTypeName(error: any): string {
  if (error instanceof SyntaxError) return 'JSONDecodeError'
  // If code reads a field of null or undefined, JavaScript throws a TypeError, and Python an AttributeError.
  return error instanceof TypeError && !/not a function/.test(error.message) ? 'AttributeError' : error.name
}

/** Thrown to end a task set. As in Locust, `except Exception` catches it. */
export class PyInterrupt extends PyError {
  constructor(
    readonly reschedule: any = true,
    message: any = '',
  ) {
    super('InterruptTaskSet', message)
  }
}

/** Implements interrupt() of a task set. */
export function pyInterrupt(reschedule: any = true): never {
  throw new PyInterrupt(reschedule, reschedule)
}

/** Thrown to end a task. As in Locust, `except Exception` catches it. */
export class PyReschedule extends PyError {
  constructor() {
    super('RescheduleTask')
  }
}
