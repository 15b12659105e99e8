import Base
import HTTPServer
import JSON

/// Which book a request is about, and whether its role permits what is asked.
extension Request {
    /// The header `X-Book`, else `householdId` or `bookId` of the query, else `householdId` of a JSON body (INVENTORY
    /// S2-095): nil for the caller's own book.
    ///
    /// - Throws: 404 for what is no id, 400 when two places name different books.
    mutating func requestedBook(takesJSON: Bool) async throws -> BookID? {
        var named: [String] = []
        if let header = header("x-book") { named.append(header) }
        if let raw = wire.rawQuery, raw.contains("householdId=") || raw.contains("bookId=") {
            var query = try Query(raw)
            if let text = query.read(BookChoice.household) { named.append(text) }
            if let text = query.read(BookChoice.book) { named.append(text) }
            try query.check()
        }
        if takesJSON, let text = try await bookInBody() { named.append(text) }
        var requested: BookID?
        for text in named {
            guard let id = BookID(text) else { throw Refusal.notFound("book") }
            if let requested, requested != id { throw Refusal.bookAmbiguous }
            requested = id
        }
        return requested
    }

    /// The body is read here, before it is known whether the caller may send it: what it names decides that. It is read
    /// once. One that is not well formed names no book, and is refused by the handler with the reason.
    private mutating func bookInBody() async throws -> String? {
        if let type = header("content-type"), !MediaType(type).isJSON { return nil }
        guard wire.body.contentLength != 0 else { return nil }
        let bytes = try await bytes(upTo: limits.jsonBodyBytes)
        collected = bytes
        guard BookChoice.isNamed(in: bytes), let value = try? JSONValue.parse(bytes),
            case .string(let text)? = value["householdId"], !text.isEmpty
        else { return nil }
        return text
    }
}

enum BookChoice {
    static let household = QueryField<String>.text("householdId", max: 64, "The book.")
    static let book = QueryField<String>.text("bookId", max: 64, "The book.")
    private static let word = Array("\"householdId\"".utf8)

    /// Whether the word is in it at all: nearly no body has it, and looking costs less than parsing.
    static func isNamed(in bytes: [UInt8]) -> Bool {
        guard bytes.count >= word.count else { return false }
        var start = bytes.startIndex
        while let quote = bytes[start...].firstIndex(of: UInt8(ascii: "\"")) {
            if bytes[quote...].starts(with: word) { return true }
            start = quote + 1
        }
        return false
    }
}

extension BookContext {
    /// - Parameter withinScope: whether it is enough to have the permission for a part of the entries.
    /// - Throws: 403 for what the role does not permit, 409 for a change of what is archived.
    package func check(_ permission: Permission, withinScope: Bool = false) throws(Refusal) {
        let held = withinScope ? permissions.union(permissionsWithinScope) : permissions
        guard held.contains(permission) else {
            throw permissionsWithinScope.contains(permission) ? .notTheWholeBook : .notPermitted(role)
        }
        if isArchived, !Permission.reading.union(.archiveBook).contains(permission) { throw .bookArchived }
    }
}

extension Refusal {
    package static func notPermitted(_ role: BookRole) -> Refusal {
        Refusal(
            .forbidden, "INSUFFICIENT_PERMISSIONS",
            "Your role in this book (\(role.rawValue)) does not permit this.")
    }
    package static let bookArchived = Refusal(
        .conflict, "BOOK_ARCHIVED", "This book is archived: it can be read, not changed. Its owner can restore it.")
    static let bookAmbiguous = Refusal(
        .invalid, "BOOK_AMBIGUOUS", "The request names two different books. Name one: X-Book, or householdId.")
}

extension Access {
    /// Whether the request itself says which book it is about.
    var takesBookHeader: Bool {
        switch self {
        case .book, .bookWithinScope: true
        default: false
        }
    }

    /// As the documents name it.
    package var word: String {
        switch self {
        case .everyone: "everyone"
        case .signedIn: "signed-in"
        case .session: "session"
        case .administrator: "administrator"
        case .service(let scope): "service \(scope.rawValue)"
        case .book(let permission), .bookInPath(let permission), .bookWithinScope(let permission):
            permission.names.joined(separator: " ")
        }
    }
}
