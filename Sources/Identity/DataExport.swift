import Audit
import Base
import Books
import Cryptography
import Database
import HTTP
import HTTPServer
import JSON
import Resources

/// Everything that is here of one person, as one JSON object: who they are, how they sign in (and nothing that signs in),
/// each of their books as far as they may see it, and what the audit log has of them. Written as it is read.
struct DataExport: Sendable {
    let database: Database
    let user: User
    let parts: [BookPart]

    /// Rows that belong to the person alone. There are few; a bound is a bound.
    private struct Personal: Sendable {
        let name: String
        let resource: RowResource
        let select: @Sendable (UserID, String) -> SQL
    }

    private static let maximumRows = 10_000

    private static let personal: [Personal] = [
        Personal(
            name: "sessions",
            resource: RowResource(
                "ExportedSession",
                [
                    RowColumn("id", "id", .identifier), RowColumn("userAgent", "user_agent", .text, nullable: true),
                    RowColumn("address", "ip_address", .text, nullable: true),
                    RowColumn("methods", "methods", .texts), RowColumn("createdAt", "created_at", .instant),
                    RowColumn("lastUsedAt", "last_used_at", .instant),
                    RowColumn("endedAt", "revoked_at", .instant, nullable: true),
                ])
        ) { user, _ in "sessions WHERE user_id = \(user) ORDER BY id" },
        Personal(
            name: "passkeys",
            resource: RowResource(
                "ExportedPasskey",
                [
                    RowColumn("id", "id", .identifier), RowColumn("name", "name", .text),
                    RowColumn("createdAt", "created_at", .instant),
                    RowColumn("lastUsedAt", "last_used_at", .instant, nullable: true),
                ])
        ) { user, _ in "passkeys WHERE user_id = \(user) ORDER BY id" },
        Personal(
            name: "linkedAccounts",
            resource: RowResource(
                "ExportedIdentity",
                [
                    RowColumn("provider", "provider", .text), RowColumn("subject", "subject", .text),
                    RowColumn("email", "email", .text, nullable: true), RowColumn("linkedAt", "linked_at", .instant),
                ])
        ) { user, _ in "linked_identities WHERE user_id = \(user) ORDER BY provider, subject" },
        Personal(
            name: "apiKeys",
            resource: RowResource(
                "ExportedKey",
                [
                    RowColumn("id", "id", .identifier), RowColumn("name", "name", .text),
                    RowColumn("scopes", "scopes", .texts), RowColumn("createdAt", "created_at", .instant),
                    RowColumn("expiresAt", "expires_at", .instant, nullable: true),
                    RowColumn("revokedAt", "revoked_at", .instant, nullable: true),
                    RowColumn("lastUsedAt", "last_used_at", .instant, nullable: true),
                ])
        ) { user, _ in "api_keys WHERE user_id = \(user) ORDER BY id" },
        Personal(
            name: "invitations",
            resource: RowResource(
                "ExportedInvitation",
                [
                    RowColumn("id", "id", .identifier), RowColumn("bookId", "book_id", .identifier),
                    RowColumn("email", "email", .text), RowColumn("role", "role", .text),
                    RowColumn("sentAt", "created_at", .instant),
                    RowColumn("answer", "answer", .text, nullable: true),
                ])
        ) { user, email in "book_invitations WHERE invited_by = \(user) OR email = \(email) ORDER BY id" },
    ]

    /// What is written and not yet sent; commas come right across pieces.
    private final class Piece {
        var json = JSONWriter(capacity: 64 << 10)
        let output: HTTPBodyWriter
        init(_ output: HTTPBodyWriter) { self.output = output }

        func send() async throws {
            try await output.write(json.bytes)
            json.bytes.removeAll(keepingCapacity: true)
        }
    }

    func write(to output: HTTPBodyWriter, at now: Instant) async throws {
        let piece = Piece(output)
        piece.json.beginObject()
        piece.json.write("format", "purser-person-1")
        piece.json.key("exportedAt")
        piece.json.instant(now)
        try await writePerson(piece)
        for part in Self.personal {
            let rows = try await database.query(
                """
                SELECT \(part.resource.selection) FROM \(part.select(user.id, user.email)) LIMIT \(Self.maximumRows)
                """)
            piece.json.key(part.name)
            try part.resource.write(rows, to: &piece.json)
            try await piece.send()
        }
        piece.json.key("books")
        piece.json.beginArray()
        for book in try await BookStore(database).books(of: user.id) { try await write(book, piece) }
        piece.json.endArray()
        try await writeAudit(piece)
        piece.json.endObject()
        try await piece.send()
    }

    private func writePerson(_ piece: Piece) async throws {
        let profile = try await IdentityOutput.Profile(of: user, database)
        piece.json.key("profile")
        IdentityOutput.profile.write(profile, to: &piece.json)
        for (name, set, stored) in [
            ("preferences", .preferences, profile.preferences),
            ("notifications", .notifications, profile.notifications),
        ] as [(String, PreferenceSet, JSONValue)] {
            piece.json.key(name)
            piece.json.beginObject()
            set.writeMembers(stored, to: &piece.json)
            piece.json.endObject()
        }
        let picture = try await ProfileStore(connection: database).avatar(of: user.id, isLarge: true, for: user.id)
        piece.json.key("picture")
        if let picture {
            piece.json.beginObject()
            piece.json.write("type", "image/webp")
            piece.json.write("base64url", Base64URL.encode(picture))
            piece.json.endObject()
        } else {
            piece.json.null()
        }
        try await piece.send()
    }

    /// Asked again before each page: whoever is removed meanwhile gets no more of it.
    private func write(_ book: BookSummary, _ piece: Piece) async throws {
        piece.json.beginObject()
        piece.json.key("book")
        BookSummary.fields.write(book, to: &piece.json)
        for part in parts where part.isFor(book) {
            piece.json.key(part.name)
            piece.json.beginArray()
            var after: Identifier<BookPart>?
            repeat {
                let now = try await BookStore(database).book(book.book.id, for: user.id)
                guard let now, part.isFor(now) else { break }
                let page = try await part.page(database, now, after)
                if !page.json.isEmpty { piece.json.raw(page.json) }
                try await piece.send()
                after = page.next
            } while after != nil
            piece.json.endArray()
        }
        piece.json.endObject()
    }

    private func writeAudit(_ piece: Piece) async throws {
        piece.json.key("auditLog")
        piece.json.beginArray()
        var last: Row?
        repeat {
            let rows = try await database.query(
                try AuditOfOneself.page(of: user.id, after: last, limit: BookPart.rowsOfPage))
            for row in rows { try AuditOfOneself.resource.write(row, to: &piece.json) }
            try await piece.send()
            last = rows.count < BookPart.rowsOfPage ? nil : rows.last
        } while last != nil
        piece.json.endArray()
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }
}
