/** Tests the page at `/` in Chromium with the real service. */
import { once } from 'node:events'
import { get } from 'node:http'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { demoEntries } from '../service/src/dataset/demo.ts'
import type { Entry } from '../service/src/dataset/entry.ts'
import { TestRedis } from '../service/src/testing/redis.ts'
import { startRedis, startService } from '../service/src/testing/running-service.ts'
import { TestService } from '../service/src/testing/service.ts'
import { startBrowser } from './browser.ts'

const executablePath = inject('chromium')

const MARKUP = '<img src=x onerror=document.title="run">'
/** A text that is longer than the maximum length of a query. */
const LONG_TEXT = `${'lengthy '.repeat(12)}title`
const TEXTS = [
  ...[
    'apple',
    'apply',
    'applause',
    'application',
    'apples',
    'applied',
    'applying',
    'appliance',
    'applicant',
    'tomorrow',
    'san francisco',
  ],
  ...['사람', '사랑', '사과', '안녕', '안녕하세요', '장바구니'],
  ...['すし', '北京大学', 'כלב (2)', LONG_TEXT],
  // The letters before the part that is highlighted have two UTF-16 code units each.
  ...['𝕏𝕏 grand total', `zebra ${MARKUP}`],
]
const ENTRIES = TEXTS.map((text, index) => ({
  text,
  weight: 1000 - index,
  ...(/[가-힣]/.test(text) && { contexts: { category: ['Korean word'] } }),
  ...(text === 'san francisco' && { payload: { country: 'US', lat: 37.77, tags: ['bay', 'west'] } }),
  // Each character has two UTF-16 code units.
  ...(text === 'tomorrow' && { payload: '𝕏'.repeat(100) }),
}))
const FIRST_EIGHT = ENTRIES.slice(0, 8).map(({ text }) => text)

// Skipped if Chromium is missing and cannot be installed.
describe.skipIf(!executablePath)('the page', () => {
  let redis: TestRedis
  let service: TestService
  let browser: Browser
  let page: Page
  /** Browser errors, and violations of the content security policy. */
  let complaints: string[]
  beforeAll(async () => {
    redis = await TestRedis.start(ENTRIES)
    service = await TestService.start({ REDIS_NODES: redis.node })
    browser = await startBrowser(executablePath as string)
  })
  afterAll(async () => {
    await browser.close()
    await service.stop()
    await redis.close()
  })
  beforeEach(async () => {
    complaints = []
    await open({})
  })
  afterEach(async () => {
    await page.context().close()
    expect(complaints).toEqual([])
  })

  async function open(options: BrowserContextOptions, path = '/'): Promise<void> {
    await page?.context().close()
    page = await browser.newPage({ locale: 'en-US', ...options })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(service.url + path)
  }

  const input = () => page.getByRole('combobox')
  const options = () => page.getByRole('option')
  const texts = () => page.locator('[role=option] > span:first-child').allTextContents()
  const activeText = async () => {
    const id = await input().getAttribute('aria-activedescendant')
    return id === null ? null : page.locator(`#${id} > span:first-child`).textContent()
  }
  const isExpanded = async () => {
    const expanded = await input().getAttribute('aria-expanded')
    expect(await page.getByRole('listbox').isVisible()).toBe(expanded === 'true')
    return expanded === 'true'
  }
  const announced = (text: string) =>
    page.getByRole('status').getByText(text, { exact: true }).waitFor({ state: 'attached' })
  /** Types the text and waits for its suggestions. */
  const type = async (text: string) => {
    await input().fill(text)
    await options().first().waitFor()
  }

  it('shows the data version before the user types', async () => {
    const { version } = (await (await service.get('/ready')).json()) as { version: string }
    await page.locator('#version').getByText(version, { exact: true }).waitFor()
    expect(await input().inputValue()).toBe('')
  })

  describe('with the keyboard', () => {
    it('suggests while the user types, and shows the latency', async () => {
      await input().pressSequentially('appl')
      await options().nth(7).waitFor()
      expect(await texts()).toEqual(FIRST_EIGHT)
      expect(await isExpanded()).toBe(true)
      await page
        .locator('#latency')
        .getByText(/^[\d,.]+ ms$/)
        .waitFor()
    })

    it('moves through the suggestions and wraps around, without changing the text', async () => {
      await type('appl')
      expect(await activeText()).toBeNull()
      await input().press('ArrowDown')
      expect(await activeText()).toBe('apple')
      await input().press('ArrowDown')
      expect(await activeText()).toBe('apply')
      expect(await page.getByRole('option', { selected: true }).count()).toBe(1)
      expect(await page.getByRole('option', { selected: true }).textContent()).toContain('apply')
      await input().press('ArrowUp')
      await input().press('ArrowUp')
      expect(await activeText()).toBe('appliance')
      await input().press('ArrowDown')
      expect(await activeText()).toBe('apple')
      expect(await input().inputValue()).toBe('appl')
    })

    it('chooses with Enter', async () => {
      await type('appl')
      await input().press('ArrowDown')
      await input().press('ArrowDown')
      await input().press('Enter')
      expect(await input().inputValue()).toBe('apply')
      expect(await isExpanded()).toBe(false)
      expect(await activeText()).toBeNull()
    })

    it('closes the list with Enter if no suggestion is active, and keeps the text', async () => {
      await type('appl')
      await input().press('Enter')
      expect(await isExpanded()).toBe(false)
      expect(await input().inputValue()).toBe('appl')
    })

    it('closes the list with Escape, and clears the text with a second Escape', async () => {
      await type('appl')
      await input().press('ArrowDown')
      await input().press('Escape')
      expect(await isExpanded()).toBe(false)
      expect(await activeText()).toBeNull()
      expect(await input().inputValue()).toBe('appl')
      await input().press('Escape')
      expect(await input().inputValue()).toBe('')
    })

    it('reopens a closed list at the first suggestion, at the last one, or at none', async () => {
      await type('appl')
      await input().press('Escape')
      await input().press('ArrowDown')
      expect(await activeText()).toBe('apple')
      await input().press('Escape')
      await input().press('ArrowUp')
      expect(await activeText()).toBe('appliance')
      await input().press('Alt+ArrowUp')
      expect(await isExpanded()).toBe(false)
      await input().press('Alt+ArrowDown')
      expect(await isExpanded()).toBe(true)
      expect(await activeText()).toBeNull()
    })

    it('opens the list for a chosen text, even though this text has not been queried yet', async () => {
      await type('appl')
      await input().press('ArrowDown')
      await input().press('Enter')
      await input().press('ArrowDown')
      await options().first().waitFor()
      expect(await texts()).toEqual(['apple', 'apples'])
      expect(await activeText()).toBe('apple')
    })

    it('returns from the suggestions to the text with Home, End, Left, Right, or a letter', async () => {
      await type('appl')
      for (const key of ['Home', 'End', 'ArrowLeft', 'ArrowRight', 'i']) {
        await input().press('ArrowDown')
        expect(await activeText()).not.toBeNull()
        await input().press(key)
        expect(await activeText()).toBeNull()
      }
      expect(await input().inputValue()).toBe('appli')
      await input().press('Home')
      expect(await input().evaluate((element: HTMLInputElement) => element.selectionStart)).toBe(0)
    })

    it('moves the focus with Tab and closes the list', async () => {
      await type('appl')
      await input().press('ArrowDown')
      await input().press('Tab')
      expect(await isExpanded()).toBe(false)
      expect(await input().inputValue()).toBe('appl')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('clear')
      await page.keyboard.press('Enter')
      expect(await input().inputValue()).toBe('')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('query')
    })

    it('closes the list when the text is cleared', async () => {
      await type('appl')
      await input().fill('')
      expect(await isExpanded()).toBe(false)
    })
  })

  it('chooses with the mouse and keeps the focus', async () => {
    await type('appl')
    await options().nth(1).click()
    expect(await input().inputValue()).toBe('apply')
    expect(await isExpanded()).toBe(false)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('query')
  })

  it('chooses by touch', async () => {
    await open({ hasTouch: true, isMobile: true, viewport: { width: 320, height: 640 } })
    await type('appl')
    await options().nth(2).tap()
    expect(await input().inputValue()).toBe('applause')
    expect(await isExpanded()).toBe(false)
  })

  it('fits a screen 320 pixels wide', async () => {
    await open({ viewport: { width: 320, height: 640 } })
    await type('zebra')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
  })

  describe('examples', () => {
    const examples = () => page.locator('#examples button').allTextContents()

    it('are derived from the data, each with the kind of match that it finds', async () => {
      await page.locator('#examples button').nth(3).waitFor()
      expect(await examples()).toEqual(['app', 'francisco san by word', 'appluse typo', 'ㅅㄹ initials'])
      await page.locator('#examples button').nth(1).click()
      await options().first().waitFor()
      expect(await input().inputValue()).toBe('francisco san')
      expect(await texts()).toEqual(['san francisco'])
    })

    it('do not contain queries of the demo that match in another way', async () => {
      await withData([
        { text: 'Sanford Gr', weight: 2 },
        { text: 'Hello Kitty', weight: 1 },
      ])
      await page.locator('#examples button').nth(1).waitFor()
      expect(await examples()).toEqual(['sanf', 'gr sanford by word', 'sanord typo'])
    })

    it('are missing if none can be derived', async () => {
      await withData([{ text: '42', weight: 1 }])
      await page.waitForLoadState('networkidle')
      expect(await page.locator('#examples').isVisible()).toBe(false)
    })

    it('show each kind of match in the demo', async () => {
      await withData(await demoEntries())
      await page.locator('#examples button').nth(6).waitFor()
      expect(await examples()).toEqual([
        'san f',
        'york new by word',
        'tomorow typo',
        '고마ㅇ half-typed',
        'ㅎㄱ initials',
        'dkssud keyboard layout',
        'ㅗ디ㅣㅐ keyboard layout',
      ])
    })

    /** Opens the page of another service with these entries. */
    async function withData(entries: Entry[]): Promise<void> {
      const { node } = await startRedis(entries)
      const { url } = await startService({ REDIS_NODES: node })
      await page.goto(url)
    }
  })

  describe('details of a suggestion', () => {
    const marks = () => page.locator('[role=option] mark').allTextContents()

    it('marks the matched part', async () => {
      await type('appli')
      expect(await marks()).toEqual(Array(await options().count()).fill('appli'))
      await input().fill('total gr')
      await options().getByText('grand').waitFor()
      expect(await texts()).toEqual(['𝕏𝕏 grand total'])
      expect(await marks()).toEqual(['gr', 'total'])
      expect(await options().textContent()).toBe('𝕏𝕏 grand total by word')
    })

    it('has the direction of its script, like the field', async () => {
      const areRightToLeft = () =>
        page.evaluate(() =>
          [...document.querySelectorAll('#query, [role=option] > span:first-child')].map((node) =>
            node.matches(':dir(rtl)'),
          ),
        )
      await type('כלב')
      expect(await areRightToLeft()).toEqual([true, true])
      await input().fill('san fr')
      await options().getByText('san').waitFor()
      expect(await areRightToLeft()).toEqual([false, false])
    })

    it('shows the corrected query and the reason', async () => {
      await type('tomorow')
      expect(await page.locator('#notice').textContent()).toBe('Showing results for tomorrow')
      expect(await options().locator('.reason').textContent()).toBe('typo')
      await announced('Showing results for tomorrow. 1 suggestion')
      await input().fill('dkssud')
      await page.locator('#notice').getByText('Showing results for 안녕').waitFor()
      expect(await options().allTextContents()).toEqual(['안녕 keyboard layout', '안녕하세요 keyboard layout'])
      await input().press('Escape')
      expect(await page.locator('#notice').textContent()).toBe('')
    })

    it('shows the reason in Korean', async () => {
      await open({ locale: 'ko-KR' })
      await type('tomorow')
      expect(await page.locator('#notice').textContent()).toBe('tomorrow 검색 결과입니다')
      expect(await options().locator('.reason').textContent()).toBe('오타')
    })
  })

  describe('the payload of a suggestion', () => {
    const payload = () => page.locator('[role=option] .payload').textContent()

    it('is shown with its fields', async () => {
      await type('san')
      expect(await payload()).toBe('country US · lat 37.77 · tags ["bay","west"]')
    })

    it('is truncated if it is long', async () => {
      await type('tomorrow')
      expect(await payload()).toBe(`${'𝕏'.repeat(80)}…`)
    })

    it('is not shown if the entry has none', async () => {
      await type('appl')
      expect(await page.locator('.payload').count()).toBe(0)
    })
  })

  describe('with a filter', () => {
    const filter = () => page.getByRole('textbox', { name: 'Filter' })
    const chip = () => page.getByRole('button', { name: 'category:Korean word' })
    const KOREAN = ['사람', '사랑', '사과', '안녕', '안녕하세요', '장바구니']
    const suggested = async (expected: readonly string[]) => {
      await page.waitForFunction(
        (count) => document.querySelectorAll('[role=option]').length === count,
        expected.length,
      )
      expect(await texts()).toEqual(expected)
    }

    it('suggests only entries that match it', async () => {
      await filter().fill('category:Korean word')
      await filter().press('Enter')
      await suggested(KOREAN)
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('query')
      await input().fill('안')
      await suggested(['안녕', '안녕하세요'])
      await input().fill('appl')
      await page.locator('#notice').getByText('Nothing found for appl with this filter').waitFor()
      await filter().fill('')
      await filter().press('Enter')
      await suggested(FIRST_EIGHT)
    })

    it('offers an example that has suggestions in the data, and can remove it', async () => {
      await chip().click()
      await suggested(KOREAN)
      expect(await filter().inputValue()).toBe('category:Korean word')
      expect(await chip().getAttribute('aria-pressed')).toBe('true')
      await expectAccessible()
      expect(await page.locator('#filters button').count()).toBe(1)
      await chip().click()
      await suggested(FIRST_EIGHT)
      expect(await filter().inputValue()).toBe('')
      expect(await chip().getAttribute('aria-pressed')).toBe('false')
    })

    it('repeats the query when the filter changes', async () => {
      await type('사')
      await input().press('Escape')
      await filter().fill('kind:place')
      await filter().press('Tab')
      await input().focus()
      await input().press('ArrowDown')
      await page.locator('#notice').getByText('Nothing found for 사 with this filter').waitFor()
      await input().fill('')
      await input().press('ArrowDown')
      await page.locator('#notice').getByText('Nothing found with this filter').waitFor()
    })

    it('shows the expected form of an invalid filter', async () => {
      const sentence = 'A filter has the form name:value, such as category:fruit'
      await filter().fill('fruit')
      await filter().press('Enter')
      await announced(sentence)
      expect(await page.locator('#notice').textContent()).toBe(sentence)
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('filter')
      expect(await filter().getAttribute('aria-invalid')).toBe('true')
      await expectAccessible()
      const refused = page.waitForEvent('console', (message) => message.text().includes('status of 400'))
      await input().fill('appl')
      await refused
      await page.locator('#notice').getByText(sentence).waitFor()
      expect(await isExpanded()).toBe(false)
      // Ignore the message that Chromium logs for every answer with an error status.
      complaints = complaints.filter((text) => !text.includes('status of 400'))
      await filter().fill('category:Korean word')
      await filter().press('Enter')
      await page.locator('#notice').getByText('Nothing found for appl with this filter').waitFor()
      expect(await filter().getAttribute('aria-invalid')).toBe('false')
    })
  })

  it.each([
    ['Vendor:Sony', /^The filter name Vendor is invalid: a name begins with a lower-case letter/],
    [`vendor:${'x'.repeat(65)}`, /^The value of a filter has at most 64 characters/],
    ['vendor:', /^A filter has the form name:value/],
  ])('says what is wrong with the filter %s', async (text, sentence) => {
    const filter = page.getByRole('textbox', { name: 'Filter' })
    await filter.fill(text)
    await filter.press('Enter')
    await page.locator('#notice').getByText(sentence).waitFor()
    expect(await filter.getAttribute('aria-invalid')).toBe('true')
  })

  it('queries only the beginning of a text that is too long for a query', async () => {
    await type('lengthy')
    await input().press('ArrowDown')
    await input().press('Enter')
    expect(await input().inputValue()).toBe(LONG_TEXT)
    await input().press('Backspace')
    await options().first().waitFor()
    expect(await texts()).toEqual([LONG_TEXT])
    expect(await page.locator('#notice').textContent()).toBe('')
  })

  it('shows popular entries when the list is opened without a text', async () => {
    await input().press('ArrowDown')
    await options().first().waitFor()
    expect(await texts()).toEqual(FIRST_EIGHT)
    expect(await activeText()).toBe('apple')
  })

  describe('for a screen reader', () => {
    it('announces the number of suggestions for each text, and nothing once the list is closed', async () => {
      const status = page.getByRole('status')
      await type('appl')
      await announced('8 suggestions')
      await input().fill('apples')
      await announced('1 suggestion')
      await input().press('Escape')
      expect(await status.textContent()).toBe('')
    })

    it('names the field and the list, and marks Korean text as Korean', async () => {
      await page.getByRole('combobox', { name: 'Type a few letters' }).fill('사')
      const list = page.getByRole('listbox', { name: 'Suggestions' })
      await list.waitFor()
      expect(await input().getAttribute('aria-controls')).toBe(await list.getAttribute('id'))
      expect(await input().getAttribute('aria-autocomplete')).toBe('list')
      expect(await options().first().locator('span').first().getAttribute('lang')).toBe('ko')
    })

    it('says that nothing was found', async () => {
      await input().fill('qqzzxx')
      await announced('Nothing found for qqzzxx')
      expect(await page.locator('#notice').textContent()).toBe('Nothing found for qqzzxx')
      expect(await isExpanded()).toBe(false)
    })
  })

  describe('with an input method', () => {
    let session: CDPSession
    /** Makes the input method show the text as provisional. */
    const compose = (text: string) =>
      session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
    const commit = (text: string) => session.send('Input.insertText', { text })
    beforeEach(async () => {
      session = await page.context().newCDPSession(page)
      await input().focus()
    })

    it('suggests for a syllable while it is composed', async () => {
      await compose('사')
      await options().first().waitFor()
      expect(await texts()).toEqual(['사람', '사랑', '사과'])
      await compose('살')
      await compose('사')
      await commit('사')
      await compose('과')
      await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1)
      expect(await texts()).toEqual(['사과'])
      expect(await input().inputValue()).toBe('사과')
    })

    it('matches an unfinished syllable and marks it', async () => {
      await commit('장바')
      await compose('ㄱ')
      await options().getByText('half-typed').waitFor()
      expect(await texts()).toEqual(['장바구니'])
      expect(await page.locator('mark').allTextContents()).toEqual(['장바구'])
    })

    /** Composes the text and waits until the page has the answer to the query. */
    const composeAndWait = async (text: string, query = text) => {
      const answered = page.waitForResponse((response) => new URL(response.url()).searchParams.get('q') === query)
      await compose(text)
      await (await answered).finished()
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)))
    }
    const noticed = () => page.locator('#notice').textContent()

    it('keeps the suggestions for kana until the next letter is converted', async () => {
      await compose('す')
      await options().first().waitFor()
      expect(await texts()).toEqual(['すし'])
      await composeAndWait('すｓ')
      expect(await texts()).toEqual(['すし'])
      expect([await isExpanded(), await noticed()]).toEqual([true, ''])
      await composeAndWait('すし')
      expect(await texts()).toEqual(['すし'])
    })

    it('says that nothing was found if the letter is not converted', async () => {
      await compose('す')
      await options().first().waitFor()
      await composeAndWait('すｓ')
      await commit('すｓ')
      await page.locator('#notice').getByText('Nothing found for すｓ').waitFor()
      expect(await isExpanded()).toBe(false)
    })

    it('shows no notice for pinyin that is not converted yet', async () => {
      await composeAndWait("bei'jin")
      expect([await isExpanded(), await noticed()]).toEqual([false, ''])
      await commit('北京')
      await options().first().waitFor()
      expect(await texts()).toEqual(['北京大学'])
      await composeAndWait('daxu', '北京daxu')
      expect([await isExpanded(), await noticed()]).toEqual([true, ''])
    })

    it('says that nothing was found for a syllable while it is composed', async () => {
      await compose('뷁')
      await page.locator('#notice').getByText('Nothing found for 뷁').waitFor()
    })

    it('does not handle keys that belong to the input method', async () => {
      await compose('사')
      await options().first().waitFor()
      for (const key of ['ArrowDown', 'ArrowUp', 'Enter', 'Escape']) {
        await page.keyboard.press(key)
        expect(await activeText()).toBeNull()
        expect(await isExpanded()).toBe(true)
        expect(await input().inputValue()).toBe('사')
      }
    })

    it('does not handle the key that ended the composition, as sent by Safari', async () => {
      await compose('사')
      await options().first().waitFor()
      await commit('사')
      await page.keyboard.press('ArrowDown')
      const active = await activeText()
      expect(active).not.toBeNull()
      for (const key of ['ArrowDown', 'Enter', 'Escape']) {
        await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, windowsVirtualKeyCode: 229 })
        expect(await isExpanded()).toBe(true)
        expect(await activeText()).toBe(active)
      }
      await page.keyboard.press('Enter')
      expect(await input().inputValue()).toBe(active)
    })

    it('chooses by click while a syllable is composed, and discards the syllable', async () => {
      await compose('사')
      await options().first().waitFor()
      await options().nth(2).click()
      expect(await input().inputValue()).toBe('사과')
      expect(await isExpanded()).toBe(false)
      await page.keyboard.type('!')
      expect(await input().inputValue()).toBe('사과!')
    })
  })

  it('shows markup in entries and queries as plain text', async () => {
    await type('zebra')
    expect(await texts()).toEqual([`zebra ${MARKUP}`])
    await input().press('ArrowDown')
    await input().press('Enter')
    expect(await input().inputValue()).toBe(`zebra ${MARKUP}`)
    await input().fill('<b>qqzzxx</b>')
    await page.locator('#notice').getByText('Nothing found for <b>qqzzxx</b>').waitFor()
    expect(await page.locator('main img, main b').count()).toBe(0)
    expect(await page.title()).toBe('Autocomplete')
  })

  it('loads scripts and styles only from the service', async () => {
    const policy = (await service.get('/')).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    expect((await service.get('/page.js')).headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('gets 304 for an unchanged file', async () => {
    const etag = (await service.get('/page.js')).headers.get('etag') as string
    // Node.js's fetch adds `Cache-Control: no-cache`, which rules out a 304.
    const [response] = await once(get(`${service.url}/page.js`, { headers: { 'If-None-Match': etag } }), 'response')
    response.resume()
    expect(response.statusCode).toBe(304)
  })

  describe('when the service cannot answer', () => {
    afterEach(async () => {
      // Restart Redis, because later tests need its data.
      await redis.kill()
      await redis.run()
      while ((await service.get('/ready')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20))
    })

    it('shows an error, and tries again at the next keystroke', async () => {
      await type('appl')
      await redis.kill()
      const sentence = 'The service cannot answer right now. Keep typing to try again'
      await input().pressSequentially('i')
      await announced(sentence)
      expect(await page.locator('#notice').textContent()).toBe(sentence)
      expect(await isExpanded()).toBe(false)
      await expectAccessible()
      await redis.run()
      while ((await service.get('/ready')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20))
      await input().pressSequentially('c')
      await options().first().waitFor()
      expect(await texts()).toEqual(['application', 'applicant'])
      expect(await page.locator('#notice').textContent()).toBe('')
      // Ignore the message that Chromium logs for every answer with an error status.
      complaints = complaints.filter((text) => !text.includes('status of 503'))
    })
  })

  describe('in Korean', () => {
    it('uses the language of the browser', async () => {
      await open({ locale: 'ko-KR' })
      expect(await page.locator('html').getAttribute('lang')).toBe('ko')
      await page.getByRole('combobox', { name: '몇 글자만 입력해 보세요' }).fill('사')
      await page.getByRole('listbox', { name: '추천 검색어' }).waitFor()
      await announced('추천 검색어 3개')
      await input().fill('qqzzxx')
      await announced('qqzzxx에 맞는 검색어가 없습니다')
    })

    it('uses the language that the user picks, even after a reload', async () => {
      await page.getByRole('button', { name: '한국어' }).click()
      for (const again of [false, true]) {
        if (again) await page.reload()
        expect(await page.locator('html').getAttribute('lang')).toBe('ko')
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('첫 글자부터 자동완성')
        expect(await page.getByRole('button', { name: '한국어' }).getAttribute('aria-pressed')).toBe('true')
      }
      await page.getByRole('button', { name: 'English' }).click()
      expect(await page.locator('html').getAttribute('lang')).toBe('en')
      await type('appl')
      await announced('8 suggestions')
    })

    it('has every sentence in both languages', async () => {
      const words = async () =>
        page.evaluate(() => [
          ...[...document.querySelectorAll('[data-text]')].map((node) => node.textContent),
          ...[...document.querySelectorAll('[data-label]')].map((node) => node.ariaLabel),
        ])
      const english = await words()
      await page.getByRole('button', { name: '한국어' }).click()
      const korean = await words()
      expect(korean.every((text) => /[가-힣]/.test(text ?? ''))).toBe(true)
      expect(english.some((text) => /[가-힣]/.test(text ?? ''))).toBe(false)
    })
  })

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    it.each(['en-US', 'ko-KR'])('has no violations in axe, in %s', async (locale) => {
      await open({ locale, colorScheme })
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(14, 16, 20)' : 'rgb(245, 246, 248)')
      await page.locator('#examples').waitFor()
      await expectAccessible()
      await type('appl')
      await expectAccessible()
      await input().press('ArrowDown')
      await expectAccessible()
      await type('tomorow')
      await page.locator('#notice:not(:empty)').waitFor()
      await expectAccessible()
      await input().fill('qqzzxx')
      await page.getByRole('listbox').waitFor({ state: 'hidden' })
      await expectAccessible()
    })
  })

  async function expectAccessible(): Promise<void> {
    // Wait for transitions to finish, because colors need not be readable during them.
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)))
    await page.evaluate(axe.source)
    const violations = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: typeof import('axe-core') }
      const { violations } = await axe.run()
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })
    expect(violations).toEqual([])
  }
})
