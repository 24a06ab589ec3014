import type { Approval } from '../api.ts'

/** Whether this browser tells of requests that wait: it cannot, it may not, it does not, it does. */
export const notifierStates = ['unable', 'blocked', 'off', 'on'] as const
export type NotifierState = (typeof notifierStates)[number]

export type Permission = 'granted' | 'denied' | 'default'

/** What a browser has for telling somebody who looks elsewhere. */
export interface NotifierDoor {
  /** Null where the browser has no notifications. */
  permission(): Permission | null
  askPermission(): Promise<Permission>
  /** Whether somebody chose to be told, in this browser. */
  isWanted(): boolean
  setWanted(isWanted: boolean): void
  /** Whether the desk is what somebody looks at now: then it shows by itself. */
  isLookedAt(): boolean
  show(notice: { id: string; title: string; body: string }): void
  approval(id: string): Promise<Pick<Approval, 'state' | 'canReview' | 'principal' | 'target'>>
}

/** So many ids are remembered, so that each request is told once. */
const toldMax = 500

/** Tells whoever asked for it that a command waits for them. What the command says is not in it: others may see the screen. */
export function createNotifier(door: NotifierDoor) {
  const told = new Set<string>()

  function state(): NotifierState {
    const permission = door.permission()
    if (permission === null) return 'unable'
    if (permission === 'denied') return 'blocked'
    return permission === 'granted' && door.isWanted() ? 'on' : 'off'
  }

  return {
    state,
    /** Turns it on, which the browser asks about the first time, or off. */
    async toggle(): Promise<NotifierState> {
      if (state() === 'on') door.setWanted(false)
      else if (state() === 'off') {
        const permission = door.permission() === 'granted' ? 'granted' : await door.askPermission()
        door.setWanted(permission === 'granted')
      }
      return state()
    },
    /** Something about a request changed. */
    async hear(id: string): Promise<void> {
      if (state() !== 'on' || door.isLookedAt() || told.has(id)) return
      const { state: approvalState, canReview, principal, target } = await door.approval(id)
      if (approvalState !== 'pending' || !canReview || told.has(id)) return
      if (told.size >= toldMax) told.clear()
      told.add(id)
      door.show({ id, title: 'A command waits for you', body: `${principal} on ${target}` })
    },
  }
}
