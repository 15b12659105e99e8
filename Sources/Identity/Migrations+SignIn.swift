import Database

extension IdentityModule {
    static var signInMigrations: [Migration] {
        [
            Migration(name: "M20261122000100__sign_in", sql: PackageResources.M20261122000100__sign_in_sql),
            Migration(name: "M20261122000500__issued_roles", sql: PackageResources.M20261122000500__issued_roles_sql),
            Migration(
                name: "M20261122000510__pending_registrations",
                sql: PackageResources.M20261122000510__pending_registrations_sql),
            Migration(
                name: "M20261122000540__renewed_sessions", sql: PackageResources.M20261122000540__renewed_sessions_sql),
        ]
    }
}
