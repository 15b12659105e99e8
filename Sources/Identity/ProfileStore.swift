import Base
import Database
import HTTP
import JSON

/// What people show of themselves: `user_avatars`, `user_preferences`, and what of `users` is no sign-in.
struct ProfileStore: Sendable {
    let connection: any Queryable

    struct Details: Equatable, Sendable {
        var bio: String?
        var timeZone: String?
        var avatarVersion: Int32 = 0
        /// When the account is deleted, unless its owner thinks better of it.
        var deletionDueAt: Instant?
    }

    func details(of user: UserID) async throws -> Details {
        let row = try await connection.first(
            "SELECT bio, time_zone, avatar_version, deletion_due_at FROM users WHERE id = \(user)")
        guard let row else { return Details() }
        return Details(
            bio: try row.get(0), timeZone: try row.get(1), avatarVersion: try row.get(2), deletionDueAt: try row.get(3))
    }

    /// Beside the name, which counts the version.
    func save(_ details: Details, language: String, of user: UserID, at now: Instant) async throws {
        _ = try await connection.run(
            """
            UPDATE users SET bio = \(details.bio), time_zone = \(details.timeZone), language = \(language),
                updated_at = \(now)
            WHERE id = \(user)
            """)
    }

    // MARK: Pictures

    /// The new version, which is part of the picture's address.
    func setAvatar(_ large: [UInt8], _ small: [UInt8], of user: UserID) async throws -> Int32 {
        _ = try await connection.run(
            """
            INSERT INTO user_avatars (user_id, webp_512, webp_96) VALUES (\(user), \(large), \(small))
            ON CONFLICT (user_id) DO UPDATE SET webp_512 = excluded.webp_512, webp_96 = excluded.webp_96
            """)
        let row = try await connection.first(
            """
            UPDATE users SET avatar_version = greatest(avatar_version, 0) + 1, updated_at = now()
            WHERE id = \(user) RETURNING avatar_version
            """)
        return try row?.get(0) ?? 0
    }

    /// Whether there was one.
    func removeAvatar(of user: UserID) async throws -> Bool {
        guard try await connection.run("DELETE FROM user_avatars WHERE user_id = \(user)") > 0 else { return false }
        _ = try await connection.run("UPDATE users SET avatar_version = 0, updated_at = now() WHERE id = \(user)")
        return true
    }

    /// Only that of oneself, or of somebody with whom one shares a book.
    func avatar(of user: UserID, isLarge: Bool, for viewer: UserID) async throws -> [UInt8]? {
        try await connection.first(
            """
            SELECT CASE WHEN \(isLarge) THEN a.webp_512 ELSE a.webp_96 END FROM user_avatars a
            WHERE a.user_id = \(user) AND \(Self.mayMeet(viewer, "a.user_id"))
            """
        ).map { try $0.get(0) }
    }

    // MARK: Others

    /// Whether `viewer` is the person in the column, or is in a book with them.
    private static func mayMeet(_ viewer: UserID, _ column: StaticString) -> SQL {
        """
        (\(SQL.fragment(column)) = \(viewer) OR EXISTS (
            SELECT FROM book_members mine JOIN book_members theirs ON theirs.book_id = mine.book_id
            WHERE mine.user_id = \(viewer) AND theirs.user_id = \(SQL.fragment(column))
        ))
        """
    }

    func person(_ user: UserID, for viewer: UserID) async throws -> Row? {
        try await connection.first(
            """
            SELECT p.id, p.name, p.avatar_version FROM people p
            WHERE p.id = \(user) AND p.is_active AND \(Self.mayMeet(viewer, "p.id"))
            """)
    }

    /// Whoever knows somebody's whole address finds their name, once it is confirmed, and no picture of a stranger.
    func person(with email: EmailAddress, for viewer: UserID) async throws -> Rows {
        try await connection.query(
            """
            SELECT p.id, p.name, CASE WHEN \(Self.mayMeet(viewer, "p.id")) THEN p.avatar_version ELSE 0 END FROM people p
            WHERE p.email = \(email.normalized) AND p.is_active AND p.is_verified AND p.id <> \(viewer)
            """)
    }

    /// People who share a book, by the beginning of a word of their name.
    func search(_ text: String, for viewer: UserID, limit: Int) async throws -> Rows {
        let words = text.lowercased()
        return try await connection.query(
            """
            SELECT p.id, p.name, p.avatar_version FROM people p
            WHERE p.is_active AND p.id <> \(viewer)
                AND (starts_with(lower(p.name), \(words)) OR position(' ' || \(words) IN lower(p.name)) > 0)
                AND p.id IN (
                    SELECT theirs.user_id FROM book_members mine
                    JOIN book_members theirs ON theirs.book_id = mine.book_id WHERE mine.user_id = \(viewer)
                )
            ORDER BY lower(p.name), p.id LIMIT \(limit)
            """)
    }

    // MARK: Preferences

    enum Column: Sendable { case preferences, notifications }

    private static func fragment(_ column: Column) -> SQL {
        switch column {
        case .preferences: "preferences"
        case .notifications: "notifications"
        }
    }

    /// Both, for the profile.
    func chosen(by user: UserID) async throws -> (preferences: JSONValue, notifications: JSONValue) {
        let row = try await connection.first(
            "SELECT preferences::text, notifications::text FROM user_preferences WHERE user_id = \(user)")
        guard let row else { return (.object([]), .object([])) }
        return (
            try JSONValue.parse(Array(try row.get(0, as: String.self).utf8)),
            try JSONValue.parse(Array(try row.get(1, as: String.self).utf8))
        )
    }

    func read(_ column: Column, of user: UserID, locking: Bool = false) async throws -> (JSONValue, version: Int32) {
        if locking {
            _ = try await connection.run(
                "INSERT INTO user_preferences (user_id) VALUES (\(user)) ON CONFLICT (user_id) DO NOTHING")
        }
        var sql: SQL = "SELECT \(Self.fragment(column))::text, version FROM user_preferences WHERE user_id = \(user)"
        if locking { sql.append(" FOR UPDATE") }
        guard let row = try await connection.first(sql) else { return (.object([]), 1) }
        return (try JSONValue.parse(Array(try row.get(0, as: String.self).utf8)), try row.get(1))
    }

    /// - Parameter change: nil for none.
    func change(_ set: PreferenceSet, _ column: Column, _ change: JSONValue?, of user: UserID) async throws {
        guard let change else { return }
        let (stored, _) = try await read(column, of: user, locking: true)
        try await save(column, try set.applying(change, to: stored), of: user)
    }

    func save(_ column: Column, _ json: [UInt8], of user: UserID) async throws {
        _ = try await connection.run(
            """
            UPDATE user_preferences SET \(Self.fragment(column)) = \(JSONText(json)), version = version + 1, updated_at = now()
            WHERE user_id = \(user)
            """)
    }
}
