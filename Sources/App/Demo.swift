import Base
import Books
import Cryptography
import EventLoop
import Foundation
import Identity
import Runtime
import Statements
import Transactions

/// An account with three years of made-up entries, the same on every machine: the seed is fixed.
enum Demo {
    static let email = "demo@purser.example"
    static let months = 36

    struct Account: Sendable {
        let email: String
        let password: String
    }

    /// Makes the account and its entries, unless they are there. The entries come as a bank statement, through the
    /// same import that a person uses.
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
        let today = CalendarDate.of(Clock.system.now(), in: TimeZone(identifier: summary.book.timeZone) ?? .gmt)
        let statement = DemoStatement(lastDay: today, months: months).csv
        let pieces = PieceSource(statement)
        let file = try await StatementFile.spool(in: directory + "/tmp", limit: 64 << 20, pool: backend.pool) {
            pieces.next()
        }
        let importer = Importer(
            database: backend.database, book: summary.book.id, currency: summary.book.currency, user: user)
        _ = try await importer.run(file, filename: "demo.csv")
        return account
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

    private final class PieceSource {
        private var bytes: [UInt8]?
        init(_ text: String) { bytes = Array(text.utf8) }
        func next() -> [UInt8]? {
            defer { bytes = nil }
            return bytes
        }
    }
}

/// The statement of an ordinary household: rent, wages, groceries, a holiday in summer, presents in December.
struct DemoStatement {
    let lastDay: CalendarDate
    let months: Int

    private struct Habit {
        let payee: String
        let memo: String
        let cents: ClosedRange<Int64>
        let timesAMonth: ClosedRange<Int>
        var onlyMonths: Set<Int>?

        init(
            _ payee: String, _ memo: String, _ cents: ClosedRange<Int64>, _ times: ClosedRange<Int>,
            only months: Set<Int>? = nil
        ) {
            self.payee = payee
            self.memo = memo
            self.cents = cents
            timesAMonth = times
            onlyMonths = months
        }
    }

    private static let habits: [Habit] = [
        Habit("Rewe Markt", "Groceries", 1_850...9_480, 4...7), Habit("Lidl", "Groceries", 900...5_200, 2...4),
        Habit("Bäckerei Schmidt", "Bread", 290...1_180, 4...8), Habit("Café Lumen", "Coffee", 380...1_450, 3...6),
        Habit("Pizzeria Napoli", "Dinner", 1_900...6_400, 1...3), Habit("Thai Bistro", "Lunch", 990...2_300, 1...3),
        Habit("Deutsche Bahn", "Ticket", 1_990...8_900, 0...2), Habit("Shell Station", "Fuel", 4_200...8_700, 1...2),
        Habit("BVG Transit", "Monthly ticket", 5_800...5_800, 1...1),
        Habit("City Parking", "Parking", 250...1_400, 0...3),
        Habit("Stadtwerke", "Electricity", 8_650...8_650, 1...1), Habit("Telekom", "Internet", 3_995...3_995, 1...1),
        Habit("Vodafone Mobile", "Phone", 1_999...1_999, 1...1), Habit("Netflix", "Subscription", 1_399...1_399, 1...1),
        Habit("Spotify", "Subscription", 1_099...1_099, 1...1),
        Habit("Fitness Studio", "Membership", 2_990...2_990, 1...1),
        Habit("dm Drogerie", "Personal care", 690...3_900, 1...3),
        Habit("Friseur Kamm", "Haircut", 2_800...4_600, 0...1),
        Habit("Apotheke am Markt", "Pharmacy", 480...3_600, 0...2),
        Habit("Zahnarzt Dr. Weiss", "Dentist", 4_500...18_000, 0...1, only: [3, 9]),
        Habit("Amazon", "Order", 1_290...11_900, 1...4), Habit("Decathlon", "Sports", 1_990...9_900, 0...1),
        Habit("IKEA", "Furniture", 2_490...34_900, 0...1, only: [2, 5, 9, 11]),
        Habit("Kino International", "Cinema", 1_100...3_200, 0...2),
        Habit("Steam", "Games", 499...5_999, 0...1), Habit("Allianz Versicherung", "Insurance", 6_480...6_480, 1...1),
        Habit("Unicef", "Donation", 2_000...2_000, 1...1),
        Habit("Airbnb", "Holiday flat", 28_000...74_000, 1...1, only: [7, 8]),
        Habit("Lufthansa", "Flight", 14_900...38_900, 1...2, only: [7, 12]),
        Habit("Hotel Seeblick", "Weekend", 12_900...24_800, 0...1, only: [4, 5, 10]),
        Habit("Zalando", "Clothes", 2_990...15_900, 0...2),
        Habit("Gift shop Lilli", "Presents", 1_500...12_900, 2...4, only: [12]),
        Habit("Udemy", "Course", 1_299...8_999, 0...1, only: [1, 2, 9]),
        Habit("Kontoführung", "Account fee", 490...490, 1...1),
    ]

    /// Date, payee, memo and amount, as a bank writes them; newest first.
    var csv: String {
        var random = SplitMix64(state: 2_026)
        var lines: [(CalendarDate, String)] = []
        let last = lastDay.yearMonth
        for offset in (0..<months).reversed() {
            let month = last.adding(months: -offset)
            // Money drifts: rent and wages rise a little each year, so that the chart is not flat.
            let year = Int64((months - 1 - offset) / 12)
            add("Hausverwaltung Nord", "Rent", -(98_000 + year * 2_500), day: 1, month, &lines)
            add("Muster GmbH", "Gehalt Salary", 324_000 + year * 9_000, day: 27, month, &lines)
            if month.month % 3 == 0 { add("Sparkasse", "Zinsen Interest", 1_240 + year * 310, day: 30, month, &lines) }
            if month.month == 11 { add("Muster GmbH", "Gehalt Salary bonus", 150_000, day: 28, month, &lines) }
            if random.next() % 3 == 0 {
                add(
                    "Zalando", "Refund", Int64.random(in: 1_990...6_900, using: &random),
                    day: Int.random(in: 3...25, using: &random), month, &lines)
            }
            for habit in Self.habits {
                let times = Int.random(in: habit.timesAMonth, using: &random)
                for _ in 0..<times {
                    let cents = Int64.random(in: habit.cents, using: &random)
                    let day = Int.random(in: 1...28, using: &random)
                    guard habit.onlyMonths?.contains(month.month) ?? true else { continue }
                    add(habit.payee, habit.memo, -cents, day: day, month, &lines)
                }
            }
        }
        let body = lines.enumerated().sorted { ($0.element.0, $0.offset) > ($1.element.0, $1.offset) }.map(\.element.1)
        return "Date,Payee,Memo,Amount,Currency\n" + body.joined(separator: "\n") + "\n"
    }

    private func add(
        _ payee: String, _ memo: String, _ cents: Int64, day: Int, _ month: YearMonth,
        _ lines: inout [(CalendarDate, String)]
    ) {
        let date = month.firstDay.adding(days: min(day, month.lastDay.day) - 1)
        guard date <= lastDay, let currency = Currency("EUR") else { return }
        lines.append((date, "\(date),\(payee),\(memo),\(Money(minorUnits: cents, currency: currency).decimalText),EUR"))
    }
}

/// Steele, Lea and Flood's generator: small, and the same everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
