/** Signals on which a command stops its programs before it exits. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The abort reason of an interrupted command. */
class Interrupted extends Error {
  override name = 'Interrupted'
}

/**
 * Creates a signal that aborts with {@link Interrupted} when this process gets a stop signal, or when the reader of its
 * output is gone. Without a listener, the next write to a closed pipe would terminate this process and leave its
 * programs running.
 * @returns the signal, and a function that restores the default handling of stop signals
 */
export function onInterrupt(interrupt = () => {}): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController()
  const abort = () => {
    if (controller.signal.aborted) return
    controller.abort(new Interrupted())
    interrupt()
  }
  for (const signal of STOP_SIGNALS) process.on(signal, abort)
  for (const stream of [process.stdout, process.stderr]) stream.on('error', abort)
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of STOP_SIGNALS) process.off(signal, abort)
    },
  }
}

/** Runs a command with a signal from {@link onInterrupt}. Returns its exit code, or 130 if it was interrupted. */
export async function interruptible(run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const { signal, dispose } = onInterrupt()
  try {
    return await run(signal)
  } catch (error) {
    if (error instanceof Interrupted) return 130
    throw error
  } finally {
    dispose()
  }
}
