// Calls to functions.

// biome-ignore-all lint: Python values can have any type

import { PyError, PyRefusal } from './errors.ts'
import { pyPairs } from './maps.ts'

/**
 * Returns a value for each parameter of a function, or undefined if the default value applies. The names of optional
 * parameters end with =, and the names of parameters that only keyword arguments set begin with *. Throws a TypeError
 * if the arguments do not fit.
 * @param collects whether the function collects further keyword arguments in a dict, which is then the last value
 */
export function pyBind(params: string[], args: any[], keywords: any[], collects = false): any[] {
  const fail = (reason: string) => {
    throw new PyError('TypeError', reason)
  }
  const names = params.map((param) => param.replace(/[*=]/g, ''))
  if (args.length > params.filter((param) => !param.startsWith('*')).length)
    fail(`${args.length} positional arguments were given`)
  const values: any[] = names.map((_, i) => args[i])
  const others: any = {}
  for (const [name, value] of keywords) {
    const at = names.indexOf(name)
    if (at >= 0 ? values[at] !== undefined : Object.hasOwn(others, name)) fail(`multiple values for argument '${name}'`)
    if (at >= 0) values[at] = value
    else if (collects) others[name] = value
    else fail(`unexpected keyword argument '${name}'`)
  }
  const missing = params.findIndex((param, i) => values[i] === undefined && !param.endsWith('='))
  if (missing >= 0) fail(`missing argument: '${names[missing]}'`)
  return collects ? [...values, others] : values
}

/** Returns the dict after ** in a call. Refuses a dict that sets a named parameter. */
export function pyWithout(x: any, names: string[]): any {
  const wrong = pyPairs(x).find(([name]) => names.includes(name))
  if (wrong) throw new PyRefusal(`the argument ${wrong[0]} after ** is not supported`)
  return Object.fromEntries(pyPairs(x))
}

/** Returns the positional arguments of a request as a dict with their names. */
export function pyNamed(args: any[], names: string[]): any {
  if (args.length > names.length) throw new PyError('TypeError', 'too many positional arguments were given')
  return Object.fromEntries(args.map((value, i) => [names[i], value]))
}
