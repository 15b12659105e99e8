import Base
import HTTP
import JSON
import Resources

/// What a client may say of a category.
enum CategoryInput {
    static let name = BodyField<String>.text("name", max: Category.maximumNameLength, min: 1)
    static let icon = BodyField<String>.text("icon", max: Category.maximumIconLength)
    static let color = BodyField<String>("color", aliases: ["colour"], .string(maxLength: 7), "A CSS colour, #rrggbb.")
    {
        value throws(FieldProblem) in
        guard let text = value.string, let color = Category.color(text) else {
            throw FieldProblem("color should be a colour such as #4f6bed.")
        }
        return color
    }
    static let isIncome = BodyField<Bool>.bool("isIncome", "For incomes; false, the default, is for expenses.")
    static let parent = BodyField<String>.text(
        "parentCategoryId", aliases: ["parentId", "parent"], max: 100, "An id, a slug or a name; null is the top.")
    static let sortOrder = BodyField<Int>.int("sortOrder", in: -1_000_000...1_000_000)

    static let properties: [SchemaProperty] = [
        name.required().property, icon.property, color.property, isIncome.property, parent.property, sortOrder.property,
    ]
    static let childProperties: [SchemaProperty] = [
        name.required().property, icon.property, color.property, sortOrder.property,
    ]
    static let changeProperties: [SchemaProperty] = [
        name.property, icon.property, color.property, isIncome.property, parent.property, sortOrder.property,
        EntityTag.bodyField.property,
    ]

    /// A new category as its client wants it; the parent is still what the client wrote.
    struct New: Sendable {
        let name: String
        let icon: String?
        let color: String?
        let isIncome: Bool?
        let parent: String?
        let sortOrder: Int32?

        init(_ body: inout Body, parent fixed: String? = nil) throws(Refusal) {
            let name = body.read(CategoryInput.name.required())
            let icon = body.read(CategoryInput.icon)
            let color = body.read(CategoryInput.color)
            let isIncome = body.read(CategoryInput.isIncome)
            let parent = body.read(CategoryInput.parent)
            let sortOrder = body.read(CategoryInput.sortOrder)
            try body.check()
            guard let name else { throw .invalid("name", "name is required.") }
            self.init(
                name: name, icon: icon, color: color, isIncome: isIncome, parent: fixed ?? parent,
                sortOrder: sortOrder.map { Int32($0) })
        }

        init(
            name: String, icon: String? = nil, color: String? = nil, isIncome: Bool? = nil, parent: String? = nil,
            sortOrder: Int32? = nil
        ) {
            self.name = name
            self.icon = icon.flatMap { $0.isEmpty ? nil : $0 }
            self.color = color
            self.isIncome = isIncome
            self.parent = parent.flatMap { $0.isEmpty ? nil : $0 }
            self.sortOrder = sortOrder
        }

        /// - Throws: a refusal when it cannot be there.
        func placed(in tree: CategoryTree) throws(Refusal) -> Category {
            guard tree.all.count < Category.maximumPerBook else { throw .tooManyCategories }
            var above: Category?
            if let parent {
                guard let found = tree.find(parent) else { throw .noSuchParent }
                above = found
            }
            let category = Category(
                id: CategoryID.new(), parent: above?.id, name: name, slug: tree.freeSlug(for: name, of: nil),
                icon: icon ?? above?.icon ?? Category.defaultIcon,
                color: color ?? above?.color ?? Category.defaultColor(for: name),
                isIncome: isIncome ?? above?.isIncome ?? false, isSystem: false, sortOrder: sortOrder ?? 1000,
                version: 1
            )
            try tree.check(category)
            return category
        }
    }

    /// Changes what the body names.
    static func change(_ category: inout Category, _ body: inout Body, in tree: CategoryTree) throws(Refusal) {
        let before = category
        if let name = body.read(name) { category.name = name }
        if let icon = body.read(icon), !icon.isEmpty { category.icon = icon }
        if let color = body.read(color) { category.color = color }
        if let isIncome = body.read(isIncome) { category.isIncome = isIncome }
        if let sortOrder = body.read(sortOrder) { category.sortOrder = Int32(sortOrder) }
        if body.has(parent) {
            if let reference = body.read(parent), !reference.isEmpty {
                if let found = tree.find(reference) {
                    category.parent = found.id
                } else {
                    body.refuse(parent.name, Refusal.noSuchParent.message)
                }
            } else {
                category.parent = nil
            }
        }
        try body.check()
        if category.isSystem {
            var reordered = before
            reordered.sortOrder = category.sortOrder
            guard reordered == category else { throw .systemCategory }
        }
        if category.name != before.name { category.slug = tree.freeSlug(for: category.name, of: category.id) }
        try tree.check(category)
    }
}
