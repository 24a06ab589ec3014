import type { LiveSchema } from '@steno/policy-dsl'
import { createEffect, on, onCleanup, onMount, type JSX } from 'solid-js'
import { unwrap } from 'solid-js/store'
import { createNarrow } from '../ui/index.ts'
import { askCheckWorker } from './ask-check-worker.ts'
import type { Checked } from './check-messages.ts'
import { createChecker } from './create-checker.ts'
import { marksOf, type TextMark } from './marks.ts'
import { declareTypes, editor, KeyCode, KeyMod, MarkerSeverity, prepareMonaco, Uri } from './monaco.ts'
import { provideFor, rangeOf } from './providers.ts'
import { ruleLenses, type Rehearsed } from './rule-lenses.ts'
import { typeNamesOf } from './type-messages.ts'
import { createTypeService } from './type-service.ts'

export interface PolicyEditorProps {
  name: string
  source: string
  types: string
  live: LiveSchema
  isReadOnly: boolean
  /** What is known of what its rules did, for the lines above them. */
  rehearsed: Rehearsed | null
  onChange(source: string): void
  onChecked(checked: Checked, marks: TextMark[]): void
  /** Somebody wants to see what a rule did. */
  onLens(): void
}

const owner = 'steno'
const severities = { error: MarkerSeverity.Error, warning: MarkerSeverity.Warning, info: MarkerSeverity.Info }

/** The text of a policy, with what TypeScript, our compiler and the analysis say of it while it is typed. */
export function PolicyEditor(props: PolicyEditorProps): JSX.Element {
  let place!: HTMLDivElement
  const isNarrow = createNarrow()
  onMount(() => {
    prepareMonaco()
    declareTypes(props.types)
    const model = editor.createModel(props.source, 'typescript', Uri.parse(`file:///${encodeURIComponent(props.name || 'new')}.policy.ts`))
    const view = editor.create(place, { ...look, model, readOnly: props.isReadOnly, ariaLabel: `Policy ${props.name}` })
    createEffect(() => view.updateOptions({ readOnly: props.isReadOnly, ...narrow(isNarrow()) }))

    const types = createTypeService(model.uri)
    const compiler = askCheckWorker()
    let checked: Checked | null = null
    let marks: TextMark[] = []
    /** Loading is what takes longest: until they are there, the compiler speaks alone. */
    let areTypesThere = false

    const checker = createChecker(
      async ({ source, live }: { source: string; live: LiveSchema }) => {
        const [said, problems] = await Promise.all([compiler.ask({ source, live }), areTypesThere ? types.problems() : []])
        return { source, live, said, problems }
      },
      {
        onAnswer({ source, live, said, problems }) {
          show(said, marksOf(source, { ...said, types: problems }, typeNamesOf(live)))
        },
        onFailure(error) {
          show(unchecked, [
            ...trouble(`this text could not be checked: ${error instanceof Error ? error.message : String(error)}`, 'error'),
          ])
        },
      },
    )
    function show(said: Checked, found: TextMark[]): void {
      checked = said
      marks = typesTrouble ? [...trouble(typesTrouble, 'warning'), ...found] : found
      editor.setModelMarkers(
        model,
        owner,
        marks.map(({ start, end, severity, message, code }) => ({
          ...rangeOf(model, { start, length: Math.max(1, end - start) }),
          severity: severities[severity],
          message,
          code,
          source: 'steno',
        })),
      )
      providers.refreshLenses()
      performance.mark('policy checked')
      props.onChecked(said, marks)
    }
    // A worker takes plain values only. Types may be there when the editor is not any more.
    const check = () => {
      if (!model.isDisposed()) checker.check({ source: model.getValue(), live: unwrap(props.live) })
    }
    // The same keys on every system: elsewhere they open the browser's own tools.
    view.addCommand(KeyMod.Shift | KeyMod.Alt | KeyCode.KeyF, () => void view.getAction('editor.action.formatDocument')?.run())
    const lensCommand = view.addCommand(0, () => props.onLens())
    const providers = provideFor({
      model,
      types,
      live: () => unwrap(props.live),
      marks: () => marks,
      rules: () => checked?.rules ?? [],
      lenses: () => ruleLenses(checked?.rules ?? [], props.rehearsed),
      lensCommand: lensCommand ?? '',
    })
    let typesTrouble: string | null = null
    types.problems().then(
      () => {
        areTypesThere = true
        performance.mark('types checked')
        check()
      },
      (error: unknown) => {
        typesTrouble = `the type checker did not start, so the compiler speaks alone: ${error instanceof Error ? error.message : String(error)}`
        check()
      },
    )
    check()
    const changes = model.onDidChangeContent(() => {
      props.onChange(model.getValue())
      check()
    })
    createEffect(
      on(
        () => [props.types, props.live] as const,
        ([declarations]) => {
          declareTypes(declarations)
          // What is typed stays: only what its names mean is another.
          void types.refresh().then(check, check)
        },
        { defer: true },
      ),
    )
    createEffect(on(() => props.rehearsed, providers.refreshLenses, { defer: true }))
    createEffect(
      on(
        () => props.source,
        source => {
          if (source !== model.getValue()) replaceAll(model, source)
        },
        { defer: true },
      ),
    )
    onCleanup(() => {
      checker.close()
      compiler.close()
      for (const one of [changes, providers, view, model]) one.dispose()
    })
  })
  return <div class="policy-editor" ref={place} />
}

const look: editor.IStandaloneEditorConstructionOptions = {
  theme: 'steno',
  automaticLayout: true,
  fontFamily: "'JetBrains Mono Variable', 'JetBrains Mono', ui-monospace, monospace",
  fontSize: 13,
  lineHeight: 21,
  minimap: { enabled: false },
  scrollBeyondLastLine: false,
  renderLineHighlight: 'line',
  tabSize: 2,
  padding: { top: 12, bottom: 12 },
  fixedOverflowWidgets: true,
  // Words of the text are no names of the world.
  wordBasedSuggestions: 'off',
  quickSuggestions: { other: true, comments: false, strings: true },
  suggest: { showStatusBar: false, preview: false },
  codeLensFontFamily: "'Inter Variable', 'Inter', system-ui, sans-serif",
  codeLensFontSize: 12,
}

/** On a phone every column counts. */
function narrow(isNarrow: boolean): editor.IEditorOptions {
  return {
    wordWrap: isNarrow ? 'on' : 'off',
    folding: !isNarrow,
    glyphMargin: false,
    lineNumbersMinChars: isNarrow ? 2 : 4,
    lineDecorationsWidth: isNarrow ? 6 : 10,
  }
}

/** Another text in the place of this one, which can be undone. */
function replaceAll(model: editor.ITextModel, source: string): void {
  model.pushEditOperations([], [{ range: model.getFullModelRange(), text: source }], () => null)
}

const unchecked: Checked = { id: 0, hash: null, rules: [], problems: [], findings: [] }

/** What went wrong with checking itself. */
function trouble(message: string, severity: TextMark['severity']): TextMark[] {
  return [{ severity, message, code: 'not-checked', start: 0, end: 0, suggestion: null, rule: null, others: [] }]
}
