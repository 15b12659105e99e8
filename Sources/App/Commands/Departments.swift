import Base
import JSON

/// The departments of an organisation, by what a person calls them.
struct DepartmentNames: Sendable {
    private struct Known: Sendable {
        let id: String
        let slug: String
        let name: String
    }

    private let all: [Known]

    /// - Throws: a refusal where the book is no organisation.
    init(_ session: BookSession) async throws {
        all = (try await session.get("/departments").array ?? []).compactMap { item in
            guard let id = item["id"]?.string, let slug = item["slug"]?.string, let name = item["name"]?.string else {
                return nil
            }
            return Known(id: id, slug: slug, name: name)
        }
    }

    /// By id, slug or name, in this order; case does not matter.
    func id(_ reference: String) throws(Refusal) -> String {
        guard !all.isEmpty else {
            throw Refusal(.notFound, "DEPARTMENT_NOT_FOUND", "This book has no departments.")
        }
        let wanted = reference.lowercased()
        if let found = all.first(where: { $0.id == wanted }) ?? all.first(where: { $0.slug == wanted }) {
            return found.id
        }
        let named = all.filter { $0.name.lowercased() == wanted }
        guard let found = named.first, named.count == 1 else {
            let slugs = (named.isEmpty ? all : named).map(\.slug).sorted().joined(separator: ", ")
            throw Refusal(
                .notFound, "DEPARTMENT_NOT_FOUND",
                named.isEmpty
                    ? "There is no department “\(Output.safe(reference))” in this book. It has: \(slugs)."
                    : "“\(Output.safe(reference))” is what several departments are called. Say which: \(slugs).")
        }
        return found.id
    }
}
