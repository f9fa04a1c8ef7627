/** Kubernetes quantities as numbers, and back. Source: the "Resource Management for Pods and Containers" page of its docs. */

const MEMORY_UNITS = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 } as const

/** CPU in millicores: `1500m` and `1.5` are 1500. */
export function millicores(cpu: string): number {
  return cpu.endsWith('m') ? Number(cpu.slice(0, -1)) : Math.round(Number(cpu) * 1000)
}

/** Memory in bytes: `1Gi` is 1073741824. */
export function bytes(memory: string): number {
  return Number(memory.slice(0, -2)) * MEMORY_UNITS[memory.slice(-2) as keyof typeof MEMORY_UNITS]
}

/** Bytes in the unit people read, with at most two decimals: `9 GiB`. */
export function formatBytes(value: number): string {
  const unit = value >= MEMORY_UNITS.Gi ? 'Gi' : 'Mi'
  return `${Number((value / MEMORY_UNITS[unit]).toFixed(2))} ${unit}B`
}
