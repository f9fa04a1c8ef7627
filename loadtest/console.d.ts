/** k6 has a console, but its types expect the declaration from the DOM. */
declare const console: Record<'debug' | 'info' | 'log' | 'warn' | 'error', (...values: unknown[]) => void>
