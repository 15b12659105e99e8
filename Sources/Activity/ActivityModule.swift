import Database
import Jobs
import Runtime

package enum ActivityModule {
    package static var migrations: [Migration] {
        [Migration(name: "M20261122000310__activity", sql: PackageResources.M20261122000310__activity_sql)]
    }

    /// What has happened is kept for so long.
    static let keptDays = 400

    package static func register(_ database: Database, in jobs: inout JobRegistry) {
        jobs.add(sink)
        jobs.every(
            .seconds(3600),
            JobKind("activity.prune", visibility: .seconds(600)) { _ in
                while try await ActivityStore(database.writer).prune(limit: 10_000) == 10_000 {}
            })
    }

    /// Each event of a book becomes a row, in the statement that takes it out of the outbox; and whoever follows one of
    /// those books is woken when that is committed.
    static let sink = EventSink(
        statement: """
            activity_rows AS (
                INSERT INTO activity (book_id, name, user_id, data, occurred_at)
                SELECT book_id, name, user_id, data, occurred_at FROM taken WHERE book_id IS NOT NULL ORDER BY id
                RETURNING book_id
            )
            """,
        result: """
            (SELECT count(*) FROM (
                SELECT pg_notify('purser_activity', d.book_id::text) FROM (SELECT DISTINCT book_id FROM activity_rows) d
            ) told)
            """)
}
