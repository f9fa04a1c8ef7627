/** Handles the signals that stop the service. Imports nothing, so that it handles them as early as possible. */

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const
type StopSignal = (typeof STOP_SIGNALS)[number]

/** The handler. By default, the process just exits, because nothing that must be stopped has started yet. */
let stop: (signal: StopSignal) => void = () => process.exit(0)

// Without a listener, the first process of a container would ignore these signals.
for (const signal of STOP_SIGNALS) process.on(signal, () => stop(signal))

/** Sets the handler for stop signals. Until the first call, the process exits with code 0 on a stop signal. */
export function onStopSignal(handle: (signal: StopSignal) => void): void {
  stop = handle
}
