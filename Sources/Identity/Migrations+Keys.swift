import Database

extension IdentityModule {
    static var keyMigrations: [Migration] {
        [
            Migration(name: "M20261122000300__api_keys", sql: PackageResources.M20261122000300__api_keys_sql),
            Migration(
                name: "M20261122000700__recovery_code_keys",
                sql: PackageResources.M20261122000700__recovery_code_keys_sql),
        ]
    }
}
