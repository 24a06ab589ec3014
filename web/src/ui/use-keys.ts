import { onCleanup } from 'solid-js'
import { nowMs } from '../clock.ts'
import { createKeyboard, type KeyBinding } from './create-keyboard.ts'

/** The page's one keyboard map. */
export const keyboard = createKeyboard()

/** Adds key bindings for as long as the calling component lives. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  onCleanup(keyboard.bind(bindings))
}

/** Hands a browser's key press to the map; the map's keys do not reach the browser. */
export function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || (event.repeat && !/^(Arrow|[jk,.]$)/.test(event.key))) return
  const focus = event.composedPath()[0]
  // A dialog has its own keys; those below it are covered.
  if (focus instanceof Element && focus.closest('[role="dialog"]')) return
  const isHandled = keyboard.press({
    key: event.key,
    ctrl: event.ctrlKey,
    meta: event.metaKey,
    alt: event.altKey,
    shift: event.shiftKey,
    isTyping: isTextField(focus),
    isOnControl: focus instanceof Element && focus.closest('a, button, summary, select, [role="tab"], [role="slider"]') !== null,
    atMs: nowMs(),
  })
  if (isHandled) event.preventDefault()
}

function isTextField(focus: EventTarget | undefined): boolean {
  if (!(focus instanceof HTMLElement)) return false
  if (focus.isContentEditable || focus instanceof HTMLTextAreaElement || focus instanceof HTMLSelectElement) return true
  // The editor of policies takes text without being editable content (EditContext).
  if (focus.getAttribute('role') === 'textbox') return true
  return focus instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button', 'submit'].includes(focus.type)
}
