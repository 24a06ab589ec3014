"""asyncpg through the port: everything binary, named statements, portals in slices, COPY, concurrency."""
import asyncio, datetime, decimal, os, uuid, asyncpg

async def main():
    c = await asyncpg.connect(os.environ["DATABASE_URL"])
    row = await c.fetchrow("select $1::int8 a, $2::numeric b, $3::timestamptz c, $4::uuid d, $5::text[] e, $6::jsonb f, $7::bytea g", 1 << 40, decimal.Decimal("3.140"), datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc), uuid.UUID(int=7), ["a", None, "c,d"], '{"x": 1}', b"\x00\xff")
    assert row["a"] == 1 << 40 and str(row["b"]) == "3.140" and row["e"] == ["a", None, "c,d"], row
    async with c.transaction():
        seen = 0
        async for _ in c.cursor("select generate_series(1, 250)", prefetch=50):
            seen += 1
        assert seen == 250
    await c.execute("create temp table t (id int, name text)")
    await c.copy_records_to_table("t", records=[(n, f"n{n}") for n in range(500)])
    assert await c.fetchval("select count(*) from t") == 500
    await c.executemany("insert into t values ($1, $2)", [(n, "x") for n in range(100)])
    try:
        await c.fetch("select 1 / $1::int", 0)
        raise SystemExit("expected an error")
    except asyncpg.exceptions.DivisionByZeroError:
        pass
    try:
        await c.fetch("select pg_sleep(30)", timeout=0.5)
        raise SystemExit("expected a time-out")
    except asyncio.TimeoutError:
        pass
    assert await c.fetchval("select 42") == 42
    await c.close()
    pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=4, max_size=4)
    assert sorted(await asyncio.gather(*(pool.fetchval("select $1::int", n) for n in range(100)))) == list(range(100))
    await pool.close()

asyncio.run(main())
print("ok")
