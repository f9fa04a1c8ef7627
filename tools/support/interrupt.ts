/** Ctrl-C and its like, for commands that have something to stop. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Why a command that was interrupted ends. */
class Interrupted extends Error {
  override name = 'Interrupted'
}

/**
 * A signal that aborts with {@link Interrupted} when this process is told to stop, or when whoever read its output is gone: without
 * a listener the first write after that would end this process and nothing else.
 * @returns the signal, and what gives the handling back
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

/** Runs a command with such a signal; resolves with its exit code, or 130 when it was interrupted. */
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
