/** The criticalities of queries, most critical first. Under overload, the least critical queries are rejected first. */
export const CRITICALITIES = ['typed', 'retry', 'prefetch', 'background'] as const

/**
 * - `typed`: a person waits for the answer.
 * - `retry`: the same query was rejected before.
 * - `prefetch`: a person may need the answer later.
 * - `background`: no person waits for the answer, because the query comes from a crawler or a batch.
 */
export type Criticality = (typeof CRITICALITIES)[number]

/** Returns the position in {@link CRITICALITIES}: 0 is the most critical. */
export const levelOf = (criticality: Criticality): number => CRITICALITIES.indexOf(criticality)

/** Returns the lower of two criticalities. */
export const lessCritical = (a: Criticality, b: Criticality): Criticality => (levelOf(a) > levelOf(b) ? a : b)
