import Base
import Foundation

package enum CategoryTag {}
package typealias CategoryID = Identifier<CategoryTag>

/// What an entry is for. Categories of a book form trees: a child is of the same kind as its parent.
package struct Category: Equatable, Sendable {
    package static let maximumNameLength = 100
    package static let maximumIconLength = 50
    /// Levels, the top one included.
    package static let maximumDepth = 5
    package static let maximumPerBook = 1000

    package let id: CategoryID
    package internal(set) var parent: CategoryID?
    package internal(set) var name: String
    package internal(set) var slug: String
    package internal(set) var icon: String
    package internal(set) var color: String
    package internal(set) var isIncome: Bool
    package let isSystem: Bool
    package internal(set) var sortOrder: Int32
    package internal(set) var version: Int32
}

// MARK: - Slugs and colours

extension Category {
    static let defaultIcon = "tag"

    private static let palette = [
        "#4f6bed", "#2f9e68", "#d9822b", "#1098ad", "#d6456b", "#8f5bd1", "#c2559d", "#2b8ac6", "#b8860b", "#5c8a3a",
        "#12876f", "#c0563f",
    ]

    /// The same for the same name, on every machine.
    static func defaultColor(for name: String) -> String {
        let sum = name.lowercased().utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return palette[Int(sum % UInt32(palette.count))]
    }

    /// `#rrggbb` in lower case, also from `#rgb` and capitals; nil for anything else.
    static func color(_ text: String) -> String? {
        let digits = text.lowercased().dropFirst()
        guard text.hasPrefix("#"), digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        switch digits.utf8.count {
        case 6: return "#" + digits
        case 3: return "#" + digits.map { "\($0)\($0)" }.joined()
        default: return nil
        }
    }

    private static let spelledOut: [Unicode.Scalar: String] = [
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "&": " and ",
    ]

    /// A name as part of a URL: `Café & Bar` is `cafe-and-bar`. A name without a Latin letter or a digit is `category`.
    static func slug(for name: String) -> String {
        var slug = ""
        var isGap = false
        func take(_ scalar: Unicode.Scalar) {
            let isPlain = (97...122).contains(scalar.value) || (48...57).contains(scalar.value)
            if isPlain {
                if isGap && !slug.isEmpty { slug.append("-") }
                isGap = false
                slug.unicodeScalars.append(scalar)
            } else if scalar.properties.generalCategory != .nonspacingMark {
                isGap = true
            }
        }
        for scalar in name.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars {
            if let letters = spelledOut[scalar] { letters.unicodeScalars.forEach(take) } else { take(scalar) }
        }
        slug = String(slug.prefix(60))
        while slug.hasSuffix("-") { slug.removeLast() }
        return slug.isEmpty ? "category" : slug
    }
}

// MARK: - Refusals

extension Refusal {
    package static let systemCategory = Refusal(
        .forbidden, "SYSTEM_CATEGORY", "A system category can be put in another order, but not changed or deleted.")
    package static let categoryNameTaken = Refusal(
        .conflict, "CATEGORY_EXISTS", "There is a category of that name at this place already.",
        fields: [FieldError("name", "There is a category of that name at this place already.")])
    static let tooManyCategories = Refusal(
        .conflict, "TOO_MANY_CATEGORIES", "A book has at most \(Category.maximumPerBook) categories.")
    static let noSuchParent = Refusal.invalid("parentCategoryId", "There is no such category in this book.")
    static let categoryCycle = Refusal.invalid(
        "parentCategoryId", "A category cannot be put below itself or one of its own subcategories.")
    static let categoriesTooDeep = Refusal.invalid(
        "parentCategoryId", "Categories go at most \(Category.maximumDepth) levels deep.")
    static let otherKindOfParent = Refusal.invalid(
        "isIncome", "A subcategory is for incomes where its parent is, and for expenses where its parent is.")
    static let otherKindOfTarget = Refusal.invalid(
        "reassignTo", "Give a category of the same kind: one for expenses, or one for incomes.")
    static func categoryInUse(_ count: Int) -> Refusal {
        Refusal(
            .conflict, "CATEGORY_IN_USE",
            "\(count) \(count == 1 ? "entry is" : "entries are") in this category. Say where to put them with reassignTo."
        )
    }
}
