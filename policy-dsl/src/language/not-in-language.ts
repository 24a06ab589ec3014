import type * as ast from 'acorn'
import { shown, type ProblemList } from './problem-list.ts'

/** Syntax that TypeScript has and policies do not, in words. */
const words: Record<string, string> = {
  ArrayPattern: 'a pattern that takes a list apart',
  ArrowFunctionExpression: 'a function',
  AssignmentExpression: 'an assignment',
  AssignmentPattern: 'a default value',
  AwaitExpression: '`await`',
  BlockStatement: 'a block',
  BreakStatement: '`break`',
  ChainExpression: '`?.`: no field is ever missing',
  ClassDeclaration: 'a class',
  ClassExpression: 'a class',
  ContinueStatement: '`continue`',
  DebuggerStatement: '`debugger`',
  DoWhileStatement: 'a loop',
  EmptyStatement: 'a lone `;`',
  ExportAllDeclaration: '`export`',
  ExportDefaultDeclaration: '`export`',
  ExportNamedDeclaration: '`export`',
  ForInStatement: 'a loop',
  ForOfStatement: 'a loop',
  ForStatement: 'a loop',
  FunctionDeclaration: 'a function',
  FunctionExpression: 'a function',
  IfStatement: '`if`: say when a rule holds in its `when`',
  ImportDeclaration: '`import`: a policy has everything it can use',
  ImportExpression: '`import`: a policy has everything it can use',
  LabeledStatement: 'a label',
  MetaProperty: 'a property of the runtime',
  NewExpression: '`new`',
  ObjectExpression: 'an object',
  ObjectPattern: 'a pattern that takes an object apart',
  PrivateIdentifier: 'a private name',
  RestElement: '`...`',
  ReturnStatement: '`return`',
  SequenceExpression: 'a comma between expressions',
  SpreadElement: '`...`',
  Super: '`super`',
  SwitchStatement: '`switch`',
  TaggedTemplateExpression: 'a statement: those stand in `test(…)`',
  TemplateLiteral: 'text with holes',
  ThisExpression: '`this`',
  ThrowStatement: '`throw`',
  TryStatement: '`try`',
  UpdateExpression: 'an assignment',
  WhileStatement: 'a loop',
  WithStatement: '`with`',
  YieldExpression: '`yield`',
}

/** Says that something is not part of the language, and what was expected in its place. */
export function notInLanguage(node: ast.Node, problems: ProblemList, expected = 'a value'): void {
  const any = node as ast.AnyNode
  if (any.type === 'AssignmentExpression' && any.operator === '=') {
    const start = operatorAt(problems.source, '=', any.left.end)
    problems.error(
      'not-in-language',
      { start, end: start + 1 },
      `expected ${expected}, got an assignment`,
      expected === 'a value' ? '===' : null,
    )
    return
  }
  if (any.type === 'ChainExpression') {
    const plain = problems.source.slice(node.start, node.end).replaceAll('?.', '.')
    problems.error('not-in-language', node, `expected ${expected}, got ${words[any.type]}`, plain)
    return
  }
  if (any.type === 'UnaryExpression' || any.type === 'BinaryExpression' || any.type === 'LogicalExpression') {
    problems.error('not-in-language', node, `expected ${expected}, got the operator ${shown(any.operator)}`)
    return
  }
  problems.error(
    'not-in-language',
    node,
    `expected ${expected}, got ${words[any.type] ?? shown(problems.source.slice(node.start, node.end))}`,
  )
}

/** Whether it is `name<type>(…)`, which reads as two comparisons here; then that is told. */
export function hasTypeArguments(node: ast.Node, problems: ProblemList): boolean {
  const any = node as ast.AnyNode
  if (any.type !== 'BinaryExpression' || any.operator !== '>' || any.left.type !== 'BinaryExpression' || any.left.operator !== '<')
    return false
  problems.error('syntax', node, 'expected a call without types in `<…>`: a policy cannot overrule its types')
  return true
}

/** Where an operator stands behind its left side, past closing parentheses and comments. */
export function operatorAt(source: string, operator: string, leftEnd: number): number {
  const between = /(?:\s|\)|\/\*[^]*?\*\/|\/\/[^\n]*)*/y
  between.lastIndex = leftEnd
  between.test(source)
  return source.startsWith(operator, between.lastIndex) ? between.lastIndex : leftEnd
}
