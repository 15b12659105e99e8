import Base
import Categories
import Database
import Statements
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.rules)) struct `What becomes of a line of an import` {
    private typealias Fingerprint = ImportLine.Fingerprint

    private static let expense = CategoryID(high: 1, low: 1)
    private static let income = CategoryID(high: 1, low: 2)

    private func line(_ letter: Int, _ number: Int, mayBeTwin: Bool, kind: Entry.Kind = .expense) -> ImportBatch.Line {
        ImportBatch.Line(
            id: EntryID.new(), number: number, kind: kind, occurredOn: day("2026-03-0\(letter % 9 + 1)"),
            merchant: "Shop \(letter)", fingerprint: Fingerprint(high: UInt64(letter), low: 7), mayBeTwin: mayBeTwin,
            suggestion: nil, parts: 0..<0)
    }

    private func sieve(remembers: Int = .max) -> ImportSieve {
        var limits = ImportLimits()
        limits.rememberedDuplicates = remembers
        limits.resultLines = .max
        return ImportSieve(fallbacks: (Self.expense, Self.income), limits: limits)
    }

    /// The rule itself: the n-th line that is alike is there already when the n-th of its twins is stored.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `is that of the same twin, however the file is cut and whatever is stored`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let letters = Int.random(in: 1...12, using: &random)
        // With holes: somebody may have undone an earlier import.
        var stored: Set<ImportLookup.Twin> = []
        for letter in 0..<letters {
            for number in 0..<4 where Bool.random(using: &random) {
                stored.insert(ImportLookup.Twin(Fingerprint(high: UInt64(letter), low: 7), Int32(number)))
            }
        }
        let file = (0..<60).map { _ in Int.random(in: 0..<letters, using: &random) }
        var seen: [Int: Int32] = [:]
        let expected = file.map { letter -> Int32? in
            let number = seen[letter, default: 0]
            seen[letter] = number + 1
            return stored.contains(ImportLookup.Twin(Fingerprint(high: UInt64(letter), low: 7), number)) ? nil : number
        }

        let sieve = sieve(remembers: Int.random(in: 0...5, using: &random))
        var found: [Int32?] = []
        var inserted: [Fingerprint: Int32] = [:]
        var forgotten: [Fingerprint: Int32] = [:]
        // The rows of a batch go into the database while the next one is judged.
        var onTheWay: [Fingerprint: Int32] = [:]
        var met: Set<Int> = []
        var start = 0
        while start < file.count {
            let end = min(file.count, start + Int.random(in: 1...15, using: &random))
            var batch = ImportBatch()
            for place in start..<end {
                // A filter may suspect the first of its kind as well.
                let isRepeat = !met.insert(file[place]).inserted
                batch.lines.append(
                    line(file[place], place + 1, mayBeTwin: isRepeat || Int.random(in: 0..<4, using: &random) == 0))
            }
            var known = ImportSieve.Known(stored: stored)
            for line in batch.lines where line.mayBeTwin {
                known.earlier[line.fingerprint] =
                    inserted[line.fingerprint, default: 0] + forgotten[line.fingerprint, default: 0]
            }
            let verdicts = sieve.judge(batch, known)
            inserted.merge(onTheWay, uniquingKeysWith: +)
            onTheWay = [:]
            for (line, verdict) in zip(batch.lines, verdicts) where verdict != nil {
                onTheWay[line.fingerprint, default: 0] += 1
            }
            for (fingerprint, lines) in sieve.takeManyDuplicates() ?? [:] {
                forgotten[fingerprint, default: 0] += lines
            }
            found += verdicts
            start = end
        }
        #expect(found == expected)
        #expect(sieve.imported == expected.count { $0 != nil })
        #expect(sieve.results.map { $0.entry != nil } == expected.map { $0 != nil })
    }

    @Test func `asks for a merchant once, only of new lines, and takes what past entries say before words`() {
        let sieve = sieve()
        let suggested = CategoryID(high: 2, low: 2)
        func batch(_ letters: [Int]) -> ImportBatch {
            var batch = ImportBatch()
            for (place, letter) in letters.enumerated() {
                let row = batch.rows.row(columns: 2) { row in
                    row.append(CategoryID(high: 0, low: 0))
                    row.append(0 as Int32)
                }
                batch.parts.append(
                    ImportBatch.Part(category: nil, amount: Money(minorUnits: 100, currency: .eur), row: row))
                let plain = line(letter, place + 1, mayBeTwin: false, kind: letter == 3 ? .income : .expense)
                batch.lines.append(
                    ImportBatch.Line(
                        id: plain.id, number: plain.number, kind: plain.kind, occurredOn: plain.occurredOn,
                        merchant: plain.merchant, fingerprint: plain.fingerprint, mayBeTwin: false,
                        suggestion: letter == 2 ? suggested : nil, parts: place..<(place + 1)))
            }
            return batch
        }
        let first = batch([0, 1, 2, 3, 0])
        let verdicts: ImportSieve.Verdicts = [0, nil, 0, 0, 0]
        let unknown = sieve.unknownMerchants(first, verdicts)
        #expect(unknown.map(\.name) == ["Shop 0", "Shop 2", "Shop 3"])
        let past = CategoryID(high: 3, low: 3)
        sieve.learn(unknown, [0: past])
        #expect(throws: Never.self) { try sieve.rows(first, verdicts) }
        #expect(sieve.unknownMerchants(batch([0, 2, 3, 4]), [0, 0, 0, 0]).map(\.name) == ["Shop 4"])
        let sums = sieve.takeSums()
        #expect(
            Dictionary(grouping: sums, by: \.key.category).mapValues { $0.reduce(0) { $0 + $1.value.minorUnits } }
                == [past: 200, suggested: 100, Self.income: 100])
        #expect(sieve.usedCategories == [past, suggested, Self.income])
        #expect(sieve.takeSums().isEmpty)
    }

    @Test func `is refused when the sums of a month would be larger than can be kept`() throws {
        let sieve = sieve()
        var batch = ImportBatch()
        for place in 0..<2 {
            let row = batch.rows.row(columns: 2) { row in
                row.append(CategoryID(high: 0, low: 0))
                row.append(0 as Int32)
            }
            batch.parts.append(
                ImportBatch.Part(
                    category: Self.expense, amount: Money(minorUnits: .max / 2 + 1, currency: .eur), row: row))
            let plain = line(0, place + 1, mayBeTwin: false)
            batch.lines.append(
                ImportBatch.Line(
                    id: plain.id, number: plain.number, kind: plain.kind, occurredOn: plain.occurredOn,
                    merchant: plain.merchant, fingerprint: plain.fingerprint, mayBeTwin: false, suggestion: nil,
                    parts: place..<(place + 1)))
        }
        #expect(throws: Refusal.self) { try sieve.rows(batch, [0, 1]) }
    }
}
