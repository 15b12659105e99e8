import Base
import JSON

/// The categories of a book, by what a person calls them.
struct CategoryNames: Sendable {
    private struct Known: Sendable {
        let id: String
        let slug: String
        let name: String
    }

    private let all: [Known]

    init(_ session: BookSession) async throws {
        all = (try await session.get("/categories").array ?? []).compactMap { item in
            guard let id = item["id"]?.string, let slug = item["slug"]?.string, let name = item["name"]?.string else {
                return nil
            }
            return Known(id: id, slug: slug, name: name)
        }
    }

    /// By id, slug or name, in this order; case does not matter.
    func id(_ reference: String) throws(Refusal) -> String {
        let wanted = reference.lowercased()
        let found =
            all.first { $0.id == wanted } ?? all.first { $0.slug == wanted }
            ?? all.first { $0.name.lowercased() == wanted }
        guard let found else {
            throw Refusal(
                .notFound, "CATEGORY_NOT_FOUND",
                "There is no category “\(Output.safe(reference))” in this book. It has: \(all.map(\.slug).sorted().joined(separator: ", "))."
            )
        }
        return found.id
    }

    func name(_ id: String) -> String { all.first { $0.id == id }?.name ?? "a deleted category" }

    /// What it is called in a file that another book may read: ids differ from book to book.
    func slug(_ id: String) -> String? { all.first { $0.id == id }?.slug }
}
