import { AutocompleteError, createAutocompleteClient } from './client.js'
import { createCombobox } from './combobox.js'
import { convertedPart } from './composition.js'
import { findExamples } from './examples.js'
import { STRINGS } from './strings.js'

const LIMIT = 8
/** Delay of announcements, in milliseconds, so that a screen reader can first finish reading the typed letters. */
const ANNOUNCE_AFTER_MS = 500
/** Example filters for the demo dataset. The page shows only filters that find something. */
const FILTERS = ['kind:place', 'category:Germany', 'category:Korean word']
/** Valid names of filters, as in the `pattern` attribute of the filter's input element. */
const FILTER_NAME = /^[a-z][a-z0-9_-]{0,31}$/
/** Maximum length of a payload, in characters. Longer payloads are truncated. */
const MAX_PAYLOAD_LENGTH = 80

const byId = (id) => document.getElementById(id)
const input = byId('query')
const list = byId('suggestions')
const filterInput = byId('filter')
const notice = byId('notice')
const announcement = byId('announcement')
const languageButtons = [...document.querySelectorAll('.languages button')]

let strings = STRINGS.en
let announcing

const ask = { url: 'autocomplete', popularUrl: 'popular', limit: LIMIT, parameters: { highlight: '1' } }
let client = createAutocompleteClient(ask)
let filter = ''

const combobox = createCombobox({ input, list, find, show })
byId('clear').addEventListener('click', combobox.clear)
for (const button of languageButtons) {
  button.addEventListener('click', () => {
    setLanguage(button.lang)
    history.replaceState(null, '', `?lang=${button.lang}`)
  })
}
filterInput.addEventListener('change', applyFilter)
filterInput.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.isComposing) return
  applyFilter()
  if (filterInput.validity.valid) combobox.refresh()
  else say(filterFault())
})
setLanguage(firstLanguage())
observeLatency()
await Promise.all([showExamples(), showFilters()])

/**
 * Searches for the typed text. If nothing is found, and an input method has not yet converted the last letters of the
 * text, searches for the part before these letters instead.
 */
async function find(text, isComposing) {
  const found = await suggest(text)
  if (!isComposing || !found?.answer || found.answer.suggestions.length > 0) return found
  const converted = convertedPart(text)
  if (converted === undefined) return found
  const instead = converted.trim() === '' ? found : await suggest(converted)
  return instead && { ...instead, isProvisional: true }
}

/** Gets suggestions for the text, or popular entries if the text is empty. */
async function suggest(text) {
  try {
    const answer = await client.suggest(text)
    return answer && { text, answer }
  } catch (error) {
    if (!(error instanceof AutocompleteError)) throw error
    return { text, error }
  }
}

function show(found) {
  say()
  if (found === undefined) return []
  const { text, answer, error, isProvisional } = found
  if (error) {
    const isBadFilter = error.code === 'bad_filter'
    if (isBadFilter) filterInput.ariaInvalid = 'true'
    say(isBadFilter ? filterFault() : [strings.unavailable])
    return []
  }
  const { suggestions, corrected } = answer
  showVersion(answer)
  if (suggestions.length === 0) {
    if (!isProvisional) say(nothingFound(text.trim()))
    return []
  }
  say(corrected === undefined ? [] : fill(strings.corrected, emphasized(corrected)), strings.count(suggestions.length))
  return suggestions.map((suggestion) => ({ text: suggestion.text, content: optionContent(suggestion) }))
}

function showVersion({ version }) {
  byId('version').textContent = version
}

function nothingFound(text) {
  if (text === '') return filter === '' ? [] : [strings.nonePopular]
  return fill(filter === '' ? strings.none : strings.noneFiltered, emphasized(text))
}

/** Shows a notice, and announces it together with texts that are only for screen readers. */
function say(content = [], ...unseen) {
  notice.replaceChildren(...content)
  announce([notice.textContent, ...unseen].filter((text) => text !== '').join('. '))
}

function applyFilter() {
  filterInput.value = filterInput.value.trim()
  filterInput.ariaInvalid = String(!filterInput.validity.valid)
  if (filterInput.value === filter) return
  filter = filterInput.value
  const parameters = filter === '' ? ask.parameters : { ...ask.parameters, filter }
  client = createAutocompleteClient({ ...ask, parameters })
  combobox.forget()
  for (const button of document.querySelectorAll('#filters button')) {
    button.ariaPressed = String(button.textContent === filter)
  }
}

/** Returns a message that says what is wrong with the filter. */
function filterFault() {
  const [name, ...value] = filter.split(':')
  if (value.length === 0 || value.join(':') === '') return [strings.badFilter]
  return FILTER_NAME.test(name) ? [strings.badFilterValue] : fill(strings.badFilterName, emphasized(name))
}

function optionContent({ text, highlight = [], match, payload }) {
  const content = [inItsLanguage(element('span', ...marked(text, highlight)), text)]
  const details = payloadText(payload)
  if (details !== '') content.push(' ', inItsLanguage(withClass('payload', element('span', details)), details))
  const reason = strings.match[match]
  if (reason) content.push(' ', withClass('reason', element('span', reason)))
  return content
}

/** Returns a payload in one line: `country DE · lat 52.52`. */
function payloadText(payload) {
  const text = payload !== null && typeof payload === 'object' ? fieldsText(payload) : scalarText(payload)
  const characters = [...text]
  return characters.length > MAX_PAYLOAD_LENGTH ? `${characters.slice(0, MAX_PAYLOAD_LENGTH).join('')}…` : text
}

function fieldsText(payload) {
  const isList = Array.isArray(payload)
  const fields = Object.entries(payload).map(([name, value]) =>
    isList ? scalarText(value) : `${name} ${scalarText(value)}`,
  )
  return fields.join(' · ')
}

function scalarText(value) {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** Marks ranges in text. The ranges are in UTF-16 code units, in order, and do not overlap. */
function marked(text, ranges) {
  const nodes = []
  let end = 0
  for (const [from, to] of ranges) {
    if (from > end) nodes.push(text.slice(end, from))
    nodes.push(element('mark', text.slice(from, to)))
    end = to
  }
  return [...nodes, text.slice(end)]
}

/**
 * Sets the language of Korean text, so that screen readers pronounce it correctly. Lets the browser detect the
 * direction of the text, so that punctuation in Arabic and Hebrew is on the correct side.
 */
function inItsLanguage(node, text) {
  node.dir = 'auto'
  if (/\p{Script=Hangul}/u.test(text)) node.lang = 'ko'
  return node
}

function emphasized(text) {
  return inItsLanguage(element('strong', text), text)
}

function fill(template, node) {
  const [before, after] = template.split('{}')
  return [before, node, after]
}

function withClass(name, node) {
  node.className = name
  return node
}

function element(name, ...content) {
  const node = document.createElement(name)
  node.append(...content)
  return node
}

/** Makes screen readers announce text after a delay. Cancels any announcement that is still pending. */
function announce(text) {
  clearTimeout(announcing)
  announcement.textContent = ''
  if (text !== '') {
    announcing = setTimeout(() => {
      announcement.textContent = text
    }, ANNOUNCE_AFTER_MS)
  }
}

/** Shows how long the last answer took, from the start of the request to the last byte of the response. */
function observeLatency() {
  const path = new URL(ask.url, location.href).pathname
  new PerformanceObserver((entries) => {
    for (const { name, duration, responseStatus = 200 } of entries.getEntries()) {
      if (new URL(name).pathname !== path || responseStatus !== 200) continue
      const number = duration.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })
      byId('latency').textContent = `${number} ms`
    }
  }).observe({ type: 'resource', buffered: true })
}

async function showExamples() {
  const target = document.querySelector('#examples ul')
  for (const { text, match } of await findExamples(ask)) {
    const button = buttonFor(text, () => combobox.type(text))
    if (match in STRINGS.en.match) {
      const reason = element('span', strings.match[match])
      reason.dataset.match = match
      button.append(' ', reason)
    }
    target.append(element('li', button))
    byId('examples').hidden = false
  }
}

async function showFilters() {
  for (const name of FILTERS) {
    const client = createAutocompleteClient({ ...ask, limit: 1, debounceMs: 0, parameters: { filter: name } })
    const answer = await client.suggest('').catch(() => undefined)
    if (!answer) continue
    showVersion(answer)
    if (answer.suggestions.length === 0) continue
    const button = buttonFor(name, () => {
      filterInput.value = filter === name ? '' : name
      applyFilter()
      combobox.refresh()
    })
    button.ariaPressed = 'false'
    byId('filters').append(element('li', button))
  }
}

function buttonFor(text, onClick) {
  const button = element('button', inItsLanguage(element('span', text), text))
  button.type = 'button'
  button.addEventListener('click', onClick)
  return button
}

/**
 * Returns the language in the URL, or the first of the browser's languages in which the page is available, or English.
 */
function firstLanguage() {
  const wanted = [new URLSearchParams(location.search).get('lang') ?? '', ...navigator.languages]
  return wanted.map((name) => name.slice(0, 2)).find((name) => Object.hasOwn(STRINGS, name)) ?? 'en'
}

function setLanguage(language) {
  strings = STRINGS[language]
  document.documentElement.lang = language
  for (const button of languageButtons) button.setAttribute('aria-pressed', String(button.lang === language))
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = strings[node.dataset.text]
  for (const node of document.querySelectorAll('[data-label]')) node.ariaLabel = strings[node.dataset.label]
  for (const node of document.querySelectorAll('[data-match]')) node.textContent = strings.match[node.dataset.match]
  combobox.dismiss()
}
