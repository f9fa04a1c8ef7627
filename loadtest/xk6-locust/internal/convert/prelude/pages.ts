// HTML pages.

// biome-ignore-all lint: Python values can have any type

import { parseHTML } from 'k6/html'
import { pyDict } from './collections.ts'
import { PyRefusal } from './errors.ts'

/** Parses an HTML page. Refuses pages that PyQuery and k6 may read differently. */
export function pyPage(text: string): any {
  const refuse = (reason: string) => {
    throw new PyRefusal(`k6 and PyQuery may read this page differently: ${reason}`)
  }
  const isVoid = /^(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/
  const isClosedByOthers = /^(p|li|dt|dd|tr|td|th|thead|tbody|tfoot|option|optgroup|colgroup|html|head|body)$/
  const isPartOfTable = /^(caption|col|colgroup|tbody|tfoot|td|th|thead|tr|script|style|template)$/
  if (/<html[^>]*\sxmlns/i.test(text)) refuse('it is XHTML')
  if (/[^\x00-\x7f]/.test(text) && !/charset=["']?utf-8/i.test(text)) refuse('it does not declare its character set')
  const open: string[] = []
  const tags =
    /<!--[^]*?-->|<(script|style|textarea|title)\b[^>]*>[^]*?<\/\1\s*>|<(\/?)([a-z][^\s\/>]*)(?:"[^"]*"|'[^']*'|[^'">])*>/gi
  for (const [, raw, slash, name = ''] of text.matchAll(tags)) {
    const tag = name.toLowerCase()
    if (raw !== undefined || tag === '' || isVoid.test(tag)) continue
    if (slash === '/') {
      while (open.length > 0 && open.at(-1) !== tag && isClosedByOthers.test(open.at(-1) as string)) open.pop()
      if (open.pop() !== tag) refuse(`</${tag}> has no start tag`)
      continue
    }
    if ((tag === 'a' || tag === 'form' || tag === 'button') && open.includes(tag)) refuse(`<${tag}> is inside <${tag}>`)
    if (/^(table|tbody|thead|tfoot|tr)$/.test(open.at(-1) ?? '') && !isPartOfTable.test(tag))
      refuse(`<${tag}> is outside of a cell`)
    open.push(tag)
  }
  const unclosed = open.find((tag) => !isClosedByOthers.test(tag))
  if (unclosed !== undefined) refuse(`<${unclosed}> has no end tag`)
  return parseHTML(text)
}

/** Returns the elements that match a selector, in document order. */
export function pySelect(page: any, selector: string): any[] {
  return page
    .find(selector)
    .get()
    .map((element: any) => ({
      attrib: pyDict(Object.values(element.attributes()).map((attribute: any) => [attribute.name, attribute.value])),
    }))
}
