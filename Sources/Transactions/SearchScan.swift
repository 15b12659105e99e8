import Base
import Glibc

/// What is looked for: each term in one of its forms.
struct SearchPattern: Sendable {
    struct Form: Sendable {
        let bytes: [UInt8]
        /// Mistakes between this word and what was typed. Such a word counts only where a word begins.
        let mistakes: Int
        /// Where its rarest byte is: to look for that one is quickest.
        fileprivate let rarest: Int

        init(bytes: [UInt8], mistakes: Int) {
            self.bytes = bytes
            self.mistakes = mistakes
            rarest = bytes.indices.min { Self.frequency(bytes[$0]) < Self.frequency(bytes[$1]) } ?? 0
        }

        /// Roughly, in the statements of banks.
        private static func frequency(_ byte: UInt8) -> Int {
            (Array(" eartinoslcdmgupbhkfvwyzjxq".utf8).firstIndex(of: byte).map { 60 - 2 * $0 }) ?? 20
        }
    }

    /// All must be found.
    let terms: [[Form]]
    /// The one that is looked for first: the longest, as it is in the fewest places.
    let leading: Int

    init(_ terms: [[Form]]) {
        self.terms = terms
        leading =
            terms.indices.max { left, right in
                (terms[left].map(\.bytes.count).min() ?? 0) < (terms[right].map(\.bytes.count).min() ?? 0)
            } ?? 0
    }

    var leadingForms: [Form] { terms.indices.contains(leading) ? terms[leading] : [] }
}

struct SearchMatch: Sendable, Equatable {
    let score: Int32
    let day: Int32
    let id: EntryID

    /// The better first; of equal ones the later day.
    static func isBefore(_ left: SearchMatch, _ right: SearchMatch) -> Bool {
        if left.score != right.score { return left.score > right.score }
        if left.day != right.day { return left.day > right.day }
        return left.id > right.id
    }
}

/// The best matches, and how many there were.
struct SearchMatches: Sendable {
    let capacity: Int
    /// Some entries could not be looked at.
    let isIncomplete: Bool
    private(set) var count = 0
    private var kept: [SearchMatch] = []
    private var worst: SearchMatch?

    init(capacity: Int, isIncomplete: Bool = false) {
        self.capacity = capacity
        self.isIncomplete = isIncomplete
    }

    mutating func add(_ match: SearchMatch) {
        count += 1
        if let worst, !SearchMatch.isBefore(match, worst) { return }
        kept.append(match)
        guard kept.count >= capacity * 2 else { return }
        kept.sort(by: SearchMatch.isBefore)
        kept.removeSubrange(capacity...)
        worst = kept.last
    }

    var best: [SearchMatch] { Array(kept.sorted(by: SearchMatch.isBefore).prefix(capacity)) }
}

/// Entries whose lines in segments are out of date.
struct SearchExclusion: Sendable {
    var ids: Set<EntryID> = []
    /// Apart from each other, in their order.
    var stretches: [ClosedRange<EntryID>] = []

    func contains(_ id: EntryID) -> Bool {
        if !ids.isEmpty, ids.contains(id) { return true }
        var low = 0
        var high = stretches.count
        while low < high {
            let middle = (low + high) / 2
            if stretches[middle].upperBound < id { low = middle + 1 } else { high = middle }
        }
        return low < stretches.count && stretches[low].lowerBound <= id
    }
}

enum SearchScan {
    /// Of a hit in the merchant, the description, the tags, the notes.
    private static let weights: [Int32] = [40, 24, 24, 12]

    /// Finds the pattern in a segment's lines.
    ///
    /// - Parameters:
    ///   - excluded: those whose lines here do not count.
    static func scan(
        body: UnsafeRawBufferPointer, entries: UnsafeRawBufferPointer, _ pattern: SearchPattern, kind: Entry.Kind?,
        excluded: SearchExclusion, into matches: inout SearchMatches
    ) {
        let count = entries.count / SearchSegment.entryBytes
        let forms = pattern.leadingForms
        // Only where there are several forms can a line be met twice.
        var seen: Set<Int> = []
        for form in forms {
            var line = 0
            var start = 0
            while line < count, let hit = find(form, in: body, from: start) {
                // On to the line of the hit.
                var end = newline(in: body, from: start)
                while end < hit {
                    line += 1
                    start = end + 1
                    end = newline(in: body, from: start)
                }
                guard line < count else { break }
                if forms.count == 1 || seen.insert(line).inserted {
                    let entry = UnsafeRawBufferPointer(
                        rebasing: entries[(line * SearchSegment.entryBytes)..<((line + 1) * SearchSegment.entryBytes)])
                    if kind == nil || entry[20] == UInt8(truncatingIfNeeded: kind?.rawValue ?? 0),
                        let score = score(of: UnsafeRawBufferPointer(rebasing: body[start..<end]), pattern)
                    {
                        let id = EntryID(high: number(entry[0..<8]), low: number(entry[8..<16]))
                        let day = Int32(truncatingIfNeeded: Int64(bitPattern: number(entry[16..<20])))
                        if !excluded.contains(id) {
                            matches.add(SearchMatch(score: score, day: day, id: id))
                        }
                    }
                }
                line += 1
                start = end + 1
            }
        }
    }

    static func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// Nil unless every term is found.
    static func score(of line: UnsafeRawBufferPointer, _ pattern: SearchPattern) -> Int32? {
        var total: Int32 = 0
        for term in pattern.terms {
            var best: Int32?
            for form in term {
                guard let score = score(of: line, form) else { continue }
                best = max(best ?? .min, score)
            }
            guard let best else { return nil }
            total += best
        }
        return total
    }

    /// The best of the places where a form is.
    private static func score(of line: UnsafeRawBufferPointer, _ form: SearchPattern.Form) -> Int32? {
        var best: Int32?
        var from = 0
        var field = 0
        var fieldStart = 0
        var counted = 0
        for _ in 0..<8 {
            guard let hit = find(form, in: line, from: from) else { break }
            while counted < hit {
                if line[counted] == SearchText.fieldSeparator {
                    field += 1
                    fieldStart = counted + 1
                }
                counted += 1
            }
            let end = hit + form.bytes.count
            let beginsWord = hit == fieldStart || !SearchText.isWordByte(line[hit - 1])
            let endsWord = end >= line.count || !SearchText.isWordByte(line[end])
            if form.mistakes == 0 || beginsWord {
                let isWhole = hit == fieldStart && (end >= line.count || line[end] == SearchText.fieldSeparator)
                var score = field < weights.count ? weights[field] : 0
                if beginsWord { score += endsWord ? 12 : 6 }
                if isWhole { score += 8 }
                score -= Int32(form.mistakes) * 30
                best = max(best ?? .min, score)
            }
            from = hit + 1
        }
        return best
    }

    private static func find(_ form: SearchPattern.Form, in bytes: UnsafeRawBufferPointer, from: Int) -> Int? {
        guard let base = bytes.baseAddress, form.bytes.indices.contains(form.rarest) else { return nil }
        let wanted = Int32(form.bytes[form.rarest])
        let length = form.bytes.count
        var position = from + form.rarest
        return form.bytes.withUnsafeBytes { needle in
            guard let needle = needle.baseAddress else { return nil }
            while position < bytes.count, let found = memchr(base + position, wanted, bytes.count - position) {
                position = UnsafeRawPointer(found) - base
                let start = position - form.rarest
                if start + length > bytes.count { return nil }
                if memcmp(base + start, needle, length) == 0 { return start }
                position += 1
            }
            return nil
        }
    }

    /// The end of the line that `from` is in.
    private static func newline(in bytes: UnsafeRawBufferPointer, from: Int) -> Int {
        guard from < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + from, Int32(SearchText.lineSeparator), bytes.count - from)
        else { return bytes.count }
        return UnsafeRawPointer(found) - base
    }
}
