/// The page's files for books and people, and the paths of its screens.
extension AssetList {
    static let books: [(name: String, bytes: [UInt8])] = [
        ("account-data.js", PackageResources.account_data_js),
        ("books.js", PackageResources.books_js),
        ("invitation.js", PackageResources.invitation_js),
        ("invited.js", PackageResources.invited_js),
        ("members.js", PackageResources.members_js),
        ("organization.js", PackageResources.organization_js),
        ("people.css", PackageResources.people_css),
        ("preferences.js", PackageResources.preferences_js),
        ("profile.js", PackageResources.profile_js),
        ("routes-books.js", PackageResources.routes_books_js),
    ]

    static let booksScreens: Set<String> = ["/members", "/invitation", "/organisation"]
}
