// Calls to functions.

// biome-ignore-all lint: the values of Python have any type

import { PyError } from './errors.ts'

/**
 * Returns a value for each parameter of a function, or undefined if the default value applies. The names of optional
 * parameters end with =, and the names of parameters that only keyword arguments set begin with *.
 * @param collects whether the function collects further keyword arguments in a dict
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
