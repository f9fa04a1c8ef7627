/**
 * Makes this process fail with a one-line message if writing to standard output fails, such as on a full disk. Node.js
 * ignores such errors in `console.log`. The process does not fail if the reader of a pipe, such as `head`, has exited.
 * @param command the name at the beginning of the message
 */
export function failOnLostOutput(command: string): void {
  let isLost = false
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || isLost) return
    isLost = true
    console.error(`${command}: cannot write to standard output: ${message.split(',')[0]}`)
    // Set the exit code last, because the command may still set its own.
    process.once('exit', () => {
      process.exitCode = 1
    })
  })
}
