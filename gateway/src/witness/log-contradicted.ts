/** What a witness shows of our log, when that cannot be. */
export interface Contradiction {
  /** The witness, as the policy calls it, and where it is. */
  witness: string
  url: string
  origin: string
  /** What it signed last, and what is here. */
  theirs: number
  ours: number
}

/**
 * A witness signed what the log that is here does not lead to. The gateway does
 * not serve on such a log: whatever it signs, others can prove to be a second
 * history.
 */
export class LogContradicted extends Error {
  readonly code: 'rolled_back' | 'forked'

  constructor({ witness, url, origin, theirs, ours }: Contradiction) {
    const isLarger = theirs > ours
    super(
      isLarger
        ? `the witness \`${witness}\` (${url}) has signed ${theirs} leaves of the log \`${origin}\`, and here are ${ours}: this is an older copy of its data, or another gateway signs for the same log. ${way}`
        : `the witness \`${witness}\` (${url}) has signed another history of the log \`${origin}\`: the first ${theirs} leaves here are not the ones it saw. Somebody changed them, or another gateway signs for the same log. ${way}`,
    )
    this.name = 'LogContradicted'
    this.code = isLarger ? 'rolled_back' : 'forked'
  }
}

const way =
  'Put the newest copy of the data directory back, its keys and head store with it. If there is none, keep this one as evidence and begin a new log with another `log.origin` in an empty directory'
