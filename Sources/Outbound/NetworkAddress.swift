import CCurl
import Glibc

/// Which addresses are on the Internet, and which within somebody's own network.
enum NetworkAddress {
    static func isPublic(_ address: UnsafePointer<sockaddr>) -> Bool {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let bytes = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_addr
            return isPublic(v4: withUnsafeBytes(of: bytes) { Array($0) })
        case AF_INET6:
            let bytes = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return isPublic(v6: withUnsafeBytes(of: bytes) { Array($0) })
        default: return false
        }
    }

    /// RFC 6890's special blocks are not.
    static func isPublic(v4 bytes: [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        switch (bytes[0], bytes[1], bytes[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (169, 254, _), (172, 16...31, _), (192, 168, _), (100, 64...127, _),
            (192, 0, 0), (192, 0, 2), (198, 18...19, _), (198, 51, 100), (203, 0, 113), (224..., _, _):
            return false
        default: return true
        }
    }

    static func isPublic(v6 bytes: [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        // ::ffff:a.b.c.d and 64:ff9b::a.b.c.d stand for the IPv4 address within.
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        let translated = [0x00, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8)
        let head = Array(bytes[..<12])
        if head == mapped || head == translated { return isPublic(v4: Array(bytes[12...])) }
        // Only 2000::/3 is given out, and the documentation's and the tunnels' parts of it are nobody's.
        guard bytes[0] & 0xE0 == 0x20 else { return false }
        switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
        case (0x20, 0x01, 0x0D, 0xB8), (0x20, 0x02, _, _), (0x20, 0x01, 0x00, 0x00): return false
        default: return true
        }
    }
}
