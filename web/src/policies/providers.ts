import type { LiveSchema } from '@steno/policy-dsl'
import type { CheckedRule } from './check-messages.ts'
import { completionsOf, liveCompletions, type Completion } from './completions.ts'
import { fixesFor } from './fixes.ts'
import { hoverOfLiveName, hoverOfWord } from './hover.ts'
import { findLiveName, pathAt } from './live-names.ts'
import type { TextMark } from './marks.ts'
import { Emitter, languages, type editor } from './monaco.ts'
import type { RuleLens } from './rule-lenses.ts'
import type { TypeService } from './type-service.ts'

type Model = editor.ITextModel

/** What the providers of one text know of it. */
export interface ProvidedText {
  model: Model
  types: TypeService
  live(): LiveSchema
  marks(): readonly TextMark[]
  rules(): readonly CheckedRule[]
  lenses(): readonly RuleLens[]
  /** What a click on a lens does: a command of the editor. */
  lensCommand: string
}

export interface Providers {
  /** The lines above rules are other ones now. */
  refreshLenses(): void
  dispose(): void
}

const kinds: Record<Completion['kind'], languages.CompletionItemKind> = {
  target: languages.CompletionItemKind.Module,
  schema: languages.CompletionItemKind.Folder,
  table: languages.CompletionItemKind.Struct,
  column: languages.CompletionItemKind.Field,
  word: languages.CompletionItemKind.EnumMember,
  option: languages.CompletionItemKind.Property,
  method: languages.CompletionItemKind.Method,
  function: languages.CompletionItemKind.Function,
  constant: languages.CompletionItemKind.Constant,
  keyword: languages.CompletionItemKind.Keyword,
  snippet: languages.CompletionItemKind.Snippet,
}

/**
 * Has the editor ask us about one text: what can be typed, what words mean, what
 * can be mended. What the type checker says may come when the text is closed.
 */
export function provideFor(text: ProvidedText): Providers {
  const { model, types } = text
  const isOurs = (asked: Model): boolean => asked.uri.toString() === model.uri.toString()
  const lensesChanged = new Emitter<languages.CodeLensProvider>()

  const lensProvider: languages.CodeLensProvider = {
    onDidChange: lensesChanged.event,
    provideCodeLenses: asked => ({
      lenses: (isOurs(asked) ? text.lenses() : []).map(({ line, text: title }, at) => ({
        range: { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 },
        id: `rule-${at}`,
        command: { id: text.lensCommand, title, tooltip: 'Show the rehearsal' },
      })),
      dispose: () => {},
    }),
  }
  const registered = [
    languages.registerCompletionItemProvider('typescript', {
      triggerCharacters: ['.', "'", '"', '`'],
      async provideCompletionItems(asked, position) {
        if (!isOurs(asked)) return { suggestions: [] }
        const [source, offset, live] = [model.getValue(), model.getOffsetAt(position), text.live()]
        const found = liveCompletions(source, offset, live) ?? completionsOf(await types.completions(offset), { source, offset, live })
        if (model.isDisposed()) return { suggestions: [] }
        return { suggestions: found.map(one => new Offered(one, { model, offset, types })) }
      },
      async resolveCompletionItem(item) {
        return item instanceof Offered ? item.resolve() : item
      },
    }),
    languages.registerHoverProvider('typescript', {
      async provideHover(asked, position) {
        if (!isOurs(asked)) return null
        const [source, offset] = [model.getValue(), model.getOffsetAt(position)]
        const path = pathAt(source, offset)
        const named = path && hoverOfLiveName(text.live(), path.names)
        if (named) return { contents: markdown(named) }
        const info = await types.quickInfo(offset)
        return info && !model.isDisposed() ? { range: rangeOf(model, info), contents: markdown(hoverOfWord(info)) } : null
      },
    }),
    languages.registerDefinitionProvider('typescript', {
      async provideDefinition(asked, position) {
        if (!isOurs(asked)) return []
        const places = await types.definitions(model.getOffsetAt(position))
        // Targets and effects are declared outside of the file: what they are is shown above the word.
        return places
          .filter(({ fileName }) => !model.isDisposed() && fileName === model.uri.toString())
          .map(place => ({ uri: model.uri, range: rangeOf(model, place) }))
      },
    }),
    languages.registerRenameProvider('typescript', {
      async resolveRenameLocation(asked, position) {
        const word = asked.getWordAtPosition(position)
        const found = isOurs(asked) && word ? await renamesAt(position) : { reason: 'there is no name here' }
        const range = {
          startLineNumber: position.lineNumber,
          endLineNumber: position.lineNumber,
          startColumn: word?.startColumn ?? 1,
          endColumn: word?.endColumn ?? 1,
        }
        return { range, text: word?.word ?? '', ...('reason' in found ? { rejectReason: found.reason } : {}) }
      },
      async provideRenameEdits(_, position, newName) {
        const found = await renamesAt(position)
        if ('reason' in found) return { edits: [], rejectReason: found.reason }
        return {
          edits: found.places.map(place => ({
            resource: model.uri,
            versionId: undefined,
            textEdit: { range: rangeOf(model, place), text: newName },
          })),
        }
      },
    }),
    languages.registerCodeActionProvider('typescript', {
      provideCodeActions(asked, range, { markers }) {
        if (!isOurs(asked)) return null
        const fixes = fixesFor({
          source: model.getValue(),
          marks: text.marks(),
          rules: text.rules(),
          live: text.live(),
          start: model.getOffsetAt({ lineNumber: range.startLineNumber, column: range.startColumn }),
          end: model.getOffsetAt({ lineNumber: range.endLineNumber, column: range.endColumn }),
        })
        return {
          actions: fixes.map(({ title, kind, isPreferred, edits, mark }) => ({
            title,
            kind,
            isPreferred,
            diagnostics: markers.filter(({ message }) => message === mark?.message),
            edit: {
              edits: edits.map(({ start, end, text: put }) => ({
                resource: model.uri,
                versionId: model.getVersionId(),
                textEdit: { range: rangeOf(model, { start, length: end - start }), text: put },
              })),
            },
          })),
          dispose: () => {},
        }
      },
    }),
    languages.registerCodeLensProvider('typescript', lensProvider),
  ]

  async function renamesAt(position: { lineNumber: number; column: number }) {
    const offset = model.getOffsetAt(position)
    const path = pathAt(model.getValue(), offset)
    if (path && findLiveName(text.live(), path.names)) return { reason: `${path.names.join('.')} has its name outside of this policy` }
    const found = await types.renames(offset)
    if ('reason' in found) return found
    if (model.isDisposed()) return { reason: 'this text is closed' }
    const isHere = found.places.every(({ fileName }) => fileName === model.uri.toString())
    return isHere ? found : { reason: 'this is a word of the language: it cannot have another name' }
  }

  return {
    refreshLenses: () => lensesChanged.fire(lensProvider),
    dispose() {
      for (const one of registered) one.dispose()
      lensesChanged.dispose()
    },
  }
}

/** A completion as the list shows it; more about it is asked for when somebody looks. */
class Offered implements languages.CompletionItem {
  readonly label: languages.CompletionItemLabel
  readonly kind: languages.CompletionItemKind
  readonly insertText: string
  readonly insertTextRules?: languages.CompletionItemInsertTextRule
  readonly range: languages.CompletionItem['range']
  readonly sortText: string
  readonly filterText: string
  documentation?: { value: string }
  readonly #one: Completion
  readonly #from: { offset: number; types: TypeService }

  constructor(one: Completion, from: { model: Model; offset: number; types: TypeService }) {
    this.#one = one
    this.#from = from
    this.label = { label: one.label, ...(one.detail === '' ? {} : { description: one.detail }) }
    this.kind = kinds[one.kind]
    this.insertText = one.insert
    if (one.isSnippet) this.insertTextRules = languages.CompletionItemInsertTextRule.InsertAsSnippet
    this.range = rangeOf(from.model, { start: one.start, length: one.end - one.start })
    this.sortText = one.sort
    // What is typed so far, a dot or a quote with it, begins what is looked for.
    this.filterText = from.model.getValue().slice(one.start, one.start + 1) === '.' ? `.${one.label}` : one.label
  }

  async resolve(): Promise<this> {
    const info = this.#one.isTyped ? await this.#from.types.completionInfo(this.#from.offset, this.#one.label) : null
    if (info) this.documentation = { value: hoverOfWord(info).join('\n\n') }
    return this
  }
}

/** The editor's range of a stretch of text. */
export function rangeOf(model: Model, { start, length }: { start: number; length: number }) {
  const [from, to] = [model.getPositionAt(start), model.getPositionAt(start + length)]
  return { startLineNumber: from.lineNumber, startColumn: from.column, endLineNumber: to.lineNumber, endColumn: to.column }
}

function markdown(texts: readonly string[]): { value: string }[] {
  return texts.map(value => ({ value }))
}
