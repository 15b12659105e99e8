import Activity
import Audit
import Base
import Books
import Categories
import Database
import HTTP
import Identity
import Jobs
import Reporting
import Resources
import Runtime
import Transactions
import Web

/// The only place where all modules meet: one line for each.
enum Modules {
    static var migrations: [Migration] {
        JobsModule.migrations + ResourcesModule.migrations + AuditModule.migrations + IdentityModule.migrations
            + BooksModule.migrations
            + ActivityModule.migrations
            + CategoriesModule.migrations + TransactionsModule.migrations
    }

    static func routes(_ backend: Backend, metricsAccess: String) -> Routes {
        var routes = Routes()
        let database = backend.database
        let turnstile = Turnstile(width: backend.configuration[Settings.importsAtOnce], queueLimit: 100)
        addSignInRoutes(backend, to: &routes)
        addPeopleRoutes(backend, to: &routes)
        addLiveRoutes(backend, to: &routes)
        CategoryRoutes(database: database, idempotency: backend.idempotency, uses: [EntryStore.categoryUse]).register(
            in: &routes)
        let spoolDirectory = backend.configuration[Settings.data] + "/tmp"
        let desk = ExportDesk(database: database, pool: backend.pool, directory: spoolDirectory)
        EntryRoutes(database: database, idempotency: backend.idempotency, exports: desk).register(in: &routes)
        PaymentMethodRoutes(database: database, idempotency: backend.idempotency).register(in: &routes)
        ImportRoutes(
            database: database, pool: backend.pool, spoolDirectory: spoolDirectory,
            turnstile: turnstile, limits: ImportLimits(backend.configuration)
        ).register(in: &routes)
        ImportProfileRoutes(database: database).register(in: &routes)
        RuleRoutes(database: database, turnstile: turnstile).register(in: &routes)
        AnalyticsRoutes(database: database).register(in: &routes)
        CategoryReportRoutes(database: database).register(in: &routes)
        Probes(
            metrics: backend.metrics, metricsAccess: metricsAccess,
            readyTimeout: backend.configuration[Settings.readyTimeout]
        ) {
            do {
                let pending = try await Migrator.pending(migrations, in: database)
                return pending.isEmpty ? [] : ["\(pending.count) migrations are missing"]
            } catch {
                return ["the database does not answer"]
            }
        }.register(in: &routes)
        return routes
    }

    static func jobs(_ backend: Backend) -> JobRegistry {
        var jobs = JobRegistry()
        let (idempotency, database) = (backend.idempotency, backend.database)
        addSignInJobs(backend, to: &jobs)
        addPeopleJobs(backend, to: &jobs)
        addLiveJobs(backend, to: &jobs)
        jobs.every(.seconds(3600), JobKind("idempotency.purge") { _ in try await idempotency.purge() })
        jobs.every(.seconds(3600), JobKind("totals.fold") { _ in try await EntryTotals.fold(database) })
        let indexing = JobKind("search.index", visibility: .seconds(600)) { _ in
            try await SearchIndex.update(database)
        }
        jobs.every(.seconds(60), indexing)
        jobs.on(.entriesImported, run: indexing)
        return jobs
    }

    /// Paths of the source designs and the canonical ones that answer them (INVENTORY sections 2 and 4).
    static let aliases: [(from: String, to: String)] =
        signInAliases + peopleAliases + [
            ("/api/v1/expenses/categories", "/api/v1/categories"),
            ("/api/v1/analytics/spending", "/api/v1/analytics/spending-by-category"),
            ("/api/v1/dashboard/summary", "/api/v1/analytics/dashboard"),
        ]
}

extension Modules {
    /// The declarations of all routes. Nothing is started: for the OpenAPI document.
    static func declaredRoutes() throws -> [Route] {
        let backend = try Backend.unstarted()
        let routes = Modules.routes(backend, metricsAccess: "off")
        return Application.declarations(routes, version: Main.version)
    }
}
