import type { Principal } from '@steno/recordings'
import { combine, identitiesOf, withoutRepeats, type Evaluator, type Facts, type Judgement } from '@steno/policy-dsl'
import type { LawfulCommand, LawfulSession, RememberedEvent, Sentence, SessionLaw } from '../guard/law.ts'
import { noPolicy } from '../guard/no-law.ts'
import type { Clock } from '../runtime/machine.ts'
import type { RunMemories } from './run-memories.ts'

/** A published policy, ready to judge. */
export interface PolicyInForce {
  version: string
  evaluator: Evaluator
}

export interface SessionLawParts {
  clock: Clock
  memories: RunMemories
  /** What is in force now, by name: another list whenever it changes. */
  inForce: () => readonly PolicyInForce[]
  onProblem: (message: string) => void
}

/** The law of one session, by what is in force at each moment. */
export function lawOfSession(session: LawfulSession, { clock, memories, inForce, onProblem }: SessionLawParts): SessionLaw {
  let known: readonly PolicyInForce[] | null = null
  let asked: readonly PolicyInForce[] = []
  let version = noPolicy
  const run = session.rootRun
  const identities = identitiesOf(session.principal, session.delegation)

  /** Most commands find the policies as the one before them did. */
  function current(): readonly PolicyInForce[] {
    const now = inForce()
    if (now !== known) {
      known = now
      asked = now.filter(({ evaluator }) => looksAt(evaluator))
      version = lawVersionOf(now)
    }
    return asked
  }

  function looksAt(evaluator: Evaluator): boolean {
    try {
      return evaluator.looksAt(session.target)
    } catch {
      // It will be asked then, and what it cannot answer is denied.
      return true
    }
  }

  function factsOf(principal: Principal, { kind, text, transaction, operations, before }: LawfulCommand, nowUs: number): Facts {
    const { delegation, target, client } = session
    return {
      operations,
      circumstances: {
        principal,
        delegation,
        run: session.run,
        session: {
          id: session.id,
          application: client.application,
          clientAddress: client.address,
          startedAtUs: session.startedAtUs,
          commands: before,
        },
        target,
        command: { kind, text, transaction },
        nowUs,
        memory: memories.of(run).at(nowUs),
      },
    }
  }

  return {
    get isSilent() {
      return current().length === 0
    },
    get version() {
      current()
      return version
    },
    judge(command): Sentence {
      let policy = version
      try {
        const policies = current()
        const nowUs = clock.nowUs()
        const judgements: Judgement[] = []
        for (const principal of identities) {
          const facts = factsOf(principal, command, nowUs)
          for (const { version: name, evaluator } of policies) {
            policy = name
            judgements.push(evaluator.judge(facts))
          }
        }
        policy = version
        const combined = combine(judgements)
        const judgement = identities.length > 1 ? withoutRepeats(combined) : combined
        const deciding = judgement.by === null ? -1 : judgements.findIndex(({ by }) => by === judgement.by)
        return { policyVersion: policies[deciding % policies.length]?.version ?? version, judgement }
      } catch (error) {
        onProblem(`${policy} could not judge a command, which denied it: ${error instanceof Error ? error.message : String(error)}`)
        return { policyVersion: policy, judgement: denied }
      }
    },
    remember(event) {
      remember(event)
    },
  }

  function remember(event: RememberedEvent): void {
    const memory = memories.of(run)
    const nowUs = clock.nowUs()
    if (event.what === 'rows') memory.add('rows', null, event.count, nowUs)
    else if (event.what === 'approval') memory.add('approvals', null, 1, nowUs)
    else {
      memory.add('commands', null, 1, nowUs)
      if (event.verdict === 'deny') memory.add('denials', null, 1, nowUs)
      // What was refused was sent, but never done.
      else for (const { verb } of event.operations) memory.add('count', verb, 1, nowUs)
    }
  }
}

/** The name of all policies together, in their order. */
export function lawVersionOf(policies: readonly Pick<PolicyInForce, 'version'>[]): string {
  return policies.length === 0 ? noPolicy : policies.map(({ version }) => version).join(' ')
}

/** What holds when a policy cannot say what holds. */
const denied: Judgement = {
  verdict: 'deny',
  by: {
    rule: 'policy error',
    line: 0,
    effect: 'forbid',
    reason: 'a policy in force could not be evaluated for this command, so it is refused; the gateway’s log says why',
    operation: 0,
    clauses: [],
  },
  matched: [],
  approvals: [],
  evidence: [],
  masks: [],
  limits: [],
  alerts: [],
}
