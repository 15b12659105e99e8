import Database

package enum BooksModule {
    package static var migrations: [Migration] {
        [
            Migration(name: "M20261121000400__books", sql: PackageResources.M20261121000400__books_sql),
            Migration(name: "M20261121000405__book_currency", sql: PackageResources.M20261121000405__book_currency_sql),
            Migration(name: "M20261122000210__members", sql: PackageResources.M20261122000210__members_sql),
            Migration(name: "M20261122000220__departments", sql: PackageResources.M20261122000220__departments_sql),
        ]
    }
}
