/// A currency of ISO 4217. Four bytes: the three letters and the number of digits after the point, so that
/// arithmetic and formatting never look anything up.
@frozen
public struct Currency: Hashable, Sendable {
    @usableFromInline let packed: UInt32

    @inlinable init(packed: UInt32) { self.packed = packed }

    /// Only a known code in capital letters.
    public init?(_ code: some StringProtocol) {
        var letters: (UInt8, UInt8, UInt8) = (0, 0, 0)
        var count = 0
        for byte in code.utf8 {
            switch count {
            case 0: letters.0 = byte
            case 1: letters.1 = byte
            case 2: letters.2 = byte
            default: return nil
            }
            count += 1
        }
        guard count == 3 else { return nil }
        self.init(letters.0, letters.1, letters.2)
    }

    /// The same from three ASCII capitals, without a String.
    public init?(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
        guard let slot = Self.slot(first, second, third) else { return nil }
        let packed = Self.index.packed[slot]
        guard packed != 0 else { return nil }
        self.packed = packed
    }

    public var code: String {
        String(unsafeUninitializedCapacity: 3) { buffer in
            (buffer[0], buffer[1], buffer[2]) = letters
            return 3
        }
    }

    /// Digits after the decimal point: 0, 2, 3 or 4.
    @inlinable public var exponent: Int { Int(packed & 0xFF) }

    /// Minor units in one major unit: 1, 100, 1000 or 10000.
    @inlinable public var minorUnitsPerMajor: Int64 {
        switch exponent {
        case 0: 1
        case 2: 100
        case 3: 1000
        case 4: 10_000
        default: 10
        }
    }

    public var name: String { entry?.name ?? code }

    public var numericCode: Int { Int(entry?.numeric ?? 0) }

    /// False for a currency that ISO 4217 has withdrawn; it can still be read in old statements.
    public var isCurrent: Bool {
        let (first, second, third) = letters
        guard let slot = Self.slot(first, second, third) else { return false }
        return Int(Self.index.position[slot]) < Self.currentEntries.count
    }

    /// The three letters as ASCII.
    @inlinable public var letters: (UInt8, UInt8, UInt8) {
        (
            UInt8(truncatingIfNeeded: packed >> 24), UInt8(truncatingIfNeeded: packed >> 16),
            UInt8(truncatingIfNeeded: packed >> 8)
        )
    }

    @inlinable public func append(to bytes: inout [UInt8]) {
        let (first, second, third) = letters
        bytes.append(first)
        bytes.append(second)
        bytes.append(third)
    }

    /// Every currency in use, by code.
    public static let all: [Currency] = currentEntries.map { Currency(packed: pack($0)) }

    /// Those offered first in a list.
    public static let featured: [Currency] = [usd, eur, gbp, inr, jpy, cad, aud]

    public static let usd = Currency(packed: 0x5553_4402)
    public static let eur = Currency(packed: 0x4555_5202)
    public static let gbp = Currency(packed: 0x4742_5002)
    public static let inr = Currency(packed: 0x494E_5202)
    public static let jpy = Currency(packed: 0x4A50_5900)
    public static let cad = Currency(packed: 0x4341_4402)
    public static let aud = Currency(packed: 0x4155_4402)
}

extension Currency: CustomStringConvertible {
    public var description: String { code }
}

extension Currency: Comparable {
    @inlinable public static func < (left: Currency, right: Currency) -> Bool { left.packed < right.packed }
}

extension Currency {
    /// One slot for each three-letter code that could exist: a lookup is one load.
    private struct Index: Sendable {
        var packed = [UInt32](repeating: 0, count: 26 * 26 * 26)
        var position = [UInt16](repeating: 0, count: 26 * 26 * 26)
    }

    private static let index: Index = {
        var index = Index()
        for (position, entry) in (currentEntries + withdrawnEntries).enumerated() {
            let packed = pack(entry)
            let code = entry.code.utf8Start
            guard let slot = slot(code[0], code[1], code[2]) else { continue }
            index.packed[slot] = packed
            index.position[slot] = UInt16(position)
        }
        return index
    }()

    private static func pack(_ entry: Entry) -> UInt32 {
        let code = entry.code.utf8Start
        return UInt32(code[0]) << 24 | UInt32(code[1]) << 16 | UInt32(code[2]) << 8 | UInt32(entry.exponent)
    }

    private static func slot(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int? {
        let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
        guard letters.contains(first), letters.contains(second), letters.contains(third) else { return nil }
        return (Int(first) - 65) * 676 + (Int(second) - 65) * 26 + Int(third) - 65
    }

    private var entry: Entry? {
        let (first, second, third) = letters
        guard let slot = Self.slot(first, second, third) else { return nil }
        let position = Int(Self.index.position[slot])
        let current = Self.currentEntries
        return position < current.count ? current[position] : Self.withdrawnEntries[position - current.count]
    }
}
