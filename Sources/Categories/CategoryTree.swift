import Base

/// All categories of a book, and the rules that look at more than one of them. Read under the book's lock, so that two
/// changes at once cannot make together what neither would have been allowed alone.
struct CategoryTree: Sendable {
    private(set) var all: [CategoryID: Category]
    private let children: [CategoryID: [CategoryID]]

    init(_ categories: [Category]) {
        all = Dictionary(categories.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        children = Dictionary(
            grouping: categories.compactMap { category in category.parent.map { (parent: $0, id: category.id) } },
            by: \.parent
        ).mapValues { $0.map(\.id) }
    }

    func category(_ id: CategoryID) -> Category? { all[id] }

    /// By id, slug or name. Of several of one name, the one that is nearest to the top.
    func find(_ reference: String) -> Category? {
        if let id = CategoryID(reference) { return all[id] }
        let wanted = reference.lowercased()
        if let bySlug = all.values.first(where: { $0.slug == wanted }) { return bySlug }
        return all.values.filter { $0.name.lowercased() == wanted }.min {
            (depth(of: $0.id), $0.id) < (depth(of: $1.id), $1.id)
        }
    }

    func children(of id: CategoryID) -> [CategoryID] { children[id] ?? [] }

    /// 1 at the top.
    func depth(of id: CategoryID) -> Int {
        var depth = 1
        var current = all[id]?.parent
        while let parent = current, depth <= Category.maximumPerBook {
            depth += 1
            current = all[parent]?.parent
        }
        return depth
    }

    /// Levels from this category down: 1 without children.
    func height(of id: CategoryID) -> Int {
        var level = [id]
        var height = 0
        while !level.isEmpty, height <= Category.maximumPerBook {
            height += 1
            level = level.flatMap(children(of:))
        }
        return height
    }

    func isAncestorOrSelf(_ ancestor: CategoryID, of id: CategoryID) -> Bool {
        var current: CategoryID? = id
        var steps = 0
        while let place = current, steps <= Category.maximumPerBook {
            if place == ancestor { return true }
            current = all[place]?.parent
            steps += 1
        }
        return false
    }

    /// A slug that no other category of the book has.
    func freeSlug(for name: String, of id: CategoryID?) -> String {
        let taken = Set(all.values.filter { $0.id != id }.map(\.slug))
        let base = Category.slug(for: name)
        guard taken.contains(base) else { return base }
        var number = 2
        while taken.contains("\(base)-\(number)") { number += 1 }
        return "\(base)-\(number)"
    }

    /// - Throws: a refusal when the category cannot be where it says it is.
    func check(_ category: Category) throws(Refusal) {
        if let parent = category.parent {
            guard let found = all[parent] else { throw .noSuchParent }
            guard !isAncestorOrSelf(category.id, of: parent) else { throw .categoryCycle }
            guard depth(of: parent) + height(of: category.id) <= Category.maximumDepth else { throw .categoriesTooDeep }
            guard found.isIncome == category.isIncome else { throw .otherKindOfParent }
        }
        guard children(of: category.id).allSatisfy({ all[$0]?.isIncome == category.isIncome }) else {
            throw .otherKindOfParent
        }
    }
}
