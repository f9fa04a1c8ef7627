import type { DeepPartial } from './values.ts'

/** Whether a value is an object and not an array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Merges `over` into a copy of `base` as Helm merges values files: it merges objects by key, and replaces all other
 * values, even if the new value is null.
 */
export function merge<T>(base: T, over: DeepPartial<T> | undefined): T {
  return mergeWith(base, over, false)
}

/** Merges values into the defaults of a chart as Helm does: like {@link merge}, but a null removes a default. */
export function mergeIntoDefaults<T>(defaults: T, over: DeepPartial<T> | undefined): T {
  return mergeWith(defaults, over, true)
}

function mergeWith<T>(base: T, over: DeepPartial<T> | undefined, nullRemoves: boolean): T {
  if (over === undefined) return base
  if (!isObject(base) || !isObject(over)) return over as T
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const exists = Object.hasOwn(merged, key)
    if (nullRemoves && exists && value === null) {
      delete merged[key]
      continue
    }
    // A key such as __proto__ from a file must become a key, not the prototype.
    Object.defineProperty(merged, key, {
      value: exists ? mergeWith(merged[key], value as DeepPartial<unknown>, nullRemoves) : value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  }
  return merged as T
}
