/** Something that history cannot tell. */
export interface Unknown {
  /** Stable, for links and tests. */
  code:
    | 'without-operations'
    | 'already-masked'
    | 'after-a-flip'
    | 'memory-begins-empty'
    | 'never-ran'
    | 'consent-assumed'
    | 'evidence-assumed'
    | 'bytes-as-recorded'
    | 'already-cut'
    | 'detectors'
    | 'masks-may-refuse'
    | 'text-as-recorded'
    | 'out-of-order'
    | 'failed-rules'
  count: number
  message: string
}

/** Counts what history cannot tell. */
export class Unknowns {
  readonly #counts = new Map<Unknown['code'], number>()

  add(code: Unknown['code'], count = 1): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + count)
  }

  /** All of them, and these, which are counted elsewhere. */
  said(more: Partial<Record<Unknown['code'], number>>): Unknown[] {
    return Object.entries(sentences).flatMap(([name, say]) => {
      const code = name as Unknown['code']
      const count = more[code] ?? this.#counts.get(code) ?? 0
      return count === 0 ? [] : [{ code, count, message: say(count) }]
    })
  }
}

/** In this order, each with its count; `s` is said for more than one. */
const sentences: Record<Unknown['code'], (count: number) => string> = {
  'without-operations': count =>
    `${commands(count)} recorded without what ${count === 1 ? 'it' : 'they'} would do, so no rule was asked about ${count === 1 ? 'it' : 'them'}`,
  'after-a-flip': count =>
    `${commands(count)} came after one in the same session whose verdict is another now: the agent might have gone on differently`,
  'never-ran': count => `${commands(count)} did not run then and would now: what would have come back is not known, and counts as no rows`,
  'consent-assumed': count => `${commands(count)} would have waited for people, and it is assumed that these agreed`,
  'evidence-assumed': count => `${commands(count)} would have waited for witnesses, and it is assumed that these signed in time`,
  'memory-begins-empty': count =>
    `what ${count} run${count === 1 ? '' : 's'} did before the first session given here is not in the run's memory, nor counted against limits`,
  'already-masked': count => `the answers to ${commands(count)} are recorded masked: what is under a mask cannot be masked another way`,
  'already-cut': count => `a limit held for ${commands(count)} then, so the answers may be shorter than they would have been`,
  'masks-may-refuse': count =>
    `whether a mask can be put on is only known when the statement is planned: where it cannot, some of ${commands(count)} would be refused`,
  detectors: count => `how many values a detector would find in the answers to ${commands(count)} is not counted`,
  'bytes-as-recorded': count =>
    `a limit looks at the bytes of the answers to ${commands(count)}: these are told from the record, and may have been a few more or less`,
  'text-as-recorded': count =>
    `a rule asks for the text, and that of ${commands(count)} is as it was recorded: what a mask hid in it is not there`,
  'failed-rules': count => `a rule could not be evaluated for ${commands(count)}, and so denied`,
  'out-of-order': count => `${commands(count)} came after later ones had been judged, so the run's memory held more than it did then`,
}

function commands(count: number): string {
  return `${count} command${count === 1 ? '' : 's'}`
}
