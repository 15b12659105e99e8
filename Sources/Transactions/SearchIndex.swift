import Base
import Database

/// Keeps the text of a book's entries together in segments, so that a search reads a few large rows. See
/// docs/adr/0014-search-by-segments.md.
package enum SearchIndex {
    /// Entries of one segment, and the bytes after which it is full.
    static let segmentEntries = 400
    static let segmentBytes = 64 * 1024
    /// Of one entry's text: notes may be long, and their beginning is what is remembered of them.
    static let lineBytes = 2000
    /// Stretches that wait before it is worth writing segments anew.
    static let patience = 200
    /// Words of a book that the search knows, beyond which it learns no more.
    static let maximumWords: Int64 = 50_000
    private static let batch = 4000

    /// Brings the books up to date that need it. Run by the worker.
    package static func update(_ database: Database) async throws {
        let rows = try await database.query(
            """
            SELECT book_id FROM search_pending GROUP BY book_id
            HAVING count(*) >= \(patience) OR bool_or(first_id <> last_id) LIMIT 1000
            """)
        for row in rows { try await update(database, book: try row.get(0)) }
    }

    /// Brings one book up to date. Two at once wait for each other.
    package static func update(_ database: Database, book: BookID) async throws {
        try await database.transaction { transaction in
            try await allowTime(transaction)
            try await lock(book, transaction)
            try await update(book, transaction)
        }
    }

    /// The same for whoever cannot wait, as a search: false, and nothing done, while somebody else is at it.
    static func updateUnlessBusy(_ database: Database, book: BookID) async throws -> Bool {
        try await database.transaction { transaction in
            let row = try await transaction.first(
                "SELECT pg_try_advisory_xact_lock(\(lockClass), hashtext(\(book)::text))")
            guard try row?.get(0) ?? false else { return false }
            try await allowTime(transaction)
            try await update(book, transaction)
            return true
        }
    }

    private static func allowTime(_ transaction: Transaction) async throws {
        _ = try await transaction.query(
            "SELECT set_config('statement_timeout', '5min', true), set_config('lock_timeout', '5min', true)")
    }

    /// Until commit.
    static func lock(_ book: BookID, _ transaction: Transaction) async throws {
        _ = try await transaction.query("SELECT pg_advisory_xact_lock(\(lockClass), hashtext(\(book)::text))")
    }

    /// In a transaction that has the lock.
    private static func update(_ book: BookID, _ transaction: Transaction) async throws {
        let rows = try await transaction.query(
            "SELECT id, first_id, last_id FROM search_pending WHERE book_id = \(book) ORDER BY first_id")
        guard !rows.isEmpty else { return }
        var stretches: [ClosedRange<EntryID>] = []
        for row in rows {
            let (first, last): (EntryID, EntryID) = (try row.get(1), try row.get(2))
            if first <= last { stretches.append(first...last) }
        }
        let widened = try await widen(stretches, book: book, transaction)
        var words: Set<[UInt8]> = []
        for stretch in widened { try await rebuild(stretch, book: book, transaction, &words) }
        try await learn(words, book: book, transaction)
        _ = try await transaction.query(
            "DELETE FROM search_pending WHERE book_id = \(book) AND id = ANY(\(try rows.map { try $0.get(0, as: Int64.self) }))"
        )
    }

    /// Says that nothing else in this database means by these locks what we do.
    private static let lockClass: Int32 = 0x5365_6172

    /// To whole segments, and over a last one that has room: stretches that touch become one.
    private static func widen(
        _ stretches: [ClosedRange<EntryID>], book: BookID, _ transaction: Transaction
    ) async throws -> [ClosedRange<EntryID>] {
        let rows = try await transaction.query(
            "SELECT first_id, last_id, entry_count FROM search_segments WHERE book_id = \(book) ORDER BY last_id")
        let segments = try rows.map { row -> (ids: ClosedRange<EntryID>, count: Int32) in
            let (first, last): (EntryID, EntryID) = (try row.get(0), try row.get(1))
            return (min(first, last)...last, try row.get(2))
        }
        var widened: [ClosedRange<EntryID>] = []
        // The place among the segments behind the stretch before: what lies in one gap becomes one stretch.
        var gap = -1
        for stretch in stretches.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            // The first segment that ends at or behind the beginning.
            var low = 0
            var high = segments.count
            while low < high {
                let middle = (low + high) / 2
                if segments[middle].ids.upperBound < stretch.lowerBound { low = middle + 1 } else { high = middle }
            }
            var (first, last) = (stretch.lowerBound, stretch.upperBound)
            let isInGapOfPrevious = low == gap
            if low > 0, Int(segments[low - 1].count) < segmentEntries / 2 {
                first = min(first, segments[low - 1].ids.lowerBound)
            }
            while low < segments.count, segments[low].ids.lowerBound <= last {
                first = min(first, segments[low].ids.lowerBound)
                last = max(last, segments[low].ids.upperBound)
                low += 1
            }
            gap = low
            if let previous = widened.last, isInGapOfPrevious || first <= previous.upperBound {
                widened[widened.count - 1] = previous.lowerBound...max(previous.upperBound, last)
            } else {
                widened.append(first...last)
            }
        }
        return widened
    }

    private static func rebuild(
        _ ids: ClosedRange<EntryID>, book: BookID, _ transaction: Transaction, _ words: inout Set<[UInt8]>
    ) async throws {
        _ = try await transaction.query(
            """
            DELETE FROM search_segments
            WHERE book_id = \(book) AND last_id >= \(ids.lowerBound) AND first_id <= \(ids.upperBound)
            """)
        var after: EntryID?
        var segment = SearchSegment()
        while true {
            let rows = try await transaction.query(
                entries(book: book, ids, after: after, limit: batch))
            var full: [SearchSegment] = []
            for row in rows {
                segment.append(try SearchLine(row), words: &words)
                guard segment.isFull else { continue }
                full.append(segment)
                segment = SearchSegment()
            }
            if rows.count < batch, !segment.isEmpty { full.append(segment) }
            try await store(full, book: book, transaction)
            guard rows.count == batch else { return }
            after = try rows[rows.count - 1].get(0)
        }
    }

    /// The text of entries, in the order of their ids.
    static func entries(book: BookID, _ ids: ClosedRange<EntryID>, after: EntryID?, limit: Int) -> SQL {
        """
        SELECT id, type, occurred_on, merchant, description, notes, tags FROM entries
        WHERE book_id = \(book) AND id >= \(ids.lowerBound) AND id <= \(ids.upperBound) AND deleted_at IS NULL
            \(after.map { "AND id > \($0)" as SQL } ?? "")
        ORDER BY id LIMIT \(limit)
        """
    }

    private static func store(_ segments: [SearchSegment], book: BookID, _ transaction: Transaction) async throws {
        guard !segments.isEmpty else { return }
        _ = try await transaction.query(
            """
            INSERT INTO search_segments (book_id, first_id, last_id, entry_count, entries, body)
            SELECT \(book), * FROM unnest(
                \(segments.map(\.firstID)), \(segments.map(\.lastID)), \(segments.map { Int32($0.count) }),
                \(segments.map(\.entries)), \(segments.map { String(decoding: $0.body, as: UTF8.self) })
            )
            """)
    }

    private static func learn(_ words: Set<[UInt8]>, book: BookID, _ transaction: Transaction) async throws {
        guard !words.isEmpty else { return }
        let known: Int64 =
            try await transaction.first("SELECT count(*) FROM search_words WHERE book_id = \(book)")?.get(0) ?? 0
        guard known < maximumWords else { return }
        let new = words.map { String(decoding: $0, as: UTF8.self) }
        _ = try await transaction.query(
            """
            INSERT INTO search_words (book_id, word)
            SELECT \(book), word FROM unnest(\(new)) AS word
            WHERE NOT EXISTS (SELECT FROM search_words w WHERE w.book_id = \(book) AND w.word = word)
            ORDER BY word LIMIT \(maximumWords - known)
            ON CONFLICT DO NOTHING
            """)
    }
}

/// One entry's text, folded.
struct SearchLine: Sendable {
    let id: EntryID
    let kind: Entry.Kind
    let date: CalendarDate
    /// Merchant, description, tags, notes.
    let text: [UInt8]

    init(_ row: Row) throws {
        id = try row.get(0)
        kind = try row.get(1)
        date = try row.get(2)
        var text: [UInt8] = []
        if let merchant = try row.get(3, as: String?.self) { SearchText.append(merchant, to: &text) }
        text.append(SearchText.fieldSeparator)
        if let description = try row.get(4, as: String?.self) { SearchText.append(description, to: &text) }
        text.append(SearchText.fieldSeparator)
        for (index, tag) in try row.get(6, as: [String].self).enumerated() {
            if index > 0 { text.append(0x20) }
            SearchText.append(tag, to: &text)
        }
        text.append(SearchText.fieldSeparator)
        if let notes = try row.get(5, as: String?.self) { SearchText.append(notes, to: &text) }
        if text.count > SearchIndex.lineBytes {
            text.removeSubrange(SearchIndex.lineBytes...)
            // Not within a character: that would be no text.
            while let last = text.last, last & 0xC0 == 0x80 { text.removeLast() }
            if let last = text.last, last >= 0xC0 { text.removeLast() }
        }
        self.text = text
    }
}

/// Lines of entries with neighbouring ids, as they are stored.
struct SearchSegment: Sendable {
    static let entryBytes = 21

    private(set) var entries: [UInt8] = []
    private(set) var body: [UInt8] = []
    private(set) var count = 0
    private(set) var firstID = EntryID(high: 0, low: 0)
    private(set) var lastID = EntryID(high: 0, low: 0)

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count >= SearchIndex.segmentEntries || body.count >= SearchIndex.segmentBytes }

    mutating func append(_ line: SearchLine, words: inout Set<[UInt8]>) {
        if count == 0 { firstID = line.id }
        lastID = line.id
        count += 1
        Self.append(line.id.high, bytes: 8, to: &entries)
        Self.append(line.id.low, bytes: 8, to: &entries)
        Self.append(UInt64(UInt32(bitPattern: line.date.daysSinceEpoch)), bytes: 4, to: &entries)
        entries.append(UInt8(truncatingIfNeeded: line.kind.rawValue))
        body.append(contentsOf: line.text)
        body.append(SearchText.lineSeparator)
        line.text.withUnsafeBytes { text in
            SearchText.words(in: text) { if words.count < SearchIndex.maximumWords { words.insert([UInt8]($0)) } }
        }
    }

    private static func append(_ value: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}
