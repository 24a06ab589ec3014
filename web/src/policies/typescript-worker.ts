// The type checker, in a worker of its own: Monaco's, that reads and checks again only what changed.
import { initialize, ts, TypeScriptWorker } from 'monaco-editor/languages/features/typescript/ts.worker'
import { createTypeCheck } from './create-type-check.ts'
import { scriptSnapshot, type ScriptSnapshot } from './script-snapshot.ts'
import type { TypeProblem } from './type-messages.ts'

/** What this worker can do beside what Monaco's does. */
export interface PolicyTypes {
  problems(fileName: string): Promise<TypeProblem[]>
}

class PolicyTypeScriptWorker extends TypeScriptWorker {
  readonly #check = createTypeCheck({
    service: this.getLanguageService(),
    expressionStatement: ts.typescript.SyntaxKind.ExpressionStatement,
    world: fileName =>
      JSON.stringify(
        this.getScriptFileNames()
          .filter(other => other !== fileName)
          .map(other => [other, this.getScriptVersion(other)]),
      ),
  })

  problems(fileName: string): TypeProblem[] {
    return this.#check(fileName)
  }

  override getScriptSnapshot(fileName: string): ScriptSnapshot | undefined {
    const snapshot = super.getScriptSnapshot(fileName)
    return snapshot && scriptSnapshot(snapshot.getText(0, snapshot.getLength()))
  }
}

self.onmessage = () => initialize((context, data) => new PolicyTypeScriptWorker(context, data))
