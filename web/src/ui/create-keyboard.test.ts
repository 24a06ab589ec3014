import { expect, it, vi } from 'vitest'
import { createKeyboard, sequenceMsMax, type KeyBinding, type KeyPress } from './create-keyboard.ts'

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrl: false,
  meta: false,
  alt: false,
  shift: false,
  isTyping: false,
  isOnControl: false,
  atMs: 0,
  ...more,
})
const binding = (keys: string, run = vi.fn(), more: Partial<KeyBinding> = {}): KeyBinding & { run: typeof run } => ({
  keys,
  title: keys,
  group: 'Test',
  ...more,
  run,
})

it('runs the binding of a key, of a sign and of a modified key', () => {
  const keyboard = createKeyboard()
  const all = [binding('j'), binding('?'), binding('mod+k'), binding('shift+ArrowLeft'), binding('Space'), binding('N')]
  keyboard.bind(all)
  expect(keyboard.press(press('j'))).toBe(true)
  expect(keyboard.press(press('?', { shift: true }))).toBe(true)
  expect(keyboard.press(press('k', { meta: true }))).toBe(true)
  expect(keyboard.press(press('ArrowLeft', { shift: true }))).toBe(true)
  expect(keyboard.press(press(' '))).toBe(true)
  expect(keyboard.press(press('N', { shift: true }))).toBe(true)
  for (const each of all) expect(each.run).toHaveBeenCalledOnce()
})

it('leaves a plain key alone when a modifier is held', () => {
  const keyboard = createKeyboard()
  const j = binding('j')
  keyboard.bind([j])
  expect(keyboard.press(press('j', { ctrl: true }))).toBe(false)
  expect(keyboard.press(press('j', { alt: true }))).toBe(false)
  expect(j.run).not.toHaveBeenCalled()
})

it('never fires while someone types, unless the binding says so', () => {
  const keyboard = createKeyboard()
  const [j, palette] = [binding('j'), binding('mod+k', vi.fn(), { whileTyping: true })]
  keyboard.bind([j, palette, binding('g s')])
  expect(keyboard.press(press('j', { isTyping: true }))).toBe(false)
  expect(keyboard.press(press('g', { isTyping: true }))).toBe(false)
  expect(keyboard.press(press('k', { ctrl: true, isTyping: true }))).toBe(true)
  expect(j.run).not.toHaveBeenCalled()
})

it('leaves Enter and Space to the control that has the focus', () => {
  const keyboard = createKeyboard()
  const enter = binding('Enter')
  keyboard.bind([enter])
  expect(keyboard.press(press('Enter', { isOnControl: true }))).toBe(false)
  expect(keyboard.press(press('Enter'))).toBe(true)
})

it('waits for the second key of a sequence, but not for ever', () => {
  const keyboard = createKeyboard()
  const [go, s] = [binding('g s'), binding('s')]
  keyboard.bind([go, s])
  keyboard.press(press('g', { atMs: 0 }))
  keyboard.press(press('s', { atMs: sequenceMsMax }))
  expect(go.run).toHaveBeenCalledOnce()
  keyboard.press(press('g', { atMs: 5000 }))
  keyboard.press(press('s', { atMs: 5001 + sequenceMsMax }))
  expect(s.run).toHaveBeenCalledOnce()
})

it('lets a wrong second key mean what it means alone', () => {
  const keyboard = createKeyboard()
  const j = binding('j')
  keyboard.bind([binding('g s'), j])
  keyboard.press(press('g'))
  expect(keyboard.press(press('j'))).toBe(true)
  expect(j.run).toHaveBeenCalledOnce()
})

it('covers earlier bindings with later ones and uncovers them again', () => {
  const keyboard = createKeyboard()
  const [below, above] = [binding('j'), binding('j')]
  keyboard.bind([below])
  const unbind = keyboard.bind([above])
  keyboard.press(press('j'))
  expect(keyboard.map()).toHaveLength(1)
  unbind()
  keyboard.press(press('j'))
  expect([below.run, above.run].map(run => run.mock.calls.length)).toEqual([1, 1])
})
