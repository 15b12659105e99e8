import Database
import EventLoop
import Testing

/// A database of a test's own, cloned from a template that has the migrations.
package final class TestDatabase: Sendable {
    /// That of the running test, which must have the `.database` trait.
    package static var current: TestDatabase {
        guard let database = box else { preconditionFailure("the test lacks the .database trait") }
        return database
    }

    @TaskLocal fileprivate static var box: TestDatabase?

    static var isSet: Bool { box != nil }

    package let name: String
    /// For libpq.
    package let url: String
    package let database: Database
    package let loops: EventLoopGroup

    fileprivate init(name: String, url: String, database: Database, loops: EventLoopGroup) {
        self.name = name
        self.url = url
        self.database = database
        self.loops = loops
    }

    /// Runs `body` on one of the loops, as a request's handler runs.
    package func onLoop<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await Task(executorPreference: loops.next()) { try await body() }.value
    }

    fileprivate static func with<Value>(
        _ database: TestDatabase, _ body: () async throws -> Value
    ) async rethrows -> Value {
        try await $box.withValue(database) { try await body() }
    }
}

/// Gives each test a database; also to be set on a suite, where it is each test's and not the suite's.
package struct DatabaseTrait: TestTrait, SuiteTrait, TestScoping {
    let migrations: [Migration]
    let configure: @Sendable (inout DatabaseConfiguration) -> Void

    package var isRecursive: Bool { true }

    package func scopeProvider(for test: Test, testCase: Test.Case?) -> DatabaseTrait? {
        testCase == nil ? nil : self
    }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await TestCluster.withDatabase(migrations: migrations, configure) { database in
            try await TestDatabase.with(database) { try await function() }
        }
    }
}

extension Trait where Self == DatabaseTrait {
    /// An empty database.
    package static var database: DatabaseTrait { .database(migrations: []) }

    /// A database with these migrations, applied once for all tests that ask for the same.
    package static func database(
        migrations: [Migration], _ configure: @escaping @Sendable (inout DatabaseConfiguration) -> Void = { _ in }
    ) -> DatabaseTrait {
        DatabaseTrait(migrations: migrations, configure: configure)
    }
}

extension TestDatabase {
    static func make(
        name: String, url: String, loops: EventLoopGroup, _ configure: (inout DatabaseConfiguration) -> Void
    ) async throws -> TestDatabase {
        var configuration = DatabaseConfiguration(url: url)
        configuration.readConnections = 2
        configuration.writeConnections = 4
        configuration.leases = 4
        configure(&configuration)
        let database = try await Database.connect(configuration, loops: loops)
        return TestDatabase(name: name, url: url, database: database, loops: loops)
    }
}
