import type { Law, SessionLaw } from './law.ts'

/** The version that decisions name while no policy is published. */
export const noPolicy = 'none'

/** What holds as long as no policy is published: everything is allowed. */
export const noLaw: Law = { forSession: () => silence }

const silence: SessionLaw = {
  isSilent: true,
  version: noPolicy,
  judge: () => ({
    policyVersion: noPolicy,
    judgement: { verdict: 'allow', by: null, matched: [], approvals: [], evidence: [], masks: [], limits: [], alerts: [] },
  }),
  remember: () => {},
}
