import Base
import Database
import HTTP
import Resources

/// What the log has of one person's own deeds, for themselves. Values only where they are of no book: those of a book are
/// for whoever may read its log.
package enum AuditOfOneself {
    package static let resource = RowResource(
        "OwnAuditLog",
        [
            RowColumn("id", "l.id", .identifier), RowColumn("at", "l.at", .instant),
            RowColumn("bookId", "l.book_id", .identifier, nullable: true),
            RowColumn("moduleName", "l.module", .text), RowColumn("recordId", "l.record_id", .text, nullable: true),
            RowColumn("action", "l.action", .text), RowColumn("address", "l.address", .text, nullable: true),
            RowColumn("userAgent", "l.user_agent", .text, nullable: true),
            RowColumn("oldValues", old, .json(.anything), nullable: true),
            RowColumn("newValues", new, .json(.anything), nullable: true),
        ])

    private static let old: StaticString = "CASE WHEN l.book_id IS NULL THEN l.old_values::text END"
    private static let new: StaticString = "CASE WHEN l.book_id IS NULL THEN l.new_values::text END"

    /// Newest first.
    package static func page(of user: UserID, after: Row?, limit: Int) throws -> SQL {
        let at: Instant? = try after?.get(1)
        let id: Identifier<AuditRecord>? = try after?.get(0)
        return """
            SELECT \(resource.selection) FROM audit.log l
            WHERE l.actor_id = \(user) AND (\(at == nil) OR (l.at, l.id) < (\(at), \(id)))
            ORDER BY l.at DESC, l.id DESC LIMIT \(limit)
            """
    }

    /// How often somebody did something within the last hour.
    package static func countOfHour(_ action: AuditRecord.Action, by user: UserID) -> SQL {
        """
        SELECT count(*)::int FROM audit.log
        WHERE actor_id = \(user) AND action = \(action.rawValue) AND at > clock_timestamp() - interval '1 hour'
        """
    }
}
