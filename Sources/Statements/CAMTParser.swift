import Base
import CExpat

/// Reads CAMT.052, 053 and 054 of any version as they arrive, with expat as a push parser. Elements are known by their
/// names alone, whatever namespace or prefix they have.
///
/// Document types are refused before anything in them is read, so no entity can ever be declared; depth, the number of
/// names and the size of what expat has to hold at once are limited.
///
/// A class, since expat holds a pointer to it. `StatementReader` owns it and is used by one caller at a time; a copy of
/// the reader shares it, and only looks at the format.
final class CAMTParser: @unchecked Sendable {
    private static let sliceBytes = 16 << 10

    private var parser: XML_Parser?
    private var text: XMLText
    private var reader: CAMTStatementReader
    private var events: [StatementEvent] = []
    private var problem: Refusal?
    private var fedSinceCallback = 0
    private var depth = 0
    /// Expat keeps every name that it meets.
    private var unknownNames: Set<String> = []

    init(currency: Currency, encoding: XMLText.Encoding) {
        text = XMLText(encoding: encoding)
        reader = CAMTStatementReader(currency: currency)
        // The bytes are UTF-8 by the time they arrive, whatever the declaration says.
        parser = XML_ParserCreate("UTF-8")
        guard let parser else { return }
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { user, name, attributes in
                guard let parser = CAMTParser.from(user), let name else { return }
                parser.start(name, attributes)
            },
            { user, _ in CAMTParser.from(user)?.end() })
        XML_SetCharacterDataHandler(parser) { user, characters, count in
            guard let parser = CAMTParser.from(user), let characters else { return }
            parser.fedSinceCallback = 0
            characters.withMemoryRebound(to: UInt8.self, capacity: Int(count)) {
                parser.reader.text(UnsafeBufferPointer(start: $0, count: Int(count)))
            }
        }
        XML_SetStartDoctypeDeclHandler(parser) { user, _, _, _, _ in
            CAMTParser.from(user)?.stop(
                .statementBroken("it declares a document type, which no statement of a bank does"))
        }
        // Told of everything else, so that what is not told of is what expat has to hold.
        XML_SetDefaultHandler(parser) { user, _, _ in CAMTParser.from(user)?.fedSinceCallback = 0 }
    }

    deinit { if let parser { XML_ParserFree(parser) } }

    func feed(_ bytes: UnsafeBufferPointer<UInt8>, emit: (StatementEvent) throws -> Void) throws {
        var position = 0
        while position < bytes.count {
            let end = min(position + Self.sliceBytes, bytes.count)
            try text.decode(UnsafeBufferPointer(rebasing: bytes[position..<end])) { try parse($0, isFinal: false) }
            position = end
            try hand(emit)
        }
    }

    func finish(emit: (StatementEvent) throws -> Void) throws {
        try text.finish { try parse($0, isFinal: true) }
        reader.finish { events.append($0) }
        try hand(emit)
        guard reader.statementCount > 0 else { throw Refusal.statementEmpty }
    }

    private func hand(_ emit: (StatementEvent) throws -> Void) throws {
        for event in events { try emit(event) }
        events.removeAll(keepingCapacity: true)
    }

    private func parse(_ bytes: UnsafeBufferPointer<UInt8>, isFinal: Bool) throws {
        guard let parser else { throw Refusal.statementBroken("there is no memory to read it") }
        fedSinceCallback += bytes.count
        let status = bytes.withMemoryRebound(to: CChar.self) {
            XML_Parse(parser, $0.baseAddress, Int32(truncatingIfNeeded: $0.count), isFinal ? 1 : 0)
        }
        if let problem { throw problem }
        guard status == XML_STATUS_OK else { throw refusal(XML_GetErrorCode(parser), isFinal: isFinal) }
        guard fedSinceCallback <= StatementLimits.xmlTokenBytes else {
            throw Refusal.statementBroken("a tag, a comment or an attribute is longer than any bank writes")
        }
    }

    private func refusal(_ code: XML_Error, isFinal: Bool) -> Refusal {
        // Only at the end of the file can these mean that it was cut.
        if isFinal {
            switch code {
            case XML_ERROR_NO_ELEMENTS, XML_ERROR_UNCLOSED_TOKEN, XML_ERROR_PARTIAL_CHAR,
                XML_ERROR_UNCLOSED_CDATA_SECTION:
                return .statementTruncated
            default: break
            }
        }
        let line = XML_GetCurrentLineNumber(parser)
        let words = XML_ErrorString(code).map { String(cString: $0) } ?? "unknown"
        return .statementBroken("its XML is not well-formed in line \(line) (\(words))")
    }

    // MARK: What expat calls

    private static func from(_ user: UnsafeMutableRawPointer?) -> CAMTParser? {
        user.map { Unmanaged<CAMTParser>.fromOpaque($0).takeUnretainedValue() }
    }

    private func stop(_ problem: Refusal) {
        guard self.problem == nil else { return }
        self.problem = problem
        XML_StopParser(parser, 0)
    }

    private func start(
        _ name: UnsafePointer<CChar>, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    ) {
        guard problem == nil else { return }
        fedSinceCallback = 0
        depth += 1
        guard depth <= StatementLimits.xmlDepth else {
            return stop(.statementBroken("its elements are nested deeper than \(StatementLimits.xmlDepth) levels"))
        }
        var currency: String?
        var position = 0
        while let attributes, let attribute = attributes[position] {
            let key = Self.withoutPrefix(String(cString: attribute))
            if key == "Ccy", let value = attributes[position + 1] { currency = String(cString: value) }
            note(key)
            position += 2
        }
        let name = Self.withoutPrefix(String(cString: name))
        let tag = CAMTTag(name)
        if tag == .other || tag == .message { note(name) }
        reader.start(tag, currency: currency, line: Int(XML_GetCurrentLineNumber(parser)))
    }

    private func end() {
        guard problem == nil else { return }
        fedSinceCallback = 0
        depth -= 1
        reader.end { events.append($0) }
    }

    private func note(_ name: String) {
        guard !unknownNames.contains(name) else { return }
        unknownNames.insert(name)
        if unknownNames.count > StatementLimits.xmlNames {
            stop(.statementBroken("it has more kinds of elements than any statement"))
        }
    }

    private static func withoutPrefix(_ name: String) -> String {
        guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")) else { return name }
        return String(name[name.utf8.index(after: colon)...])
    }
}

extension StatementLimits {
    static let xmlDepth = 64
    static let xmlNames = 2000
    /// What expat may have to hold before it can tell of it.
    static let xmlTokenBytes = 256 << 10
    /// Payments of one batch that are kept until its sum is known, and the bytes of their texts.
    static let batchPayments = 10_000
    static let batchBytes = 4 << 20
}

extension Refusal {
    static func statementBroken(_ why: String) -> Refusal {
        Refusal(.unprocessable, "STATEMENT_BROKEN", "The file cannot be read: \(why).")
    }
}
