import Base

/// The query string, decoded. Reads fields and remembers every problem.
package struct Query: Sendable {
    private var items: [(name: String, value: String)] = []
    private var problems: [FieldError] = []

    init(_ raw: String?) throws(Refusal) {
        guard let raw, !raw.isEmpty else { return }
        for pair in raw.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
            guard items.count < 64 else {
                throw Refusal(.invalid, "QUERY_TOO_LONG", "The query string has more than 64 parameters.")
            }
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            let name = percentDecoded(pair[..<(equals ?? pair.endIndex)], plusIsSpace: true)
            let value = equals.map { percentDecoded(pair[pair.index(after: $0)...], plusIsSpace: true) } ?? ""
            guard let name, let value else {
                throw Refusal(
                    .invalid, "QUERY_MALFORMED", "The query string is not well formed: use UTF-8, percent-encoded.")
            }
            items.append((name, value))
        }
    }

    package var isEmpty: Bool { items.isEmpty }

    /// The value; nil where it is absent or empty. Where one is given twice, the first counts.
    package mutating func read<Value>(_ field: QueryField<Value>) -> Value? {
        let found = items.first { $0.name == field.name } ?? items.first { field.aliases.contains($0.name) }
        guard let found, !found.value.isEmpty else { return nil }
        do { return try field.read(found.value) } catch {
            problems.append(FieldError(field: field.name, message: error.message))
            return nil
        }
    }

    /// Every value of a parameter that may be repeated.
    package mutating func readAll<Value>(_ field: QueryField<Value>) -> [Value] {
        var values: [Value] = []
        for item in items where item.name == field.name || field.aliases.contains(item.name) {
            guard !item.value.isEmpty else { continue }
            do { values.append(try field.read(item.value)) } catch {
                problems.append(FieldError(field: field.name, message: error.message))
            }
        }
        return values
    }

    package mutating func refuse(_ field: String, _ message: String) {
        problems.append(FieldError(field: field, message: message))
    }

    package func check() throws(Refusal) {
        guard !problems.isEmpty else { return }
        throw Refusal.invalid(fields: problems)
    }
}

/// Decodes %XX; nil when an escape is broken, the bytes are no UTF-8, or a NUL hides in them.
func percentDecoded(_ text: Substring.UTF8View, plusIsSpace: Bool) -> String? {
    // Most text has nothing to decode, and what is short needs no memory then.
    if !text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") && plusIsSpace }) {
        return String(Substring(text))
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var iterator = text.makeIterator()
    while let byte = iterator.next() {
        switch byte {
        case UInt8(ascii: "%"):
            guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
        default: bytes.append(byte)
        }
    }
    guard !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
}

private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}
