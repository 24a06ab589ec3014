/** What a mark stands in: a command, a value, content; an answer, a tag, an error, a notice; what nobody may see. */
export type MarkKind = 'cmd' | 'val' | 'cpy' | 'ans' | 'err' | 'ntc' | 'sec' | 'ban' | 'ask'

/** Words that are said once in a simulation, so that whoever has one has it from there. */
export class Marks {
  #last = 0

  word(kind: MarkKind): string {
    return `${kind}-${++this.#last}`
  }

  /** One that is a number, for places where only those can stand. */
  number(): number {
    return numbersFrom + ++this.#last
  }
}

const numbersFrom = 7_000_000

/** The marks in a text. */
export function marksIn(text: string): string[] {
  return text.match(/\b(?:(?:cmd|val|cpy|ans|err|ntc|sec|ban|ask)-\d+|7\d{6})\b/g) ?? []
}

/** The marks in all texts of a value. */
export function marksOf(value: unknown): string[] {
  if (typeof value === 'string') return marksIn(value)
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(marksOf)
}
