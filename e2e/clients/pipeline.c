/* libpq through the port: pipeline mode with an error in the middle, chunks of single rows, cancel. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void must(int so, const char *what, PGconn *c) {
  if (!so) { fprintf(stderr, "%s: %s", what, PQerrorMessage(c)); exit(1); }
}

int main(void) {
  PGconn *c = PQconnectdb("");
  must(PQstatus(c) == CONNECTION_OK, "connect", c);
  must(PQenterPipelineMode(c), "pipeline", c);
  for (int round = 0; round < 20; round++) {
    char text[64];
    snprintf(text, sizeof text, round == 7 ? "select 1/0" : "select %d", round);
    must(PQsendQueryParams(c, text, 0, 0, 0, 0, 0, round % 2), "send", c);
    if (round % 5 == 4) must(PQpipelineSync(c), "sync", c);
  }
  int tuples = 0, errors = 0, aborted = 0, syncs = 0;
  while (syncs < 4) {
    PGresult *r = PQgetResult(c);
    if (!r) continue;
    switch (PQresultStatus(r)) {
      case PGRES_TUPLES_OK: tuples++; break;
      case PGRES_FATAL_ERROR: errors++; break;
      case PGRES_PIPELINE_ABORTED: aborted++; break;
      case PGRES_PIPELINE_SYNC: syncs++; break;
      default: fprintf(stderr, "%s\n", PQresStatus(PQresultStatus(r))); return 1;
    }
    PQclear(r);
  }
  if (tuples != 17 || errors != 1 || aborted != 2) { fprintf(stderr, "%d %d %d\n", tuples, errors, aborted); return 1; }
  must(PQexitPipelineMode(c), "leave", c);
  PGcancel *cancel = PQgetCancel(c);
  char why[256];
  must(PQsendQuery(c, "select pg_sleep(30)"), "sleep", c);
  /* A cancel that arrives before the statement runs cancels nothing, with any server. */
  nanosleep(&(struct timespec){.tv_nsec = 300000000}, 0);
  must(PQcancel(cancel, why, sizeof why), why, c);
  PGresult *r = PQgetResult(c);
  must(strcmp(PQresultErrorField(r, PG_DIAG_SQLSTATE), "57014") == 0, "cancelled", c);
  PQfinish(c);
  puts("ok");
  return 0;
}
