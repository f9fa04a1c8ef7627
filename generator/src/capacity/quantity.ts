/**
 * Converts Kubernetes quantities to numbers and back, as described in "Resource Management for Pods and Containers" in
 * the Kubernetes docs.
 */

/** Binary units of memory, in bytes. */
export const MEMORY_UNITS = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 } as const
/** The suffixes of Kubernetes quantities. */
const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  ...MEMORY_UNITS,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}
const QUANTITY = /^\+?(\d+\.?\d*|\.\d+)(?:[eE]([-+]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/
/** The units of redis.conf. Its `mb` is 2^20 bytes. */
const REDIS_UNITS = { kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 } as const

/**
 * Converts a Kubernetes quantity to a number: `1.5Gi` is 1610612736, `500m` is 0.5. Returns undefined if it is
 * malformed or negative.
 */
export function quantity(text: unknown): number | undefined {
  if (typeof text !== 'string' && typeof text !== 'number') return undefined
  const [, digits, exponent, suffix = ''] = QUANTITY.exec(String(text)) ?? []
  if (digits === undefined) return undefined
  return exponent === undefined
    ? Number(digits) * (SUFFIXES[suffix] as number)
    : Number(`${Number(digits)}e${exponent}`)
}

/**
 * Like {@link quantity}, for text that has already been checked.
 * @throws {RangeError} if it is not a quantity
 */
function checkedQuantity(text: string | number): number {
  const value = quantity(text)
  if (value === undefined) throw new RangeError(`${JSON.stringify(text)} is not a Kubernetes quantity`)
  return value
}

/** Converts a CPU quantity to millicores, rounded up: `1500m`, `1.5`, and the number 1.5 are 1500. */
export function millicores(cpu: string | number): number {
  return roundedUp(checkedQuantity(cpu) * 1000)
}

/** Converts a memory quantity to bytes, rounded up: `1Gi` is 1073741824. */
export function bytes(memory: string | number): number {
  return roundedUp(checkedQuantity(memory))
}

/** Rounds up as Kubernetes does, but ignores floating-point errors, such as in 1.1 × 1000. */
const roundedUp = (value: number) => Math.ceil(Number(value.toPrecision(15)))

/** Converts a memory size of redis.conf to bytes: `768mb` is 805306368. */
export function redisBytes(memory: string): number {
  return Number(memory.slice(0, -2)) * REDIS_UNITS[memory.slice(-2) as keyof typeof REDIS_UNITS]
}

/** Returns a memory quantity for Kubernetes, rounded up to a multiple of `stepMi`: `192Mi`, or `1Gi` for whole Gi. */
export function memoryQuantity(value: number, stepMi: number): string {
  const mebibytes = Math.ceil(value / MEMORY_UNITS.Mi / stepMi) * stepMi
  return mebibytes % 1024 === 0 && mebibytes > 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`
}

/** Formats bytes in MiB or GiB, with at most two decimals: `9 GiB`. */
export function formatBytes(value: number): string {
  const unit = value >= MEMORY_UNITS.Gi ? 'Gi' : 'Mi'
  return `${Number((value / MEMORY_UNITS[unit]).toFixed(2))} ${unit}B`
}

// Create the formatters once, because a plan formats thousands of numbers.
const NUMBER_FORMATS = [0, 1, 2, 3].map(
  (decimals) => new Intl.NumberFormat('en-US', { maximumFractionDigits: decimals }),
)

/** Formats a number with thousands separators: `24,000`, `0.69`. */
export function formatNumber(value: number, decimals: 0 | 1 | 2 | 3 = 0): string {
  return (NUMBER_FORMATS[decimals] as Intl.NumberFormat).format(value)
}

/** Formats a number of CPUs with its unit: `1 CPU`, `7.5 CPUs`. */
export function formatCpus(value: number, decimals: 1 | 2 | 3 = 2): string {
  const text = formatNumber(value, decimals)
  return `${text} CPU${text === '1' ? '' : 's'}`
}

/** Formats a number with its noun: `1 process`, `3 processes`, `2 entries`. */
export function counted(count: number, noun: string): string {
  const text = formatNumber(count)
  if (text === '1') return `1 ${noun}`
  return `${text} ${noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : noun.endsWith('s') ? `${noun}es` : `${noun}s`}`
}

/** Formats a rate: `1 request/s`, `24,000 requests/s`. */
export const formatRate = (perSecond: number): string => `${counted(perSecond, 'request')}/s`
