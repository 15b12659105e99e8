/// The categories that every book starts with: the ten of INVENTORY S3-204 and their like.
struct SystemCategory: Sendable {
    let slug: String
    let name: String
    let icon: String
    let color: String
    let isIncome: Bool

    /// For an entry that nobody has sorted yet.
    static let fallbackExpenseSlug = "miscellaneous"
    static let fallbackIncomeSlug = "other-income"

    static let all: [SystemCategory] = [
        SystemCategory("housing", "Housing", "housing", "#4f6bed"),
        SystemCategory("food", "Food", "food", "#2f9e68"),
        SystemCategory("transportation", "Transportation", "transportation", "#d9822b"),
        SystemCategory("utilities", "Utilities", "utilities", "#1098ad"),
        SystemCategory("healthcare", "Healthcare", "healthcare", "#d6456b"),
        SystemCategory("entertainment", "Entertainment", "entertainment", "#8f5bd1"),
        SystemCategory("shopping", "Shopping", "shopping", "#c2559d"),
        SystemCategory("travel", "Travel", "travel", "#2b8ac6"),
        SystemCategory("education", "Education", "education", "#6a7fdb"),
        SystemCategory("personal", "Personal care", "personal", "#b8860b"),
        SystemCategory("gifts", "Gifts & donations", "gifts", "#c0563f"),
        SystemCategory("subscriptions", "Subscriptions", "subscriptions", "#5c8a3a"),
        SystemCategory("insurance", "Insurance", "insurance", "#4d7c8a"),
        SystemCategory("fees", "Bank fees", "fees", "#7a7f87"),
        SystemCategory("taxes", "Taxes", "taxes", "#8a5a44"),
        SystemCategory("savings", "Savings", "savings", "#12876f"),
        SystemCategory("emergency", "Emergency fund", "emergency", "#b5443c"),
        SystemCategory("investments", "Investments", "investments", "#3d6fb4"),
        SystemCategory("miscellaneous", "Miscellaneous", "miscellaneous", "#8b919a"),
        SystemCategory("salary", "Salary", "salary", "#1f9d61", isIncome: true),
        SystemCategory("business", "Business income", "business", "#2c7fb8", isIncome: true),
        SystemCategory("interest", "Interest & dividends", "interest", "#6b8e23", isIncome: true),
        SystemCategory("refund", "Refunds", "refund", "#c08a2b", isIncome: true),
        SystemCategory("rental", "Rental income", "rental", "#7d66c2", isIncome: true),
        SystemCategory("other-income", "Other income", "other-income", "#7f8a93", isIncome: true),
    ]

    private init(_ slug: String, _ name: String, _ icon: String, _ color: String, isIncome: Bool = false) {
        self.slug = slug
        self.name = name
        self.icon = icon
        self.color = color
        self.isIncome = isIncome
    }
}
