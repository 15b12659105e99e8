import Database

package enum TransactionsModule {
    package static var migrations: [Migration] {
        [
            Migration(name: "M20261121000600__entries", sql: PackageResources.M20261121000600__entries_sql),
            Migration(
                name: "M20261121000605__entry_totals", sql: PackageResources.M20261121000605__entry_totals_sql),
            Migration(name: "M20261121000610__imports", sql: PackageResources.M20261121000610__imports_sql),
            Migration(name: "M20261121000620__rules", sql: PackageResources.M20261121000620__rules_sql),
            Migration(
                name: "M20261121001100__entry_details", sql: PackageResources.M20261121001100__entry_details_sql),
            Migration(
                name: "M20261121001200__import_ranges", sql: PackageResources.M20261121001200__import_ranges_sql),
            Migration(
                name: "M20261122000010__undo_history", sql: PackageResources.M20261122000010__undo_history_sql),
            Migration(
                name: "M20261122000020__merchant_memory", sql: PackageResources.M20261122000020__merchant_memory_sql),
            Migration(
                name: "M20261122000600__entry_departments",
                sql: PackageResources.M20261122000600__entry_departments_sql),
            Migration(
                name: "M20261122000610__import_departments",
                sql: PackageResources.M20261122000610__import_departments_sql),
        ]
    }
}
