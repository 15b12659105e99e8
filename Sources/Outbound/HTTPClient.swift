import CCurl
import EventLoop
import Glibc

/// Asks other servers, for what an operator has set up: sign-in with a provider.
///
/// Nothing is followed or guessed: https alone, no redirects, no proxy, at most a megabyte, ten seconds for all of it.
/// What a name stands for is looked at before anything connects: an address within our own network is asked only when
/// the operator has named its host.
package final class HTTPClient: Sendable {
    package struct Policy: Sendable {
        /// Hosts that the operator has named, which may be anywhere.
        package var namedHosts: Set<String> = []
        /// For trying it out: http to this machine itself.
        package var allowsPlainLoopback = false
        package var timeout: Duration = .seconds(10)
        package var bodyLimit = 1 << 20

        package init() {}
    }

    package struct Request: Sendable {
        package var url: String
        package var fields: [(name: String, value: String)]
        /// Sent by POST; nil for GET.
        package var form: [(name: String, value: String)]?

        package init(
            _ url: String, fields: [(name: String, value: String)] = [], form: [(name: String, value: String)]? = nil
        ) {
            self.url = url
            self.fields = fields
            self.form = form
        }
    }

    package struct Response: Sendable {
        package let status: Int
        package let body: [UInt8]
    }

    /// Why there is no answer, for the log.
    package struct Failure: Error, CustomStringConvertible, Equatable {
        package let description: String
        package init(_ description: String) { self.description = description }
    }

    private let policy: Policy
    private let threads: BlockingPool
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    package init(policy: Policy = Policy()) {
        self.policy = policy
        threads = BlockingPool(threads: 4, queueLimit: 256, name: "outbound")
    }

    /// The host that a URL names, as `namedHosts` has it; nil for what is no URL.
    package static func host(of url: String) -> String? { try? Target(url).host }

    package func send(_ request: Request) async throws -> Response {
        guard Self.isReady else { throw Failure("libcurl is not available") }
        let target = try Target(request.url)
        guard target.isTLS || policy.allowsPlainLoopback && target.isLoopbackName else {
            throw Failure("only https is asked: \(request.url)")
        }
        do {
            return try await threads.run { [policy] in try Self.perform(request, target, policy) }
        } catch is BlockingPool.Full {
            throw Failure("too many requests wait already")
        }
    }

    private static func perform(_ request: Request, _ target: Target, _ policy: Policy) throws -> Response {
        guard let handle = curl_easy_init() else { throw Failure("libcurl has no handle left") }
        defer { curl_easy_cleanup(handle) }
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for (name, value) in request.fields {
            guard let longer = curl_slist_append(list, "\(name): \(value)") else { throw Failure("out of memory") }
            list = longer
        }
        let exchange = Exchange(
            bodyLimit: policy.bodyLimit,
            mayBePrivate: policy.namedHosts.contains(target.host) || policy.allowsPlainLoopback && target.isLoopbackName
        )
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        try withExtendedLifetime(exchange) {
            let milliseconds = Int(policy.timeout.components.seconds * 1000)
            var codes = [
                shim_easy_setopt_text(handle, CURLOPT_URL, request.url),
                shim_easy_setopt_text(handle, CURLOPT_PROTOCOLS_STR, target.isTLS ? "https" : "http"),
                shim_easy_setopt_text(handle, CURLOPT_PROXY, ""),
                shim_easy_setopt_text(handle, CURLOPT_USERAGENT, "Purser"),
                shim_easy_setopt_long(handle, CURLOPT_FOLLOWLOCATION, 0),
                shim_easy_setopt_long(handle, CURLOPT_NOSIGNAL, 1),
                shim_easy_setopt_long(handle, CURLOPT_TIMEOUT_MS, milliseconds),
                shim_easy_setopt_long(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds / 2),
                shim_easy_setopt_list(handle, CURLOPT_HTTPHEADER, list),
                shim_easy_setopt_data(handle, CURLOPT_WRITEFUNCTION, receive),
                shim_easy_setopt_pointer(handle, CURLOPT_WRITEDATA, context),
                shim_easy_setopt_socket(handle, openSocket),
                shim_easy_setopt_pointer(handle, CURLOPT_OPENSOCKETDATA, context),
            ]
            if let form = request.form {
                // Copied at once, so that the text need not outlive this call.
                let body = form.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
                codes.append(shim_easy_setopt_long(handle, CURLOPT_POSTFIELDSIZE, body.utf8.count))
                codes.append(shim_easy_setopt_text(handle, CURLOPT_COPYPOSTFIELDS, body))
            }
            guard codes.allSatisfy({ $0 == CURLE_OK }) else { throw Failure("libcurl does not take an option") }
            let code = curl_easy_perform(handle)
            guard code == CURLE_OK else {
                throw Failure(
                    exchange.problem ?? "\(target.host) did not answer: \(String(cString: curl_easy_strerror(code)))")
            }
        }
        var status = 0
        _ = shim_easy_getinfo_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Response(status: status, body: exchange.body)
    }

    /// A URL's parts that decisions are made on.
    struct Target: Equatable {
        let isTLS: Bool
        let host: String

        var isLoopbackName: Bool { host == "localhost" || host == "127.0.0.1" || host == "[::1]" }

        init(_ url: String) throws(Failure) {
            guard let mark = url.range(of: "://"), url.utf8.count <= 8192,
                url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw Failure("this is no URL") }
            let scheme = url[..<mark.lowerBound].lowercased()
            guard scheme == "https" || scheme == "http" else { throw Failure("only https is asked: \(scheme)") }
            isTLS = scheme == "https"
            let authority = url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            guard !authority.contains("@") else { throw Failure("a URL should name nobody") }
            var name = authority
            if let colon = authority.lastIndex(of: ":"), authority.last != "]" { name = authority[..<colon] }
            guard !name.isEmpty else { throw Failure("this URL has no host") }
            host = name.lowercased()
        }
    }
}

extension String {
    fileprivate func range(of mark: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return start..<index(start, offsetBy: mark.count) }
            start = index(after: start)
        }
        return nil
    }
}

/// What curl's callbacks write to. Only the thread that performs the request touches it.
private final class Exchange {
    var body: [UInt8] = []
    var problem: String?
    let bodyLimit: Int
    let mayBePrivate: Bool

    init(bodyLimit: Int, mayBePrivate: Bool) {
        self.bodyLimit = bodyLimit
        self.mayBePrivate = mayBePrivate
    }
}

private let receive: shim_data_callback = { data, size, count, context in
    guard let data, let context else { return 0 }
    let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    let bytes = size * count
    guard exchange.body.count + bytes <= exchange.bodyLimit else {
        exchange.problem = "the answer is larger than \(exchange.bodyLimit) bytes"
        return 0
    }
    exchange.body += UnsafeRawBufferPointer(start: data, count: bytes)
    return bytes
}

private let openSocket: shim_socket_callback = { context, _, address in
    guard let context, let address else { return CURL_SOCKET_BAD }
    let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    let isPublic = withUnsafePointer(to: &address.pointee.addr) { NetworkAddress.isPublic($0) }
    guard isPublic || exchange.mayBePrivate else {
        exchange.problem = "its address is within our own network, and the operator has not named it"
        return CURL_SOCKET_BAD
    }
    return socket(
        address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
}

/// Percent-encodes all but the unreserved characters (RFC 3986), as form bodies and queries both take it.
package func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
