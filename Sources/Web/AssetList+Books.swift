/// The page's files for books and people, and the paths of its screens.
extension AssetList {
    static let books: [(name: String, bytes: [UInt8])] = [
        ("routes-books.js", PackageResources.routes_books_js)
    ]

    static let booksScreens: Set<String> = []
}
