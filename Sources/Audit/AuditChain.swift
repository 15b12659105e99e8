import Base
import Cryptography
import Database

/// The chain over the log: each row's hash covers the row and the hash before it, so that a row that is changed, taken
/// out or put in between shows; and whoever has noted the head elsewhere sees when the end is cut off too.
package struct AuditChain: Sendable {
    package static let zero = [UInt8](repeating: 0, count: SHA256.byteCount)
    /// Rows that are sealed, or verified, at a time.
    var batch = 1000
    /// Any number that nothing else uses.
    private static let lock: Int64 = 7_075_736_822

    let database: Database

    package init(database: Database) { self.database = database }

    package struct Head: Sendable, Equatable {
        package let number: Int64
        package let hash: [UInt8]

        package init(number: Int64, hash: [UInt8]) {
            self.number = number
            self.hash = hash
        }

        /// `12:9f86d0…`, as it is printed and noted.
        package var text: String { "\(number):\(Hex.text(hash))" }

        package init?(_ text: some StringProtocol) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Int64(parts[0]), number >= 0, let hash = Hex.bytes(parts[1]),
                hash.count == SHA256.byteCount
            else { return nil }
            self.init(number: number, hash: hash)
        }
    }

    package func head() async throws -> Head { try await Self.head(database) }

    private static func head(_ connection: any Queryable) async throws -> Head {
        guard let row = try await connection.first("SELECT number, hash FROM audit.chain ORDER BY number DESC LIMIT 1")
        else { return Head(number: 0, hash: zero) }
        return Head(number: try row.get(0), hash: try row.get(1))
    }

    // MARK: Sealing

    /// How far back rows without a seal are looked for: a row is dated when it is written, and seen when its transaction
    /// commits, which is soon after.
    package enum Reach: Sendable { case recent, everything }

    /// Adds what has no seal yet to the chain, in the order of its time. Returns how many rows that were.
    ///
    /// - Parameter limit: after which no further batch is begun; what is left is sealed the next time.
    @discardableResult
    package func seal(_ reach: Reach, atMost limit: Duration? = nil) async throws -> Int {
        let start = ContinuousClock.now
        var total = 0
        var last: Identifier<AuditRecord>?
        while true {
            let (reached, isBegun) = (last, total > 0)
            let sealed = try await database.transaction {
                try await sealBatch(isBegun ? nil : reach, after: reached, $0)
            }
            total += sealed.count
            last = sealed.last ?? last
            if sealed.count < batch { return total }
            if let limit, ContinuousClock.now - start >= limit { return total }
            try Task.checkCancellation()
        }
    }

    /// - Parameters:
    ///   - reach: of the first batch; the next ones go on behind the last row of the one before, so that sealing a
    ///     burst does not look through what it has sealed again and again.
    private func sealBatch(
        _ reach: Reach?, after last: Identifier<AuditRecord>?, _ transaction: Transaction
    ) async throws -> (count: Int, last: Identifier<AuditRecord>?) {
        // One at a time, in all processes: the number and the hash before are those of the row that was last.
        _ = try await transaction.query("SELECT pg_advisory_xact_lock(\(Self.lock))")
        var head = try await Self.head(transaction)
        let place: SQL =
            switch reach {
            case .everything: "true"
            case .recent:
                """
                l.at >= coalesce((SELECT l.at - interval '1 hour' FROM audit.chain c JOIN audit.log l ON l.id = c.log_id
                    WHERE c.number = \(head.number)), '-infinity')
                """
            case nil:
                """
                l.at >= (SELECT b.at FROM audit.log b WHERE b.id = \(last))
                    AND (l.at, l.id) > (SELECT b.at, b.id FROM audit.log b WHERE b.id = \(last))
                """
            }
        let rows = try await transaction.query(
            """
            SELECT l.id, \(Self.columns) FROM audit.log l
            WHERE \(place) AND NOT EXISTS (SELECT FROM audit.chain c WHERE c.log_id = l.id)
            ORDER BY l.at, l.id LIMIT \(batch)
            """)
        guard !rows.isEmpty else { return (0, nil) }
        var numbers: [Int64] = []
        var ids: [Identifier<AuditRecord>] = []
        var previous: [[UInt8]] = []
        var hashes: [[UInt8]] = []
        for row in rows {
            let hash = Self.hash(after: head.hash, number: head.number + 1, row: row, from: 1)
            numbers.append(head.number + 1)
            ids.append(try row.get(0))
            previous.append(head.hash)
            hashes.append(hash)
            head = Head(number: head.number + 1, hash: hash)
        }
        _ = try await transaction.query(
            """
            INSERT INTO audit.chain (number, log_id, previous, hash)
            SELECT * FROM unnest(\(numbers), \(ids), \(previous), \(hashes))
            """)
        return (rows.count, ids.last)
    }

    // MARK: The hash of a row

    /// Every column of the log, as text, in an order that never changes. Times are microseconds, so that no setting has
    /// a say in them.
    static let columns: SQL = """
        l.id::text, (extract(epoch FROM l.at) * 1000000)::bigint::text, l.book_id::text, l.module, l.record_id,
        l.record_code, l.action, l.actor_kind, l.actor_id::text, l.actor_name, l.actor_role, l.address, l.user_agent,
        l.request_id, l.service, l.old_values::text, l.new_values::text, to_json(l.changed_fields)::text, l.reason,
        l.metadata::text, l.event_id::text
        """
    static let columnCount = 21

    /// SHA-256 of the hash before, the number, and each column with its length before it, so that no text can pass for
    /// two columns. A column without a value has a length that no text can have.
    static func hash(after previous: [UInt8], number: Int64, row: Row, from first: Int) -> [UInt8] {
        var bytes = previous
        bytes.reserveCapacity(1024)
        append(UInt64(bitPattern: number), 8, to: &bytes)
        for column in first..<(first + columnCount) {
            if let cell = row.cell(column) {
                append(UInt64(cell.bytes.count), 4, to: &bytes)
                bytes.append(contentsOf: cell.bytes)
            } else {
                append(UInt64(UInt32.max), 4, to: &bytes)
            }
        }
        // The cells point into the result.
        withExtendedLifetime(row) {}
        return SHA256.hash(bytes)
    }

    private static func append(_ value: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
package enum Hex {
    package static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = text.utf8.map { byte -> UInt8? in
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x41...0x46: byte - 0x37
            case 0x61...0x66: byte - 0x57
            default: nil
            }
        }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
