export { Approvals, type Approval, type ApprovalState, type DemandProgress, type Reviewer } from './approvals.ts'
export { ReviewRefused } from './review-refused.ts'
