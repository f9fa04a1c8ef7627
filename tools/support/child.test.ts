import { expect, it, onTestFinished } from 'vitest'
import { Child } from './child.ts'
import { UserError } from './errors.ts'

/** Starts Node.js with some code. */
function start(code: string): Child {
  const child = new Child('example', process.execPath, ['-e', code])
  onTestFinished(() => child.stop())
  return child
}

const signal = new AbortController().signal
const FOREVER = "console.log('started'); setInterval(() => {}, 1000)"

it('stops a program that does not become ready', async () => {
  const child = start(FOREVER)
  await child.line(/started/, signal)
  await expect(child.ready(Promise.reject(new UserError('not bound')))).rejects.toThrow('not bound')
  expect(child.hasEnded).toBe(true)
})

it('does not stop a program that becomes ready', async () => {
  const child = start(FOREVER)
  expect((await child.ready(child.line(/^(started)$/, signal)))[1]).toBe('started')
  expect(child.hasEnded).toBe(false)
})

it('waits until a program succeeds', async () => {
  await expect(start('').succeeded(signal)).resolves.toBeUndefined()
  await expect(start("console.log('why'); process.exitCode = 3").succeeded(signal)).rejects.toThrow(
    new UserError('example ended (code 3): why'),
  )
  const missing = new Child('missing', '/missing', [])
  await expect(missing.succeeded(signal)).rejects.toThrow(/^missing did not start: .*ENOENT/)
})

it('stops waiting for a program when it is interrupted', async () => {
  const interrupt = new AbortController()
  const waiting = start(FOREVER).succeeded(interrupt.signal)
  interrupt.abort(new Error('interrupted'))
  await expect(waiting).rejects.toThrow('interrupted')
})
