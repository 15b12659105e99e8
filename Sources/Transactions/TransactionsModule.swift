import Database

package enum TransactionsModule {
    package static var migrations: [Migration] {
        [Migration(name: "M20261121000600__entries", sql: PackageResources.M20261121000600__entries_sql)]
    }
}
