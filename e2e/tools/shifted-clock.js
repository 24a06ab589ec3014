// Loaded into a gateway before its own program: its clock is wrong by as many
// milliseconds as a file says when it starts.
import { readFileSync } from 'node:fs'

const shiftMs = Number(readFileSync(process.env['STENO_TEST_CLOCK'] ?? '', 'utf8'))
const now = Date.now.bind(Date)
Date.now = () => now() + shiftMs
