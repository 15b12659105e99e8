import Base

/// How the dates and amounts of a QIF file are written, which nothing in it says.
struct QIFConventions {
    private(set) var dateOrder = DateOrder.mdy
    private(set) var ambiguousDateOrder = false
    private(set) var ambiguousDates: AmbiguousDates?
    private(set) var decimalSeparator = UInt8(ascii: ".")

    private var dates: [StatementDate.Parts] = []
    private var texts: [String] = []
    private var hasPointDates = false
    private var hasApostrophes = false

    init(head: UnsafeBufferPointer<UInt8>, override: CSVMappingOverride) {
        var points = 0
        var commas = 0
        var isTransactions = true
        for line in head.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).prefix(20_000) {
            guard let code = line.first else { continue }
            let value = UnsafeBufferPointer(rebasing: line.dropFirst()).trimmed()
            switch code {
            case UInt8(ascii: "!"): isTransactions = QIFSection(UnsafeBufferPointer(rebasing: line))?.isList != true
            case UInt8(ascii: "D") where isTransactions:
                guard let parts = QIFDate.parts(value) else { continue }
                hasPointDates = hasPointDates || value.contains(UInt8(ascii: "."))
                hasApostrophes = hasApostrophes || value.contains(UInt8(ascii: "'"))
                dates.append(parts)
                texts.append(String(decoding: value, as: UTF8.self))
            case UInt8(ascii: "T"), UInt8(ascii: "U"), UInt8(ascii: "$"):
                guard isTransactions, let shape = StatementAmount.shape(of: value) else { continue }
                switch (shape.points, shape.commas) {
                case (0, 0): break
                case (0, 1): if shape.digitsAfterLastComma != 3 { commas += 1 }
                case (1, 0): if shape.digitsAfterLastPoint != 3 { points += 1 }
                case (0, _): points += 1
                case (_, 0): commas += 1
                default: if shape.pointIsLast { points += 1 } else { commas += 1 }
                }
            default: break
            }
        }
        decimalSeparator = override.decimalSeparator ?? (commas > points ? UInt8(ascii: ",") : UInt8(ascii: "."))
        if let order = override.dateOrder {
            dateOrder = order
        } else {
            settleDates()
        }
        dates = []
        texts = []
    }

    /// What the day of today tells about the order of the dates.
    mutating func settleDates(today: CalendarDate?) {
        guard let today, let order = ambiguousDates?.order(today: today) else { return }
        dateOrder = order
        ambiguousDateOrder = false
        ambiguousDates = nil
    }

    private mutating func settleDates() {
        let (possible, open) = StatementDate.orders(of: dates)
        guard possible.count > 1 else {
            dateOrder = possible.first ?? .mdy
            return
        }
        ambiguousDateOrder = true
        dateOrder = likelyOrder(open)
        if hasApostrophes || isWrittenDayFirst { return }
        ambiguousDates = AmbiguousDates(zip(texts, dates).map { (text: $0, parts: $1) })
    }

    /// Both orders read every date. The format is American, so is its order, unless something speaks against it.
    private func likelyOrder(_ open: [StatementDate.Parts]) -> DateOrder {
        if hasApostrophes { return .mdy }
        if isWrittenDayFirst { return .dmy }
        let asDMY = open.compactMap { StatementDate.date(from: $0, order: .dmy) }
        let asMDY = open.compactMap { StatementDate.date(from: $0, order: .mdy) }
        let isSortedDMY = Self.isSorted(asDMY)
        if isSortedDMY != Self.isSorted(asMDY) { return isSortedDMY ? .dmy : .mdy }
        return Self.span(asDMY) * 2 < Self.span(asMDY) ? .dmy : .mdy
    }

    private var isWrittenDayFirst: Bool { hasPointDates || decimalSeparator == UInt8(ascii: ",") }

    private static func isSorted(_ dates: [CalendarDate]) -> Bool {
        guard dates.count > 2 else { return false }
        let pairs = zip(dates, dates.dropFirst())
        return pairs.allSatisfy { $0 <= $1 } || pairs.allSatisfy { $0 >= $1 }
    }

    private static func span(_ dates: [CalendarDate]) -> Int {
        guard let first = dates.min(), let last = dates.max() else { return 0 }
        return last.days(since: first)
    }
}

/// Dates as Quicken writes them: `12/31/98`, `1/ 3'05` (2005), and everything that other programs write.
enum QIFDate {
    static func parts(_ bytes: UnsafeBufferPointer<UInt8>) -> StatementDate.Parts? {
        if !bytes.contains(UInt8(ascii: "'")), let parts = StatementDate.parts(of: bytes), parts.digits.2 != 1 {
            return parts
        }
        guard bytes.count <= 20 else { return nil }
        var parts = StatementDate.Parts()
        var numbers: [(value: Int, digits: Int)] = []
        var isNumber = false
        var hasApostrophe = false
        for byte in bytes {
            if byte &- 48 < 10 {
                if !isNumber { numbers.append((0, 0)) }
                isNumber = true
                guard numbers.count <= 3, numbers[numbers.count - 1].digits < 4 else { return nil }
                numbers[numbers.count - 1].value = numbers[numbers.count - 1].value * 10 + Int(byte - 48)
                numbers[numbers.count - 1].digits += 1
            } else {
                isNumber = false
                switch byte {
                case UInt8(ascii: "'"): hasApostrophe = true
                case UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: " "): break
                default: return nil
                }
            }
        }
        guard numbers.count == 3 else { return nil }
        var (year, digits) = numbers[2]
        // An apostrophe stands before the years from 2000.
        if hasApostrophe, digits <= 2 { year += 2000 }
        if hasApostrophe { digits = 4 }
        parts.numbers = (numbers[0].value, numbers[1].value, year)
        parts.digits = (numbers[0].digits, numbers[1].digits, digits == 1 ? 2 : digits)
        parts.count = 3
        return parts
    }

    static func date(_ bytes: UnsafeBufferPointer<UInt8>, order: DateOrder) -> CalendarDate? {
        parts(bytes).flatMap { StatementDate.date(from: $0, order: order) }
    }
}

/// What a line that begins with `!` announces.
enum QIFSection: Equatable {
    case transactions(String)
    case investments
    case account
    /// Categories, classes, memorised transactions, prices: no transactions of an account.
    case list
    case option

    var isList: Bool { self == .list || self == .account }

    init?(_ line: UnsafeBufferPointer<UInt8>) {
        let text = String(decoding: line.prefix(80), as: UTF8.self).lowercased().filter { !$0.isWhitespace }
        guard text.hasPrefix("!") else { return nil }
        if text.hasPrefix("!account") {
            self = .account
        } else if text.hasPrefix("!option") || text.hasPrefix("!clear") {
            self = .option
        } else if text.hasPrefix("!type:") {
            let type = String(text.dropFirst(6))
            switch type {
            case "invst", "port", "401(k)/403(b)", "401(k)": self = .investments
            case "cat", "class", "memorized", "memorised", "security", "prices", "budget", "invitem", "template", "tag",
                "payee", "currencies", "price":
                self = .list
            // Unknown types are accounts in the words of another language.
            default: self = .transactions(type)
            }
        } else {
            return nil
        }
    }
}
