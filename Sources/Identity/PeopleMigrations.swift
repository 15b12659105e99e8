import Database

extension IdentityModule {
    /// What belongs to people beyond signing in.
    static var peopleMigrations: [Migration] {
        [
            Migration(name: "M20261122000200__people", sql: PackageResources.M20261122000200__people_sql),
            Migration(
                name: "M20261122000400__account_deletion", sql: PackageResources.M20261122000400__account_deletion_sql),
        ]
    }
}
