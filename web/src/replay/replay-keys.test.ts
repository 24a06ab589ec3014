import { expect, it, vi } from 'vitest'
import { createPlayer, type PlayerClock } from './player.ts'
import { replayKeys } from './replay-keys.ts'

const still: PlayerClock = { nowMs: () => 0, nextFrame: () => () => undefined }

function keyed() {
  const player = createPlayer(still)
  player.load()
  player.extend({ count: 4, durationUs: 100e6, gaps: [], growth: 'complete', atUs: index => index * 20e6 })
  const step = vi.fn<(by: 1 | -1) => void>()
  const nothing = () => undefined
  const keys = replayKeys(player, {
    step,
    stepFlagged: nothing,
    toggleTimeOfDay: nothing,
    openSearch: nothing,
    copyLink: nothing,
    download: nothing,
    fullscreen: nothing,
  })
  return { player, step, press: (name: string) => keys.find(key => key.keys === name)!.run(), keys }
}

it('moves by seconds, tenths and digits', () => {
  const { player, press } = keyed()
  press('ArrowRight')
  expect(player.positionUs()).toBe(5e6)
  press('shift+ArrowRight')
  expect(player.positionUs()).toBe(15e6)
  press('7')
  expect(player.positionUs()).toBe(70e6)
  press('Home')
  expect(player.positionUs()).toBe(0)
})

it('steps frames only while it does not play', () => {
  const { player, press } = keyed()
  press('.')
  expect(player.index()).toBe(1)
  press('Space')
  press('.')
  expect(player.index()).toBe(1)
})

it('goes through the speeds and stops at the last', () => {
  const { player, press } = keyed()
  for (let i = 0; i < 9; i += 1) press('>')
  expect(player.speed()).toBe(16)
  press('<')
  expect(player.speed()).toBe(8)
})

it('gives every key one meaning', () => {
  const { keys } = keyed()
  expect(new Set(keys.map(key => key.keys)).size).toBe(keys.length)
})
