import Base
import FoundationEssentials
import Statements
import Testing

/// Everything that reading a file gave.
struct Reading: Equatable {
    var accounts: [StatementAccount] = []
    var transactions: [StatementTransaction] = []
    var rejected: [RejectedLine] = []
    var balances: [StatementBalances] = []
    var refusal: Refusal?
    var format: StatementFormat?
    var mapping: CSVMapping?
    var columnNames: [String] = []

    var minorUnits: [Int64] { transactions.map(\.amount.minorUnits) }
    var dates: [String] { transactions.map(\.date.description) }
    var sum: Int64 { minorUnits.reduce(0, +) }
}

/// Reads the bytes, whole or in pieces of a size.
func reading(
    _ bytes: [UInt8], currency: Currency = .eur, mapping: CSVMappingOverride = .init(), pieces: Int = .max
) throws -> Reading {
    var reader = StatementReader(currency: currency, mapping: mapping)
    var reading = Reading()
    let emit: (StatementEvent) throws -> Void = { event in
        switch event {
        case .accountStarted(let account): reading.accounts.append(account)
        case .transaction(let transaction): reading.transactions.append(transaction)
        case .rejected(let line): reading.rejected.append(line)
        case .accountEnded(let balances): reading.balances.append(balances)
        }
    }
    do {
        var position = 0
        while position < bytes.count {
            let end = pieces < bytes.count - position ? position + pieces : bytes.count
            try reader.feed(bytes[position..<end], emit: emit)
            position = end
        }
        try reader.finish(emit: emit)
    } catch let refusal as Refusal {
        reading.refusal = refusal
    }
    reading.mapping = reader.mapping
    reading.format = reader.format
    reading.columnNames = reader.columnNames
    return reading
}

func reading(
    _ text: String, currency: Currency = .eur, mapping: CSVMappingOverride = .init()
) throws -> Reading {
    try reading(Array(text.utf8), currency: currency, mapping: mapping)
}

enum Files {
    private static let folder = #filePath.split(separator: "/").dropLast()

    static func fixture(_ name: String) throws -> [UInt8] {
        let path = "/" + folder.joined(separator: "/") + "/Fixtures/" + name
        return [UInt8](try #require(FileManager.default.contents(atPath: path), "\(name) is missing"))
    }

    static func fixtures() throws -> [String] {
        let path = "/" + folder.joined(separator: "/") + "/Fixtures"
        return try FileManager.default.contentsOfDirectory(atPath: path).filter {
            $0.contains(".") && !$0.hasSuffix(".md")
        }.sorted()
    }

    /// The files of a folder within the fixtures, by their names there.
    static func fixtures(in subfolder: String) throws -> [String] {
        let path = "/" + folder.joined(separator: "/") + "/Fixtures/" + subfolder
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { subfolder + "/" + $0 }
    }

    /// The samples beside the project, where they are: `PURSER_SHARED`, or a folder `shared` above this one.
    static func samples() -> String? {
        var roots: [String] = []
        if let root = ProcessInfo.processInfo.environment["PURSER_SHARED"] { roots.append(root) }
        var above = folder
        while !above.isEmpty {
            above = above.dropLast()
            roots.append("/" + above.joined(separator: "/") + "/shared")
        }
        return roots.map { $0 + "/samples" }.first { FileManager.default.fileExists(atPath: $0) }
    }

    static func contents(of folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { folder + "/" + $0 }
    }

    static func bytes(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { [UInt8]($0) }
    }
}
