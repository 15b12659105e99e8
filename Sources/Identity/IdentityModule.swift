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
        let keys = try SigningKeys.load(directory: directory, now: clock.now().secondsSinceEpoch)
        let sessionKey = try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            try SecretFile.loadOrCreate(at: directory + "/session.key", byteCount: 32)
        }
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
            database: database, hasher: hasher, tokens: tokens, sessionKey: sessionKey,
            options: IdentityOptions(configuration), secrets: secrets, address: address, followers: followers,
            clock: clock, log: log)
    }

    /// The key that this installation's secrets are sealed with, made at the first start. Whoever moves the database
    /// moves `<data>/keys` too.
    package static func secrets(dataDirectory: String) throws -> SecretBox {
        let directory = dataDirectory + "/keys"
        let bytes = try SecretFile.withLockedDirectory(directory) { () throws(SecretFile.Failure) in
            try SecretFile.loadOrCreate(at: directory + "/data.key", byteCount: 32)
        }
        guard let key = SecretBox.Key(id: 1, bytes: bytes) else {
            throw SecretFile.Failure.damaged(path: directory + "/data.key", reason: "it has no 32 bytes")
        }
        return SecretBox(current: key)
    }
}
