import Database

package enum ResourcesModule {
    package static var migrations: [Migration] {
        [Migration(name: "M20261121000200__idempotency", sql: PackageResources.M20261121000200__idempotency_sql)]
    }
}
