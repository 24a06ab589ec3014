// Monaco brings TypeScript, and the worker around it, without declarations. Here
// is what we take of them, after Monaco 0.57 and the TypeScript 5.9 in it.

declare module 'monaco-editor/languages/features/typescript/ts.worker' {
  import type { TypeScriptService } from './create-type-check.ts'
  import type { ScriptSnapshot } from './script-snapshot.ts'

  export class TypeScriptWorker {
    constructor(context: unknown, data: unknown)
    getLanguageService(): TypeScriptService
    getScriptFileNames(): string[]
    getScriptVersion(fileName: string): string
    getScriptSnapshot(fileName: string): Pick<ScriptSnapshot, 'getText' | 'getLength'> | undefined
  }
  /** Has this thread do what is made here, once it was said what it starts with. */
  export function initialize(make: (context: unknown, data: unknown) => TypeScriptWorker): void
  export const ts: { typescript: { SyntaxKind: { ExpressionStatement: number } } }
}

declare module 'monaco-editor/languages/features/typescript/lib/typescriptServices' {
  import type { TypeScriptService } from './create-type-check.ts'
  import type { ScriptSnapshot } from './script-snapshot.ts'

  export const typescript: {
    SyntaxKind: { ExpressionStatement: number }
    createLanguageService(host: {
      getCompilationSettings(): object
      getScriptFileNames(): string[]
      getScriptVersion(fileName: string): string
      getScriptSnapshot(fileName: string): ScriptSnapshot | undefined
      getCurrentDirectory(): string
      getDefaultLibFileName(): string
      readFile(): undefined
      fileExists(): boolean
    }): TypeScriptService
  }
}
