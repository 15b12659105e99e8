import Base
import Database
import HTTP

extension EntryScope {
    /// What must hold of `e`, a row with a department and a creator.
    package var condition: SQL {
        switch self {
        case .everything: ""
        case .departments(let departments, let user):
            " AND (e.department_id = ANY(\(departments)) OR e.created_by = \(user))"
        case .own(let user): " AND e.created_by = \(user)"
        }
    }
}

/// Which department an entry is to be of, as a client names it.
package enum DepartmentReference: Equatable, Sendable {
    /// Nothing was said: the one of whoever records it; a change leaves it as it is.
    case unsaid
    case noDepartment
    /// An id or a slug.
    case named(String)
    case id(DepartmentID)

    /// Nil where it is not settled, and for none.
    var id: DepartmentID? { if case .id(let id) = self { id } else { nil } }

    init(_ text: String?) { self = text.flatMap { $0.isEmpty ? nil : .named($0) } ?? .noDepartment }
}

/// The departments of an organisation, and which of them the caller may give an entry to.
struct DepartmentChoice: Sendable {
    private let known: [(id: DepartmentID, slug: String)]
    private let book: BookContext

    /// Reads them only where one is named: nearly no request does.
    init(_ connection: any Queryable, _ book: BookContext, for references: [DepartmentReference]) async throws {
        self.book = book
        let isNeeded = references.contains { if case .named = $0 { true } else { false } }
        known =
            isNeeded
            ? try await connection.query("SELECT id, slug FROM departments WHERE book_id = \(book.id)")
                .map { (try $0.get(0), try $0.get(1)) } : []
    }

    /// The department itself, by its id or none.
    ///
    /// - Parameter current: what an entry has that is changed; nil for a new one.
    /// - Throws: 400 for one that is not there, 403 for one that the caller's role does not reach.
    func resolve(_ reference: DepartmentReference, current: DepartmentReference? = nil) throws(Refusal)
        -> DepartmentReference
    {
        switch reference {
        case .unsaid: return current ?? book.department.map(DepartmentReference.id) ?? .noDepartment
        case .id: return reference
        case .noDepartment:
            // What it is taken out of would be out of their sight, and nobody's.
            guard book.scope == .everything || (current ?? .noDepartment) == .noDepartment else {
                throw .outOfDepartment
            }
            return .noDepartment
        case .named(let text):
            guard let found = find(text) else { throw .noSuchDepartment }
            guard book.reaches(found) || current == .id(found) else { throw .outOfDepartment }
            return .id(found)
        }
    }

    private func find(_ text: String) -> DepartmentID? {
        let id = DepartmentID(text)
        return known.first { $0.id == id || $0.slug == text.lowercased() }?.id
    }

    /// That of all entries of an import: none where none is named, whoever imports them.
    static func ofImport(
        _ text: String?, _ connection: any Queryable, _ book: BookContext
    ) async throws -> DepartmentID? {
        let reference = DepartmentReference(text)
        guard case .named(let name) = reference else { return nil }
        let choice = try await DepartmentChoice(connection, book, for: [reference])
        guard !choice.known.isEmpty else { throw Refusal.noDepartments }
        guard let id = choice.find(name) else { throw Refusal.unknownDepartment("department") }
        guard book.reaches(id) else { throw Refusal.outOfDepartment }
        return id
    }
}

extension BookContext {
    /// Whether the caller may give an entry to it.
    func reaches(_ department: DepartmentID) -> Bool {
        switch scope {
        case .everything: true
        case .departments(let departments, _): departments.contains(department)
        case .own: department == self.department
        }
    }
}

extension Refusal {
    static let noSuchDepartment = unknownDepartment("departmentId")
    static let noDepartments = Refusal.invalid(
        "department", "This book has no departments: leave department out. Only an organisation has some.")

    static func unknownDepartment(_ field: String) -> Refusal {
        .invalid(field, "There is no such department in this book.")
    }
}
