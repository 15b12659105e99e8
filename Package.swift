// swift-tools-version:6.2
import PackageDescription

// Imports run one way: Base ← platform ← foundation ← domain ← readers ← Web, App.
// Each edge is stated here, so a cycle or a short cut does not build.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// An async function of ours runs where its caller does, which spares each call a look at the executors. Not for the
/// tests: the protocols of Swift Testing say otherwise.
let moduleSettings = settings + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

func module(_ name: String, on dependencies: Target.Dependency..., resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, exclude: [], resources: resources,
        swiftSettings: moduleSettings)
}

func tests(_ name: String, of dependencies: Target.Dependency..., resources: [Resource] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func migrations(_ folder: String = "Migrations") -> [Resource] { [.embedInCode(folder)] }

let package = Package(
    name: "purser",
    products: [.executable(name: "purser", targets: ["purser"])],
    targets: [
        // System libraries: each imported by one Swift target.
        .systemLibrary(name: "CEpoll", path: "Sources/CEpoll"),
        .systemLibrary(name: "CPQ", path: "Sources/CPQ", pkgConfig: "libpq"),
        .systemLibrary(name: "CCrypto", path: "Sources/CCrypto", pkgConfig: "libcrypto"),
        .systemLibrary(name: "CArgon2", path: "Sources/CArgon2", pkgConfig: "libargon2"),
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CExpat", path: "Sources/CExpat", pkgConfig: "expat"),
        .systemLibrary(name: "CVips", path: "Sources/CVips", pkgConfig: "vips"),
        .systemLibrary(name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CCrypt", path: "Sources/CCrypt"),
        .systemLibrary(name: "CQREncode", path: "Sources/CQREncode", pkgConfig: "libqrencode"),

        // Base: values and rules, no I/O.
        module("Base"),
        module("JSON", on: "Base"),
        module("Statements", on: "Base", "CExpat"),
        module("Images", on: "CVips"),

        // Platform.
        module("Cryptography", on: "Base", "JSON", "CCrypto", "CArgon2", "CCrypt"),
        module("Runtime", on: "Base", "JSON"),
        module("EventLoop", on: "CEpoll"),
        module("Database", on: "Base", "EventLoop", "CPQ"),
        module("HTTPServer", on: "EventLoop", "CEpoll"),
        module("HTTP", on: "Base", "JSON", "Runtime", "EventLoop", "HTTPServer", "CZlib"),
        module("Jobs", on: "Base", "JSON", "Runtime", "EventLoop", "Database", resources: migrations()),
        module("Resources", on: "Base", "JSON", "Runtime", "Database", "HTTP", "HTTPServer", resources: migrations()),

        module(
            "Audit", on: "Base", "JSON", "Runtime", "Cryptography", "Database", "HTTP", "HTTPServer", "Resources",
            "Jobs",
            resources: migrations()),
        module("Outbound", on: "Base", "JSON", "Runtime", "EventLoop", "Cryptography", "Database", "Jobs", "CCurl"),

        // Foundation.
        module(
            "Categories", on: "Base", "JSON", "Runtime", "Database", "HTTP", "HTTPServer", "Resources", "Jobs",
            resources: migrations()),
        module(
            "Books", on: "Base", "JSON", "Runtime", "Cryptography", "Database", "HTTP", "HTTPServer", "Resources",
            "Jobs",
            "Audit", "Outbound", "Categories",
            resources: migrations()),
        module(
            "Identity", on: "Base", "JSON", "Runtime", "EventLoop", "Cryptography", "Database", "HTTP", "HTTPServer",
            "Resources", "Jobs", "Audit", "Outbound", "Images", "Books", "CQREncode",
            resources: migrations() + [.embedInCode("Resources/common_passwords.txt")]),

        // What happens in a book, for those who follow it.
        module(
            "Activity", on: "Base", "JSON", "Runtime", "EventLoop", "Cryptography", "Database", "HTTP", "HTTPServer",
            "Resources",
            "Jobs",
            resources: migrations()),

        // Domain.
        module(
            "Transactions", on: "Base", "JSON", "Runtime", "Cryptography", "Database", "HTTP", "HTTPServer",
            "Resources", "Jobs",
            "Books", "Categories", "Statements", resources: migrations()),

        // Readers.
        module(
            "Reporting", on: "Base", "JSON", "Runtime", "Database", "HTTP", "HTTPServer", "Resources", "Categories",
            "Transactions"),

        // The page and the command.
        module("Web", on: "Base", "Runtime", "HTTP", "HTTPServer", resources: [.embedInCode("Assets")]),
        .executableTarget(
            name: "purser",
            dependencies: [
                "Base", "JSON", "Runtime", "EventLoop", "Cryptography", "Database", "HTTPServer", "HTTP", "Jobs",
                "Resources", "Audit", "Outbound", "Categories", "Books", "Identity", "Activity", "Transactions",
                "Statements",
                "Reporting", "Web",
            ],
            path: "Sources/App", swiftSettings: moduleSettings),

        // Benchmarks.
        .executableTarget(
            name: "bench-http", dependencies: ["EventLoop", "HTTPServer", "JSON"], path: "Sources/Benchmarks/HTTPBench",
            swiftSettings: moduleSettings),
        .executableTarget(
            name: "bench-database", dependencies: ["Base", "Database", "EventLoop"],
            path: "Sources/Benchmarks/DatabaseBench", swiftSettings: moduleSettings),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: ["Base", "JSON", "Runtime", "EventLoop", "Database"],
            path: "Tests/TestSupport", swiftSettings: settings),
        tests("Base", of: "Base", "TestSupport"),
        tests("JSON", of: "JSON", "TestSupport"),
        tests("Statements", of: "Base", "JSON", "Statements", "TestSupport", resources: [.copy("Fixtures")]),
        tests("Cryptography", of: "Base", "JSON", "Cryptography", "TestSupport"),
        tests(
            "Identity", of: "Base", "JSON", "Runtime", "EventLoop", "Cryptography", "Database", "HTTPServer", "HTTP",
            "Resources", "Jobs", "Audit", "Outbound", "Categories", "Books", "Identity", "TestSupport"),
        tests(
            "Outbound", of: "Base", "JSON", "Runtime", "EventLoop", "Cryptography", "Database", "Jobs", "Outbound",
            "TestSupport", resources: [.copy("smtp_server.py")]),
        tests(
            "Live", of: "Base", "JSON", "Runtime", "EventLoop", "Cryptography", "Database", "HTTPServer", "HTTP",
            "Resources", "Jobs", "Audit", "Outbound", "Categories", "Books", "Identity", "Activity", "Statements",
            "Transactions", "TestSupport"),
        tests("Runtime", of: "Base", "JSON", "Runtime", "TestSupport"),
        tests("Jobs", of: "Base", "JSON", "Runtime", "EventLoop", "Database", "Jobs", "TestSupport"),
        tests(
            "Transactions", of: "Base", "JSON", "Runtime", "EventLoop", "Cryptography", "Database", "HTTPServer",
            "HTTP", "Resources", "Jobs", "Audit", "Outbound", "Categories", "Books", "Images", "Identity", "Statements",
            "Transactions", "Reporting", "TestSupport"),
        tests(
            "App", of: "Base", "JSON", "Runtime", "EventLoop", "Database", "HTTPServer", "HTTP", "purser", "TestSupport"
        ),
        tests("EventLoop", of: "EventLoop", "TestSupport"),
        tests("HTTPServer", of: "HTTPServer", "EventLoop", "TestSupport"),
        tests("HTTP", of: "Base", "JSON", "Runtime", "HTTP", "HTTPServer", "EventLoop", "TestSupport"),
        tests("Database", of: "Base", "Database", "EventLoop", "TestSupport"),
    ]
)
