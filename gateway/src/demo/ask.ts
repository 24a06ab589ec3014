import postgres from 'postgres'

/** Asks the target of the run it was started in one thing and prints the answer: for a machine without psql. */
const sql = postgres(process.env['DATABASE_URL'] ?? '', { max: 1, onnotice: notice => process.stderr.write(`${notice['message']}\n`) })
try {
  for (const row of await sql.unsafe(process.argv[2] ?? 'select now()'))
    process.stdout.write(`${Object.values(row).map(String).join('\t')}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  await sql.end()
}
