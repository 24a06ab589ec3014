import type { Judgement } from '@steno/policy-dsl'
import type {
  Consent,
  ConsentAsk,
  ConsentOutcome,
  Evidence,
  EvidenceAsk,
  EvidenceOutcome,
  Law,
  LawfulCommand,
  RememberedEvent,
} from './law.ts'

/** A law that looks at every session and says what a test wants; what it does not say is allowed. */
export function lawOf(judge: (command: LawfulCommand) => Partial<Judgement> | null, remembered: RememberedEvent[] = []): Law {
  return {
    forSession: () => ({
      isSilent: false,
      version: 'v1',
      judge: command => ({ policyVersion: 'v1', judgement: { ...allowed, ...judge(command) } }),
      remember: event => remembered.push(event),
    }),
  }
}

/** What a judgement says when one rule decided. */
export function decidedBy(verdict: 'hold' | 'deny', rule: string, reason: string): Partial<Judgement> {
  return {
    verdict,
    by: { rule, line: 1, effect: verdict === 'deny' ? 'forbid' : 'requireApproval', reason, operation: 0, clauses: [] },
    approvals: verdict === 'hold' ? [{ rule, by: ['dba'], withinMs: 60_000, quorum: 1 }] : [],
  }
}

/** People who answer when the test says so. */
export class TestConsent implements Consent {
  readonly asked: { ask: ConsentAsk; signal: AbortSignal; settle: (outcome: ConsentOutcome) => void }[] = []

  request(ask: ConsentAsk, signal: AbortSignal): { id: string; outcome: Promise<ConsentOutcome> } {
    const outcome = new Promise<ConsentOutcome>(settle => {
      this.asked.push({ ask, signal, settle })
      signal.addEventListener('abort', () => settle({ granted: false, because: 'withdrawn', reviews: [] }))
    })
    return { id: `apr_${this.asked.length}`, outcome }
  }
}

/** Witnesses who sign when the test says so. */
export class TestEvidence implements Evidence {
  readonly asked: { ask: EvidenceAsk; signal: AbortSignal; settle: (outcome: EvidenceOutcome) => void }[] = []

  witnessed(ask: EvidenceAsk, signal: AbortSignal): Promise<EvidenceOutcome> {
    return new Promise(settle => {
      this.asked.push({ ask, signal, settle })
      signal.addEventListener('abort', () => settle({ witnessed: false, because: 'withdrawn' }))
    })
  }
}

const allowed: Judgement = { verdict: 'allow', by: null, matched: [], approvals: [], evidence: [], masks: [], limits: [], alerts: [] }
