import { loadTool } from '../tools/tools.js'

/** What TypeScript complains about, with the line counted from 1. */
export interface Complaint {
  line: number
  code: number
  message: string
}

/** TypeScript as an editor holds it: declarations beside one file that somebody types. */
export interface TypeChecker {
  version: string
  /** Complaints about the declarations by themselves. */
  checkTypes(): Complaint[]
  check(source: string): Complaint[]
  /** What is offered where `|` stands in the source. */
  complete(source: string): string[]
}

/** Opens one of the installed versions over declarations, as the policy editor does: without a library of its own. */
export async function openTypeChecker(tool: 'typescript-5' | 'typescript-6', types: string): Promise<TypeChecker> {
  const { default: ts } = await loadTool(tool)
  const files: Record<string, string> = { '/steno.d.ts': types, '/shop.policy.ts': '' }
  let edits = 0
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ noLib: true, strict: true, noEmit: true, target: ts.ScriptTarget.ESNext, types: [] }),
    getScriptFileNames: () => Object.keys(files),
    getScriptVersion: (name: string) => (name === '/steno.d.ts' ? '1' : String(edits)),
    getScriptSnapshot: (name: string) => (name in files ? ts.ScriptSnapshot.fromString(files[name]) : undefined),
    getCurrentDirectory: () => '/',
    getDefaultLibFileName: () => '/none.d.ts',
    fileExists: (name: string) => name in files,
    readFile: (name: string) => files[name],
  })

  function complaintsAbout(name: string): Complaint[] {
    const found = [...service.getSyntacticDiagnostics(name), ...service.getSemanticDiagnostics(name)]
    return found.map(({ file, start, code, messageText }: any) => ({
      line: file.getLineAndCharacterOfPosition(start).line + 1,
      code,
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    }))
  }

  function type(source: string): void {
    files['/shop.policy.ts'] = source
    edits++
  }

  return {
    version: ts.version,
    checkTypes() {
      type('')
      const options = service.getCompilerOptionsDiagnostics().map(({ code, messageText }: any) => ({
        line: 0,
        code,
        message: ts.flattenDiagnosticMessageText(messageText, '\n'),
      }))
      return [...options, ...complaintsAbout('/steno.d.ts')]
    },
    check(source) {
      type(source)
      return complaintsAbout('/shop.policy.ts')
    },
    complete(source) {
      const at = source.indexOf('|')
      if (at < 0) throw new Error('expected a `|` where the cursor is')
      type(source.slice(0, at) + source.slice(at + 1))
      const offered = service.getCompletionsAtPosition('/shop.policy.ts', at, {})
      return (offered?.entries ?? []).map(({ name }: { name: string }) => name.replaceAll(/^'|'$/g, ''))
    },
  }
}
