import Base
import Database
import HTTP
import JSON
import Resources
import Statements

/// Imports as they are shown: every statement that reads `imports` and `import_rejections`.
struct ImportStore: Sendable {
    let connection: any Queryable
    let book: BookID

    init(_ connection: any Queryable, book: BookID) {
        self.connection = connection
        self.book = book
    }

    static let resource = RowResource(
        "Import",
        [
            RowColumn("id", "id", .identifier),
            RowColumn("format", "format", .text),
            RowColumn("filename", "filename", .text),
            RowColumn("profile", "profile", .text, nullable: true, "The import profile that it was read with."),
            RowColumn("account", "account", .text, nullable: true, "The account of the statement, where it is known."),
            RowColumn("imported", "imported_count", .integer),
            RowColumn("duplicates", "duplicate_count", .integer),
            RowColumn("rejectedCount", "rejected_count", .integer),
            RowColumn("createdBy", "created_by", .identifier),
            RowColumn("createdAt", "created_at", .instant),
            RowColumn("undoneAt", "undone_at", .instant, nullable: true),
            RowColumn("departmentId", "department_id", .identifier, nullable: true, "What its entries were given to."),
            RowColumn("departmentName", departmentName, .text, nullable: true, "Null where it is gone since."),
        ])

    private static let departmentName: StaticString = """
        (SELECT d.name FROM departments d WHERE d.book_id = imports.book_id AND d.id = imports.department_id)
        """

    static let rejections = RowResource(
        "RejectedLine",
        [
            RowColumn("line", "line", .integer), RowColumn("text", "text", .text), RowColumn("reason", "reason", .text),
            RowColumn("number", "number", .integer, hidden: true),
        ])

    static let numberColumn = 3

    /// `AND …` for the entries of an import, in `entries e`. Their ids are greater than its own, and at most the last one,
    /// so that they are found where they are, without an index of imports.
    static func contains(_ id: ImportID, book: BookID) -> SQL {
        """
         AND e.import_id = \(id) AND e.id > \(id)
            AND e.id <= (SELECT last_entry_id FROM imports WHERE book_id = \(book) AND id = \(id))
        """
    }

    /// Newest first; one row more than the limit tells whether there is another page.
    static func list(book: BookID, before last: ImportID?, limit: Int) -> SQL {
        var sql: SQL = "SELECT \(resource.selection) FROM imports WHERE book_id = \(book)"
        if let last { sql.append(" AND id < \(last)") }
        sql.append(" ORDER BY id DESC LIMIT \(limit + 1)")
        return sql
    }

    static func one(_ id: ImportID, book: BookID) -> SQL {
        "SELECT \(resource.selection) FROM imports WHERE book_id = \(book) AND id = \(id)"
    }

    static func rejected(_ id: ImportID, book: BookID, after number: Int32, limit: Int) -> SQL {
        """
        SELECT \(rejections.selection) FROM import_rejections
        WHERE book_id = \(book) AND import_id = \(id) AND number > \(number) ORDER BY number LIMIT \(limit)
        """
    }
}
