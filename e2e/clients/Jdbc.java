import java.sql.*;

/** pgjdbc through the port: server-side prepared statements, batches, fetch sizes, COPY is left to others. */
public class Jdbc {
    public static void main(String[] args) throws Exception {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        try (Connection c = DriverManager.getConnection(url, System.getenv("PGUSER"), System.getenv("PGPASSWORD"))) {
            try (PreparedStatement p = c.prepareStatement("select ?::int + 1, ?::text")) {
                for (int i = 0; i < 10; i++) {
                    p.setInt(1, i);
                    p.setString(2, "row " + i);
                    try (ResultSet r = p.executeQuery()) {
                        r.next();
                        if (r.getInt(1) != i + 1) throw new AssertionError(r.getInt(1));
                    }
                }
            }
            c.setAutoCommit(false);
            try (Statement s = c.createStatement()) {
                s.execute("create temp table t (id int)");
                s.setFetchSize(100);
                int n = 0;
                try (ResultSet r = s.executeQuery("select generate_series(1, 1050)")) { while (r.next()) n++; }
                if (n != 1050) throw new AssertionError(n);
            }
            try (PreparedStatement p = c.prepareStatement("insert into t values (?)")) {
                for (int i = 0; i < 200; i++) { p.setInt(1, i); p.addBatch(); }
                p.executeBatch();
            }
            Savepoint before = c.setSavepoint();
            try (Statement s = c.createStatement()) { s.execute("select 1/0"); throw new AssertionError("expected an error"); }
            catch (SQLException e) { if (!e.getSQLState().equals("22012")) throw e; }
            c.rollback(before);
            try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("select count(*) from t")) {
                r.next();
                if (r.getInt(1) != 200) throw new AssertionError(r.getInt(1));
            }
            c.commit();
        }
        System.out.println("ok");
    }
}
