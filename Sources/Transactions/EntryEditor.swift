import Base
import Database
import HTTP

/// Which entries of a book somebody may change: all that they see, or those that they have recorded themselves.
struct EntryEditor: Equatable, Sendable {
    /// Nil: whoever has recorded it.
    let creator: UserID?
    /// What they do not see is not there.
    let scope: EntryScope

    /// The caller's, in the request's book.
    init(_ request: Request) throws(Refusal) {
        let book = try request.book
        let mayChangeAll = book.permissions.union(book.permissionsWithinScope).contains(.editEntries)
        creator = mayChangeAll ? nil : try request.principal.user
        scope = book.scope
    }

    var isForAll: Bool { creator == nil && scope == .everything }

    func mayChange(entryOf other: UserID) -> Bool { creator.map { $0 == other } ?? true }

    /// What must hold for `e`, a row with a creator.
    var condition: SQL {
        var sql = scope.condition
        if let creator { sql.append(" AND e.created_by = \(creator)") }
        return sql
    }
}

extension Refusal {
    static let notYourEntry = Refusal(
        .forbidden, "NOT_YOUR_ENTRY",
        "Somebody else has recorded this. With your role in this book you can change what you have recorded yourself.")
    static let notYourImport = Refusal(
        .forbidden, "NOT_YOUR_IMPORT",
        "Somebody else has imported this. With your role in this book you can undo your own imports.")
}

extension EntryStore {
    /// Why nothing was changed: there is no such entry, or it is another's.
    func reasonForNone(
        _ id: EntryID, kind: Entry.Kind?, as editor: EntryEditor, isDeleted: Bool, word: String
    ) async throws -> Refusal {
        let others = try await unchanged([id], kind: kind, as: editor, isDeleted: isDeleted)
        return others.isEmpty ? .notFound(word) : .notYourEntry
    }

    /// Those of the ids that are there for the editor to see, in or out of the trash.
    func unchanged(
        _ ids: [EntryID], kind: Entry.Kind?, as editor: EntryEditor, isDeleted: Bool
    ) async throws -> Set<EntryID> {
        guard !ids.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            SELECT e.id FROM entries e
            WHERE e.book_id = \(book) AND e.id = ANY(\(ids)) AND (e.type = \(kind?.rawValue) OR \(kind == nil))
                AND (e.deleted_at IS NOT NULL) = \(isDeleted)\(editor.scope.condition)
            """)
        return Set(try rows.map { try $0.get(0) })
    }
}
