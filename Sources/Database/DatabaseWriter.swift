/// Writes of one statement each, as a `Queryable`: a statement commits by itself.
package struct DatabaseWriter: Queryable {
    let database: Database

    package func query(_ sql: SQL) async throws -> Rows { try await database.write(sql) }
}

extension Database {
    package var writer: DatabaseWriter { DatabaseWriter(database: self) }
}
