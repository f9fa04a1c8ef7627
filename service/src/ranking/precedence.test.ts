import { expect, it } from 'vitest'
import { Precedence } from './precedence.ts'

/** Returns an answer that is pending until `end` is called. */
function openAnswer() {
  let end: () => void = () => {}
  const done = new Promise<void>((resolve) => {
    end = resolve
  })
  return { answer: () => done, end }
}

it('lets a bulk batch continue immediately if no other batch is running', async () => {
  await new Precedence().yieldToOthers(60_000)
})

it('keeps a bulk batch waiting until all other batches are answered', async () => {
  const precedence = new Precedence()
  const events: string[] = []
  const [first, second] = [openAnswer(), openAnswer()]
  const answers = [precedence.run(first.answer), precedence.run(second.answer)]
  const waits = [1, 2].map((bulk) => precedence.yieldToOthers(60_000).then(() => events.push(`bulk ${bulk}`)))
  first.end()
  await answers[0]
  events.push('first')
  second.end()
  await answers[1]
  events.push('second')
  await Promise.all(waits)
  expect(events.slice(0, 1)).toEqual(['first'])
  expect(events.toSorted()).toEqual(['bulk 1', 'bulk 2', 'first', 'second'])
})

it('lets batches begin that arrive while a bulk batch is running', async () => {
  const precedence = new Precedence()
  const events: string[] = []
  setImmediate(() => void precedence.run(async () => events.push('batch')))
  await precedence.yieldToOthers(60_000)
  events.push('bulk')
  expect(events).toEqual(['batch', 'bulk'])
})

it('lets a bulk batch continue after some time if there is always another batch', async () => {
  const precedence = new Precedence()
  const endless = openAnswer()
  const answered = precedence.run(endless.answer)
  await precedence.yieldToOthers(1)
  endless.end()
  await answered
})

it('lets bulk batches continue after a batch has failed', async () => {
  const precedence = new Precedence()
  await expect(precedence.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  await precedence.yieldToOthers(60_000)
})
