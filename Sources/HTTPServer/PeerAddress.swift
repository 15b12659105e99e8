import Glibc

/// Who is at the other end.
struct PeerAddress: Sendable {
    /// What limits go by: an IPv4 address, or the /64 that an IPv6 user has to himself.
    enum Key: Hashable, Sendable {
        case none
        case v4(UInt32)
        case v6(UInt64)
    }

    let key: Key
    let text: String
    let isLoopback: Bool

    var isUnix: Bool { key == .none }

    static let unix = PeerAddress(key: .none, text: "unix", isLoopback: true)

    init(_ storage: sockaddr_storage) {
        var storage = storage
        switch Int32(storage.ss_family) {
        case AF_INET:
            self = withUnsafeBytes(of: &storage) { bytes in
                PeerAddress(v4: bytes.loadUnaligned(as: sockaddr_in.self).sin_addr)
            }
        case AF_INET6:
            self = withUnsafeBytes(of: &storage) { bytes in
                PeerAddress(v6: bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
            }
        default:
            self = .unix
        }
    }

    private init(key: Key, text: String, isLoopback: Bool) {
        self.key = key
        self.text = text
        self.isLoopback = isLoopback
    }

    private init(v4 address: in_addr) {
        let host = UInt32(bigEndian: address.s_addr)
        let text = "\(host >> 24).\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255)"
        self.init(key: .v4(host), text: text, isLoopback: host >> 24 == 127)
    }

    private init(v6 address: in6_addr) {
        var address = address
        let (high, low) = withUnsafeBytes(of: &address) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        // An IPv4 client of a socket that listens on both.
        if high == 0, low >> 32 == 0xffff {
            self.init(v4: in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian))
            return
        }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count))
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        self.init(key: .v6(high), text: text, isLoopback: high == 0 && low == 1)
    }
}
