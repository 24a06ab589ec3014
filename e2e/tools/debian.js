// Debian packages that the end-to-end tests stand on.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Each package with a file that is there when it is installed. */
const packages = {
  postgresql: '/usr/share/postgresql-common',
  'postgresql-contrib': '/usr/share/postgresql',
  pgbouncer: '/usr/sbin/pgbouncer',
  chromium: '/usr/bin/chromium',
  'python3-psycopg': '/usr/lib/python3/dist-packages/psycopg',
  'python3-psycopg2': '/usr/lib/python3/dist-packages/psycopg2',
  'python3-asyncpg': '/usr/lib/python3/dist-packages/asyncpg',
  'libpostgresql-jdbc-java': '/usr/share/java/postgresql.jar',
  'libpq-dev': '/usr/include/postgresql/libpq-fe.h',
  'golang-golang-x-mod-dev': '/usr/share/gocode/src/golang.org/x/mod/sumdb',
  openssl: '/usr/bin/openssl',
  procps: '/usr/bin/pkill',
}

/** Commands that more than one package can bring. */
const commands = { javac: 'default-jdk-headless', java: 'default-jre-headless', cc: 'gcc', go: 'golang-go' }

/** Installs what is missing through apt as root; otherwise says what to run and ends. */
export function installDebianPackages() {
  const missing = [
    ...Object.entries(packages).flatMap(([name, path]) => (existsSync(path) ? [] : [name])),
    ...Object.entries(commands).flatMap(([command, name]) => (spawnSync('sh', ['-c', `command -v ${command}`]).status === 0 ? [] : [name])),
  ]
  if (missing.length === 0) return
  const command = `apt-get install -y ${missing.join(' ')}`
  if (process.getuid?.() !== 0) {
    console.error(`the tests need packages that are not installed; as root: apt-get update && ${command}`)
    process.exit(1)
  }
  console.log(`installing ${missing.join(', ')} …`)
  // `postgresql` would start a cluster of its own that no test uses.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const line of ['apt-get update -qq', `${command} -qq`]) {
    const ran = spawnSync('sh', ['-c', line], { env, encoding: 'utf8' })
    if (ran.status !== 0) {
      console.error(`${line} failed:\n${ran.stdout}${ran.stderr}`)
      process.exit(1)
    }
  }
}
