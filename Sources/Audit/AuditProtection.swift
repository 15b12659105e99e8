import Database

/// Who may do what to the audit log: another role than the server's owns it, and the server may read and add.
///
/// A trigger alone would not do: whoever owns a table may disable its triggers. See ADR 17.
package enum AuditProtection {
    /// Gives the log to the administrator, and to the server's role no more than it needs. Run at each start where an
    /// administrator's connection is at hand; changes nothing when all is so already.
    ///
    /// - Parameters:
    ///   - url: how the server reaches its database.
    ///   - admin: how its administrator reaches the same.
    package static func apply(url: String, admin: String) async throws {
        let role = try await Maintenance.text("SELECT quote_ident(current_user)", url: url)
        // Nothing of it comes from outside: the role's name is the database's own, quoted by it.
        try await Maintenance.run(
            """
            DO $protect$
            BEGIN
                IF EXISTS (SELECT FROM pg_namespace WHERE nspname = 'audit' AND nspowner <> current_user::regrole) THEN
                    ALTER SCHEMA audit OWNER TO CURRENT_USER;
                    ALTER TABLE audit.log OWNER TO CURRENT_USER;
                    ALTER TABLE audit.chain OWNER TO CURRENT_USER;
                    ALTER FUNCTION audit.refuse_change() OWNER TO CURRENT_USER;
                END IF;
                IF current_user <> '\(role.replacingQuotes)'::regrole::name THEN
                    REVOKE ALL ON SCHEMA audit FROM \(role);
                    REVOKE ALL ON audit.log, audit.chain FROM \(role);
                    GRANT USAGE ON SCHEMA audit TO \(role);
                    GRANT SELECT, INSERT ON audit.log, audit.chain TO \(role);
                END IF;
            END
            $protect$
            """, url: admin)
    }

    package enum State: Sendable, Equatable {
        /// The server's role can read and add, and no more.
        case protected
        /// What it could do besides.
        case open([String])
    }

    /// What the role of this connection may do to the log.
    package static func state(_ database: any Queryable) async throws -> State {
        let row = try await database.first(
            """
            WITH tables AS (SELECT unnest(ARRAY['audit.log', 'audit.chain'])::regclass AS id)
            SELECT
                (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
                EXISTS (SELECT FROM tables JOIN pg_class c ON c.oid = id WHERE pg_has_role(current_user, c.relowner, 'MEMBER'))
                    OR EXISTS (
                        SELECT FROM pg_namespace WHERE nspname = 'audit' AND pg_has_role(current_user, nspowner, 'MEMBER')),
                EXISTS (SELECT FROM tables WHERE has_table_privilege(id, 'UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'))
                    OR EXISTS (SELECT FROM tables WHERE has_any_column_privilege(id, 'UPDATE, REFERENCES')),
                has_schema_privilege('audit', 'CREATE')
            """)
        guard let row else { return .open(["nothing is known of it"]) }
        var powers: [String] = []
        if try row.get(0, as: Bool.self) { powers.append("it is a superuser") }
        if try row.get(1, as: Bool.self) { powers.append("it owns the log, or may act as its owner") }
        if try row.get(2, as: Bool.self) { powers.append("it may change or delete rows") }
        if try row.get(3, as: Bool.self) { powers.append("it may make tables in the log's schema") }
        return powers.isEmpty ? .protected : .open(powers)
    }
}

extension String {
    /// For a name that is already quoted, inside of a text literal.
    fileprivate var replacingQuotes: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    }
}
