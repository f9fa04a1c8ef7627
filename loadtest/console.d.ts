/** k6 has a console, which its types leave to the DOM's. */
declare const console: Record<'debug' | 'info' | 'log' | 'warn' | 'error', (...values: unknown[]) => void>
