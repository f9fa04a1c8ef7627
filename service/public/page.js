import { AutocompleteError, createAutocompleteClient } from './client.js'
import { createCombobox } from './combobox.js'
import { STRINGS } from './strings.js'

const LIMIT = 8
/** A screen reader that still says the letters would talk over what comes sooner. */
const ANNOUNCE_AFTER_MS = 500
/** Shown are those that the data has an answer for. */
const EXAMPLES = ['appl', 'tomorow', '고마ㅇ', 'ㅎㄱ', 'dkssud', 'ㅗ디ㅣㅐ']

const byId = (id) => document.getElementById(id)
const input = byId('query')
const list = byId('suggestions')
const notice = byId('notice')
const announcement = byId('announcement')
const languageButtons = [...document.querySelectorAll('.languages button')]

let strings = STRINGS.en
let announcing

const ask = { url: 'autocomplete', limit: LIMIT, parameters: { highlight: '1' } }
const client = createAutocompleteClient({ ...ask, debounceMs: 80 })
const popular = createAutocompleteClient({ ...ask, url: 'popular', debounceMs: 0 })

const combobox = createCombobox({ input, list, find, show })
byId('clear').addEventListener('click', combobox.clear)
for (const button of languageButtons) {
  button.addEventListener('click', () => {
    setLanguage(button.lang)
    history.replaceState(null, '', `?lang=${button.lang}`)
  })
}
setLanguage(firstLanguage())
observeLatency()
await showExamples()

/** What the service says about the text; without one, what is popular. */
async function find(text) {
  try {
    const answer = await (text.trim() === '' ? popular : client).suggest(text)
    return answer && { text, answer }
  } catch (error) {
    if (!(error instanceof AutocompleteError)) throw error
    return { text, error }
  }
}

function show(found) {
  notice.replaceChildren()
  announce('')
  if (found === undefined) return []
  const { text, answer, error } = found
  if (error) {
    // An empty text, in whatever characters: there is nothing to say.
    if (/^(empty|missing)_query$/.test(error.code)) return []
    notice.append(strings.unavailable)
    announce(strings.unavailable)
    return []
  }
  const { suggestions, corrected, version } = answer
  byId('version').textContent = version
  const said = []
  if (suggestions.length === 0) {
    notice.append(...fill(strings.none, emphasized(text)))
    said.push(notice.textContent)
  } else {
    if (corrected !== undefined) {
      notice.append(...fill(strings.corrected, emphasized(corrected)))
      said.push(notice.textContent)
    }
    said.push(strings.count(suggestions.length))
  }
  announce(said.join('. '))
  return suggestions.map((suggestion) => ({ text: suggestion.text, content: optionContent(suggestion) }))
}

function optionContent({ text, highlight = [], match }) {
  const shown = inItsLanguage(element('span', ...marked(text, highlight)), text)
  const reason = strings.match[match]
  return reason ? [shown, ' ', element('span', reason)] : [shown]
}

/** The text with a mark around each range of it, which are UTF-16, in order, and do not overlap. */
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

/** A screen reader needs to know in which language to say it. */
function inItsLanguage(node, text) {
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

function element(name, ...content) {
  const node = document.createElement(name)
  node.append(...content)
  return node
}

/** Has a screen reader say it when there is a pause; what it was about to say before is no longer true. */
function announce(text) {
  clearTimeout(announcing)
  announcement.textContent = ''
  if (text !== '') {
    announcing = setTimeout(() => {
      announcement.textContent = text
    }, ANNOUNCE_AFTER_MS)
  }
}

/** Shows how long the last answer took, from the request to its last byte. */
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
  const client = createAutocompleteClient({ ...ask, limit: 1, debounceMs: 0 })
  for (const text of EXAMPLES) {
    const answer = await client.suggest(text).catch(() => undefined)
    if (!answer?.suggestions.length) continue
    byId('version').textContent = answer.version
    const button = element('button', inItsLanguage(element('span', text), text))
    button.type = 'button'
    button.addEventListener('click', () => combobox.type(text))
    const { match } = answer.suggestions[0]
    if (match in STRINGS.en.match) {
      const reason = element('span', strings.match[match])
      reason.dataset.match = match
      button.append(' ', reason)
    }
    target.append(element('li', button))
    byId('examples').hidden = false
  }
}

/** The one of the address, else the first of the browser's that the page has. */
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
