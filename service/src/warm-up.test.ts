import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { warmUp } from './warm-up.ts'

/** Creates a listener that answers every request with `{}` and records its URL. */
function listener() {
  const asked: string[] = []
  const listen: RequestListener = (req, res) => {
    asked.push(req.url as string)
    res.end('{}')
  }
  return { asked, listen }
}

describe('the warm-up', () => {
  it('types texts letter by letter, up to the number of requests', async () => {
    const { asked, listen } = listener()
    await warmUp(listen, ['ab', '사과'], 4)
    expect(asked.sort()).toEqual([
      '/autocomplete?q=%EC%82%AC',
      '/autocomplete?q=%EC%82%AC%EA%B3%BC',
      '/autocomplete?q=a',
      '/autocomplete?q=ab',
    ])
  })

  it('starts over when there are few texts', async () => {
    const { asked, listen } = listener()
    await warmUp(listen, ['a'], 50)
    expect(asked).toHaveLength(50)
  })

  it.each([
    ['no keys', [], 100],
    ['no requests', ['a'], 0],
  ])('does nothing with %s', async (_, keys, requests) => {
    const { asked, listen } = listener()
    await warmUp(listen, keys, requests)
    expect(asked).toEqual([])
  })

  it('ends even if no request is answered', async () => {
    const asked: unknown[] = []
    await warmUp((req) => void asked.push(req), ['abc'], 100)
    expect(asked).not.toEqual([])
  })

  it('ends even if connections break', async () => {
    await warmUp((_, res) => void res.socket?.destroy(), ['abc'], 100)
  })
})
