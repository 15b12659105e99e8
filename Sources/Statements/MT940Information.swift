/// What `:86:` and the details of `:61:` say, in the dialects of banks.
struct MT940Information {
    var payee: String?
    var memo: String?
    var reference: String?
    var type: String?
    private var other: String?

    init(_ entry: MT940Entry) {
        if let information = entry.information {
            read(information, entry)
        } else if let text = entry.nonSWIFT {
            readNonSWIFT(text)
        }
        // What stands behind the reference is a name with some banks, what stands below it mostly the kind, or another
        // reference.
        if payee == nil { payee = entry.trailing }
        if let details = entry.details, details != payee, !details.hasPrefix("/") {
            let isText = details.contains(" ") || !details.contains(where: \.isNumber)
            if memo == nil, isText { memo = details }
            if type == nil, isText, details != memo { type = details }
            if !isText { other = details }
        }
        type = type ?? entry.kind
        if payee != nil, payee == memo { memo = nil }
        if reference == nil, let own = StatementText.meaningful(entry.ownerReference), own.utf8.count > 1 {
            reference = own
        }
        if reference == nil { reference = StatementText.meaningful(other) }
    }

    private mutating func read(_ information: String, _ entry: MT940Entry) {
        if let fields = MT940Subfields(information.utf8.filter { $0 != 0x0A }) {
            payee = fields.payee
            memo = fields.memo
            reference = fields.reference
            type = fields.bookingText
        } else if let words = MT940CodeWords(Self.joined(information)) {
            payee = words.payee
            memo = words.memo
            reference = words.reference
            type = words.type
        } else if readPolish(information) || readAccountAndName(information, entry) || readColumns(information)
            || readAccountInText(information)
        {
            return
        } else {
            memo = StatementText.tidy(Self.withoutPrimanota(information))
        }
    }

    /// A full line goes on in the next, a shorter one ended with a word.
    private static func joined(_ information: String) -> String {
        var joined = ""
        var isFull = true
        for line in information.split(separator: "\n") {
            if !isFull { joined += " " }
            joined += line
            isFull = line.unicodeScalars.count >= 60
        }
        return joined
    }

    /// `999PN5477SCHECK-NR. 16703074` or `999Text`: the code for free text, and a serial number, before it.
    private static func withoutPrimanota(_ text: String) -> Substring {
        guard text.hasPrefix("999"), text.dropFirst(3).first?.isLetter == true else { return text[...] }
        let rest = text.dropFirst(3)
        guard rest.hasPrefix("PN"), rest.dropFirst(2).prefix(4).allSatisfy(\.isNumber), rest.count > 6 else {
            return rest
        }
        return rest.dropFirst(6)
    }

    /// `…REK: NL65INGB0123456789/NAAM: PICQER`, of Knab.
    private mutating func readAccountInText(_ text: String) -> Bool {
        guard let mark = text.firstRange(of: "/NAAM:"), let account = text.firstRange(of: "REK:") else { return false }
        payee = StatementText.tidy(text[mark.upperBound...])
        memo = StatementText.tidy(text[..<account.lowerBound])
        return payee != nil
    }

    /// `911 TRANSAKCJA …; OD: Jan Nowak …; TYT.: title; TNR: 17917…`, of Polish banks.
    private mutating func readPolish(_ text: String) -> Bool {
        guard let title = text.firstRange(of: "TYT.:") else { return false }
        for mark in ["OD:", "DLA:"] {
            guard let start = text.firstRange(of: mark), start.upperBound < title.lowerBound else { continue }
            let side = text[start.upperBound..<title.lowerBound].drop { $0 == " " || $0 == "\n" }.prefix { $0 != ";" }
            // Two blanks part the name from the address.
            payee = StatementText.tidy(side.firstRange(of: "  ").map { side[..<$0.lowerBound] } ?? side)
        }
        let rest = text[title.upperBound...]
        var words = rest[..<(rest.firstRange(of: "TNR:")?.lowerBound ?? rest.endIndex)]
        while let last = words.last, last == ";" || last.isWhitespace { words = words.dropLast() }
        memo = StatementText.tidy(words)
        return true
    }

    /// `NL47INGB0001234567 h de vries`, and the purpose on the lines below: SNS, ASN and RegioBank.
    private mutating func readAccountAndName(_ text: String, _ entry: MT940Entry) -> Bool {
        let first = text.prefix { $0 != "\n" }
        guard let name = entry.details, let account = entry.ownerReference,
            StatementText.tidy(first).map({ $0.hasPrefix(account) || $0.hasSuffix(name) }) == true,
            StatementText.tidy(first)?.hasSuffix(name) == true
        else { return false }
        payee = name
        memo = StatementText.tidy(text.dropFirst(first.count))
        type = entry.kind
        return true
    }

    /// ABN AMRO before SEPA: `BEA   NR:XXX1234   21.05.11/12.54 SHOP NAME,PAS999` and, in columns of 32,
    /// `GIRO   428428 KPN - DIGITENNE    …` or `52.89.39.882                    MYCOM DEN HAAG`.
    private mutating func readColumns(_ text: String) -> Bool {
        let words = text.split(separator: " ")
        if text.hasPrefix("BEA ") || text.hasPrefix("GEA ") {
            guard let comma = text.firstRange(of: ",PAS") else { return false }
            let head = text[..<comma.lowerBound].split(separator: " ")
            guard let time = head.firstIndex(where: { $0.contains("/") && $0.contains(".") }) else { return false }
            payee = StatementText.tidy(head[(time + 1)...].joined(separator: " "))
        } else if text.hasPrefix("GIRO "), words.count > 2, words[1].allSatisfy(\.isNumber) {
            payee = Self.column(words[1].endIndex, text)
        } else if let account = words.first, account.utf8.count == 12,
            account.enumerated().allSatisfy({ [2, 5, 8].contains($0) ? $1 == "." : $1.isNumber })
        {
            payee = Self.column(account.endIndex, text)
        }
        guard payee != nil else { return false }
        memo = StatementText.tidy(text)
        return true
    }

    /// From there to the next two blanks or the end of the line.
    private static func column(_ start: String.Index, _ text: String) -> String? {
        let rest = text[start...].drop { $0 == " " }.prefix { $0 != "\n" }
        return StatementText.tidy(rest.firstRange(of: "  ").map { rest[..<$0.lowerBound] } ?? rest)
    }

    /// `:NS:` with two digits before each line: 01 to 14 the purpose, 15 and 16 the name, 17 the booking text.
    private mutating func readNonSWIFT(_ text: String) {
        var purpose: [Substring] = []
        var name: [Substring] = []
        for line in text.split(separator: "\n") {
            guard let code = Int(line.prefix(2)) else { continue }
            let value = line.dropFirst(2)
            switch code {
            case 1...14: purpose.append(value)
            case 15, 16: name.append(value)
            case 17: type = StatementText.tidy(value)
            default: break
            }
        }
        memo = StatementText.tidy(purpose.joined(separator: " "))
        payee = StatementText.tidy(name.joined(separator: " "))
    }
}

extension StringProtocol {
    /// Where a text first stands, compared by scalars.
    func firstRange(of text: String) -> Range<Index>? {
        let wanted = Array(text.unicodeScalars)
        guard let first = wanted.first else { return nil }
        var start = unicodeScalars.startIndex
        while start < unicodeScalars.endIndex {
            if unicodeScalars[start] == first {
                var position = start
                var matched = 0
                while matched < wanted.count, position < unicodeScalars.endIndex,
                    unicodeScalars[position] == wanted[matched]
                {
                    position = unicodeScalars.index(after: position)
                    matched += 1
                }
                if matched == wanted.count { return start..<position }
            }
            start = unicodeScalars.index(after: start)
        }
        return nil
    }
}
