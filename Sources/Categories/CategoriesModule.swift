import Database

package enum CategoriesModule {
    package static var migrations: [Migration] {
        [
            Migration(name: "M20261121000500__categories", sql: PackageResources.M20261121000500__categories_sql),
            Migration(
                name: "M20261121001000__category_hierarchy",
                sql: PackageResources.M20261121001000__category_hierarchy_sql),
        ]
    }
}
