import { isLawful, type Finding, type FindingCode, type Report } from '@steno/recordings'
import { countOf } from '../ui/labels.ts'

/** What a finding means for whoever must act on it. */
export interface FindingWords {
  title: string
  expected: string
  implies: string
}

/** Says in words what kind of thing was found; `says` of the finding has the particulars. */
export function findingWords({ code }: Pick<Finding, 'code'>): FindingWords {
  return words[code]
}

/** Says what is still proven in spite of a finding. */
export function stillProven({ session, key }: Finding, report: Report): string {
  const all = report.sessions
  if (!report.log.isProven)
    return 'Nothing: recordings rest on the log, and the log is not proven. A checkpoint that was kept elsewhere still says what the log was then.'
  if (session === null)
    return `The log’s leaves up to ${report.log.checkpoint?.size.toLocaleString('en') ?? 'its end'} are signed${key === null ? '' : ` by ${key}`}, and so is every recording that is not named here.`
  const judged = all.find(one => one.session === session)
  const others = all.filter(one => one.session !== session && isLawful(one.verdict)).length
  const rest =
    all.length > 1
      ? ` ${others.toLocaleString('en')} of ${countOf(all.length - 1, 'other recording')} ${others === 1 || all.length === 2 ? 'is' : 'are'} as signed.`
      : ''
  if (!judged || judged.provenLines === 0) return `Of this recording nothing.${rest}`
  if (judged.anchor && judged.provenLines >= judged.expectedLines) {
    const erased = judged.erased.reduce((sum, { from, to }) => sum + to - from, 0)
    const byHash = erased > 0 ? `, ${erased.toLocaleString('en')} of them by their hashes alone` : ''
    return `All ${judged.provenLines.toLocaleString('en')} lines that leaf ${judged.anchor.leaf} knows${byHash}.${rest}`
  }
  const lines = judged.provenLines === 1 ? 'Line 0' : `Lines 0 to ${(judged.provenLines - 1).toLocaleString('en')}`
  return `${lines} of this recording, by leaf ${judged.anchor?.leaf ?? '?'}.${rest}`
}

const words: Record<FindingCode, FindingWords> = {
  checkpoint_missing: {
    title: 'No signed checkpoint',
    expected: 'a checkpoint that the log’s key has signed',
    implies: 'Either nothing was recorded yet, or the log was taken away: then everything in it is unproven.',
  },
  checkpoint_malformed: {
    title: 'The checkpoint is none',
    expected: 'a signed note with the log’s name, size and root',
    implies: 'Its file was damaged or written by something else.',
  },
  checkpoint_unsigned: {
    title: 'The checkpoint is not signed',
    expected: 'the signature of the key in force',
    implies: 'Somebody without the log’s key wrote it: nothing it says can be relied on.',
  },
  checkpoint_old_key: {
    title: 'Signed by a key that was replaced',
    expected: 'the signature of the key that replaced it',
    implies: 'Somebody kept a key that should be destroyed, or an old checkpoint is shown for a new one.',
  },
  key_not_trusted: {
    title: 'Nobody trusted has signed',
    expected: 'a key that you trust',
    implies: 'This may be another gateway’s log.',
  },
  key_change_unsigned: {
    title: 'A key nobody agreed to',
    expected: 'a checkpoint that the old and the new key have signed',
    implies: 'Somebody put a key of their own into the log.',
  },
  origin_differs: {
    title: 'Another log',
    expected: 'the log that was seen here before',
    implies: 'The gateway was replaced or set up anew, or somebody answers in its place.',
  },
  quorum_missing: {
    title: 'Too few witnesses',
    expected: 'the signatures of as many witnesses as the policy wants',
    implies: 'Until they sign, the gateway alone vouches for this history.',
  },
  rolled_back: {
    title: 'The log was rolled back',
    expected: 'at least the leaves that were seen before',
    implies:
      'What was recorded since was removed: an old copy was put back, or the end was cut off. Your earlier checkpoint is evidence of it.',
  },
  forked: {
    title: 'This is another history',
    expected: 'a history that begins with what was seen before',
    implies: 'The log was rewritten, or you are shown another one than you were. Your earlier checkpoint is evidence of it.',
  },
  leaves_missing: {
    title: 'Leaves are missing',
    expected: 'every leaf that the checkpoint was signed for',
    implies: 'The log’s end was cut off, or the disk lost it.',
  },
  leaves_differ: {
    title: 'The log was changed',
    expected: 'the leaves that the root was signed for',
    implies: 'A leaf was rewritten after it was signed. Nothing behind it can be relied on.',
  },
  tile_missing: {
    title: 'A tile is missing',
    expected: 'the hashes of the log’s leaves',
    implies: 'Others cannot be shown proofs from this log. The leaves themselves are there.',
  },
  tile_differs: {
    title: 'A tile was changed',
    expected: 'the hashes of the log’s leaves',
    implies: 'Proofs made from this tile fail. The leaves themselves are judged apart from it.',
  },
  leaf_malformed: {
    title: 'A leaf that no gateway writes',
    expected: 'a leaf in the one spelling there is',
    implies: 'Somebody with the log’s key added it, or the gateway has a fault.',
  },
  leaf_unlawful: {
    title: 'A leaf that contradicts the log',
    expected: 'leaves that follow from those before',
    implies: 'Somebody with the log’s key wrote it, or the gateway has a fault.',
  },
  list_missing: {
    title: 'A list of an epoch is missing',
    expected: 'the lists of the newest epochs',
    implies: 'How far open sessions had come then cannot be shown. What was sealed is not touched by it.',
  },
  list_differs: {
    title: 'A list of an epoch was changed',
    expected: 'the list that the epoch’s leaf is the root of',
    implies: 'Somebody tried to change how far a recording had come.',
  },
  list_unlawful: {
    title: 'A list that contradicts the log',
    expected: 'recordings that only grow',
    implies: 'Somebody with the log’s key wrote it, or the gateway has a fault.',
  },
  ledger_missing: {
    title: 'The ledger is missing',
    expected: 'the ledger, or its lines’ hashes',
    implies: 'Who decided, who looked and what was erased can no longer be read.',
  },
  ledger_truncated: {
    title: 'The ledger was cut off',
    expected: 'every line that the log stands for',
    implies: 'The newest decisions and accesses were removed.',
  },
  ledger_differs: {
    title: 'The ledger was changed',
    expected: 'the lines that the log stands for',
    implies: 'Somebody rewrote who decided or who looked.',
  },
  ledger_unanchored: {
    title: 'The ledger’s newest lines',
    expected: 'nothing more: an epoch takes them in within a second or two',
    implies: 'Nobody vouches for them yet.',
  },
  ledger_unsalted: {
    title: 'A line of the ledger without salt',
    expected: 'a salt at the end of every line',
    implies: 'The line was not written by the gateway as it stands.',
  },
  sessions_missing: {
    title: 'Sessions are missing',
    expected: 'sessions that are numbered without gaps',
    implies: 'Sessions took place that the log has no leaf of.',
  },
  recording_missing: {
    title: 'A recording is gone',
    expected: 'the recording, or a leaf that says it was removed',
    implies: 'Somebody deleted it, or the disk lost it.',
  },
  recording_foreign: {
    title: 'A recording the log does not know',
    expected: 'a leaf that opened it',
    implies: 'Somebody put it there.',
  },
  recording_lost: {
    title: 'An open session disappeared',
    expected: 'the session in every list until it is sealed',
    implies: 'The recording was taken out while its session was open.',
  },
  recording_malformed: {
    title: 'A line breaks the format',
    expected: 'a line as the gateway writes it',
    implies: 'The file was edited by hand, or the disk damaged it.',
  },
  header_differs: {
    title: 'The header was changed',
    expected: 'the header that the session was opened with',
    implies: 'Who connected, to what, and under which run cannot be relied on.',
  },
  lines_missing: {
    title: 'Lines are missing',
    expected: 'as many lines as the log knows',
    implies: 'The end was cut off: what was done last is gone.',
  },
  lines_differ: {
    title: 'A line was changed',
    expected: 'the line whose hash the log has',
    implies: 'Somebody edited the recording after it was anchored, or the disk damaged it. What stands there now is not what happened.',
  },
  lines_after_seal: {
    title: 'It goes on after its seal',
    expected: 'nothing after the last sealed line',
    implies: 'Somebody added to a recording that was closed.',
  },
  lines_unanchored: {
    title: 'The newest lines',
    expected: 'nothing more: an epoch takes them in within a second or two',
    implies: 'Nobody vouches for them yet.',
  },
  lines_erased: {
    title: 'Lines were erased',
    expected: 'an erasure that two people agreed to',
    implies: 'Lawful: their hashes are still in the tree, what they said is nowhere.',
  },
  erasure_unproven: {
    title: 'Lines were taken out',
    expected: 'a leaf that says these lines were erased',
    implies: 'Somebody removed lines and made it look like an erasure.',
  },
  erasure_unfinished: {
    title: 'An erasure that is not done yet',
    expected: 'the lines gone',
    implies: 'The gateway stopped before it was done; it goes on at its next start.',
  },
  recording_removed: {
    title: 'Removed by rule',
    expected: 'nothing: its time was over',
    implies: 'Lawful: the log has what it was, and that its rule removed it.',
  },
  removal_unfinished: {
    title: 'A removal that is not done yet',
    expected: 'the recording gone',
    implies: 'The gateway stopped before it was done; it goes on at its next start.',
  },
  removed_under_hold: {
    title: 'Removed under a legal hold',
    expected: 'the recording: it was held',
    implies: 'Somebody removed what a legal hold protects.',
  },
  leaf_unsigned: {
    title: 'A session of this moment',
    expected: 'nothing more: the next checkpoint has it',
    implies: 'Nobody vouches for it yet.',
  },
}
