import Base
import Books
import Cryptography
import EventLoop
import Foundation
import Identity
import JSON
import Runtime
import Statements
import Transactions

/// An account with three years of made-up entries, the same on every machine: what happens in a month is fixed.
enum Demo {
    static let email = "demo@purser.example"
    static let months = 36

    struct Account: Sendable {
        let email: String
        let password: String
    }

    /// Makes the account and what is in its book, unless it is there; of a demo of an earlier day only what has happened
    /// since is added. Everything goes the way of a person: statements through the import, the rest through the API.
    static func prepare(_ backend: Backend) async throws -> Account {
        let directory = backend.configuration[Settings.data]
        let password = try SecretFile.withLockedDirectory(directory + "/keys") { () throws(SecretFile.Failure) in
            try SecretFile.loadOrCreate(at: directory + "/keys/demo.key", byteCount: 12)
        }
        let account = Account(email: email, password: Base64URL.encode(password))
        let user = try await user(backend, account)
        guard let summary = try await BookStore(backend.database).book(nil, for: user) else {
            throw Refusal.notFound("book")
        }
        let session = BookSession(backend, user: user, book: summary.book)
        let zone = TimeZone(identifier: summary.book.timeZone) ?? .gmt
        let today = CalendarDate.of(Clock.system.now(), in: zone)
        let statement = DemoStatement(lastDay: today, months: months, currency: summary.book.currency)
        let imports = try await session.all("/imports")
        if imports.contains(where: { DemoStatement.isLast($0["filename"]?.string ?? "") }) {
            guard let last = imports.first?["createdAt"]?.string.flatMap({ Instant($0) }) else { return account }
            let day = CalendarDate.of(last, in: zone)
            for file in statement.files(after: day) { try await add(file, session) }
            return account
        }
        let book = DemoBook(session: session, today: today)
        try await book.addBefore()
        for file in statement.files() where !imports.contains(where: { $0["filename"]?.string == file.name }) {
            // By hand before the last file, which is the sign that nothing is missing.
            if DemoStatement.isLast(file.name) { try await book.addByHand() }
            try await add(file, session)
        }
        return account
    }

    private static func add(_ file: DemoStatement.File, _ session: BookSession) async throws {
        let backend = session.backend
        let pieces = Pieces([file.bytes])
        let statement = try await StatementFile.spool(
            in: backend.configuration[Settings.data] + "/tmp", limit: 64 << 20, pool: backend.pool, next: pieces.next)
        var options = Importer.Options()
        options.account = file.account
        options.saveProfile = file.saveProfile
        _ = try await session.importer().run(statement, filename: file.name, options: options)
    }

    private static func user(_ backend: Backend, _ account: Account) async throws -> UserID {
        if let user = try? await backend.accounts.user(withEmail: account.email) { return user.id }
        let address: EmailAddress
        let password: Password
        do {
            address = try EmailAddress(account.email)
            password = try Password(new: account.password, for: address)
        } catch { throw BackendProblem(error.message) }
        let book = try NewBook(name: "Demo household", kind: .personal, currency: "EUR", timeZone: "Europe/Berlin")
        let registration = Registration(
            email: address, password: password, name: PersonName(first: "Dana", last: "Demo"), book: book,
            transport: .bearer)
        switch try await backend.accounts.add(registration, asAdministrator: false) {
        case .created(let user), .promoted(let user): return user.id
        }
    }
}
