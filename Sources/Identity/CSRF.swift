import Base
import Cryptography

/// Proof that a request with cookies was made by our own page: another site can send the cookies, but cannot read
/// this one to repeat it in a header.
enum CSRF {
    static func token(of session: SessionID, key: [UInt8]) -> String {
        Base64URL.encode(HMACSHA256.authenticate(Array("csrf:\(session)".utf8), key: key))
    }

    static func isValid(_ token: String?, of session: SessionID, key: [UInt8]) -> Bool {
        guard let token, token.utf8.count == 43 else { return false }
        return constantTimeEqual(token, Self.token(of: session, key: key))
    }
}
