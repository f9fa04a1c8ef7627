/** Tells a person at a terminal what is being done; in a pipe it says nothing. */
export interface Progress {
  /** What is being done now. */
  step(text: string): void
  /** How far the step has come. */
  detail(text: string): void
  /** Nothing more; removes the line. */
  end(): void
}

/** Says nothing. */
export const NO_PROGRESS: Progress = { step() {}, detail() {}, end() {} }

/** Progress on standard error, with the seconds that the step has taken. */
export function createProgress(): Progress {
  if (!process.stderr.isTTY) return NO_PROGRESS
  let text = ''
  let detail = ''
  let started = 0
  let timer: NodeJS.Timeout | undefined
  const draw = () => {
    const seconds = Math.floor((performance.now() - started) / 1000)
    const details = [detail, seconds > 0 && `${seconds} s`].filter(Boolean).join(', ')
    process.stderr.write(`\r\x1b[K${text}${details ? ` (${details})` : ''}`)
  }
  return {
    step(next) {
      text = next
      detail = ''
      started = performance.now()
      timer ??= setInterval(draw, 1000).unref()
      draw()
    },
    detail(next) {
      detail = next
      // After the end nothing is drawn any more.
      if (timer) draw()
    },
    end() {
      clearInterval(timer)
      timer = undefined
      process.stderr.write('\r\x1b[K')
    },
  }
}
