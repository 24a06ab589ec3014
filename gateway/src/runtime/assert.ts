/** Ends the session (or, in the journal, the gateway) when something that must be true is not: our own mistake, never the world's. */
export function assert(condition: boolean, whatMustBeTrue: string): asserts condition {
  if (!condition) throw new AssertionFailed(whatMustBeTrue)
}

export class AssertionFailed extends Error {
  constructor(whatMustBeTrue: string) {
    super(`internal error: ${whatMustBeTrue}`)
    this.name = 'AssertionFailed'
  }
}
