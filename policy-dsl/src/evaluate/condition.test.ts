import type { Operation } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { Circumstances } from '../facts.ts'
import { compileCondition } from './condition.ts'
import { sampleFacts } from './sample-rules.ts'

const [facts] = sampleFacts(1)
const select: Operation = { verb: 'SELECT', tables: [], columns: [] }

function saying(text: string): Circumstances {
  if (!facts) throw new Error('expected sample facts')
  return { ...facts.circumstances, command: { ...facts.circumstances.command, text } }
}

describe('a pattern', () => {
  const { holds } = compileCondition({ is: 'matches', pattern: 'a+', flags: '', text: { is: 'field', path: ['text'] } })

  it('answers for each text, whatever was asked before it', () => {
    const texts = ['', 'b', 'aa', 'aa', 'b', 'b', 'a', '', '', 'ba']
    expect(texts.map(text => holds(select, saying(text)))).toEqual(texts.map(text => text.includes('a')))
  })
})
