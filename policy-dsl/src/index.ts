export { createAnalyst, type Analyst } from './analyze/analyst.ts'
export { analyze, type Finding, type FindingKind } from './analyze/analyze.ts'
export { compareRulesets, isNothingLessStrict, type Difference } from './analyze/compare.ts'
export type * from './decision.ts'
export { combine, withoutRepeats } from './evaluate/combine.ts'
export { createEvaluator, type Evaluator } from './evaluate/evaluate.ts'
export { identitiesOf } from './evaluate/identities.ts'
export { LimitBook, type Allowance, type Counted } from './evaluate/limit-book.ts'
export { RunMemory } from './evaluate/run-memory.ts'
export { runTests, type TestOutcome } from './evaluate/run-tests.ts'
export type * from './facts.ts'
export { canonicalJson } from './language/canonical-json.ts'
export { compile } from './language/compile.ts'
export { generateTypes } from './language/generate-types.ts'
export { outline, type OutlinedConstant, type OutlinedRule } from './language/outline.ts'
export { emptyLiveSchema, type LiveNamespace, type LiveSchema, type LiveTarget } from './live-schema.ts'
export { maskFor, type Hide } from './masks/mask-for.ts'
export { createMaskKey, type MaskKey } from './masks/mask-key.ts'
export { maskMatches } from './masks/mask-matches.ts'
export { maskValue } from './masks/mask-value.ts'
export {
  Catalogue,
  type CatalogueData,
  type ColumnData,
  type ReferenceAction,
  type RelationData,
  type RoutineData,
  type RoutineName,
  type RuleData,
} from './operations/postgres/catalogue.ts'
export { changesPinned, createParser, mayTouchPinned, type Parser } from './operations/postgres/index.ts'
export { commentSpans } from './operations/postgres/lineage/comment-spans.ts'
export { literalSpans } from './operations/postgres/lineage/literal-spans.ts'
export type { AnswerPlan, ColumnPlan, MaskPlan, MaskRequest, Redaction } from './operations/postgres/lineage/mask-plan.ts'
export { planMasks } from './operations/postgres/lineage/plan-masks.ts'
export { secretLiterals } from './operations/postgres/lineage/secret-literals.ts'
export { statementSpans } from './operations/postgres/offsets.ts'
export { plainStatements, strictShape } from './operations/postgres/strict-shape.ts'
export type { Syntax } from './operations/postgres/syntax.ts'
export { operationReaders, type OperationReader } from './operations/registry.ts'
export type * from './problem.ts'
export type { MaskSample } from './rehearse/mask-samples.ts'
export { maskedColumns } from './rehearse/masked-columns.ts'
export { readSession, type PastCommands, type PastParser } from './rehearse/read-session.ts'
export type { FlippedGroup, MaskedCommand, RehearsalReport, RehearsedFlip, RehearsedRule } from './rehearse/rehearsal-report.ts'
export type { RehearsalResult } from './rehearse/rehearsal-result.ts'
export { createRehearsal, type MaskedPast, type Rehearsal } from './rehearse/rehearse.ts'
export { beginRehearsed, type RehearsedCommand, type RehearsedSession } from './rehearse/rehearsed-session.ts'
export {
  rehearseRecordings,
  type PastRecording,
  type Progress,
  type RehearsalAsk,
  type RehearsedPolicy,
} from './rehearse/rehearse-recordings.ts'
export type * from './ruleset.ts'
export { statementShape } from './statement-shape.ts'
