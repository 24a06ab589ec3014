/** A directory that was asked for belongs to another process. */
export class LockHeld extends Error {
  readonly code = 'lock_held'
  /** Who has it, in its own words; null when it has none. */
  readonly holder: string | null

  constructor(path: string, holder: string | null) {
    super(`${path} is held by ${holder ?? 'a process that does not say who it is'}`)
    this.name = 'LockHeld'
    this.holder = holder
  }
}
