import Base
import Cryptography
import Database

/// What a look at the whole chain finds.
extension AuditChain {
    package struct Report: Sendable, Equatable {
        /// Links that were looked at, up to the first that is wrong.
        package var checked = 0
        package var head: Head
        /// Rows that wait for their seal.
        package var unsealed = 0
        /// The first thing that is wrong, with its number; nil when all is as it was written.
        package var problem: Problem?
    }

    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        package enum Kind: String, Sendable {
            case missing = "the link is missing"
            case cut = "the chain ends before the noted head"
            case otherHead = "the hash is not the noted one"
            case unlinked = "it does not continue the link before"
            case rowMissing = "the row that it seals is gone"
            case changed = "the row is not what was sealed"
        }
        package let number: Int64
        package let kind: Kind
        package var description: String { "number \(number): \(kind.rawValue)" }
    }

    /// Follows the chain link by link and computes each hash anew.
    ///
    /// - Parameters:
    ///   - start: the last number that is taken for granted; 0 for all.
    ///   - noted: a head that was noted before: the chain must still hold it.
    package func verify(after start: Int64 = 0, noted: Head? = nil) async throws -> Report {
        var report = Report(head: Head(number: 0, hash: Self.zero))
        if start > 0 {
            guard
                let row = try await database.first("SELECT hash FROM audit.chain WHERE number = \(start)")
            else {
                report.problem = Problem(number: start, kind: .missing)
                return report
            }
            report.head = Head(number: start, hash: try row.get(0))
        }
        while true {
            let rows = try await database.query(
                """
                SELECT c.number, c.previous, c.hash, \(Self.columns)
                FROM audit.chain c LEFT JOIN audit.log l ON l.id = c.log_id
                WHERE c.number > \(report.head.number) ORDER BY c.number LIMIT \(batch)
                """)
            for row in rows {
                if let problem = try check(row, after: report.head, noted) {
                    report.problem = problem
                    return report
                }
                report.head = Head(number: try row.get(0), hash: try row.get(2))
                report.checked += 1
            }
            if rows.count < batch { break }
        }
        if let noted, noted.number > report.head.number {
            report.problem = Problem(number: noted.number, kind: .cut)
        }
        let unsealed = try await database.first(
            "SELECT count(*) FROM audit.log l WHERE NOT EXISTS (SELECT FROM audit.chain c WHERE c.log_id = l.id)")
        report.unsealed = Int(try unsealed?.get(0, as: Int64.self) ?? 0)
        return report
    }

    private func check(_ row: Row, after head: Head, _ noted: Head?) throws -> Problem? {
        let number: Int64 = try row.get(0)
        guard number == head.number + 1 else { return Problem(number: head.number + 1, kind: .missing) }
        guard try row.get(1, as: [UInt8].self) == head.hash else { return Problem(number: number, kind: .unlinked) }
        guard row.cell(3) != nil else { return Problem(number: number, kind: .rowMissing) }
        let hash: [UInt8] = try row.get(2)
        guard hash == Self.hash(after: head.hash, number: number, row: row, from: 3) else {
            return Problem(number: number, kind: .changed)
        }
        if let noted, noted.number == number, noted.hash != hash { return Problem(number: number, kind: .otherHead) }
        return nil
    }
}
