/** Shows the progress of a command on a terminal. In a pipe, it shows only installations. */
export interface Progress {
  /** Starts a step, and shows its description. */
  step(text: string): void
  /** Starts a step that downloads or builds a program. It may take minutes, so a pipe gets one line. */
  install(text: string): void
  /** Shows the progress within the step. */
  detail(text: string): void
  /** Ends the last step and removes its line. */
  end(): void
}

/** Shows nothing. */
export const NO_PROGRESS: Progress = { step() {}, install() {}, detail() {}, end() {} }

/** Progress on standard error, including how many seconds the step has taken. */
export function createProgress(): Progress {
  if (!process.stderr.isTTY) return { ...NO_PROGRESS, install: (text) => console.error(`${text} …`) }
  let text = ''
  let detail = ''
  let started = 0
  let timer: NodeJS.Timeout | undefined
  const draw = () => {
    const seconds = Math.floor((performance.now() - started) / 1000)
    const details = [detail, seconds > 0 && `${seconds} s`].filter(Boolean).join(', ')
    process.stderr.write(`\r\x1b[K${text}${details ? ` (${details})` : ''}`)
  }
  const step = (next: string) => {
    text = next
    detail = ''
    started = performance.now()
    timer ??= setInterval(draw, 1000).unref()
    draw()
  }
  return {
    step,
    install: step,
    detail(next) {
      detail = next
      // Draw nothing after `end` was called.
      if (timer) draw()
    },
    end() {
      clearInterval(timer)
      timer = undefined
      process.stderr.write('\r\x1b[K')
    },
  }
}
