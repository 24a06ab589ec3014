import { expect, it } from 'vitest'
import { comparedWords } from './compared-words.ts'

it('says of each way in which a log can go on what it means for whoever kept a checkpoint', () => {
  const seen = { origin: 'a.example/log', size: 1200 }
  const says = (history: Parameters<typeof comparedWords>[1]['history'], size = 1300) =>
    comparedWords(seen, { origin: 'b.example/log', size, history })
  expect(says('grown')).toEqual({ tone: 'good', says: expect.stringContaining('its 1,200 leaves are the first of these 1,300') })
  expect(says('same', 1200).tone).toBe('good')
  expect(says('rolled back', 7)).toEqual({ tone: 'bad', says: expect.stringContaining('it had 1,200 leaves then, and has 7') })
  expect(says('forked')).toEqual({ tone: 'bad', says: expect.stringContaining('Two histories') })
  expect(says('another log')).toEqual({ tone: 'unsure', says: expect.stringContaining('a.example/log; this one is b.example/log') })
  expect(says('not shown').tone).toBe('unsure')
})
