"""psycopg 3 runs texts from stdin (a JSON list of {text, how}), each on a clean session, and prints what became of each."""
import json, os, sys, psycopg

outcomes = []
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as c:
    for one in json.load(sys.stdin):
        try:
            if one["how"] == "copy":
                with c.cursor().copy(one["text"]) as copy:
                    data = b"".join(bytes(d) for d in copy)
                outcomes.append({"data": data.decode("latin1")})
            elif one["how"] == "named":
                with c.transaction(), c.cursor(name="cur") as cur:
                    cur.execute(one["text"])
                    outcomes.append({"data": repr(cur.fetchall())})
            else:
                cur = c.execute(one["text"], prepare=one["how"] == "prepared", binary=one["how"] == "binary")
                outcomes.append({"data": repr(cur.fetchall()) if cur.description else ""})
        except psycopg.Error as e:
            outcomes.append({"state": e.diag.sqlstate, "detail": e.diag.message_detail, "hint": e.diag.message_hint, "message": str(e)})
print(json.dumps(outcomes))
