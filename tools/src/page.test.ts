/** The page at `/` in a real Chromium. */
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { type Ready, StartCommand } from './testing.ts'

const executablePath = inject('chromium')

// Without Chromium, and without the right to install it, there is nothing to test with: the run says "skipped".
describe.skipIf(!executablePath)('the page', () => {
  let command: StartCommand
  let ready: Ready
  let browser: Browser
  let page: Page
  let errors: string[]
  beforeAll(async () => {
    ;({ command, ready } = await StartCommand.ready())
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
  })
  afterAll(async () => {
    await browser.close()
    command.signal('SIGTERM')
    await command.exited()
  })
  beforeEach(async () => {
    page = await browser.newPage()
    errors = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    await page.goto(ready.url)
  })
  afterEach(async () => {
    await page.close()
    expect(errors).toEqual([])
  })

  const suggestions = () => page.getByRole('option').evaluateAll((items) => items.map((item) => item.dataset.text))

  it('shows suggestions while one types, and how long they took and from which data', async () => {
    await page.getByRole('combobox').pressSequentially('appl')
    await page.waitForFunction(() => document.querySelector('[role=option]')?.getAttribute('data-text') === 'apple')
    expect((await suggestions()).slice(0, 2)).toEqual(['apple', 'apply'])
    expect(await page.getByRole('status').textContent()).toMatch(
      new RegExp(`^\\d+ suggestions in [\\d.]+ ms, data version ${ready.version}$`),
    )
  })

  it('shows Korean', async () => {
    await page.getByRole('combobox').fill('사')
    await page.getByRole('option', { name: '사람' }).waitFor()
  })

  it('is used with the keyboard', async () => {
    const input = page.getByRole('combobox')
    await input.fill('appl')
    await page.getByRole('option').first().waitFor()
    expect(await input.getAttribute('aria-expanded')).toBe('true')
    await input.press('ArrowDown')
    await input.press('ArrowDown')
    expect(await page.getByRole('option', { selected: true }).getAttribute('data-text')).toBe('apply')
    await input.press('Enter')
    expect(await input.inputValue()).toBe('apply')
    expect(await input.getAttribute('aria-expanded')).toBe('false')
  })

  it('is used with the mouse', async () => {
    const input = page.getByRole('combobox')
    await input.fill('appl')
    await page.getByRole('option').nth(1).click()
    expect(await input.inputValue()).toBe('apply')
  })

  it('shows text and not markup', async () => {
    await page.getByRole('combobox').fill('<img src=x>')
    await page.waitForFunction(() => document.querySelector('[role=status]')?.textContent?.startsWith('0 suggestions'))
    expect(await page.locator('img').count()).toBe(0)
  })
})
