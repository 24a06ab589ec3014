import { createRoot, createSignal } from 'solid-js'
import { describe, expect, it } from 'vitest'
import { createDraft, type InForce } from './create-draft.ts'
import type { Draft } from './drafts.ts'

const one: InForce = { version: 'guard@1', source: 'one' }
const two: InForce = { version: 'guard@2', source: 'two' }

/** A browser that keeps one draft, with any number of tabs. */
function browser(kept: Draft | null = null) {
  let draft = kept
  const watchers = new Set<(draft: Draft | null) => void>()
  return {
    get kept() {
      return draft
    },
    tab(inForce: InForce | null) {
      let tell: ((draft: Draft | null) => void) | null = null
      const hear = (changed: Draft | null): void => tell?.(changed)
      watchers.add(hear)
      const set = (next: Draft | null): void => {
        draft = next
        for (const other of watchers) if (other !== hear) other(next)
      }
      return createRoot(() => {
        const [now, publish] = createSignal(inForce)
        const desk = createDraft({
          inForce: now,
          firstText: 'first',
          store: {
            read: () => draft,
            write: set,
            clear: () => set(null),
            watch(onChanged) {
              tell = onChanged
              return () => watchers.delete(hear)
            },
          },
        })
        return { ...desk, publish }
      })
    },
  }
}

describe('a draft', () => {
  it('begins with what is in force, or with a first text, and is kept only when it says something else', () => {
    expect(browser().tab(null).source()).toBe('first')
    const here = browser()
    const desk = here.tab(one)
    expect([desk.source(), desk.standing(), here.kept]).toEqual(['one', 'same', null])
    desk.write('mine')
    expect([desk.standing(), here.kept]).toEqual(['changed', { source: 'mine', base: 'guard@1' }])
    desk.write('one')
    expect([desk.standing(), here.kept]).toEqual(['same', null])
  })

  it('survives a reload, with the version it was begun on, however often that happens', () => {
    const here = browser()
    here.tab(one).write('mine')
    for (let reload = 0; reload < 3; reload++) {
      const desk = here.tab(two)
      expect([desk.source(), desk.base(), desk.standing()]).toEqual(['mine', 'guard@1', 'overtaken'])
      desk.write(`mine ${reload}`)
      desk.write('mine')
    }
  })

  it('says so when somebody publishes while it is written, until its author goes on', () => {
    const here = browser()
    const desk = here.tab(one)
    desk.write('mine')
    desk.publish(two)
    expect(desk.standing()).toBe('overtaken')
    desk.write('mine, more')
    expect(desk.standing()).toBe('overtaken')
    desk.rebase()
    expect([desk.standing(), here.kept]).toEqual(['changed', { source: 'mine, more', base: 'guard@2' }])
  })

  it('that nobody wrote on yet follows what is in force', () => {
    const desk = browser().tab(one)
    desk.publish(two)
    expect([desk.source(), desk.base(), desk.standing()]).toEqual(['two', 'guard@2', 'same'])
  })

  it('is discarded for what is in force now', () => {
    const here = browser({ source: 'mine', base: 'guard@1' })
    const desk = here.tab(two)
    desk.discard()
    expect([desk.source(), desk.base(), desk.standing(), here.kept]).toEqual(['two', 'guard@2', 'same', null])
  })

  it('is no draft any more when what it says comes into force', () => {
    const here = browser()
    const desk = here.tab(one)
    desk.write('two')
    desk.publish(two)
    expect(desk.standing()).toBe('same')
  })

  it('never takes the place of what another tab wrote without being told to', () => {
    const here = browser()
    const [left, right] = [here.tab(one), here.tab(one)]
    left.write('left')
    expect(right.elsewhere()).toEqual({ source: 'left', base: 'guard@1' })
    right.write('right')
    expect(here.kept?.source).toBe('left')
    right.keepMine()
    expect(here.kept?.source).toBe('right')
    expect(left.elsewhere()?.source).toBe('right')
    left.takeElsewhere()
    expect([left.source(), left.elsewhere(), here.kept?.source]).toEqual(['right', null, 'right'])
  })

  it('is told when another tab discards it', () => {
    const here = browser({ source: 'mine', base: 'guard@1' })
    const [left, right] = [here.tab(one), here.tab(one)]
    left.discard()
    expect(right.elsewhere()).toEqual({ source: 'one', base: 'guard@1' })
    right.takeElsewhere()
    expect([right.source(), right.standing(), here.kept]).toEqual(['one', 'same', null])
  })
})
