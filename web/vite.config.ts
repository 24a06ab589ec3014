import { defineConfig, type Plugin } from 'vite'
import solid from 'vite-plugin-solid'

/** Policies are written without TypeScript's own libraries, so its worker goes without them: three megabytes less. */
function withoutLibraries(): Plugin {
  return {
    name: 'without-typescript-libraries',
    load: id => (/monaco-editor\/.*\/typescript\/lib\/lib\.js$/.test(id) ? 'export const libFileMap = {}' : null),
  }
}

/** The desk, built into `web/dist`; the gateway serves it. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [solid({ include: [/\/web\/src\/.*\.tsx$/, /node_modules\/(@kobalte|@solidjs|@solid-primitives|lucide-solid)\/.*\.jsx$/] })],
  resolve: { conditions: ['source', 'solid', 'module', 'browser', 'development|production'] },
  worker: { format: 'es', plugins: () => [withoutLibraries()] },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // A font inlined as a data: URI would break the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Our tests hold the pages to their budgets; `npm start` need not tell of them, nor how long which plugin took.
    chunkSizeWarningLimit: Infinity,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  server: { proxy: { '/api': process.env['STENO_URL'] ?? 'http://127.0.0.1:7700' } },
})
