import { editor, Emitter, KeyCode, KeyMod, languages, MarkerSeverity, Uri } from 'monaco-editor/editor'
// In 0.57 `features/suggest` brings what inline completion takes of it, and not the list itself.
import 'monaco-editor/editor/contrib/suggest/browser/suggestController'
import 'monaco-editor/features/bracketMatching/register'
import 'monaco-editor/features/clipboard/register'
import 'monaco-editor/features/codeAction/register'
import 'monaco-editor/features/codelens/register'
import 'monaco-editor/features/comment/register'
import 'monaco-editor/features/contextmenu/register'
import 'monaco-editor/features/documentSymbols/register'
import 'monaco-editor/features/dropOrPasteInto/register'
import 'monaco-editor/features/find/register'
import 'monaco-editor/features/folding/register'
import 'monaco-editor/features/format/register'
import 'monaco-editor/features/gotoError/register'
import 'monaco-editor/features/gotoSymbol/register'
import 'monaco-editor/features/hover/register'
import 'monaco-editor/features/multicursor/register'
import 'monaco-editor/features/parameterHints/register'
import 'monaco-editor/features/rename/register'
import 'monaco-editor/features/snippet/register'
import 'monaco-editor/languages/definitions/typescript/register'
import * as typescript from 'monaco-editor/languages/features/typescript/register'
import { hexColours } from './hex-colours.ts'

export { editor, Emitter, KeyCode, KeyMod, languages, MarkerSeverity, Uri }

/** Until the first text of its language is shown nobody has TypeScript at hand; who asks for its worker before that is refused. */
const typesAreRegistered = new Promise<void>(resolve => void languages.onLanguage('typescript', resolve))

/** Asked for with the page; the text is there to be read before it. Whoever asks for types waits for it. */
const typeMode = import('./type-mode.ts')

/** TypeScript's worker, once there is one. */
export async function typeWorker(uri: Uri) {
  await Promise.all([typesAreRegistered, typeMode])
  return (await typescript.getTypeScriptWorker())(uri)
}

let isPrepared = false

/** Has Monaco know how policies are written: no library but ours, scripts that share one world, our colours. */
export function prepareMonaco(): void {
  if (isPrepared) return
  isPrepared = true
  globalThis.MonacoEnvironment = {
    getWorker: (_id, label) =>
      label === 'typescript'
        ? new Worker(new URL('./typescript-worker.ts', import.meta.url), { type: 'module' })
        : new Worker(new URL('./editor-worker.ts', import.meta.url), { type: 'module' }),
  }
  typescript.typescriptDefaults.setCompilerOptions({
    noLib: true,
    strict: true,
    target: typescript.ScriptTarget.ESNext,
    allowNonTsExtensions: true,
    moduleDetection: 2,
  })
  typescript.typescriptDefaults.setEagerModelSync(true)
  // What it says, offers and changes of policies is asked for by us, and told in our words.
  typescript.typescriptDefaults.setModeConfiguration({ documentHighlights: true, documentRangeFormattingEdits: true, signatureHelp: true })
  dress()
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', dress)
  new MutationObserver(dress).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
}

/** Gives the editor the types of everything that policies can name. */
export function declareTypes(text: string): void {
  typescript.typescriptDefaults.setExtraLibs([{ content: text, filePath: 'file:///steno.d.ts' }])
}

/** What was declared, as its worker takes it. */
export function declaredTypes(): unknown {
  return typescript.typescriptDefaults.getExtraLibs()
}

/** The page's colours, which Monaco takes as hexadecimal numbers only. */
function dress(): void {
  const colour = hexColours(document.documentElement)
  const isDark = colour('--bg') < '#8'
  const token = (name: string) => colour(name).slice(1)
  editor.defineTheme('steno', {
    base: isDark ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      { token: '', foreground: token('--text') },
      { token: 'comment', foreground: token('--muted') },
      { token: 'keyword', foreground: token('--accent') },
      { token: 'string', foreground: token('--allow') },
      { token: 'regexp', foreground: token('--mask') },
      { token: 'number', foreground: token('--hold') },
    ],
    colors: {
      'editor.background': colour('--panel'),
      'editor.foreground': colour('--text'),
      'editorLineNumber.foreground': colour('--faint'),
      'editorLineNumber.dimmedForeground': colour('--faint'),
      'editorLineNumber.activeForeground': colour('--text'),
      'editor.lineHighlightBackground': colour('--sunken'),
      'editor.lineHighlightBorder': colour('--sunken'),
      'editorWidget.background': colour('--raised'),
      'editorWidget.border': colour('--line-strong'),
      'editorSuggestWidget.foreground': colour('--text'),
      'editorSuggestWidget.highlightForeground': colour('--accent'),
      'editorSuggestWidget.selectedBackground': colour('--accent-weak'),
      'editorSuggestWidget.selectedForeground': colour('--text'),
      'editorSuggestWidget.selectedIconForeground': colour('--text'),
      'editorSuggestWidget.focusHighlightForeground': colour('--accent'),
      'editorActionList.background': colour('--raised'),
      'editorActionList.foreground': colour('--text'),
      'editorActionList.focusBackground': colour('--accent-weak'),
      'editorActionList.focusForeground': colour('--text'),
      'menu.background': colour('--raised'),
      'menu.foreground': colour('--text'),
      'menu.selectionBackground': colour('--accent-weak'),
      'menu.selectionForeground': colour('--text'),
      'input.background': colour('--panel'),
      'input.foreground': colour('--text'),
      // What is open and what closes it is shown where the cursor is, and not by a rainbow.
      ...Object.fromEntries([1, 2, 3, 4, 5, 6].map(depth => [`editorBracketHighlight.foreground${depth}`, colour('--text')])),
      'editor.selectionBackground': colour('--accent-weak'),
      'editorError.foreground': colour('--deny'),
      'editorWarning.foreground': colour('--hold'),
      'editorInfo.foreground': colour('--accent'),
      'editorCodeLens.foreground': colour('--muted'),
      focusBorder: colour('--accent'),
      'diffEditor.insertedLineBackground': colour('--allow-weak'),
      'diffEditor.insertedTextBackground': colour('--allow-weak'),
      'diffEditor.removedLineBackground': colour('--deny-weak'),
      'diffEditor.removedTextBackground': colour('--deny-weak'),
      'diffEditor.unchangedRegionBackground': colour('--panel'),
      'diffEditor.unchangedRegionForeground': colour('--muted'),
      'diffEditor.unchangedCodeBackground': colour('--panel'),
    },
  })
  editor.setTheme('steno')
}
