import { emptyLiveSchema } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import type { CheckRequest, Checked } from './check-messages.ts'
import { createChecker } from './create-checker.ts'

function rig() {
  const asked: CheckRequest[] = []
  const told: number[] = []
  let answer: (checked: Checked) => void = () => {}
  const checker = createChecker(
    { postMessage: request => void asked.push(request), onChecked: hear => void (answer = hear), terminate: () => {} },
    ({ id }) => void told.push(id),
  )
  const reply = (id: number) => answer({ id, hash: null, rules: [], problems: [], findings: [] })
  return { asked, told, reply, type: (source: string) => checker.check(source, emptyLiveSchema) }
}

it('asks one question at a time, and of those that came meanwhile the newest', () => {
  const { asked, told, reply, type } = rig()
  for (const text of ['r', 'ru', 'rul', 'rule']) type(text)
  expect(asked.map(({ source }) => source)).toEqual(['r'])
  reply(1)
  expect(asked.map(({ source }) => source)).toEqual(['r', 'rule'])
  expect(told).toEqual([])
  reply(4)
  expect(told).toEqual([4])
})

it('answers a question that nothing overtook', () => {
  const { told, reply, type } = rig()
  type('rule')
  reply(1)
  type('rules')
  reply(2)
  expect(told).toEqual([1, 2])
})
