/**
 * An editable combobox with a listbox popup and list autocomplete, as described in the WAI-ARIA Authoring Practices.
 * Focus stays in the text field, `aria-activedescendant` refers to the option that was selected with the arrow keys,
 * and the field changes only when an option is chosen or the field is cleared. Like the browser's own lists, the
 * combobox then fires the events `input` and `change` on the field. In a form, Enter submits the form unless an option
 * is selected.
 *
 * @param {object} parts
 * @param {HTMLInputElement} parts.input text field with the role combobox and `aria-controls` for the list
 * @param {HTMLElement} parts.list hidden element with the role listbox
 * @param {(text: string, isComposing: boolean) => Promise<{ isProvisional?: boolean } | undefined>} parts.find
 *   searches for the typed text. `isComposing` is whether an input method is still composing the text. Resolves with
 *   undefined if a later call has replaced this call. If the result is provisional, the search is repeated when the
 *   composition ends. If `find` rejects, the list is closed, and the page gets the event `unhandledrejection`.
 * @param {(found: object | undefined) => { text: string, content: Node[] }[]} parts.show shows a result and returns the
 *   options for the list; if the result is undefined, clears what was shown
 */
export function createCombobox({ input, list, find, show }) {
  let options = []
  /** The text for which the list shows options. */
  let asked
  let active = -1
  /** Increases with every search or dismissal. A result is ignored if this number has increased since its search. */
  let turn = 0
  let isComposing = false
  let isProvisional = false
  /** Whether the current event was fired by {@link fire}. */
  let isOwn = false
  const listeners = new AbortController()
  const on = (target, type, listener) => target.addEventListener(type, listener, { signal: listeners.signal })

  // Search even while a syllable is being composed, because the service finds incomplete Hangul syllables.
  on(input, 'input', () => {
    if (isOwn) return
    if (input.value.trim() === '') dismiss()
    else update()
  })
  on(input, 'compositionstart', () => {
    isComposing = true
  })
  on(input, 'compositionend', () => {
    isComposing = false
    if (isProvisional) update()
  })
  on(input, 'blur', leave)
  on(input, 'keydown', (event) => {
    // While an input method composes text, it handles the keys. In Safari, a composition ends before the event for the
    // key that ended it, so this key can be recognized only by the key code 229.
    if (event.isComposing || event.keyCode === 229) return
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    if (onKey(event)) event.preventDefault()
  })
  // Keep the focus in the field.
  on(list, 'mousedown', (event) => event.preventDefault())
  on(list, 'click', (event) => {
    const index = [...list.children].indexOf(event.target.closest('[role=option]'))
    if (index >= 0) choose(index)
  })

  /** Handles a key. Returns whether to prevent the browser's default action. */
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
        if (active < 0) {
          leave()
          // The browser then submits the form, if there is one.
          return false
        }
        choose(active)
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

  /**
   * Opens the list for the text in the field.
   * @param {number} index the option to select: -1 for none, -2 for the last
   */
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
    let found
    try {
      found = await find(text, isComposing)
    } catch (error) {
      // Otherwise, the list would still offer the options for the previous text.
      if (own === turn) dismiss()
      throw error
    }
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
    fire(new Event('change', { bubbles: true }))
  }

  function clear() {
    set('')
    dismiss()
    fire(new Event('change', { bubbles: true }))
  }

  function set(text) {
    // React replaces the property `value` of the element, and ignores changes that are made through the replacement.
    // Use the property of the prototype instead.
    Reflect.set(Object.getPrototypeOf(input), 'value', text, input)
    input.focus()
    input.setSelectionRange(text.length, text.length)
    fire(new InputEvent('input', { bubbles: true, composed: true, inputType: 'insertReplacementText' }))
  }

  /** Fires an event on the field for other listeners. */
  function fire(event) {
    isOwn = true
    input.dispatchEvent(event)
    isOwn = false
  }

  /** Closes the list if it is open, and keeps pending searches from opening it. */
  function leave() {
    if (isOpen()) dismiss()
    else ignorePending()
  }

  function ignorePending() {
    turn += 1
    isProvisional = false
  }

  /** Closes the list, clears what was shown, and ignores the results of pending searches. */
  function dismiss() {
    ignorePending()
    setOpen(false)
    show(undefined)
  }

  return {
    clear,
    dismiss,
    /** Writes text into the field and searches for it, as if it had been typed. */
    type(text) {
      set(text)
      update()
    },
    /** Moves the focus to the field, and searches again for its text. */
    refresh() {
      input.focus()
      update()
    },
    /** Makes the list search again the next time it opens, even for the same text. */
    forget() {
      asked = undefined
    },
    /** Closes the list, and removes all listeners. */
    destroy() {
      listeners.abort()
      dismiss()
    },
  }
}
