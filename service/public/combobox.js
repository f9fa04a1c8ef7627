/**
 * An editable combobox with a listbox popup and list autocomplete, after the WAI-ARIA Authoring Practices: focus stays in the text
 * field, `aria-activedescendant` names the option that the arrow keys have reached, and the field changes only when an option is
 * chosen.
 *
 * @param {object} parts
 * @param {HTMLInputElement} parts.input has the role combobox, and names the list by `aria-controls`
 * @param {HTMLElement} parts.list has the role listbox, and is hidden
 * @param {(text: string, isComposing: boolean) => Promise<{ isProvisional?: boolean } | undefined>} parts.find searches for a text,
 *   which an input method may be composing. It resolves with undefined if a later call has replaced this one. A provisional result
 *   is searched for again when the composition ends.
 * @param {(found: object | undefined) => { text: string, content: Node[] }[]} parts.show shows a result, or with undefined that
 *   there is none, and returns the options of the list
 */
export function createCombobox({ input, list, find, show }) {
  let options = []
  /** The text that the options are for. */
  let asked
  let active = -1
  /** Counts searches: a result is shown only if nothing has happened since. */
  let turn = 0
  let isComposing = false
  let isProvisional = false

  // Also while a syllable is composed: Hangul is searched by parts of syllables.
  input.addEventListener('input', () => {
    if (input.value.trim() === '') dismiss()
    else update()
  })
  input.addEventListener('compositionstart', () => {
    isComposing = true
  })
  input.addEventListener('compositionend', () => {
    isComposing = false
    if (isProvisional) update()
  })
  input.addEventListener('blur', () => {
    if (isOpen()) {
      dismiss()
    } else {
      turn += 1
      isProvisional = false
    }
  })
  input.addEventListener('keydown', (event) => {
    // The key belongs to the input method. Safari ends a composition before it hands on the key that ended it: only 229 tells.
    if (event.isComposing || event.keyCode === 229) return
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    if (onKey(event)) event.preventDefault()
  })
  // The field keeps the focus.
  list.addEventListener('mousedown', (event) => event.preventDefault())
  list.addEventListener('click', (event) => {
    const index = [...list.children].indexOf(event.target.closest('[role=option]'))
    if (index >= 0) choose(index)
  })

  /** Whether the list has handled the key. */
  function onKey({ key, altKey }) {
    switch (key) {
      case 'ArrowDown':
        if (!isOpen()) open(altKey ? -1 : 0)
        else if (!altKey) activate((active + 1) % options.length)
        return true
      case 'ArrowUp':
        if (altKey) dismiss()
        else if (!isOpen()) open(-2)
        else activate(active <= 0 ? options.length - 1 : active - 1)
        return true
      case 'Enter':
        if (!isOpen()) return false
        if (active < 0) dismiss()
        else choose(active)
        return true
      case 'Escape':
        if (isOpen()) dismiss()
        else if (input.value !== '') clear()
        else return false
        return true
      case 'Home':
      case 'End':
      case 'ArrowLeft':
      case 'ArrowRight':
        activate(-1)
        return false
      default:
        return false
    }
  }

  const isOpen = () => !list.hidden

  /** Opens the list for the text of the field. @param {number} index the option to go to; -1 is none, -2 the last */
  async function open(index) {
    if (asked === input.value && options.length > 0) setOpen(true)
    else await update()
    if (isOpen()) activate(index === -2 ? options.length - 1 : index)
  }

  async function update() {
    const own = ++turn
    const text = input.value
    activate(-1)
    isProvisional = false
    const found = await find(text, isComposing)
    if (found === undefined || own !== turn) return
    if (found.isProvisional && !isComposing) return update()
    isProvisional = found.isProvisional ?? false
    asked = text
    options = show(found)
    list.replaceChildren(
      ...options.map(({ content }, index) => {
        const option = document.createElement('li')
        option.id = `${list.id}-${index}`
        option.setAttribute('role', 'option')
        option.setAttribute('aria-selected', 'false')
        option.append(...content)
        return option
      }),
    )
    setOpen(options.length > 0)
  }

  function setOpen(value) {
    list.hidden = !value
    input.setAttribute('aria-expanded', String(value))
    if (!value) activate(-1)
  }

  function activate(index) {
    list.children[active]?.setAttribute('aria-selected', 'false')
    active = index
    const option = list.children[index]
    option?.setAttribute('aria-selected', 'true')
    option?.scrollIntoView({ block: 'nearest' })
    if (option) input.setAttribute('aria-activedescendant', option.id)
    else input.removeAttribute('aria-activedescendant')
  }

  function choose(index) {
    set(options[index].text)
    dismiss()
  }

  function clear() {
    set('')
    dismiss()
  }

  function set(text) {
    input.value = text
    input.focus()
    input.setSelectionRange(text.length, text.length)
  }

  /** Closes the list, and ignores results that are still to come. */
  function dismiss() {
    turn += 1
    isProvisional = false
    setOpen(false)
    show(undefined)
  }

  return {
    clear,
    dismiss,
    /** Writes a text into the field, as if it had been typed. */
    type(text) {
      set(text)
      update()
    },
    /** Moves the focus to the field, and searches again for its text. */
    refresh() {
      input.focus()
      update()
    },
    /** Searches again when the list is opened for the same text. */
    forget() {
      asked = undefined
    },
  }
}
