import Base
import Database
import HTTP

/// Which entries of a book somebody may change: all of them, or those that they have recorded themselves.
enum EntryEditor: Equatable, Sendable {
    case any
    case own(UserID)

    /// The caller's, in the request's book.
    init(_ request: Request) throws(Refusal) {
        self = try request.book.permissions.contains(.editEntries) ? .any : .own(try request.principal.user)
    }

    func mayChange(entryOf creator: UserID) -> Bool {
        switch self {
        case .any: true
        case .own(let user): user == creator
        }
    }

    /// What must hold for `e`, a row with a creator.
    var condition: SQL {
        switch self {
        case .any: ""
        case .own(let user): " AND e.created_by = \(user)"
        }
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
    func reasonForNone(_ id: EntryID, kind: Entry.Kind?, isDeleted: Bool, word: String) async throws -> Refusal {
        let others = try await unchanged([id], kind: kind, isDeleted: isDeleted)
        return others.isEmpty ? .notFound(word) : .notYourEntry
    }

    /// Those of the ids that are there, in or out of the trash.
    func unchanged(_ ids: [EntryID], kind: Entry.Kind?, isDeleted: Bool) async throws -> Set<EntryID> {
        guard !ids.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            SELECT id FROM entries
            WHERE book_id = \(book) AND id = ANY(\(ids)) AND (type = \(kind?.rawValue) OR \(kind == nil))
                AND (deleted_at IS NOT NULL) = \(isDeleted)
            """)
        return Set(try rows.map { try $0.get(0) })
    }
}
