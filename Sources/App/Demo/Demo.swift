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

/// An account with three years of made-up entries, the same on every machine: what happens in a month is fixed. Beside
/// it what is shared with a second person; see `DemoHousehold`.
enum Demo {
    static let email = "demo@purser.example"
    static let months = 36
    private static let zone = "Europe/Berlin"

    struct Account: Sendable {
        let email: String
        let password: String
    }

    /// Makes the account and what is in its book, unless it is there; of a demo of an earlier day only what has happened
    /// since is added. Everything goes the way of a person: statements through the import, the rest through the API.
    static func prepare(_ backend: Backend) async throws -> Account {
        let account = try await account(backend)
        let dana = try await user(backend, account, PersonName(first: "Dana", last: "Demo"))
        try await addOwn(backend, dana)
        let other = Account(email: DemoHousehold.kimEmail, password: account.password)
        let kim = try await user(backend, other, PersonName(first: "Kim", last: "Kaufmann"))
        let today = CalendarDate.of(Clock.system.now(), in: TimeZone(identifier: zone) ?? .gmt)
        try await DemoHousehold(backend: backend, dana: dana, kim: kim, today: today).add()
        return account
    }

    private static func account(_ backend: Backend) async throws -> Account {
        let directory = backend.configuration[Settings.data]
        let password = try SecretFile.withLockedDirectory(directory + "/keys") { () throws(SecretFile.Failure) in
            try SecretFile.loadOrCreate(at: directory + "/keys/demo.key", byteCount: 12)
        }
        return Account(email: email, password: Base64URL.encode(password))
    }

    /// Dana's personal book.
    private static func addOwn(_ backend: Backend, _ user: UserID) async throws {
        guard let summary = try await BookStore(backend.database).book(nil, for: user) else {
            throw Refusal.notFound("book")
        }
        let session = BookSession(backend, user: user, book: summary.book)
        let zone = TimeZone(identifier: summary.book.timeZone) ?? .gmt
        let today = CalendarDate.of(Clock.system.now(), in: zone)
        let statement = DemoStatement(lastDay: today, months: months, currency: summary.book.currency)
        let imports = try await session.all("/imports")
        if imports.contains(where: { DemoStatement.isLast($0["filename"]?.string ?? "") }) {
            guard let last = imports.first?["createdAt"]?.string.flatMap({ Instant($0) }) else { return }
            let day = CalendarDate.of(last, in: zone)
            for file in statement.files(after: day) { try await add(file, session) }
            return
        }
        let book = DemoBook(session: session, today: today)
        try await book.addBefore()
        for file in statement.files() where !imports.contains(where: { $0["filename"]?.string == file.name }) {
            // By hand before the last file, which is the sign that nothing is missing.
            if DemoStatement.isLast(file.name) { try await book.addByHand() }
            try await add(file, session)
        }
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

    /// Somebody with a confirmed address and a book of their own.
    private static func user(_ backend: Backend, _ account: Account, _ name: PersonName) async throws -> UserID {
        if let user = try? await backend.accounts.user(withEmail: account.email) {
            if !user.isEmailVerified { try await backend.accounts.confirmAddress(of: user.id) }
            return user.id
        }
        let address: EmailAddress
        let password: Password
        do {
            address = try EmailAddress(account.email)
            password = try Password(new: account.password, for: address)
        } catch { throw BackendProblem(error.message) }
        let book = try NewBook(
            name: account.email == email ? "Demo household" : "Personal", kind: .personal, currency: "EUR",
            timeZone: zone)
        let registration = Registration(
            email: address, password: password, name: name, book: book, transport: .bearer)
        switch try await backend.accounts.add(registration, asAdministrator: false) {
        case .created(let user), .promoted(let user):
            try await backend.accounts.confirmAddress(of: user.id)
            return user.id
        }
    }
}
