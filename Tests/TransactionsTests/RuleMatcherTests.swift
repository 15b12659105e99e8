import Base
import Categories
import HTTP
import JSON
import TestSupport
import Testing

@testable import Transactions

@Suite(.tags(.rules)) struct `Text without case and accents` {
    @Test(arguments: [
        ("MÜLLER & Söhne", "muller & sohne"), ("Mu\u{308}ller", "muller"), ("Straße", "strasse"), ("ŁÓDŹ", "lodz"),
        ("Ærø", "aero"), ("İstanbul ışık", "istanbul isik"), ("  a \t\n b ", "a b"), ("ＡＢＣ１", "abc1"), ("Ёлка", "елка"),
        ("ΆΛΦΑ", "αλφα"), ("日本", "日本"), ("", ""), ("a\u{A0}b\u{200B}c", "a bc"), ("Nguyễn Đức", "nguyen duc"),
    ]) func `is the same however it is written`(text: String, folded: String) {
        #expect(String(decoding: FoldedText(text).bytes, as: UTF8.self) == folded)
    }

    @Test func `stays as it is when it is folded again`() {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array("aZ é\u{301}ßøŁ日🙂\u{0}\t.-ÄΌЙ")
        for _ in 0..<400 {
            let text = String(
                (0..<Int.random(in: 0...20, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            let once = FoldedText(text)
            #expect(FoldedText(String(decoding: once.bytes, as: UTF8.self)) == once)
            #expect(FoldedText(text.uppercased()).bytes == FoldedText(text.uppercased().lowercased()).bytes)
        }
    }
}

@Suite(.tags(.rules)) struct `Looking for many texts at once` {
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64]) func `finds what looking for each of them finds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func text(_ longest: Int) -> [UInt8] {
            (0..<Int.random(in: 1...longest, using: &random)).map { _ in UInt8.random(in: 97...99, using: &random) }
        }
        for _ in 0..<60 {
            let patterns = Array(Set((0..<Int.random(in: 1...20, using: &random)).map { _ in text(5) }))
            let matcher = PatternMatcher(patterns)
            let whole = text(40)
            var found: Set<[Int]> = []
            matcher.scan(whole) { found.insert([$0, $1]) }
            var expected: Set<[Int]> = []
            for (number, pattern) in patterns.enumerated() where pattern.count <= whole.count {
                for start in 0...(whole.count - pattern.count)
                where Array(whole[start..<start + pattern.count]) == pattern {
                    expected.insert([number, start + pattern.count])
                }
            }
            #expect(found == expected)
        }
    }

    @Test func `finds nothing where there is nothing to look for`() {
        PatternMatcher([]).scan(Array("abc".utf8)) { _, _ in Issue.record("found something") }
        PatternMatcher([[]]).scan(Array("abc".utf8)) { _, _ in Issue.record("found something") }
        PatternMatcher([Array("abc".utf8)]).scan([]) { _, _ in Issue.record("found something") }
    }
}

@Suite(.tags(.rules)) struct `The rules of a book` {
    private static let euro = currency("EUR")

    private func rule(
        _ position: Int32, _ match: RuleConditions.Match = .all, _ items: [RuleCondition], _ actions: RuleActions
    ) -> Rule {
        Rule(
            id: RuleID.new(), name: "r", position: position, conditions: RuleConditions(match, items), actions: actions)
    }

    private func subject(
        _ merchant: String?, _ description: String? = nil, notes: String? = nil, account: String? = nil,
        amount: Int64 = 1250, kind: Entry.Kind = .expense, on date: String = "2026-03-31"
    ) -> RuleSubject {
        var subject = RuleSubject()
        subject.merchant.set(merchant)
        subject.description.set(description)
        subject.notes.set(notes)
        subject.account.set(account)
        subject.amount = amount
        subject.kind = kind
        subject.date = day(date)
        return subject
    }

    private func matches(_ condition: RuleCondition, _ subject: RuleSubject) -> Bool {
        var matcher = RuleMatcher([rule(1, .all, [condition], RuleActions(notes: "x"))], currency: Self.euro)
        return matcher.outcome(for: subject) != nil
    }

    @Test func `look at what they name, whatever its case and accents`() {
        let cafe = subject("CAFÉ Lumen", "Bread", notes: "R-77", account: "DE12")
        for (condition, expected) in [
            (RuleCondition(.merchant, .contains, "cafe"), true), (.init(.merchant, .startsWith, "Café"), true),
            (.init(.merchant, .endsWith, "LUMEN"), true), (.init(.merchant, .is, "cafe lumen"), true),
            (.init(.merchant, .is, "cafe"), false), (.init(.merchant, .startsWith, "lumen"), false),
            (.init(.merchant, .contains, "bread"), false), (.init(.description, .is, "BREAD"), true),
            (.init(.notes, .contains, "77"), true), (.init(.text, .contains, "bread"), true),
            (.init(.text, .is, "r-77"), true), (.init(.text, .contains, "de12"), false),
            (.init(.account, .startsWith, "de"), true), (.init(.amount, .is, "12.5"), true),
            (.init(.amount, .between, "12.50", "13"), true), (.init(.amount, .between, "12.51", "13"), false),
            (.init(.amount, .atLeast, "12.50"), true), (.init(.amount, .atMost, "12.49"), false),
            (.init(.type, .is, "expense"), true), (.init(.type, .is, "income"), false),
            (.init(.date, .is, "2026-03-31"), true), (.init(.date, .atLeast, "2026-04-01"), false),
            (.init(.date, .between, "2026-03-01", "2026-03-31"), true),
            // What makes no sense never matches.
            (.init(.amount, .is, "12.501"), false), (.init(.amount, .contains, "12.50"), false),
            (.init(.merchant, .contains, "  "), false), (.init(.date, .is, "today"), false),
        ] {
            #expect(matches(condition, cafe) == expected, "\(condition)")
        }
        #expect(!matches(RuleCondition(.merchant, .contains, "cafe"), subject(nil, "cafe")))
    }

    /// Against a search of each text by itself.
    @Test(arguments: [1, 2, 3] as [UInt64]) func `match just as each of them by itself would`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func word(_ longest: Int) -> String {
            String(
                (0..<Int.random(in: 1...longest, using: &random)).map { _ in "abÀ ".randomElement(using: &random) ?? "a"
                })
        }
        func folded(_ text: String) -> String { String(decoding: FoldedText(text).bytes, as: UTF8.self) }
        for _ in 0..<40 {
            let items = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                RuleCondition(
                    [.merchant, .description, .text].randomElement(using: &random) ?? .text,
                    [.contains, .is, .startsWith, .endsWith].randomElement(using: &random) ?? .is, word(3))
            }
            let sizes = items.indices.map { _ in Int.random(in: 1...3, using: &random) }
            var rules: [(Rule, RuleConditions.Match, [RuleCondition])] = []
            for (index, size) in sizes.enumerated() {
                let some = (0..<size).map { items[(index + $0) % items.count] }
                let match: RuleConditions.Match = Bool.random(using: &random) ? .all : .any
                rules.append((rule(Int32(index), match, some, RuleActions(addTags: ["\(index)"])), match, some))
            }
            var matcher = RuleMatcher(rules.map(\.0).shuffled(using: &random), currency: Self.euro)
            for _ in 0..<20 {
                let (merchant, description) = (word(6), Bool.random(using: &random) ? word(6) : "")
                let texts: [RuleCondition.Field: [String]] = [
                    .merchant: [folded(merchant)], .description: [folded(description)],
                    .text: [folded(merchant), folded(description)],
                ]
                func holds(_ item: RuleCondition) -> Bool {
                    let wanted = folded(item.value)
                    guard !wanted.isEmpty else { return false }
                    return (texts[item.field] ?? []).contains { text in
                        switch item.operation {
                        case .contains:
                            text.indices.contains { text[$0...].hasPrefix(wanted) }
                        case .is: text == wanted
                        case .startsWith: text.hasPrefix(wanted)
                        default: text.hasSuffix(wanted)
                        }
                    }
                }
                let expected = rules.enumerated().filter { _, rule in
                    rule.1 == .all ? rule.2.allSatisfy(holds) : rule.2.contains(where: holds)
                }.map { "\($0.offset)" }
                let outcome = matcher.outcome(for: subject(merchant, description))
                #expect(
                    (outcome?.tags ?? []) == Array(expected.prefix(Entry.maximumTags)), "\(merchant)|\(description)")
            }
        }
    }

    @Test func `give a thing to the first that sets it, and tags from all`() {
        let (food, gifts) = (CategoryID.new(), CategoryID.new())
        let all = [RuleCondition(.amount, .atLeast, "0")]
        let rules = [
            rule(3, .all, all, RuleActions(categoryID: gifts, merchantName: "Third", addTags: ["c", "a"], notes: "n")),
            rule(1, .all, all, RuleActions(merchantName: "First", addTags: ["a"])),
            rule(2, .all, all, RuleActions(categoryID: food, addTags: ["b"], paymentMethod: "card")),
            rule(4, .all, all, RuleActions(split: [RuleSplit(food, .percent(5000)), RuleSplit(gifts, .rest)])),
        ]
        var off = rules[1]
        off.isEnabled = false
        var matcher = RuleMatcher(rules, currency: Self.euro)
        let outcome = matcher.outcome(for: subject("x"))
        #expect(outcome?.merchantName == "First" && outcome?.categoryID == food && outcome?.split == [])
        #expect(outcome?.tags == ["a", "b", "c"] && outcome?.notes == "n" && outcome?.paymentMethod == "card")
        #expect(outcome?.rule == rules[2].id)
        var without = RuleMatcher([rules[0], off, rules[2], rules[3]], currency: Self.euro)
        #expect(without.outcome(for: subject("x"))?.merchantName == "Third")
    }

    // MARK: Splits

    @Test(arguments: [1, 2, 3] as [UInt64]) func `split an amount into parts that add up to it`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for code in ["EUR", "JPY", "BHD"] {
            let currency = currency(code)
            for _ in 0..<300 {
                var split: [RuleSplit] = []
                var left = RuleSplit.wholePercent
                for _ in 0..<Int.random(in: 1...5, using: &random) {
                    let share = Int64.random(in: 1...max(1, left / 2), using: &random)
                    guard left - share > 0 else { break }
                    split.append(RuleSplit(CategoryID.new(), .percent(share)))
                    left -= share
                }
                let amounts = Bool.random(using: &random)
                if amounts { split.append(RuleSplit(CategoryID.new(), .amount("3"))) }
                split.append(
                    RuleSplit(CategoryID.new(), amounts || Bool.random(using: &random) ? .rest : .percent(left)))
                #expect(RuleSplit.problem(of: split, currency) == nil, "\(split)")
                let whole = Money(minorUnits: Int64.random(in: 1...1_000_000, using: &random), currency: currency)
                guard let parts = RuleSplit.parts(of: whole, split) else {
                    #expect(amounts, "only fixed amounts can be too much")
                    continue
                }
                #expect(parts.reduce(0) { $0 + $1.amount.minorUnits } == whole.minorUnits)
                #expect(parts.allSatisfy { $0.amount.isPositive })
                for (part, share) in zip(split, parts) where parts.count == split.count {
                    #expect(part.categoryID == share.category)
                    guard case .percent(let percent) = part.share else { continue }
                    // At most a minor unit from the exact share.
                    let exact = whole.minorUnits * percent
                    #expect(abs(share.amount.minorUnits * RuleSplit.wholePercent - exact) < RuleSplit.wholePercent)
                }
            }
        }
    }

    @Test func `do not split what does not reach`() {
        let split = [RuleSplit(CategoryID.new(), .amount("10.00")), RuleSplit(CategoryID.new(), .rest)]
        func parts(_ cents: Int64) -> [Int64]? {
            RuleSplit.parts(of: Money(minorUnits: cents, currency: Self.euro), split)?.map(\.amount.minorUnits)
        }
        #expect(parts(1500) == [1000, 500])
        #expect(parts(1000) == [1000])
        #expect(parts(999) == nil)
        let thirds = [3333, 3333, 3334].map { RuleSplit(CategoryID.new(), .percent($0)) }
        #expect(
            RuleSplit.parts(of: Money(minorUnits: 100, currency: Self.euro), thirds)?.map(\.amount.minorUnits)
                == [33, 33, 34])
    }

    @Test(
        arguments: [
            [.percent(5000)], [.percent(5000), .percent(4000)], [.percent(10000), .rest], [.rest, .rest],
            [.amount("5"), .percent(10000)], [.amount("5"), .amount("6")], [.amount("0"), .rest],
            [.amount("1.001"), .rest],
            [.percent(0), .rest], [.percent(10001), .rest],
        ] as [[RuleSplit.Share]]) func `refuse a split that cannot add up`(shares: [RuleSplit.Share])
    {
        let problem = RuleSplit.problem(of: shares.map { RuleSplit(CategoryID.new(), $0) }, Self.euro)
        #expect(problem != nil)
    }

    @Test func `are the same after a trip through JSON`() throws {
        var rule = rule(
            1, .any,
            [
                RuleCondition(.merchant, .contains, "Café \"x\""), RuleCondition(.amount, .between, "1.50", "2"),
                RuleCondition(.date, .atLeast, "2026-01-01"),
            ],
            RuleActions(
                merchantName: "Café", addTags: ["a", "b"], notes: "n", paymentMethod: "card",
                split: [
                    RuleSplit(CategoryID.new(), .percent(3305)), RuleSplit(CategoryID.new(), .amount("4.20")),
                    RuleSplit(CategoryID.new(), .rest),
                ]))
        var conditions = JSONWriter()
        rule.conditions.write(to: &conditions)
        var actions = JSONWriter()
        rule.actions.write(to: &actions)
        #expect(try RuleConditions(json: JSONValue.parse(conditions.bytes)) == rule.conditions)
        #expect(try RuleActions(json: JSONValue.parse(actions.bytes)) == rule.actions)
        #expect(throws: Never.self) { try rule.check(Self.euro) }
    }
}
