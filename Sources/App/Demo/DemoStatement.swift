import Base

/// The statements of an ordinary household: rent, wages, groceries, a holiday in summer, presents in December. What
/// happens in a month depends on that month alone, so that a later day only adds to what was there.
struct DemoStatement: Sendable {
    enum Account: Sendable { case giro, visa }

    struct Line: Sendable {
        let date: CalendarDate
        let payee: String
        let memo: String
        let amount: Money
        let account: Account
    }

    let firstMonth: YearMonth
    let lastDay: CalendarDate
    let currency: Currency

    init(lastDay: CalendarDate, months: Int, currency: Currency) {
        self.lastDay = lastDay
        firstMonth = lastDay.yearMonth.adding(months: 1 - months)
        self.currency = currency
    }

    private struct Habit {
        let payee: String
        let memo: String
        let cents: ClosedRange<Int64>
        let timesAMonth: ClosedRange<Int>
        var onlyMonths: Set<Int>?
        var account: Account
        var isIncome: Bool

        init(
            _ payee: String, _ memo: String, _ cents: ClosedRange<Int64>, _ times: ClosedRange<Int>,
            only months: Set<Int>? = nil, on account: Account = .giro, isIncome: Bool = false
        ) {
            self.account = account
            self.isIncome = isIncome
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
        Habit("Vodafone Mobile", "Phone", 1_999...1_999, 1...1),
        Habit("Netflix", "Subscription", 1_399...1_399, 1...1, on: .visa),
        Habit("Spotify", "Subscription", 1_099...1_099, 1...1, on: .visa),
        Habit("Fitness Studio", "Membership", 2_990...2_990, 1...1),
        Habit("dm Drogerie", "Personal care", 690...3_900, 1...3),
        Habit("Friseur Kamm", "Haircut", 2_800...4_600, 0...1),
        Habit("Apotheke am Markt", "Pharmacy", 480...3_600, 0...2),
        Habit("Zahnarzt Dr. Weiss", "Dentist", 4_500...18_000, 0...1, only: [3, 9]),
        Habit("Amazon", "Order", 1_290...11_900, 1...4, on: .visa), Habit("Decathlon", "Sports", 1_990...9_900, 0...1),
        Habit("IKEA", "Furniture", 2_490...34_900, 0...1, only: [2, 5, 9, 11]),
        Habit("Kino International", "Cinema", 1_100...3_200, 0...2),
        Habit("Steam", "Games", 499...5_999, 0...1, on: .visa),
        Habit("Allianz Versicherung", "Insurance", 6_480...6_480, 1...1),
        Habit("Unicef", "Donation", 2_000...2_000, 1...1),
        Habit("Airbnb", "Holiday flat", 28_000...74_000, 1...1, only: [7, 8], on: .visa),
        Habit("Lufthansa", "Flight", 14_900...38_900, 1...2, only: [7, 12], on: .visa),
        Habit("Hotel Seeblick", "Weekend", 12_900...24_800, 0...1, only: [4, 5, 10], on: .visa),
        Habit("Zalando", "Clothes", 2_990...15_900, 0...2, on: .visa),
        Habit("Gift shop Lilli", "Presents", 1_500...12_900, 2...4, only: [12]),
        Habit("Udemy", "Course", 1_299...8_999, 0...1, only: [1, 2, 9], on: .visa),
        // What nobody has sorted yet.
        Habit("SumUp *Kiosk 44", "", 250...1_900, 0...2), Habit("PAYPAL *XQ2291", "", 900...6_500, 0...1, on: .visa),
        Habit("Lastschrift EREF 4711-88213", "Mandat 20931", 1_000...7_900, 0...1, only: [1, 4, 8]),
        Habit("M. Keller", "Danke fürs Auslegen!", 1_500...8_000, 0...1, isIncome: true),
        Habit("Kontoführung", "Account fee", 490...490, 1...1),
    ]

    /// Everything, the oldest first.
    func lines() -> [Line] {
        var lines: [Line] = []
        var month = firstMonth
        while month <= lastDay.yearMonth {
            add(month, to: &lines)
            month = month.adding(months: 1)
        }
        return lines.enumerated().sorted { ($0.element.date, $0.offset) < ($1.element.date, $1.offset) }.map(\.element)
    }

    private func add(_ month: YearMonth, to lines: inout [Line]) {
        var random = SplitMix64(state: 2_026 &+ UInt64(month.index) &* 1_000_003)
        // Money drifts: rent and wages rise a little each year, so that the chart is not flat.
        let year = Int64(max(0, month.year - 2020))
        func add(_ payee: String, _ memo: String, _ cents: Int64, day: Int, _ account: Account = .giro) {
            let date = month.firstDay.adding(days: min(day, month.lastDay.day) - 1)
            guard date <= lastDay else { return }
            lines.append(
                Line(
                    date: date, payee: payee, memo: memo, amount: Money(minorUnits: cents, currency: currency),
                    account: account))
        }
        add("Hausverwaltung Nord", "Rent", -(92_000 + year * 2_500), day: 1)
        add("Muster GmbH", "Gehalt Salary", 304_000 + year * 9_000, day: 27)
        if month.month % 3 == 0 { add("Sparkasse", "Zinsen Interest", 1_240 + year * 310, day: 30) }
        if month.month == 11 { add("Muster GmbH", "Gehalt Salary bonus", 150_000, day: 28) }
        if month.month == 5 { add("Finanzamt Berlin", "Steuererstattung refund", 31_200 + year * 1_730, day: 19) }
        if random.next() % 3 == 0 {
            add(
                "Zalando", "Refund", Int64.random(in: 1_990...6_900, using: &random),
                day: Int.random(in: 3...25, using: &random), .visa)
        }
        for habit in Self.habits {
            let times = Int.random(in: habit.timesAMonth, using: &random)
            for _ in 0..<times {
                let cents = Int64.random(in: habit.cents, using: &random)
                let day = Int.random(in: 1...28, using: &random)
                guard habit.onlyMonths?.contains(month.month) ?? true else { continue }
                add(habit.payee, habit.memo, habit.isIncome ? cents : -cents, day: day, habit.account)
            }
        }
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
