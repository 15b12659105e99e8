import Base
import Database
import HTTP

/// What an account's second step can be.
package enum Factor: String, Sendable, CaseIterable {
    /// A code of a device.
    case code = "totp"
    case recoveryCode = "recovery"
    case passkey
}

extension Accounts {
    /// The second steps that an account has; none: its password alone signs in, and alone proves who is there.
    func factors(of user: User, in queryable: any Queryable) async throws -> [Factor] {
        var factors: [Factor] = []
        let hasCodes = try await CodeStore(queryable: queryable).isOn(user.id)
        if hasCodes { factors += [.code, .recoveryCode] }
        // A passkey signs in by itself, too; beside the password it is asked for only where codes would be, or where the
        // operator demands a second factor: whoever has one must not be let in to set up another by the password alone.
        guard hasCodes || isSecondFactorDemanded(of: user) else { return factors }
        if try await !PasskeyStore(queryable: queryable).list(of: user.id).isEmpty { factors.append(.passkey) }
        return factors
    }

    /// Whether the operator demands a second factor of this person.
    func isSecondFactorDemanded(of user: User) -> Bool {
        user.isSecondFactorRequired || options.secondFactorDemand == .all
            || options.secondFactorDemand == .administrators && user.role == .admin
    }

    /// Whether a session may do nothing but set up the second factor that is demanded.
    func mustEnrol(_ user: User, _ methods: [SignInMethod]) -> Bool {
        isSecondFactorDemanded(of: user) && !methods.contains { [.code, .recoveryCode, .passkey].contains($0) }
    }
}

/// Of whom the operator demands a second factor.
package enum SecondFactorDemand: String, Sendable, CaseIterable {
    case none, all
    case administrators = "admins"
}
