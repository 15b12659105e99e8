import Base
import Cryptography
import Database
import HTTP
import Jobs
import Outbound
import Runtime

extension EventName {
    package static let userFactorEnabled = EventName("user.mfa_enabled")
    package static let userFactorDisabled = EventName("user.mfa_disabled")
}

/// A code as it was typed.
enum TypedCode: Sendable {
    case device(String)
    case recovery(String)

    var method: SignInMethod {
        switch self {
        case .device: .code
        case .recovery: .recoveryCode
        }
    }
}

/// What an account shows of its codes.
struct CodeState: Sendable {
    let isOn: Bool
    let isRequired: Bool
    let recoveryCodesLeft: Int
    let factors: [Factor]
}

/// Codes of a device, and those to write down.
extension Accounts {
    struct Enrolment: Sendable {
        /// For typing in.
        let secret: String
        let link: String
        let picture: String
    }

    func codeState(of id: UserID) async throws -> CodeState {
        let user = try await activeUser(id)
        let factors = try await factors(of: user, in: database)
        return CodeState(
            isOn: factors.contains(.code), isRequired: isSecondFactorDemanded(of: user),
            recoveryCodesLeft: try await CodeStore(queryable: database).recoveryCodesLeft(of: id), factors: factors)
    }

    /// A new secret, which counts once a code of it has been shown.
    func beginEnrolment(of id: UserID) async throws -> Enrolment {
        let user = try await activeUser(id)
        let secret = TOTP.newSecret()
        let sealed = secrets.seal(secret, context: Self.codeContext(id))
        guard try await CodeStore(queryable: database.writer).propose(sealed, for: id, at: clock.now()) else {
            throw Refusal.codesOn
        }
        let text = Base32.encode(secret)
        let label = user.email.utf8.map { byte -> String in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2e || byte == 0x2d
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let link = "otpauth://totp/Purser:\(label)?secret=\(text)&issuer=Purser&algorithm=SHA1&digits=6&period=30"
        guard let picture = QRCode.svg(link) else { throw CodePictureProblem() }
        return Enrolment(secret: text, link: link, picture: picture)
    }

    /// - Returns: the recovery codes, shown this once.
    func confirmEnrolment(of id: UserID, in session: SessionID, code: String, from client: Client) async throws
        -> [String]
    {
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.random() }
        try await withCode(.device(code), of: id, from: client, confirming: true) { [self] user, transaction, now in
            let store = CodeStore(queryable: transaction)
            try await store.confirm(id, at: now)
            try await store.replaceRecoveryCodes(of: id, by: codes, under: sessionKeys.keys.current)
            try await SessionStore(transaction: transaction).add(.code, to: session, at: now)
            try await publish(.userFactorEnabled, id, session, in: transaction)
            try await record("MFA_ENABLED", of: user, from: client, in: transaction)
            try await send(.factorChanged(.codesOn), to: user, in: transaction)
        }
        return codes
    }

    /// Turns codes off. All other sessions end: whoever does this may have lost a device that is still signed in.
    func disableCodes(
        of id: UserID, in session: SessionID, code: TypedCode, password: String?, from client: Client
    ) async throws {
        let user = try await activeUser(id)
        guard !isSecondFactorDemanded(of: user) else { throw Refusal.secondFactorDemanded }
        _ = try await proveIfAny(password, of: user, field: "password", from: client)
        let now = clock.now()
        let ended = try await withCode(code, of: id, from: client) { [self] user, transaction, now in
            guard try await CodeStore(queryable: transaction).remove(of: id) else { throw Refusal.codesOff }
            try await publish(.userFactorDisabled, id, session, in: transaction)
            try await record("MFA_DISABLED", of: user, from: client, in: transaction)
            try await send(.factorChanged(.codesOff), to: user, in: transaction)
            return try await SessionStore(transaction: transaction)
                .revokeAll(of: id, except: session, because: .factor, at: now)
        }
        await refuseEverywhere(ended, at: now)
    }

    /// New recovery codes; the ones before work no more.
    func renewRecoveryCodes(of id: UserID, from client: Client) async throws -> [String] {
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.random() }
        try await database.transaction { [self] transaction in
            let store = CodeStore(queryable: transaction)
            guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
                throw Refusal.tokenNotValid
            }
            guard try await store.isOn(id) else { throw Refusal.codesOff }
            try await store.replaceRecoveryCodes(of: id, by: codes, under: sessionKeys.keys.current)
            try await record("RECOVERY_CODES_RENEWED", of: user, from: client, in: transaction)
            try await send(.factorChanged(.recoveryCodesRenewed), to: user, in: transaction)
        }
        return codes
    }

    /// Uses a code up as the second half of a proof.
    func prove(_ code: TypedCode, of id: UserID, from client: Client) async throws {
        try await withCode(code, of: id, from: client) { _, _, _ in }
    }

    /// For the operator, when somebody has lost device and recovery codes alike.
    package func removeCodes(of email: EmailAddress) async throws {
        let now = clock.now()
        let ended = try await database.transaction { [self] transaction in
            guard let user = try await UserStore(queryable: transaction).lock(email: email) else {
                throw Refusal.notFound("account")
            }
            guard try await CodeStore(queryable: transaction).remove(of: user.id) else { throw Refusal.codesOff }
            try await recordByOperator("MFA_DISABLED", of: user, in: transaction)
            try await send(.factorChanged(.codesOff), to: user, in: transaction)
            return try await SessionStore(transaction: transaction)
                .revokeAll(of: user.id, because: .factor, at: now)
        }
        await refuseEverywhere(ended, at: now)
    }

    static func codeContext(_ user: UserID) -> [UInt8] { Array("totp:\(user)".utf8) }

    // MARK: Checking a code

    /// Runs the body in the transaction in which the code was used up.
    ///
    /// - Throws: 400 CODE_INVALID, counted; 429 after too many of them.
    private func withCode<Result: Sendable>(
        _ code: TypedCode, of id: UserID, from client: Client, confirming: Bool = false,
        _ body: @escaping @Sendable (User, Transaction, Instant) async throws -> Result
    ) async throws -> Result {
        let now = clock.now()
        // Returned, not thrown: a refusal that was thrown would undo the count of the failure.
        let outcome = try await database.transaction { [self] transaction -> Result? in
            guard let user = try await UserStore(queryable: transaction).lock(id), user.isActive else {
                throw Refusal.tokenNotValid
            }
            guard let secret = try await CodeStore(queryable: transaction).lock(id) else { throw Refusal.codesOff }
            guard secret.isConfirmed != confirming else { throw confirming ? Refusal.codesOn : Refusal.codesOff }
            guard try await take(code, of: user, at: now, in: transaction) else { return nil }
            return try await body(user, transaction, now)
        }
        guard let outcome else { throw Refusal.codeNotValid(.invalid) }
        return outcome
    }

    /// Uses a code up, or counts a failure. For a transaction that commits in both cases.
    ///
    /// - Throws: 429 while the account's codes are locked, which changes nothing.
    func take(_ code: TypedCode, of user: User, at now: Instant, in transaction: Transaction) async throws -> Bool {
        let failures = CodeFailures(transaction, of: user.id)
        var count = try await failures.lock(at: now)
        if let seconds = count.secondsLocked(at: now) { throw Refusal.locked(for: seconds) }
        if try await fits(code, of: user, at: now, in: transaction) {
            try await failures.forget()
            return true
        }
        count.fail(at: now, policy: .code)
        try await failures.save(count)
        return false
    }

    private func fits(_ code: TypedCode, of user: User, at now: Instant, in transaction: Transaction) async throws
        -> Bool
    {
        let store = CodeStore(queryable: transaction)
        switch code {
        case .device(let typed):
            guard let secret = try await store.lock(user.id) else { return false }
            let plain = try secrets.open(secret.sealed, context: Self.codeContext(user.id))
            guard let step = TOTP.step(of: typed, plain, at: now.secondsSinceEpoch), step > secret.lastStep else {
                return false
            }
            return try await store.take(step: step, of: user.id)
        case .recovery(let typed):
            guard typed.utf8.count <= 64 else { return false }
            let hashes = sessionKeys.keys.all.map { RecoveryCode.hash(typed, of: user.id, $0) }
            guard try await store.take(recoveryCode: hashes, of: user.id, at: now) else { return false }
            let left = try await store.recoveryCodesLeft(of: user.id)
            try await send(.factorChanged(.recoveryCodeUsed(left: left)), to: user, in: transaction)
            return true
        }
    }
}

/// The link was too long for a QR code, which its parts do not allow.
private struct CodePictureProblem: Error {}

extension Refusal {
    static func codeNotValid(_ kind: Kind) -> Refusal {
        Refusal(
            kind, "CODE_INVALID", "This code is not right, or was used before. Wait for the next one.",
            fields: [FieldError("code", "This code is not right, or was used before. Wait for the next one.")])
    }
    static let codesOn = Refusal(
        .conflict, "MFA_ENABLED", "Codes are on already. Turn them off first to use another device.")
    static let codesOff = Refusal(.conflict, "MFA_NOT_ENABLED", "Codes are not on for this account.")
    static let secondFactorDemanded = Refusal(
        .forbidden, "MFA_REQUIRED", "The people who run this server demand a second factor of your account.")
    package static let enrolmentNeeded = Refusal(
        .forbidden, "MFA_ENROLMENT_REQUIRED",
        "The people who run this server demand a second factor of your account. Set one up in the settings first.")
    static let challengeOver = Refusal(
        .unauthenticated, "CHALLENGE_EXPIRED", "This sign-in took too long, or had too many wrong codes. Sign in again."
    )
}
