import type { Report } from '@steno/recordings'
import { ageLabel, clockLabel, countOf } from '../ui/labels.ts'
import type { LogLook } from './look-at-log.ts'
import { reportSentence } from './report-sentence.ts'

/** What is known of a gateway's log when its page is opened. */
export interface LogFacts {
  look: Pick<LogLook, 'size' | 'cosigners' | 'leaves' | 'history'> | null
  /** How old the oldest line may be that no checkpoint is behind; 0 when there is none. */
  unanchoredSeconds: number
  /** How many witnesses the gateway asks; null where it does not say. */
  witnesses: number | null
  /** What this browser computed last, and when; null while it has not. */
  verified: { report: Parameters<typeof reportSentence>[0] & { log: Pick<Report['log'], 'newestEpochAtUs'> }; atMs: number } | null
  nowMs: number
}

/** What the page says first: one sentence, what it means, and how bad that is. */
export interface LogSentence {
  tone: 'good' | 'unsure' | 'bad'
  says: string
  means: string
}

/** An epoch takes every line in within a second or two; later than this, the log does not come on. */
const lateSeconds = 10
/** A checkpoint comes each minute even when nothing happens; a witness that is silent for longer is not there. */
const silentMs = 3 * 60_000

/** Says in one sentence how the record stands. */
export function logSentence({ look, unanchoredSeconds, witnesses, verified, nowMs }: LogFacts): LogSentence {
  // What was computed counts more than what the log says of itself.
  if (verified && !verified.report.isAccepted)
    return {
      tone: 'bad',
      says: reportSentence(verified.report).says,
      means: `This browser computed it ${ageLabel(nowMs - verified.atMs)}. What was found is named below, with what it implies and what is still proven.`,
    }
  if (!look)
    return {
      tone: 'unsure',
      says: 'Nothing is anchored yet: the log has published no checkpoint.',
      means: 'The gateway publishes the first one when it starts. If this stays, it cannot write its log.',
    }
  const broken = broke[look.history as keyof typeof broke] as { says: string; means: string } | undefined
  if (broken) return { tone: 'bad', ...broken }
  const clock = (us: number | null) => (us === null ? null : clockLabel(new Date(us / 1000), new Date(nowMs)))
  const until = clock(anchoredUntilUs(look))
  if (unanchoredSeconds > lateSeconds)
    return {
      tone: 'bad',
      says: `The log cannot publish: what was recorded ${until === null ? 'so far' : `after ${until}`} is not anchored, for ${Math.round(unanchoredSeconds)} s now.`,
      means: 'Whoever holds the disk could still change these lines unseen. Look at the gateway’s own log and its disk.',
    }
  const witness = witnessWords(look.cosigners, { witnesses, nowMs })
  if (!look.leaves.some(({ said }) => said.kind === 'open'))
    return {
      tone: witness.tone,
      says: `Nothing is recorded ${look.leaves[0]?.index === 0 ? 'yet' : 'in the newest leaves'}; the log is ready, with ${countOf(look.size, 'signed leaf').replace('leafs', 'leaves')}${witness.says}.`,
      means: witness.means,
    }
  const verifiedUntil = clock(verified?.report.log.newestEpochAtUs ?? null)
  return {
    tone: witness.tone,
    says:
      verifiedUntil === null
        ? `Every record up to ${until ?? 'the newest checkpoint'} is anchored${witness.says}.`
        : `Every record up to ${verifiedUntil} is verified${witness.says}.`,
    means: witness.means,
  }
}

/** The same, of a gateway that does not answer any more: nothing good can be said of its record now. */
export function withoutAnswer({ tone, says, means }: LogSentence): LogSentence {
  const then = `${says.slice(0, 1).toLowerCase()}${says.slice(1)}`
  return { tone: tone === 'bad' ? 'bad' : 'unsure', says: `The gateway does not answer. When it last did, ${then}`, means }
}

/** When the newest epoch of the checkpoint was, in microseconds since 1970: everything recorded before is behind it. */
export function anchoredUntilUs({ leaves }: Pick<LogLook, 'leaves'>): number | null {
  return leaves.findLast(({ said }) => said.kind === 'epoch')?.said.atUs ?? null
}

function witnessWords(
  cosigners: LogLook['cosigners'],
  { witnesses, nowMs }: Pick<LogFacts, 'witnesses' | 'nowMs'>,
): { tone: 'good' | 'unsure' | 'bad'; says: string; means: string } {
  const forged = cosigners.find(({ isTrue }) => isTrue === false)
  if (forged)
    return {
      tone: 'bad',
      says: '; a signature under the checkpoint is not its witness’s',
      means: `The signature under the name ${forged.name} was made with another key than the gateway asks for.`,
    }
  const signed = cosigners.filter(({ isTrue }) => isTrue !== false).toSorted((a, b) => b.atMs - a.atMs)
  const [last] = signed
  if (last) {
    const isSilent = nowMs - last.atMs > silentMs
    const known = signed.every(({ isTrue }) => isTrue === true)
    return {
      tone: isSilent || !known ? 'unsure' : 'good',
      says: `; the last witness signed ${ageLabel(nowMs - last.atMs)}`,
      means: known
        ? `${countOf(signed.length, 'witness').replace('witnesss', 'witnesses')} signed the newest checkpoint: the gateway cannot show anybody another history without them.`
        : 'The gateway does not say whose keys these witnesses have, so their signatures are not checked here.',
    }
  }
  return witnesses !== null && witnesses > 0
    ? {
        tone: 'unsure',
        says: '; no witness has signed the newest checkpoint',
        means: 'The witnesses do not answer. Until they do, the gateway alone vouches for this history.',
      }
    : {
        tone: 'unsure',
        says: '; no witness is configured',
        means:
          'Changes to what was anchored are found out by whoever kept a checkpoint. But only the gateway’s own key vouches for the history: whoever holds that key and the disk could write another one. A witness elsewhere rules that out.',
      }
}

/** How history can fail to go on from what this browser verified. */
const broke = {
  'rolled back': {
    says: 'The log is shorter than it was: this browser verified more of it before.',
    means: 'What was recorded since was removed, or an old copy of the gateway’s data was put back. Verify here says what is still proven.',
  },
  forked: {
    says: 'This is another history than the one this browser verified before.',
    means: 'The log was rewritten, or somebody shows you another one. Keep the checkpoint that this browser remembers: it is evidence.',
  },
  'another log': {
    says: 'This is another log than the one this browser verified before.',
    means: 'The gateway was set up anew, or somebody answers in its place.',
  },
}
