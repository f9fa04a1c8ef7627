/** Tests the client and the combobox on a page of another origin, with its own form and a strict security policy. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { TestRedis } from '../service/src/testing/redis.ts'
import { TestService } from '../service/src/testing/service.ts'
import { startBrowser } from './browser.ts'

const executablePath = inject('chromium')

const ENTRIES = ['apple', 'apply', 'banana'].map((text, at) => ({ text, weight: 9 - at }))

/** A search form that reads from right to left, and a custom element with a search form in its shadow tree. */
const HTML = `<!doctype html>
<html lang="ar" dir="rtl">
<title>Shop</title>
<script type="module" src="/shop.js"></script>
<form action="/results">
  <input name="q" aria-label="Search" role="combobox" aria-controls="found" aria-expanded="false" autocomplete="off">
  <button>Go</button>
  <ul id="found" role="listbox" aria-label="Suggestions" hidden></ul>
</form>
<shop-search></shop-search>
</html>`

const script = (service: string) => `
import { createAutocompleteClient } from '${service}/client.js'
import { createCombobox } from '${service}/combobox.js'

function connect(root) {
  const { suggest } = createAutocompleteClient({ url: '${service}/autocomplete', debounceMs: 20 })
  const find = async (text) => {
    const answer = await suggest(text)
    return answer && { suggestions: answer.suggestions }
  }
  const show = ({ suggestions } = { suggestions: [] }) => suggestions.map(({ text }) => ({ text, content: [text] }))
  return createCombobox({ input: root.querySelector('input'), list: root.querySelector('ul'), find, show })
}

class ShopSearch extends HTMLElement {
  connectedCallback() {
    this.attachShadow({ mode: 'open' }).append(document.querySelector('form').cloneNode(true))
    connect(this.shadowRoot)
  }
}
customElements.define('shop-search', ShopSearch)
globalThis.combobox = connect(document)
globalThis.events = []
for (const type of ['input', 'change']) {
  document.addEventListener(type, ({ target, bubbles }) => events.push([type, target.value, bubbles]))
}
document.body.dataset.ready = ''
`

// Skipped if Chromium is missing and cannot be installed.
describe.skipIf(!executablePath)('on a page of another origin', () => {
  let redis: TestRedis
  let service: TestService
  let shop: Server
  let url: string
  let browser: Browser
  let page: Page
  /** Browser errors, and violations of the content security policy. */
  let complaints: string[]
  beforeAll(async () => {
    shop = createServer(({ url = '' }, response) => {
      const policy = `default-src 'none'; script-src 'self' ${service.url}; connect-src ${service.url}; img-src 'self'`
      response.setHeader('Content-Security-Policy', `${policy}; require-trusted-types-for 'script'`)
      const isScript = url === '/shop.js'
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
      response.end(isScript ? script(service.url) : HTML)
    }).listen(0, '127.0.0.1')
    await once(shop, 'listening')
    url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`
    redis = await TestRedis.start(ENTRIES)
    service = await TestService.start({ REDIS_NODES: redis.node, CORS_ORIGINS: url })
    browser = await startBrowser(executablePath as string)
  })
  afterAll(async () => {
    await browser.close()
    shop.closeAllConnections()
    shop.close()
    await service.stop()
    await redis.close()
  })
  beforeEach(async () => {
    complaints = []
    page = await browser.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(url)
    await page.locator('body[data-ready]').waitFor()
  })
  afterEach(async () => {
    await page.close()
    expect(complaints).toEqual([])
  })

  const form = () => page.locator('body > form')
  const input = () => form().getByRole('combobox')
  const options = () => form().getByRole('option')
  const query = () => new URL(page.url()).search

  it('suggests, and submits the form only with the second Enter if the first one chooses', async () => {
    await input().fill('app')
    await options().first().waitFor()
    expect(await options().allTextContents()).toEqual(['apple', 'apply'])
    await input().press('ArrowDown')
    await input().press('Enter')
    expect([await input().inputValue(), query()]).toEqual(['apple', ''])
    await input().press('Enter')
    await page.waitForURL('**/results?q=apple')
  })

  it('submits the form with Enter while the list is open, unless a suggestion is selected', async () => {
    await input().fill('app')
    await options().first().waitFor()
    await input().press('Enter')
    await page.waitForURL('**/results?q=app')
  })

  it('does not open the list for an answer that arrives after Enter', async () => {
    await page.evaluate(() =>
      document.querySelector('form')?.addEventListener('submit', (event) => event.preventDefault()),
    )
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    await page.route(/q=app/, async (route) => {
      await held
      await route.continue()
    })
    const requested = page.waitForRequest(/q=app/)
    await input().fill('app')
    await requested
    await input().press('Enter')
    const answered = page.waitForResponse(/q=app/)
    release()
    await answered
    await page.waitForTimeout(100)
    expect(await options().count()).toBe(0)
  })

  it('closes the list and reports the error if a search fails', async () => {
    await input().fill('app')
    await options().first().waitFor()
    await page.route(/q=banana/, (route) => route.abort())
    const failed = page.waitForEvent('pageerror')
    await input().fill('banana')
    expect((await failed).message).toContain('no readable answer')
    expect(await options().count()).toBe(0)
    await input().press('ArrowDown')
    await page.unroute(/q=banana/)
    await input().press('ArrowDown')
    await options().first().waitFor()
    expect(await options().allTextContents()).toEqual(['banana'])
    expect(complaints.splice(0)).toContain((await failed).message)
  })

  it('fires the events of a field that the user has changed', async () => {
    await input().pressSequentially('ap')
    await options().nth(1).click()
    await input().press('Escape')
    const events = await page.evaluate(() => (globalThis as unknown as { events: unknown[] }).events)
    expect(events).toEqual([
      ...['a', 'ap', 'apply'].map((text) => ['input', text, true]),
      ['change', 'apply', true],
      ['input', '', true],
      ['change', '', true],
    ])
  })

  it('changes fields whose property is replaced, as by React', async () => {
    // React replaces the property `value` of a field. React ignores an event if the text of the field equals the text
    // that was last written through the replaced property.
    const changes = await page.evaluateHandle(() => {
      const field = document.querySelector('input') as HTMLInputElement
      const { get, set } = Object.getOwnPropertyDescriptor(
        HTMLInputElement.prototype,
        'value',
      ) as Required<PropertyDescriptor>
      let known = ''
      const write = (text: string) => {
        known = text
        set.call(field, text)
      }
      Object.defineProperty(field, 'value', { get: () => get.call(field), set: write })
      const changes: string[] = []
      field.addEventListener('input', () => {
        if (get.call(field) === known) return
        known = get.call(field)
        changes.push(known)
      })
      return changes
    })
    await input().fill('app')
    await options().first().click()
    expect(await changes.jsonValue()).toEqual(['app', 'apple'])
  })

  it('works in a shadow tree, next to another instance with the same ids', async () => {
    const own = page.locator('shop-search')
    await own.getByRole('combobox').fill('app')
    await own.getByRole('option').first().waitFor()
    expect(await options().count()).toBe(0)
    await own.getByRole('combobox').press('ArrowUp')
    expect(await own.getByRole('option', { selected: true }).allTextContents()).toEqual(['apply'])
    await own.getByRole('option', { name: 'apple' }).click()
    expect(await own.getByRole('combobox').inputValue()).toBe('apple')
    expect(await input().inputValue()).toBe('')
  })

  it('does nothing after it was destroyed', async () => {
    await input().fill('app')
    await options().first().waitFor()
    await page.evaluate(() => (globalThis as unknown as { combobox: { destroy(): void } }).combobox.destroy())
    expect(await form().getByRole('listbox').isVisible()).toBe(false)
    await input().press('ArrowDown')
    await input().fill('banana')
    await page.waitForTimeout(100)
    expect(await form().getByRole('listbox').isVisible()).toBe(false)
    expect(await input().getAttribute('aria-expanded')).toBe('false')
  })
})
