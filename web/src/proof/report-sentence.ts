import { isLawful, type Report } from '@steno/recordings'
import { countOf } from '../ui/labels.ts'
import { findingWords } from './finding-words.ts'

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
  const [first] = findings
  // What is wrong with the log comes before what is wrong with recordings: they rest on it.
  if (first?.session === null) {
    const what = findingWords(first).title
    const rest = log.isProven ? '' : '; nothing that rests on the log is proven'
    return { tone: 'bad', says: `${words[verdict]}: ${what.slice(0, 1).toLowerCase()}${what.slice(1)}${rest}.` }
  }
  const broken = findings.filter(finding => finding.session !== null && !isLawful(finding.verdict))
  const count = new Set(broken.map(({ session }) => session)).size
  const [one, many] = new Set(broken.map(finding => finding.verdict)).size === 1 ? became[verdict] : became.TAMPERED
  const rest = sessions.length > count ? '; the others are as signed' : ''
  return {
    tone: 'bad',
    says: `${words[verdict]}: ${count} of ${countOf(sessions.length, 'recording')} ${count === 1 ? one : many}${rest}.`,
  }
}

/** What became of recordings, of one and of many. */
const became: Record<Report['verdict'], [string, string]> = {
  TAMPERED: ['is not as it was signed', 'are not as they were signed'],
  LOST: ['is gone', 'are gone'],
  TRUNCATED: ['lost its end', 'lost their end'],
  UNANCHORED: ['is not anchored', 'are not anchored'],
  ERASED: ['is erased', 'are erased'],
  WHOLE: ['is whole', 'are whole'],
}

const words: Record<Report['verdict'], string> = {
  TAMPERED: 'Tampered with',
  LOST: 'Lost',
  TRUNCATED: 'Cut off',
  UNANCHORED: 'Not anchored',
  ERASED: 'Erased',
  WHOLE: 'Whole',
}
