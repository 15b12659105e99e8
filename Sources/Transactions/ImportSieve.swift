import Base
import Categories
import Database
import Resources
import Synchronization

/// Decides what becomes of each line of an import, by what the book has already. It has no limit to the lines, and
/// keeps no more of them than their sums.
///
/// The n-th of several transactions that are alike is the n-th in every file, so a repeat meets itself, and both of
/// two genuine twins arrive.
final class ImportSieve: Sendable {
    /// What the database says about the lines of a batch.
    struct Known: Sendable {
        /// Of those fingerprints: the twins that were there before the import.
        var stored: Set<ImportLookup.Twin> = []
        /// How many lines with a fingerprint this import has brought in, or passed over and forgotten, before.
        var earlier: [ImportLine.Fingerprint: Int32] = [:]
    }

    /// For each line of a batch which of its twins it is; nil for one that is there already.
    typealias Verdicts = [Int32?]

    struct SumKey: Hashable, Sendable {
        let month: Int32
        let kind: Entry.Kind
        let category: CategoryID
    }

    struct Sum: Sendable {
        var minorUnits: Int64 = 0
        var count: Int64 = 0
    }

    struct MerchantKey: Hashable, Sendable {
        let name: String
        let kind: Entry.Kind
    }

    private struct State {
        /// Nil for a merchant of whom no past entry tells anything.
        var categories: [MerchantKey: CategoryID?] = [:]
        var sums: [SumKey: Sum] = [:]
        /// How many lines with a fingerprint were there already. A later one that is alike needs to know.
        var duplicates: [ImportLine.Fingerprint: Int32] = [:]
        /// Of the batch before this one, which the database may not hold yet: how many lines with each of its
        /// fingerprints the file has had up to its end.
        var lastBatch: [ImportLine.Fingerprint: Int32] = [:]
        var used: Set<CategoryID> = []
        /// Where the last entry of each merchant went.
        var decided: [MerchantKey: CategoryID] = [:]
        var imported = 0
        var results: [Importer.LineResult] = []
    }

    /// Merchants that are remembered. A file with more asks for some of them again.
    static let rememberedMerchants = 50_000
    /// Sums that are kept before they are added to the book's.
    static let keptSums = 20_000

    private let fallbacks: (expense: CategoryID, income: CategoryID)
    private let limits: ImportLimits
    private let state = Mutex(State())

    init(fallbacks: (expense: CategoryID, income: CategoryID), limits: ImportLimits) {
        self.fallbacks = fallbacks
        self.limits = limits
    }

    var imported: Int { state.withLock { $0.imported } }
    /// Where the first lines went.
    var results: [Importer.LineResult] { state.withLock { $0.results } }
    var usedCategories: Set<CategoryID> { state.withLock { $0.used } }
    var holdsManySums: Bool { state.withLock { $0.sums.count > Self.keptSums } }
    var holdsManyMerchants: Bool { state.withLock { $0.decided.count > Self.rememberedMerchants } }

    /// When they have become many: all of them, to be remembered elsewhere.
    func takeManyDuplicates() -> [ImportLine.Fingerprint: Int32]? {
        state.withLock { state in
            guard state.duplicates.count > limits.rememberedDuplicates else { return nil }
            defer { state.duplicates = [:] }
            return state.duplicates
        }
    }

    func takeSums() -> [SumKey: Sum] {
        state.withLock { state in
            defer { state.sums = [:] }
            return state.sums
        }
    }

    /// Where the entries of each merchant went that rules, words or past entries have sorted, since the last time.
    func takeMerchants() -> [MerchantKey: CategoryID] {
        state.withLock { state in
            defer { state.decided = [:] }
            return state.decided
        }
    }

    /// Tells the new lines of a batch from those that are there already. Each batch is judged once, in the order of the
    /// file.
    ///
    /// - Parameter known: as it was when all batches but the one before this were in the database.
    func judge(_ batch: ImportBatch, _ known: Known) -> Verdicts {
        state.withLock { state in
            var numbers: [ImportLine.Fingerprint: Int32] = [:]
            numbers.reserveCapacity(batch.lines.count)
            var duplicates: [ImportLine.Fingerprint] = []
            let verdicts = batch.lines.map { line -> Int32? in
                let number =
                    line.mayBeTwin
                    ? numbers[line.fingerprint] ?? state.lastBatch[line.fingerprint]
                        ?? known.earlier[line.fingerprint, default: 0] + state.duplicates[line.fingerprint, default: 0]
                    : 0
                numbers[line.fingerprint] = number + 1
                let isNew = !known.stored.contains(ImportLookup.Twin(line.fingerprint, number))
                if state.results.count < limits.resultLines {
                    state.results.append(Importer.LineResult(line: line.number, entry: isNew ? line.id : nil))
                }
                if isNew { return number }
                duplicates.append(line.fingerprint)
                return nil
            }
            state.lastBatch = numbers
            state.imported += verdicts.count - duplicates.count
            for fingerprint in duplicates { state.duplicates[fingerprint, default: 0] += 1 }
            return verdicts
        }
    }

    /// The merchants of new lines that no rule sorts, and whose past entries have not been asked for.
    func unknownMerchants(_ batch: ImportBatch, _ verdicts: Verdicts) -> [MerchantKey] {
        state.withLock { state in
            if state.categories.count > Self.rememberedMerchants { state.categories = [:] }
            var unknown: [MerchantKey] = []
            var seen: Set<MerchantKey> = []
            for (line, verdict) in zip(batch.lines, verdicts) where verdict != nil {
                guard let name = line.merchant, batch.parts[line.parts].contains(where: { $0.category == nil })
                else { continue }
                let key = MerchantKey(name: name, kind: line.kind)
                if state.categories[key] == nil, seen.insert(key).inserted { unknown.append(key) }
            }
            return unknown
        }
    }

    /// The categories of past entries, by the place of each merchant in the list.
    func learn(_ merchants: [MerchantKey], _ categories: [Int: CategoryID]) {
        state.withLock { state in
            for (place, merchant) in merchants.enumerated() {
                state.categories.updateValue(categories[place], forKey: merchant)
            }
        }
    }

    /// What `ImportBatch.copy` takes: the rows of the new lines.
    ///
    /// - Throws: `sumTooLarge`.
    func rows(_ batch: ImportBatch, _ verdicts: Verdicts) throws -> [UInt8] {
        try state.withLock { state in
            var rows = batch.rows
            var kept: [Range<Int>] = []
            kept.reserveCapacity(batch.parts.count)
            for (line, verdict) in zip(batch.lines, verdicts) {
                guard let number = verdict else { continue }
                for (place, part) in batch.parts[line.parts].enumerated() {
                    let category = part.category ?? self.category(of: line, state)
                    rows.replace(inRow: part.row, category, place == 0 ? number : nil)
                    kept.append(part.row)
                    try add(part.amount, line, category, &state)
                    if let merchant = line.merchant, category != fallback(line.kind) {
                        state.decided[MerchantKey(name: merchant, kind: line.kind)] = category
                    }
                }
            }
            return rows.bytes(of: kept)
        }
    }

    private func category(of line: ImportBatch.Line, _ state: borrowing State) -> CategoryID {
        let past = line.merchant.flatMap { state.categories[MerchantKey(name: $0, kind: line.kind)] ?? nil }
        return past ?? line.suggestion ?? fallback(line.kind)
    }

    private func fallback(_ kind: Entry.Kind) -> CategoryID {
        kind == .expense ? fallbacks.expense : fallbacks.income
    }

    private func add(
        _ amount: Money, _ line: ImportBatch.Line, _ category: CategoryID, _ state: inout State
    ) throws {
        let month = Int32(clamping: line.occurredOn.year * 12 + line.occurredOn.month - 1)
        let key = SumKey(month: month, kind: line.kind, category: category)
        var sum = state.sums[key] ?? Sum()
        let (total, overflows) = sum.minorUnits.addingReportingOverflow(amount.minorUnits)
        guard !overflows else { throw Refusal.sumTooLarge }
        sum.minorUnits = total
        sum.count += 1
        if state.sums.updateValue(sum, forKey: key) == nil { state.used.insert(category) }
    }
}
