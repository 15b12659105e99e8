import Base

/// What is wrong with an input, in a sentence for the person who typed it.
package struct InputProblem: Error, Equatable, Sendable {
    package let message: String
    package init(_ message: String) { self.message = message }
}

/// An e-mail address. Two that differ in case only are the same.
///
/// ASCII only: an international domain is written in its `xn--` form, which is how mail carries it anyway; and no two
/// addresses can look alike while their bytes differ.
package struct EmailAddress: Hashable, Sendable {
    /// Lower-case: the account's key.
    package let normalized: String
    /// As it was typed, without surrounding blanks.
    package let asGiven: String

    package static let byteLimit = 254

    package init(_ text: String) throws(InputProblem) {
        let problem = InputProblem("email should be an address such as ada@example.org.")
        let bytes = Self.trimmed(text)
        guard bytes.count <= Self.byteLimit else {
            throw InputProblem("email should have at most \(Self.byteLimit) characters.")
        }
        guard let at = bytes.firstIndex(of: UInt8(ascii: "@")),
            Self.isLocalPart(bytes[..<at]), Self.isDomain(bytes[(at + 1)...])
        else { throw problem }
        asGiven = String(decoding: bytes, as: UTF8.self)
        normalized = String(decoding: bytes.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }

    package static func == (left: EmailAddress, right: EmailAddress) -> Bool { left.normalized == right.normalized }
    package func hash(into hasher: inout Hasher) { hasher.combine(normalized) }

    /// What stands before the `@`, for a person who gave no name.
    package var localPart: String { String(normalized.prefix { $0 != "@" }) }

    private static func trimmed(_ text: String) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        var bytes = Array(text.utf8)[...]
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return bytes
    }

    /// RFC 5321's dot-string of at most 64 characters; the quoted form is refused, as mail providers do.
    private static func isLocalPart(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard (1...64).contains(bytes.count) else { return false }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.allSatisfy { isLetterOrDigit($0) || Self.atomSymbols.contains($0) }
        }
    }

    private static func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // A single word is a machine of one's own: a self-hosted server has users like ada@localhost.
        guard labels.count >= 2 || bytes.elementsEqual("localhost".utf8), bytes.count <= 253,
            let last = labels.last, !last.allSatisfy({ (48...57).contains($0) })
        else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static let atomSymbols = Set("!#$%&'*+-/=?^_`{|}~".utf8)
}
