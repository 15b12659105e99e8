import Base
import Database
import EventLoop

/// Full text and fuzzy search over a book's entries: every word of the query must be in the entry; where that finds
/// little, words that the book knows and that differ by a slip of the finger count as well.
struct EntrySearch: Sendable {
    /// The best matches are ranked, the others only counted.
    static let capacity = 2000
    /// With further filters more of them are needed.
    static let filteredCapacity = 20_000
    /// With fewer exact matches than this, similar words are looked for.
    private static let enough = 10
    private static let similarWords = 6
    /// Segments that are read at once: some megabytes.
    private static let batch = 64
    /// Notes of entries that wait to be put into segments and are looked at one by one until then.
    private static let waiting = 1000
    /// Entries of whole stretches that are looked at while somebody else is putting them into segments.
    private static let lookedAt = 2000
    /// How often, and after what pause, a search looks whether those are done.
    private static let attempts = 4
    private static let pause = Duration.milliseconds(100)

    let database: Database
    let book: BookID
    let kind: Entry.Kind?
    let capacity: Int

    func matches(_ query: String) async throws -> SearchMatches {
        let terms = SearchText.terms(query)
        let pending = try await pending()
        let exact = SearchPattern(terms.map { [SearchPattern.Form(bytes: $0, mistakes: 0)] })
        let found = try await scan(exact, pending)
        guard found.count < Self.enough else { return found }
        // A single term that is nowhere need not be looked for again.
        let isNowhere = terms.count == 1 && found.count == 0
        guard let similar = try await similar(to: terms, pending, keepingTyped: !isNowhere) else { return found }
        return try await scan(similar, pending)
    }

    // MARK: What is not in segments yet

    private struct Pending: Sendable {
        /// What is known of them here counts, and not what segments say.
        var excluded = SearchExclusion()
        var lines: [SearchLine] = []
        /// There is more than is looked at.
        var isIncomplete = false
    }

    /// The notes of changes.
    private struct Waiting: Sendable {
        var ids: Set<EntryID> = []
        /// Apart from each other, in their order.
        var stretches: [ClosedRange<EntryID>] = []
        /// There are more notes than these.
        var isCut = false

        var isTooMuch: Bool { isCut || !stretches.isEmpty }
    }

    /// Read before the segments: what moves from here into a segment meanwhile is met twice and counted here.
    private func pending() async throws -> Pending {
        var waiting = try await waiting()
        // Whoever finds too much puts it into segments. While somebody else does, nobody waits for long, nor with a
        // connection in hand.
        for attempt in 0..<Self.attempts where waiting.isTooMuch {
            if attempt > 0 { try await pause() }
            _ = try await SearchIndex.updateUnlessBusy(database, book: book)
            waiting = try await self.waiting()
        }
        return try await look(at: waiting)
    }

    private func pause() async throws {
        if let loop = EventLoop.current {
            try await loop.sleep(for: Self.pause)
        } else {
            try await Task.sleep(for: Self.pause)
        }
    }

    private func waiting() async throws -> Waiting {
        let rows = try await database.query(
            "SELECT first_id, last_id FROM search_pending WHERE book_id = \(book) LIMIT \(Self.waiting + 1)")
        var waiting = Waiting(isCut: rows.count > Self.waiting)
        var stretches: [ClosedRange<EntryID>] = []
        for row in rows {
            let (first, last): (EntryID, EntryID) = (try row.get(0), try row.get(1))
            if first < last { stretches.append(first...last) } else { waiting.ids.insert(first) }
        }
        for stretch in stretches.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let before = waiting.stretches.last, stretch.lowerBound <= before.upperBound {
                let end = max(before.upperBound, stretch.upperBound)
                waiting.stretches[waiting.stretches.count - 1] = before.lowerBound...end
            } else {
                waiting.stretches.append(stretch)
            }
        }
        return waiting
    }

    /// Reads the entries themselves. Of long stretches some are left out; what segments say of those still counts.
    private func look(at waiting: Waiting) async throws -> Pending {
        var pending = Pending(isIncomplete: waiting.isCut)
        pending.excluded.ids = waiting.ids
        if !waiting.stretches.isEmpty {
            let rows = try await database.query(
                """
                SELECT e.* FROM unnest(
                    \(waiting.stretches.map(\.lowerBound)), \(waiting.stretches.map(\.upperBound))
                ) AS s (first, last) CROSS JOIN LATERAL (
                    SELECT id, type, occurred_on, merchant, description, notes, tags FROM entries
                    WHERE book_id = \(book) AND id >= s.first AND id <= s.last AND deleted_at IS NULL
                    ORDER BY id LIMIT \(Self.lookedAt + 1)
                ) e LIMIT \(Self.lookedAt + 1)
                """)
            pending.lines = try rows.prefix(Self.lookedAt).map(SearchLine.init)
            if rows.count > Self.lookedAt {
                pending.isIncomplete = true
            } else {
                pending.excluded.stretches = waiting.stretches
            }
        }
        let seen = Set(pending.lines.map(\.id))
        let others = waiting.ids.subtracting(seen)
        pending.excluded.ids.formUnion(seen)
        guard !others.isEmpty else { return pending }
        let lines = try await database.query(
            """
            SELECT id, type, occurred_on, merchant, description, notes, tags FROM entries
            WHERE book_id = \(book) AND id = ANY(\(Array(others))) AND deleted_at IS NULL
            """)
        pending.lines += try lines.map(SearchLine.init)
        return pending
    }

    // MARK: Looking through the text

    private func scan(_ pattern: SearchPattern, _ pending: Pending) async throws -> SearchMatches {
        var matches = SearchMatches(capacity: capacity, isIncomplete: pending.isIncomplete)
        for line in pending.lines where kind == nil || line.kind == kind {
            if let score = line.text.withUnsafeBytes({ SearchScan.score(of: $0, pattern) }) {
                matches.add(SearchMatch(score: score, day: line.date.daysSinceEpoch, id: line.id))
            }
        }
        var before: EntryID?
        while true {
            let rows = try await database.query(segments(pattern, before: before))
            for row in rows {
                row.withBytes(1) { body in
                    row.withBytes(0) { entries in
                        SearchScan.scan(
                            body: body, entries: entries, pattern, kind: kind, excluded: pending.excluded,
                            into: &matches)
                    }
                }
            }
            guard rows.count == Self.batch, let last = rows.last else { return matches }
            before = try last.get(2)
        }
    }

    /// The segments that have one of the leading term's forms at all.
    private func segments(_ pattern: SearchPattern, before: EntryID?) -> SQL {
        var sql: SQL = "SELECT entries, body, last_id FROM search_segments WHERE book_id = \(book)"
        if let before { sql.append(" AND last_id < \(before)") }
        for (index, form) in pattern.leadingForms.enumerated() {
            sql.append(index == 0 ? " AND (" : " OR ")
            sql.append("strpos(body, \(String(decoding: form.bytes, as: UTF8.self))) > 0")
        }
        if !pattern.leadingForms.isEmpty { sql.append(")") }
        sql.append(" ORDER BY last_id DESC LIMIT \(Self.batch)")
        return sql
    }

    // MARK: Words that may have been meant

    /// Nil when the book knows no similar words.
    private func similar(
        to terms: [[UInt8]], _ pending: Pending, keepingTyped: Bool
    ) async throws -> SearchPattern? {
        guard terms.contains(where: { SearchDistance.allowed(for: $0.count) > 0 }) else { return nil }
        let rows = try await database.query("SELECT word FROM search_words WHERE book_id = \(book)")
        var forms = terms.map { [SearchPattern.Form(bytes: $0, mistakes: 0)] }
        for (index, term) in terms.enumerated() where SearchDistance.allowed(for: term.count) > 0 {
            var distance = SearchDistance(term)
            var candidates: [[UInt8]: Int] = [:]
            func consider(_ word: UnsafeRawBufferPointer) {
                // One that has the term in it is found anyway.
                if let mistakes = distance.distance(to: word)
                    ?? distance.distance(to: word, isPrefix: true).map({ $0 + 1 }),
                    mistakes > 0
                {
                    candidates[[UInt8](word)] = mistakes
                }
            }
            for row in rows { row.withBytes(0, consider) }
            for line in pending.lines { line.text.withUnsafeBytes { SearchText.words(in: $0, consider) } }
            let best = candidates.sorted {
                ($0.value, $0.key.count, String(decoding: $0.key, as: UTF8.self))
                    < ($1.value, $1.key.count, String(decoding: $1.key, as: UTF8.self))
            }.prefix(Self.similarWords)
            forms[index] += best.map { SearchPattern.Form(bytes: $0.key, mistakes: $0.value) }
        }
        guard forms.contains(where: { $0.count > 1 }) else { return nil }
        return SearchPattern(keepingTyped ? forms : forms.map { Array($0.dropFirst()) })
    }
}
