import type { TypeMessage, TypeProblem } from './type-messages.ts'

// What is taken of TypeScript, after 5.9's own declarations; `nodes`, which it
// keeps to itself, is what editors ask it for of a region of a file.

export interface TypeScriptService {
  getProgram(): Program | undefined
}

interface Program {
  getSourceFile(fileName: string): SourceFile | undefined
  getSyntacticDiagnostics(file: SourceFile): readonly Diagnostic[]
  getSemanticDiagnostics(file: SourceFile, cancellation: undefined, nodes: readonly Node[] | undefined): readonly Diagnostic[]
}

interface Node {
  kind: number
  pos: number
  end: number
}

interface SourceFile extends Node {
  text: string
  statements: readonly Node[]
  externalModuleIndicator?: unknown
  commentDirectives?: readonly unknown[]
  pragmas: ReadonlyMap<string, unknown>
}

interface Diagnostic {
  code: number
  start?: number
  length?: number
  messageText: TypeMessage
}

interface StatementText {
  kind: number
  /** From where the one before it ends, so with what is said above it. */
  text: string
}

/** A statement that was checked. */
interface Statement extends StatementText {
  /** Places count from where its text begins. */
  problems: TypeProblem[]
}

/** What was found of a file, to be held against what it says later. */
interface Found {
  world: string
  statements: Statement[]
}

/** So many statements at the beginning and at the end, none of them in both. */
interface Same {
  first: number
  last: number
}

/**
 * Gives what TypeScript says of a file, of its syntax first. It looks only at
 * what changed since it was last asked, where no other statement can depend on
 * that, as none does on a rule; else at the whole file. That says the same in a
 * fraction of the time. `world` tells the versions of everything else there is;
 * `expressionStatement` is TypeScript's number for the kind of statement.
 */
export function createTypeCheck({
  service,
  expressionStatement,
  world,
}: {
  service: TypeScriptService
  expressionStatement: number
  world(fileName: string): string
}): (fileName: string) => TypeProblem[] {
  const before = new Map<string, Found>()

  return fileName => {
    const program = service.getProgram()
    const file = program?.getSourceFile(fileName)
    if (!program || !file) return []
    const syntax = program.getSyntacticDiagnostics(file).map(problemOf)
    const isBroken = syntax.length > 0
    // Where the syntax is broken anywhere, TypeScript keeps some of what it knows to itself everywhere.
    const last = `${isBroken ? 'broken' : 'whole'} ${fileName}`
    const found = meaningOf(program, file, { before: before.get(last), world: world(fileName), isBroken })
    if (found.asBefore) before.set(last, found.asBefore)
    else before.delete(last)
    return [...syntax, ...found.problems].map(problem => ({ ...problem, start: Math.max(0, problem.start) }))
  }

  function meaningOf(
    program: Program,
    file: SourceFile,
    { before, world, isBroken }: { before: Found | undefined; world: string; isBroken: boolean },
  ): { problems: TypeProblem[]; asBefore: Found | null } {
    const texts = file.statements.map(({ kind, pos, end }) => ({ kind, text: file.text.slice(pos, end) }))
    const known = before?.world === world && isPlain(file) ? before.statements : null
    const same = known && sameOf(known, texts)
    if (!same || ![...between(known, same), ...between(texts, same)].every(standsAlone)) {
      const problems = program.getSemanticDiagnostics(file, undefined, undefined).map(problemOf)
      const statements = place(problems, file.statements, texts)
      const isSure = isPlain(file) && statements.flatMap(one => one.problems).length === problems.length
      return { problems, asBefore: isSure ? { world, statements } : null }
    }
    // What is missing at the end of a statement is seen at what comes behind it.
    const kept = isBroken ? { first: Math.max(0, same.first - 1), last: Math.max(0, same.last - 1) } : same
    const nodes = between(file.statements, kept)
    const anew = nodes.length > 0 ? program.getSemanticDiagnostics(file, undefined, nodes).map(problemOf) : []
    const statements = [
      ...known.slice(0, kept.first),
      ...place(anew, nodes, between(texts, kept)),
      ...known.slice(known.length - kept.last),
    ]
    const problems = statements.flatMap((one, at) =>
      one.problems.map(problem => ({ ...problem, start: problem.start + file.statements[at]!.pos })),
    )
    return { problems, asBefore: { world, statements } }
  }

  function standsAlone({ kind, text }: StatementText): boolean {
    return kind === expressionStatement && !mayReachOthers.test(text)
  }
}

/**
 * Somewhere in an expression: what gives something else a value, and what adds
 * to an array, after either of which TypeScript may know it by another type.
 */
const mayReachOthers = /(?<![=!<>])=(?![=>])|<<=|>>=|\+\+|--|\b(?:delete|push|unshift)\b/

/** What a call in one statement may say of the statements behind it. */
const mayEndTheFlow = /\b(?:asserts|never)\b/

/** Whether what TypeScript says of one of its statements stands in that and in declarations, and nowhere else. */
function isPlain({ externalModuleIndicator, commentDirectives, pragmas, text }: SourceFile): boolean {
  return !externalModuleIndicator && !commentDirectives?.length && pragmas.size === 0 && !mayEndTheFlow.test(text)
}

/** How many statements are the same as before at the beginning, and how many of the others at the end. */
function sameOf(before: readonly StatementText[], now: readonly StatementText[]): Same {
  const isSame = (was: number, is: number): boolean => before[was]!.text === now[is]!.text && before[was]!.kind === now[is]!.kind
  const most = Math.min(before.length, now.length)
  let first = 0
  while (first < most && isSame(first, first)) first++
  let last = 0
  while (last < most - first && isSame(before.length - 1 - last, now.length - 1 - last)) last++
  return { first, last }
}

function between<T>(all: readonly T[], { first, last }: Same): T[] {
  return all.slice(first, all.length - last)
}

/** Gives each of these statements what is said of it, counted from where it begins. */
function place(problems: readonly TypeProblem[], nodes: readonly Node[], texts: readonly StatementText[]): Statement[] {
  return nodes.map(({ pos, end }, at) => ({
    ...texts[at]!,
    problems: problems.filter(({ start }) => start >= pos && start < end).map(problem => ({ ...problem, start: problem.start - pos })),
  }))
}

/** What is said of the whole file stands before it. */
function problemOf({ code, start = -1, length = 0, messageText }: Diagnostic): TypeProblem {
  return { code, start, length, message: messageText }
}
