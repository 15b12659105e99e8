import Database

package enum JobsModule {
    package static var migrations: [Migration] {
        [
            Migration(name: "M20261121000100__jobs", sql: PackageResources.M20261121000100__jobs_sql),
            Migration(name: "M20261122000230__announcements", sql: PackageResources.M20261122000230__announcements_sql),
            Migration(name: "M20261122000520__event_origin", sql: PackageResources.M20261122000520__event_origin_sql),
        ]
    }
}
