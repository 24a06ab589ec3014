import { expect, it } from 'vitest'
import { createChecker } from './create-checker.ts'

/** What follows from an answer has happened some promises later. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

function rig() {
  const asked: { source: string; answer(): Promise<void>; fail(): Promise<void> }[] = []
  const told: string[] = []
  const checker = createChecker(
    (source: string) =>
      new Promise<string>((resolve, reject) => {
        asked.push({
          source,
          answer: () => (resolve(source), settled()),
          fail: () => (reject(new Error(`no word on ${source}`)), settled()),
        })
      }),
    { onAnswer: source => void told.push(source), onFailure: error => void told.push(String(error)) },
  )
  return { asked, told, checker }
}

it('asks one question at a time, and of those that came meanwhile the newest', async () => {
  const { asked, told, checker } = rig()
  for (const text of ['r', 'ru', 'rul', 'rule']) checker.check(text)
  expect(asked.map(({ source }) => source)).toEqual(['r'])
  await asked[0]!.answer()
  expect(asked.map(({ source }) => source)).toEqual(['r', 'rule'])
  expect(told).toEqual([])
  await asked[1]!.answer()
  expect(told).toEqual(['rule'])
})

it('answers a question that nothing overtook', async () => {
  const { asked, told, checker } = rig()
  checker.check('rule')
  await asked[0]!.answer()
  checker.check('rules')
  await asked[1]!.answer()
  expect(told).toEqual(['rule', 'rules'])
})

it('says when there is no answer, and goes on with the next', async () => {
  const { asked, told, checker } = rig()
  checker.check('rule')
  await asked[0]!.fail()
  checker.check('rules')
  await asked[1]!.answer()
  expect(told).toEqual(['Error: no word on rule', 'rules'])
})

it('says nothing after it was closed', async () => {
  const { asked, told, checker } = rig()
  checker.check('rule')
  checker.close()
  await asked[0]!.answer()
  expect(told).toEqual([])
})
