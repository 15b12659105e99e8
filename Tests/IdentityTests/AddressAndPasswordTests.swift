import Base
import HTTP
import Testing

@testable import Identity

@Suite struct `An e-mail address` {
    @Test(arguments: [
        ("ada@example.org", "ada@example.org"),
        ("  Ada.Lovelace+books@Example.ORG \n", "ada.lovelace+books@example.org"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"), ("a@b.io", "a@b.io"),
        ("ADMIN@localhost", "admin@localhost"),
        ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"), ("1@1.de", "1@1.de"),
    ])
    func `is trimmed and lower-cased`(typed: String, normalized: String) throws {
        let email = try EmailAddress(typed)
        #expect(email.normalized == normalized)
        #expect(email.asGiven.lowercased() == normalized)
        #expect(try EmailAddress(normalized) == email)
    }

    @Test(arguments: [
        "", " ", "ada", "@", "ada@", "@example.org", "ada@@example.org", "a@b@c.org", "ada@example", "ada @example.org",
        ".ada@example.org", "ada.@example.org", "a..da@example.org", "ada@.org", "ada@example..org", "ada@-x.org",
        "ada@x-.org", "ada@10.0.0.1", "ada@exa_mple.org", "\"ada\"@example.org", "ada@example.org\u{0}",
        "ada@b\u{fc}cher.de",
        "\u{430}da@example.org", "ada\n@example.org", "ada@example.org>", "ada<x@example.org", "ada,zoe@example.org",
    ])
    func `is refused when it is none`(typed: String) {
        #expect(throws: InputProblem.self) { try EmailAddress(typed) }
    }

    @Test func `has its lengths`() throws {
        let local = String(repeating: "a", count: 64)
        let label = String(repeating: "b", count: 59)
        let longest = "\(local)@\(label).\(label).\(label).example"
        #expect(longest.utf8.count <= EmailAddress.byteLimit)
        #expect(throws: Never.self) { try EmailAddress(longest) }
        #expect(throws: InputProblem.self) { try EmailAddress("a" + longest) }
        #expect(throws: InputProblem.self) { try EmailAddress("a@" + String(repeating: "b", count: 64) + ".org") }
        #expect(throws: InputProblem.self) { try EmailAddress("a@" + String(repeating: "b.", count: 200) + "org") }
        #expect(throws: InputProblem.self) { try EmailAddress(String(repeating: "a", count: 1_000_000)) }
    }
}

@Suite struct `A new password` {
    let ada = Result { try EmailAddress("ada.lovelace@example.org") }

    @Test(arguments: [
        "correct horse", "\u{1F511}\u{1F511}\u{1F511}\u{1F511}\u{1F511}\u{1F511}\u{1F511}ab", "12345678x",
        "Tr0ub4dor&3",
    ])
    func `may be anything long enough`(text: String) throws {
        #expect(try Password(new: text, for: ada.get()).bytes == Array(text.utf8))
    }

    @Test(arguments: [
        "", "short", "1234567", "password", "PASSWORD", "12345678", "qwertyuiop", "aaaaaaaaaa",
        "Ada.Lovelace@Example.org",
    ])
    func `is refused when it is short, common or the address`(text: String) throws {
        #expect(throws: InputProblem.self) { try Password(new: text, for: ada.get()) }
    }

    @Test func `is bounded`() throws {
        let longest = String(repeating: "ab", count: 64)
        #expect(throws: Never.self) { try Password(new: longest, for: ada.get()) }
        #expect(throws: InputProblem.self) { try Password(new: longest + "a", for: ada.get()) }
        // One character of very many bytes.
        let towers = String(repeating: "e" + String(repeating: "\u{301}", count: 100), count: 10)
        #expect(throws: InputProblem.self) { try Password(new: towers, for: ada.get()) }
    }

    @Test(arguments: [
        "Lovelace!", "lovelace1815", "1ada.lovelace", "Ada Lovelace", "ADALOVELACE@example.org", "purser2026",
        "example123",
    ])
    func `is refused when it is what anybody would try for this person first`(text: String) throws {
        let email = try EmailAddress("adalovelace@example.org")
        #expect(throws: InputProblem.self) {
            try Password(
                new: text, for: email, name: PersonName(first: "Ada", last: "Lovelace", display: "ada.lovelace"))
        }
    }

    /// Places 1, 1,000 and 4,000 or so of the list.
    @Test(arguments: ["password", "Qwertyuiop", "trustno1", "1qaz2wsx", "blink182", "metallica", "corvette"])
    func `is refused when thousands of others have it`(text: String) throws {
        #expect(throws: InputProblem.self) { try Password(new: text, for: ada.get()) }
    }

    @Test func `is refused when it is any of those that others have most`() throws {
        let list = String(decoding: Identity.PackageResources.common_passwords_txt, as: UTF8.self)
        let words = list.split(separator: "\n").filter { !$0.hasPrefix("# ") && $0 != "#" && $0.count >= 8 }
        #expect(words.count >= 3000)
        let ada = try self.ada.get()
        let taken = words.filter { (try? Password(new: String($0), for: ada)) != nil }
        #expect(taken.isEmpty)
    }

    @Test func `may hold a name among other words`() throws {
        let email = try EmailAddress("adalovelace@example.org")
        #expect(throws: Never.self) {
            try Password(new: "lovelace met babbage", for: email, name: PersonName(first: "Ada", last: "Lovelace"))
        }
    }

    @Test func `that is tried is only bounded`() {
        #expect(Password(attempt: "x") != nil)
        #expect(Password(attempt: "") == nil)
        #expect(Password(attempt: String(repeating: "x", count: 1025)) == nil)
    }
}

@Suite struct `A name` {
    @Test(
        arguments: [
            ("Ada Lovelace", "Ada", "Lovelace"), ("  Ada   Byron King  ", "Ada Byron", "King"), ("Ada", "Ada", nil),
            ("", nil, nil), ("   ", nil, nil),
        ] as [(String, String?, String?)])
    func `in one text is split softly`(whole: String, first: String?, last: String?) {
        let name = PersonName(whole: whole)
        #expect(name.first == first)
        #expect(name.last == last)
        #expect(name.display == (first == nil ? nil : whole.split(separator: " ").joined(separator: " ")))
    }

    @Test func `shown is never empty`() {
        func user(_ name: PersonName) -> User {
            User(
                id: .new(), email: "ada@example.org", emailAsGiven: "ada@example.org", name: name, role: .user,
                isEmailVerified: false, isActive: true, createdAt: Instant(microseconds: 0), version: 1)
        }
        #expect(user(PersonName()).displayName == "ada")
        #expect(user(PersonName(first: "Ada")).displayName == "Ada")
        #expect(user(PersonName(first: "Ada", last: "Lovelace")).displayName == "Ada Lovelace")
        #expect(user(PersonName(first: "Ada", display: "The Countess")).displayName == "The Countess")
        #expect(user(PersonName(first: "", last: "", display: "")).displayName == "ada")
    }
}
