import { type DestinationStream, destination, type Logger, pino } from 'pino'
import type { Settings } from './settings.ts'

/** Maximum length of the lines that have not been written yet, in UTF-16 code units. Further lines are dropped. */
const MAX_UNWRITTEN = 1 << 20

/**
 * Creates a logger that writes one JSON object per line to standard output. Queries may be logged at level `debug`, but
 * never at `info`.
 */
export function createLogger({ LOG_LEVEL }: Pick<Settings, 'LOG_LEVEL'>): Logger {
  const options = { level: LOG_LEVEL, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(options, standardOutput())
}

/**
 * Returns standard output as a destination that drops lines if they cannot be written, as on a full disk. By default,
 * such an error would make pino end the process, and then try to write the lines again forever.
 */
function standardOutput(): DestinationStream {
  const stream = destination({ dest: 1, sync: false, maxLength: MAX_UNWRITTEN })
  let isFailing = false
  stream.on('error', () => {
    isFailing = true
  })
  stream.on('write', () => {
    isFailing = false
  })
  const flushSync = stream.flushSync.bind(stream)
  // Called when the process exits.
  stream.flushSync = () => {
    if (!isFailing) flushSync()
  }
  return stream
}
