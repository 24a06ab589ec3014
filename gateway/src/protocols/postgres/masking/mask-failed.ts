/** An answer could not be masked soundly, so it may not be given at all. The words hold no value of it. */
export class MaskFailed extends Error {
  readonly code = '42501'

  constructor(message: string) {
    super(message)
    this.name = 'MaskFailed'
  }
}
