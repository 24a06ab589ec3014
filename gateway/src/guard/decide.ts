import type { Decide } from './session.ts'

/** The version that decisions name while no policy is published. */
export const noPolicy = 'none'

/** Allows every command: what holds as long as no policy is published. */
export const allowAll: Decide = () => allowed

const allowed = { verdict: 'allow', policyVersion: noPolicy } as const
