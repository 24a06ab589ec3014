import { describe, expect, it } from 'vitest'
import { createNotifier, type NotifierDoor, type Permission } from './create-notifier.ts'

function open(given: Partial<NotifierDoor> & { permission?: () => Permission | null } = {}) {
  let permission: Permission | null = 'default'
  let isWanted = false
  const shown: unknown[] = []
  const notifier = createNotifier({
    permission: () => permission,
    askPermission: async () => (permission = 'granted'),
    isWanted: () => isWanted,
    setWanted: wanted => void (isWanted = wanted),
    isLookedAt: () => false,
    show: notice => void shown.push(notice),
    approval: async () => ({ state: 'pending', canReview: true, principal: 'backfill', target: 'shop' }),
    ...given,
  })
  return { notifier, shown }
}

describe('notifications', () => {
  it('come only to whoever asked for them, once for each request, and never say what is asked', async () => {
    const { notifier, shown } = open()
    await notifier.hear('apr_1')
    expect(shown).toEqual([])
    expect(await notifier.toggle()).toBe('on')
    await notifier.hear('apr_1')
    await notifier.hear('apr_1')
    expect(shown).toEqual([{ id: 'apr_1', title: 'A command waits for you', body: 'backfill on shop' }])
    expect(await notifier.toggle()).toBe('off')
    await notifier.hear('apr_2')
    expect(shown).toHaveLength(1)
  })

  it('do not come for what somebody looks at, cannot decide, or what is over', async () => {
    const waiting = { state: 'pending', canReview: true, principal: 'a', target: 't' } as const
    for (const given of [
      { isLookedAt: () => true },
      { approval: async () => ({ ...waiting, canReview: false }) },
      { approval: async () => ({ ...waiting, state: 'granted' as const }) },
    ]) {
      const { notifier, shown } = open(given)
      await notifier.toggle()
      await notifier.hear('apr_1')
      expect(shown).toEqual([])
    }
  })

  it('are off where the browser has none, or somebody forbade them', async () => {
    for (const [permission, state] of [
      [null, 'unable'],
      ['denied', 'blocked'],
    ] as const) {
      const { notifier, shown } = open({ permission: () => permission, isWanted: () => true })
      expect(notifier.state()).toBe(state)
      expect(await notifier.toggle()).toBe(state)
      await notifier.hear('apr_1')
      expect(shown).toEqual([])
    }
    const refused = open({ askPermission: async () => 'denied' })
    expect(await refused.notifier.toggle()).toBe('off')
  })
})
