import Base

/// Reads a bank statement of any supported format as it arrives. Feed it pieces of any size, then finish; it emits
/// what it finds in the order of the file and keeps one record at a time.
///
/// A file that turns out to be cut off or of another format throws a `Refusal`; what was emitted before belongs to
/// the same file and should be discarded with it.
package struct StatementReader {
    /// Known once the first 64 KiB, or the whole of a smaller file, have been read.
    package private(set) var format: StatementFormat?
    /// How a CSV or QIF file is read: detected, with the caller's corrections. QIF has no columns.
    package private(set) var mapping: CSVMapping?
    /// The names of a CSV file's columns, where it has them.
    package private(set) var columnNames: [String] = []
    /// What this CSV file has in common with others of the same export, known as soon as the format is, and even where
    /// its columns are not understood. Nil for other formats.
    package private(set) var signature: String?
    /// The name of the profile that was used.
    package private(set) var profile: String?

    private let currency: Currency
    private let override: CSVMappingOverride
    private let profiles: [StatementProfile]
    private let today: CalendarDate?
    private var stages = ByteStages()
    private var hasStarted = false
    private var head: [UInt8] = []
    private var csv: CSVParser?
    private var ofx: OFXParser?
    private var camt: CAMTParser?
    private var mt940: MT940Parser?
    private var qif: QIFParser?

    /// - Parameters:
    ///   - currency: of amounts for which the file names none.
    ///   - override: what is known of a CSV file; it outweighs what a profile says.
    ///   - profiles: the first one with the file's signature is used.
    ///   - today: tells the order of dates that would otherwise lie in the future; nil leaves it a guess.
    package init(
        currency: Currency, mapping override: CSVMappingOverride = CSVMappingOverride(),
        profiles: [StatementProfile] = [], today: CalendarDate? = nil
    ) {
        self.currency = currency
        self.override = override.sensible
        self.profiles = profiles
        self.today = today
    }

    package mutating func feed(
        _ bytes: UnsafeRawBufferPointer, emit: (StatementEvent) throws -> Void
    ) throws {
        // In slices, so that memory is bound by them and not by what the caller happens to hold.
        var position = 0
        while position < bytes.count {
            let end = min(position + 4 * StatementLimits.headBytes, bytes.count)
            let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            try slice.withMemoryRebound(to: UInt8.self) { try take($0, emit) }
            position = end
        }
    }

    package mutating func feed(_ bytes: [UInt8], emit: (StatementEvent) throws -> Void) throws {
        try bytes.withUnsafeBytes { try feed($0, emit: emit) }
    }

    package mutating func feed(_ bytes: ArraySlice<UInt8>, emit: (StatementEvent) throws -> Void) throws {
        try bytes.withUnsafeBytes { try feed($0, emit: emit) }
    }

    package mutating func finish(emit: (StatementEvent) throws -> Void) throws {
        if !isOpen { try open(isWhole: true, emit) }
        if stages.isIncomplete { throw Refusal.statementTruncated }
        try csv?.finish(emit: emit)
        try ofx?.finish(emit: emit)
        try camt?.finish(emit: emit)
        try mt940?.finish(emit: emit)
        try qif?.finish(emit: emit)
    }

    private var isOpen: Bool { csv != nil || ofx != nil || camt != nil || mt940 != nil || qif != nil }

    private mutating func take(
        _ bytes: UnsafeBufferPointer<UInt8>, _ emit: (StatementEvent) throws -> Void
    ) throws {
        if stages.isEmpty {
            try pass(bytes, emit)
        } else {
            try stages.convert(bytes).withUnsafeBufferPointer { try pass($0, emit) }
        }
    }

    private mutating func pass(
        _ bytes: UnsafeBufferPointer<UInt8>, _ emit: (StatementEvent) throws -> Void
    ) throws {
        if csv != nil {
            try csv?.feed(bytes, emit: emit)
        } else if ofx != nil {
            try ofx?.feed(bytes, emit: emit)
        } else if let camt {
            try camt.feed(bytes, emit: emit)
        } else if mt940 != nil {
            try mt940?.feed(bytes, emit: emit)
        } else if qif != nil {
            try qif?.feed(bytes, emit: emit)
        } else {
            head.append(contentsOf: bytes)
            guard head.count >= StatementLimits.headBytes else { return }
            try open(isWhole: false, emit)
        }
    }

    /// Looks at the head, chooses the parser, and gives it what was read so far.
    private mutating func open(isWhole: Bool, _ emit: (StatementEvent) throws -> Void) throws {
        decodeHead()
        guard head.contains(where: { $0 > 0x20 }) else { throw Refusal.statementEmpty }
        let format = head.withUnsafeBufferPointer { StatementFormat.sniff($0) }
        self.format = format
        switch format {
        case .csv: try openCSV(isWhole: isWhole, emit)
        case .ofx: ofx = OFXParser(currency: currency, encoding: OFXParser.encoding(head: head))
        case .camt052, .camt053, .camt054:
            let encoding = stages.isEmpty ? XMLText.Encoding.declared(in: head) : .utf8
            camt = CAMTParser(currency: currency, encoding: encoding)
        case .mt940, .mt942:
            let encoding = override.encoding ?? head.withUnsafeBufferPointer { MT940Parser.encoding(head: $0) }
            mt940 = MT940Parser(currency: currency, encoding: encoding)
        case .qif: openQIF()
        default: throw Refusal.statementFormat(format)
        }
        var head: [UInt8] = []
        swap(&head, &self.head)
        try head.withUnsafeBufferPointer { try pass($0, emit) }
    }

    private mutating func decodeHead() {
        guard !hasStarted else { return }
        hasStarted = true
        if head.starts(with: [0xEF, 0xBB, 0xBF]) {
            head.removeFirst(3)
            return
        }
        guard let encoding = head.withUnsafeBufferPointer({ TextEncoding.sniffUTF16($0) }) else { return }
        stages.utf16 = UTF16Transcoder(isBigEndian: encoding == .utf16BigEndian)
        head = head.withUnsafeBufferPointer { stages.convert($0) }
    }

    private mutating func openCSV(isWhole: Bool, _ emit: (StatementEvent) throws -> Void) throws {
        var signed = head.withUnsafeBufferPointer { CSVDetector(head: $0, isWhole: isWhole).signed() }
        chooseStages(isWhole: isWhole, &signed)
        signature = signed.signature
        columnNames = signed.columnNames
        let known = profiles.first { $0.signature == signature }
        profile = known?.name
        let override = known.map { self.override.over($0.mapping.sensible) } ?? self.override
        let found =
            override.isEmpty
            ? signed.detection
            : head.withUnsafeBufferPointer { CSVDetector(head: $0, isWhole: isWhole, override: override).detect() }
        guard var detection = found else { throw Refusal.columnsNotFound(among: columnNames) }
        detection.mapping.settleDates(today: today)
        mapping = detection.mapping
        columnNames = detection.columnNames
        if let transcoder = stages.utf16 {
            mapping?.encoding = transcoder.isBigEndian ? .utf16BigEndian : .utf16LittleEndian
        } else if let transcoder = stages.multibyte {
            mapping?.encoding = transcoder.encoding
        }
        csv = CSVParser(
            mapping: detection.mapping, currency: currency, accountID: detection.accountID, columnNames: columnNames)
    }

    /// Files of other scripts, and files whose lines are each one field, are read in another way where more sense
    /// comes of it.
    private mutating func chooseStages(isWhole: Bool, _ best: inout CSVDetector.Signed) {
        var candidates: [ByteStages] = []
        if stages.isEmpty {
            let told = override.encoding.flatMap { MultibyteTranscoder.encodings.contains($0) ? $0 : nil }
            // Where every character has two bytes, many of them are beyond ASCII.
            let isOther =
                override.encoding == nil && head.count { $0 >= 0x80 } * 12 >= head.count
                && !head.withUnsafeBufferPointer { TextEncoding.looksLikeUTF8($0) }
            for encoding in told.map({ [$0] }) ?? (isOther ? MultibyteTranscoder.encodings : []) {
                candidates.append(ByteStages(multibyte: MultibyteTranscoder(encoding)))
            }
            if head.withUnsafeBufferPointer({ LineUnwrapper.suits($0) }) {
                candidates.append(ByteStages(unwrapper: LineUnwrapper()))
            }
        }
        var chosen: (stages: ByteStages, head: [UInt8])?
        for candidate in candidates {
            var stages = candidate
            let text = head.withUnsafeBufferPointer { stages.convert($0) }
            if let faults = stages.multibyte?.faults, faults * 50 > head.count, override.encoding == nil { continue }
            let signed = text.withUnsafeBufferPointer { CSVDetector(head: $0, isWhole: isWhole).signed() }
            let isTold = stages.multibyte != nil && override.encoding == stages.multibyte?.encoding
            guard isTold || (signed.detection?.score ?? 0) > (best.detection?.score ?? 0) else { continue }
            best = signed
            chosen = (stages, text)
        }
        guard let chosen else { return }
        stages = chosen.stages
        head = chosen.head
    }

    private mutating func openQIF() {
        var conventions = head.withUnsafeBufferPointer { QIFConventions(head: $0, override: override) }
        conventions.settleDates(today: today)
        var mapping = CSVMapping()
        mapping.encoding = override.encoding ?? .utf8
        mapping.dateOrder = conventions.dateOrder
        mapping.ambiguousDateOrder = conventions.ambiguousDateOrder
        mapping.ambiguousDates = conventions.ambiguousDates
        mapping.decimalSeparator = conventions.decimalSeparator
        mapping.negate = override.negate ?? false
        self.mapping = mapping
        qif = QIFParser(
            currency: currency, conventions: conventions, encoding: mapping.encoding, negate: mapping.negate)
    }
}
