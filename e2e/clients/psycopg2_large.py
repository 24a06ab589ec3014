"""psycopg 2 through the port: large objects (function calls), server-side cursors, simple queries with several statements."""
import os, psycopg2

c = psycopg2.connect(os.environ["DATABASE_URL"])
large = c.lobject(0, "wb")
large.write(b"\x00\x01binary" * 5000)
oid = large.oid
large.close()
assert len(c.lobject(oid, "rb").read()) == 8 * 5000
c.commit()
with c.cursor("named") as cur:
    cur.itersize = 100
    cur.execute("select generate_series(1, 1000)")
    assert sum(1 for _ in cur) == 1000
with c.cursor() as cur:
    cur.execute("select 1; select 2; select 3")
    assert cur.fetchone() == (3,)
print("ok")
