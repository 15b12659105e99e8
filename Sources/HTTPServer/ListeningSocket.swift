import CEpoll
import EventLoop
import Glibc

/// Opens listening sockets.
enum ListeningSocket {
    /// One descriptor for each of `count` loops, all on one port, and that port.
    static func tcp(host: String, port: Int, backlog: Int, count: Int) throws -> (descriptors: [Int32], port: Int) {
        guard (0...65_535).contains(port) else { throw SystemError(code: EINVAL, operation: "port \(port)") }
        let address = try resolve(host, port)
        // With SO_REUSEPORT the kernel would let a second server onto the same port without a word. So one socket
        // without it goes first: it finds out whether the port is taken, and which one is free when any will do.
        let probe = try bound(address, host: host, port: port, sharesPort: false, backlog: backlog)
        let chosen = localPort(probe)
        if count == 1 { return ([probe], chosen) }
        close(probe)
        var descriptors: [Int32] = []
        do {
            let exact = try resolve(host, chosen)
            for _ in 0..<count {
                descriptors.append(
                    try bound(exact, host: host, port: chosen, sharesPort: true, backlog: backlog))
            }
        } catch {
            for descriptor in descriptors { close(descriptor) }
            throw error
        }
        return (descriptors, chosen)
    }

    /// A socket file. One that a dead server left behind is replaced; one that answers is not.
    static func unix(path: String, backlog: Int) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
            guard !bytes.isEmpty, bytes.count < target.count, !bytes.contains(0) else { return false }
            target.copyBytes(from: bytes)
            return true
        }
        guard fits else { throw SystemError(code: ENAMETOOLONG, operation: "socket path \(path)") }
        let descriptor = shim_socket(AF_UNIX)
        guard descriptor >= 0 else { throw SystemError.last("socket") }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> Int32 in
                if bind(descriptor, pointer, length) == 0 { return 0 }
                guard errno == EADDRINUSE else { return errno }
                guard !answers(pointer, length) else { return EADDRINUSE }
                unlink(path)
                return bind(descriptor, pointer, length) == 0 ? 0 : errno
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw SystemError(code: code, operation: "bind \(path)")
        }
        // The proxy in front shares the group.
        chmod(path, 0o660)
        guard listen(descriptor, Int32(clamping: backlog)) == 0 else {
            let error = SystemError.last("listen")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func answers(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
        let probe = shim_socket(AF_UNIX)
        guard probe >= 0 else { return true }
        defer { close(probe) }
        return connect(probe, address, length) == 0 || errno != ECONNREFUSED
    }

    private struct Address {
        var storage = sockaddr_storage()
        var length: socklen_t = 0
    }

    private static func resolve(_ host: String, _ port: Int) throws(SystemError) -> Address {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = found, let source = first.pointee.ai_addr,
            Int(first.pointee.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size
        else { throw SystemError(code: EADDRNOTAVAIL, operation: "resolve \(host)") }
        defer { freeaddrinfo(found) }
        var address = Address()
        address.length = first.pointee.ai_addrlen
        withUnsafeMutableBytes(of: &address.storage) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Int(address.length)))
        }
        return address
    }

    private static func bound(
        _ address: Address, host: String, port: Int, sharesPort: Bool, backlog: Int
    ) throws(SystemError) -> Int32 {
        var address = address
        let descriptor = shim_socket(Int32(address.storage.ss_family))
        guard descriptor >= 0 else { throw SystemError.last("socket") }
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if sharesPort { set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
        // "::" stands for every address, IPv4 ones too.
        if Int32(address.storage.ss_family) == AF_INET6 {
            set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, host == "::" ? 0 : 1)
        }
        let length = address.length
        let code = withUnsafePointer(to: &address.storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard code == 0, listen(descriptor, Int32(clamping: backlog)) == 0 else {
            let error = SystemError.last("listen on \(host) port \(port)")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func localPort(_ descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return 0 }
        // The port stands at the same place in both families.
        return withUnsafeBytes(of: &storage) { bytes in
            Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        }
    }
}
