import Database

package enum AuditModule {
    package static var migrations: [Migration] {
        [
            Migration(
                name: "M20261122000320__audit", sql: PackageResources.M20261122000320__audit_sql, asAdmin: true)
        ]
    }
}
