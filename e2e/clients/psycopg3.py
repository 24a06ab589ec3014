"""psycopg 3 through the port: prepared and binary statements, pipeline mode, COPY, server-side cursors, cancel, notify."""
import logging, os, sys, threading, time, psycopg

# Of a pipeline that was aborted it warns when the error arrives before the last statement is on its way, which is a matter of time.
logging.getLogger("psycopg").addFilter(lambda record: not record.getMessage().endswith("pipeline aborted"))

with psycopg.connect(os.environ["DATABASE_URL"]) as c:
    rows = c.execute("select g, g::text, %s::numeric, %s::timestamptz from generate_series(1, 5) g", ("12.50", "2026-01-02 03:04:05+00"), prepare=True, binary=True).fetchall()
    assert [r[0] for r in rows] == [1, 2, 3, 4, 5] and str(rows[0][2]) == "12.50", rows
    for n in range(7):
        assert c.execute("select %s::int + 1", (n,), prepare=True).fetchone() == (n + 1,)
    c.execute("create temp table t (id int, name text)")
    with c.cursor().copy("copy t from stdin") as copy:
        for n in range(1000):
            copy.write_row((n, f"name {n}"))
    with c.cursor().copy("copy t to stdout (format binary)") as copy:
        assert sum(len(data) for data in copy) > 10000
    with c.cursor(name="cur") as cur:
        cur.execute("select * from t order by id")
        assert len(cur.fetchmany(10)) == 10 and len(cur.fetchall()) == 990
    with c.pipeline():
        cursors = [c.execute("select %s::int", (n,)) for n in range(50)]
        assert [cur.fetchone()[0] for cur in cursors] == list(range(50))
    c.commit()
    try:
        with c.pipeline():
            c.execute("select 1")
            c.execute("select 1/0")
            c.execute("select 2")
        raise SystemExit("expected an error")
    except psycopg.errors.DivisionByZero:
        c.rollback()
    threading.Timer(0.5, c.cancel).start()
    began = time.monotonic()
    try:
        c.execute("select pg_sleep(30)")
        raise SystemExit("expected to be cancelled")
    except psycopg.errors.QueryCanceled:
        assert time.monotonic() - began < 20
        c.rollback()
    c.autocommit = True
    c.execute("listen news")
    heard = []
    c.add_notify_handler(lambda notification: heard.append(notification.payload))
    c.execute("notify news, 'fresh'")
    c.execute("select 1")
    assert heard == ["fresh"], heard
    try:
        c.execute("insert into t values (1, 2, 3)")
        raise SystemExit("expected an error")
    except psycopg.errors.SyntaxError as error:
        assert error.diag.sqlstate == "42601"
print("ok")
