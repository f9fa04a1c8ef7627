/** Tells a person at a terminal what is being done; in a pipe it says nothing. */
export interface Progress {
  /** What is being done now. */
  step(text: string): void
  /** Nothing more; removes the line. */
  end(): void
}

/** Progress on standard error, with the seconds that the step has taken. */
export function createProgress(): Progress {
  if (!process.stderr.isTTY) return { step() {}, end() {} }
  let text = ''
  let started = 0
  let timer: NodeJS.Timeout | undefined
  const draw = () => {
    const seconds = Math.floor((performance.now() - started) / 1000)
    process.stderr.write(`\r\x1b[K${text}${seconds > 0 ? ` (${seconds} s)` : ''}`)
  }
  return {
    step(next) {
      text = next
      started = performance.now()
      timer ??= setInterval(draw, 1000).unref()
      draw()
    },
    end() {
      clearInterval(timer)
      timer = undefined
      process.stderr.write('\r\x1b[K')
    },
  }
}
