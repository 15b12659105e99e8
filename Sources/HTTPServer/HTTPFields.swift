/// The fields of a request as they came, names and values, over the bytes of its head. A value becomes a `String`
/// when it is asked for, and not before.
package struct HTTPFields: Sendable {
    /// The head, and behind it where each field stands: one allocation for both.
    let storage: [UInt8]
    private let headLength: Int
    package let count: Int

    private static let entrySize = MemoryLayout<ParsedHead.Field>.size

    init(head: ParsedHead, bytes: UnsafeRawBufferPointer, length: Int) {
        let fields = head.fields
        count = fields.count
        headLength = length
        storage = [UInt8](unsafeUninitializedCapacity: length + fields.count * Self.entrySize) { buffer, initialized in
            let target = UnsafeMutableRawBufferPointer(buffer)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<length]))
            fields.withUnsafeBytes { entries in
                guard !entries.isEmpty else { return }
                UnsafeMutableRawBufferPointer(rebasing: target[length...]).copyMemory(from: entries)
            }
            initialized = length + fields.count * Self.entrySize
        }
    }

    /// The value of the first field of that name, in any case.
    package subscript(name: String) -> String? {
        storage.withUnsafeBytes { bytes in
            for index in 0..<count {
                let field = entry(index, bytes)
                if matches(bytes, field.name, name) { return text(bytes, field.value) }
            }
            return nil
        }
    }

    package func all(_ name: String) -> [String] {
        storage.withUnsafeBytes { bytes in
            var values: [String] = []
            for index in 0..<count {
                let field = entry(index, bytes)
                if matches(bytes, field.name, name) { values.append(text(bytes, field.value)) }
            }
            return values
        }
    }

    package func forEach(_ body: (_ name: String, _ value: String) throws -> Void) rethrows {
        for index in 0..<count {
            let (name, value) = storage.withUnsafeBytes { bytes in
                let field = entry(index, bytes)
                return (text(bytes, field.name), text(bytes, field.value))
            }
            try body(name, value)
        }
    }

    func text(_ range: ByteRange) -> String {
        storage.withUnsafeBytes { text($0, range) }
    }

    private func entry(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> ParsedHead.Field {
        bytes.loadUnaligned(fromByteOffset: headLength + index * Self.entrySize, as: ParsedHead.Field.self)
    }

    private func text(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) -> String {
        String(decoding: bytes[range.lower..<range.upper], as: UTF8.self)
    }

    private func matches(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange, _ name: String) -> Bool {
        let wanted = name.utf8
        guard range.count == wanted.count else { return false }
        var index = range.lower
        for byte in wanted {
            guard lowerCase(bytes[index]) == lowerCase(byte) else { return false }
            index += 1
        }
        return true
    }
}
