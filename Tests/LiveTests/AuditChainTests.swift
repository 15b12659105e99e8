import Base
import Cryptography
import Database
import JSON
import TestSupport
import Testing

@testable import Audit

@Suite(.tags(.store), .books) struct `The chain of the audit log` {
    private let database = TestDatabase.current.database
    private var chain: AuditChain { AuditChain(database: database) }

    private func write(_ count: Int) async throws {
        for number in 0..<count {
            try await database.writer.record(
                AuditRecord(
                    .init("MEMBER_CHANGED"), module: "members", record: "\(number)", by: .system,
                    old: {
                        $0.key("role"); $0.string("viewer")
                    },
                    new: {
                        $0.key("role"); $0.string("admin")
                    }))
        }
    }

    /// As one who is a superuser and knows how to turn the triggers off.
    private func tamper(_ statement: SQL) async throws {
        try await database.transaction { transaction in
            _ = try await transaction.query("SET LOCAL session_replication_role = replica")
            #expect(try await transaction.run(statement) > 0)
        }
    }

    @Test func `seals every row once, in order, and verifies`() async throws {
        try await write(5)
        #expect(try await chain.verify().unsealed == 5)
        #expect(try await chain.seal(.recent) == 5)
        #expect(try await chain.seal(.recent) == 0)
        try await write(2)
        #expect(try await chain.seal(.everything) == 2)
        let report = try await chain.verify()
        #expect(report.problem == nil)
        #expect(report.checked == 7)
        #expect(report.unsealed == 0)
        #expect(try await chain.head() == report.head)
        #expect(report.head.number == 7)
        #expect(AuditChain.Head(report.head.text) == report.head)
        #expect(try await chain.verify(after: 4).checked == 3)
    }

    @Test(arguments: [AuditChain.Reach.recent, .everything])
    func `is sealed in several batches, and what came late the next time`(reach: AuditChain.Reach) async throws {
        var chain = chain
        chain.batch = 4
        try await write(11)
        #expect(try await chain.seal(reach, atMost: .zero) == 4)
        #expect(try await chain.seal(reach) == 7)
        try await write(8)
        // Dated before what is sealed, as a row of a transaction that took its time.
        try await tamper(
            "UPDATE audit.log SET at = at - interval '5 minutes' WHERE id = (SELECT max(id::text)::uuid FROM audit.log)"
        )
        #expect(try await chain.seal(reach) == 8)
        let report = try await chain.verify()
        #expect(report.problem == nil && report.checked == 19 && report.unsealed == 0)
    }

    @Test func `is sealed by two at once as by one`() async throws {
        try await write(30)
        let chain = chain
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { try await chain.seal(.recent) } }
            return try await group.reduce(0, +)
        }
        #expect(counts == 30)
        #expect(try await chain.verify().problem == nil)
    }

    @Test func `shows a row that was changed, and where`() async throws {
        try await write(6)
        try await chain.seal(.recent)
        try await tamper(
            """
            UPDATE audit.log SET new_values = '{"role": "owner"}'
            WHERE id = (SELECT log_id FROM audit.chain WHERE number = 4)
            """)
        #expect(try await chain.verify().problem == AuditChain.Problem(number: 4, kind: .changed))
    }

    @Test func `shows a changed time, and a text that was moved from one column to the next`() async throws {
        try await write(3)
        try await chain.seal(.recent)
        try await tamper(
            """
            UPDATE audit.log SET at = at + interval '1 microsecond'
            WHERE id = (SELECT log_id FROM audit.chain WHERE number = 2)
            """)
        #expect(try await chain.verify().problem == AuditChain.Problem(number: 2, kind: .changed))
        try await tamper(
            """
            UPDATE audit.log SET at = at - interval '1 microsecond', record_code = record_id, record_id = NULL
            WHERE id = (SELECT log_id FROM audit.chain WHERE number = 2)
            """)
        #expect(try await chain.verify().problem == AuditChain.Problem(number: 2, kind: .changed))
    }

    @Test func `shows a row that was taken out, with and without its link`() async throws {
        try await write(6)
        try await chain.seal(.recent)
        try await tamper("DELETE FROM audit.log WHERE id = (SELECT log_id FROM audit.chain WHERE number = 3)")
        #expect(try await chain.verify().problem == AuditChain.Problem(number: 3, kind: .rowMissing))
        try await tamper("DELETE FROM audit.chain WHERE number = 3")
        #expect(try await chain.verify().problem == AuditChain.Problem(number: 3, kind: .missing))
        // Closing the gap does not help: the hashes after it are of another chain.
        try await tamper("UPDATE audit.chain SET number = number - 1 WHERE number > 3")
        #expect(try await chain.verify().problem == AuditChain.Problem(number: 3, kind: .unlinked))
    }

    @Test func `shows that its end was cut off, to whoever noted the head`() async throws {
        try await write(6)
        try await chain.seal(.recent)
        let noted = try await chain.head()
        try await tamper("DELETE FROM audit.log WHERE id IN (SELECT log_id FROM audit.chain WHERE number > 4)")
        try await tamper("DELETE FROM audit.chain WHERE number > 4")
        #expect(try await chain.verify().problem == nil)
        #expect(try await chain.verify(noted: noted).problem == AuditChain.Problem(number: 6, kind: .cut))
        // Made longer again, it is another chain.
        try await write(3)
        try await chain.seal(.everything)
        #expect(try await chain.verify().problem == nil)
        #expect(try await chain.verify(noted: noted).problem == AuditChain.Problem(number: 6, kind: .otherHead))
    }

    @Test func `begins with a hash that can be computed by hand`() async throws {
        try await database.writer.record(AuditRecord(.init("LOGIN"), module: "accounts", by: .operator))
        try await chain.seal(.recent)
        let row = try #require(try await database.first("SELECT \(AuditChain.columns) FROM audit.log l"))
        var bytes = [UInt8](repeating: 0, count: 32) + [0, 0, 0, 0, 0, 0, 0, 1]
        for column in 0..<AuditChain.columnCount {
            if let text = try row.get(column, as: String?.self) {
                bytes += [0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
            } else {
                bytes += [255, 255, 255, 255]
            }
        }
        #expect(try await chain.head().hash == SHA256.hash(bytes))
    }

    @Test func `a head is read as it is printed, and nothing else is`() {
        let head = AuditChain.Head(number: 12, hash: [UInt8](repeating: 0xAB, count: 32))
        #expect(AuditChain.Head(head.text) == head)
        for text in [
            "", "12", "12:", ":" + Hex.text(head.hash), "-1:" + Hex.text(head.hash), head.text + "00", "12:zz",
        ] {
            #expect(AuditChain.Head(text) == nil, "\(text)")
        }
    }
}
