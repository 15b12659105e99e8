import Base
import Cryptography
import Database
import HTTP
import Outbound
import Runtime

package enum IdentityModule {
    package static var migrations: [Migration] {
        [
            Migration(name: "M20261121000300__identity", sql: PackageResources.M20261121000300__identity_sql),
            Migration(name: "M20261122000110__passkeys", sql: PackageResources.M20261122000110__passkeys_sql),
            Migration(
                name: "M20261122000120__linked_identities", sql: PackageResources.M20261122000120__linked_identities_sql
            ),
            Migration(
                name: "M20261122000700__passkey_verification",
                sql: PackageResources.M20261122000700__passkey_verification_sql),
        ] + signInMigrations + peopleMigrations + keyMigrations
    }

    /// All routes of accounts.
    package static func routes(_ accounts: Accounts) -> [any RouteGroup] {
        [
            IdentityRoutes(accounts: accounts), RecoveryRoutes(accounts: accounts), SecurityRoutes(accounts: accounts),
            CodeRoutes(accounts: accounts), LeavingRoutes(accounts: accounts),
        ]
    }

    /// Accounts with this installation's keys, which are made in `<data>/keys` at the first start.
    ///
    /// - Parameter cores: how many passwords may be hashed at once, unless configured.
    package static func accounts(
        _ configuration: Configuration, dataDirectory: String, database: Database, cores: Int,
        secrets: SecretBox, address: PublicAddress, followers: Followers? = nil, clock: Clock = .system, log: Log
    ) throws -> Accounts {
        let directory = dataDirectory + "/keys"
        let now = clock.now().secondsSinceEpoch
        let keys = try SigningKeys.load(directory: directory, now: now)
        let sessionKeys = try SecretKeyRing(.session, directory: directory, now: now)
        let concurrency = configuration[IdentitySettings.passwordConcurrency]
        let hasher = PasswordHasher(
            concurrent: concurrency > 0 ? concurrency : max(1, cores),
            queueLimit: configuration[IdentitySettings.passwordQueue],
            parameters: Argon2id.Parameters(
                memoryKiB: UInt32(configuration[IdentitySettings.passwordMemory]),
                iterations: UInt32(configuration[IdentitySettings.passwordPasses]), lanes: 1))
        let tokens = AccessTokens(
            jwt: JWT(
                keys: keys, issuer: configuration[IdentitySettings.issuer],
                audience: configuration[IdentitySettings.audience]),
            lifetime: configuration[IdentitySettings.accessLifetime])
        return Accounts(
            database: database, hasher: hasher, tokens: tokens, sessionKeys: sessionKeys,
            options: IdentityOptions(configuration), secrets: secrets, address: address, followers: followers,
            breached: try BreachedPasswords(
                configuration[IdentitySettings.breachedPasswords],
                allowsPlainLoopback: configuration[OAuthSettings.plainLoopback], log: log),
            clock: clock, log: log)
    }

    /// The keys that this installation's secrets are sealed with, the first made at the first start. Whoever moves the
    /// database moves `<data>/keys` too.
    package static func secrets(dataDirectory: String, clock: Clock = .system) throws -> SecretBox {
        SecretBox(
            try SecretKeyRing(.data, directory: dataDirectory + "/keys", now: clock.now().secondsSinceEpoch))
    }
}
