import Books

/// What an HR service says of somebody's part, taken apart (INVENTORY S1-200, S1-300, S1-301). Its texts are read here,
/// when they come, and nowhere else: what is stored are these two.
package struct IssuedRole: Equatable, Sendable {
    package enum Level: String, Sendable, CaseIterable { case superadmin, admin, staff }
    package enum Department: String, Sendable, CaseIterable { case finance, hr, inventory, operations }

    package let level: Level
    /// Nil for those who are of no department: superadmins alone.
    package let department: Department?

    init(level: Level, department: Department?) {
        self.level = level
        self.department = department
    }

    /// `SuperAdmin`, or a department and `Admin` or `Staff`. Nil for anything else: an unknown department is none, and
    /// what merely contains a word that we know is not that word.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let lowered = text.lowercased()
        if lowered == "superadmin" {
            self.init(level: .superadmin, department: nil)
            return
        }
        let words = lowered.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let department = Department(rawValue: String(words[0])),
            let level = Level(rawValue: String(words[1])), level != .superadmin
        else { return nil }
        self.init(level: level, department: department)
    }

    /// Their part in the book that the operator has named.
    package var part: IssuedPart {
        switch level {
        case .superadmin: .administrator
        case .admin: .head(of: department?.rawValue)
        case .staff: .staff(of: department?.rawValue)
        }
    }
}
