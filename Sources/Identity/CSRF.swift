import Base
import Cryptography

/// Proof that a request with cookies was made by our own page: another site can send the cookies, but cannot read
/// this one to repeat it in a header.
enum CSRF {
    static func token(of session: SessionID, _ keys: SecretKeyRing) -> String {
        Base64URL.encode(keys.mark(message(session)))
    }

    static func isValid(_ token: String?, of session: SessionID, _ keys: SecretKeyRing) -> Bool {
        guard let token, token.utf8.count == 43, let mark = Base64URL.decode(token.utf8) else { return false }
        return keys.marks(message(session)).contains { constantTimeEqual(mark, $0) }
    }

    private static func message(_ session: SessionID) -> [UInt8] { Array("csrf:\(session)".utf8) }
}
