import Base
import Foundation
import Testing

/// Published test vectors, read from the folder that `PURSER_SAMPLES` names. Without it those tests are skipped and
/// say so; the tests beside them carry the essential vectors in their own text.
enum Samples {
    static let directory: String? =
        ProcessInfo.processInfo.environment["PURSER_SAMPLES"].map { $0 + "/crypto/" }

    static func exist(_ name: String) -> Bool {
        directory.map { FileManager.default.isReadableFile(atPath: $0 + name) } ?? false
    }

    static func json(_ name: String) throws -> [String: Any] {
        let path = try #require(directory) + name
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}

func bytes(hex: String) -> [UInt8] {
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
        UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// A directory of its own for each test, removed afterwards.
func withTemporaryDirectory<T>(_ body: (String) throws -> T) throws -> T {
    let path = FileManager.default.temporaryDirectory.path + "/purser-crypto-\(Identifier<SessionTag>.new())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}
