import { type Logger, pino } from 'pino'
import type { Settings } from './settings.ts'

/**
 * Creates a logger that writes one JSON object per line to standard output. Queries may be logged at level `debug`, but
 * never at `info`.
 */
export function createLogger({ LOG_LEVEL }: Pick<Settings, 'LOG_LEVEL'>): Logger {
  return pino({ level: LOG_LEVEL, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime })
}
