import type { DeepPartial } from './values.ts'

/** Whether a value is an object and not an array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Merges `over` into a copy of `base` as Helm does: it merges objects by key, and replaces all other values. */
export function merge<T>(base: T, over: DeepPartial<T> | undefined): T {
  if (over === undefined) return base
  if (!isObject(base) || !isObject(over)) return over as T
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    // A key such as __proto__ from a file must become a key, not the prototype.
    Object.defineProperty(merged, key, {
      value: Object.hasOwn(merged, key) ? merge(merged[key], value as DeepPartial<unknown>) : value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  }
  return merged as T
}
