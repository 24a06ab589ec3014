import { isLawful, type Report } from '@steno/recordings'
import { countOf } from '../ui/labels.ts'

/** What a verification came to, as one sentence. */
export function reportSentence({
  verdict,
  isAccepted,
  log,
  sessions,
  findings,
}: Pick<Report, 'verdict' | 'isAccepted' | 'log' | 'sessions' | 'findings'>): {
  tone: 'good' | 'unsure' | 'bad'
  says: string
} {
  if (verdict === 'WHOLE') return { tone: 'good', says: 'Whole: everything is there, as it was signed.' }
  if (isAccepted)
    return verdict === 'ERASED'
      ? { tone: 'good', says: 'Whole: everything is as it was signed; what is missing was erased or removed lawfully.' }
      : { tone: 'good', says: 'Whole: everything is as it was signed; what is younger than that, nobody vouches for yet.' }
  if (!log.isProven) return { tone: 'bad', says: `${words[verdict]}: the log itself does not hold, so nothing that rests on it does.` }
  const broken = new Set(findings.filter(finding => finding.session !== null && !isLawful(finding.verdict)).map(({ session }) => session))
    .size
  if (broken === 0) return { tone: 'bad', says: `${words[verdict]}: the log holds, and something beside the recordings does not.` }
  return {
    tone: 'bad',
    says: `${words[verdict]}: ${broken} of ${countOf(sessions.length, 'recording')} ${broken === 1 ? 'is' : 'are'} not as signed; the others are.`,
  }
}

const words: Record<Report['verdict'], string> = {
  TAMPERED: 'Tampered with',
  LOST: 'Lost',
  TRUNCATED: 'Cut off',
  UNANCHORED: 'Not anchored',
  ERASED: 'Erased',
  WHOLE: 'Whole',
}
