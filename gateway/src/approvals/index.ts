export {
  Approvals,
  grantMinutesMax,
  type Approval,
  type ApprovalFilter,
  type ApprovalState,
  type DemandProgress,
  type Reviewer,
} from './approvals.ts'
export { Estimates } from './estimates.ts'
export type { GivenGrant } from './grants.ts'
export { ReviewRefused } from './review-refused.ts'
