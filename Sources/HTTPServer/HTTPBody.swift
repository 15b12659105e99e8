import EventLoop

package enum HTTPBodyError: Error, Equatable, Sendable {
    case tooLarge
    case timeout
    case malformed
    case disconnected

    /// The status that says so. Nobody reads the one for `disconnected`.
    package var status: Int {
        switch self {
        case .tooLarge: 413
        case .timeout: 408
        case .malformed, .disconnected: 400
        }
    }
}

/// The body of a request. It is read from the socket only as it is asked for, so a slow handler slows its client and
/// no body ever lies in memory unasked. One reader at a time.
package struct HTTPBody: Sendable {
    /// nil for a chunked body, whose length only its end tells.
    package let contentLength: Int?
    private let source: BodySource?
    /// In the place of a source, for a request that came over no connection.
    private let supply: Supply?

    /// The next piece of a body, or nil at its end.
    package typealias Supply = @Sendable () async throws(HTTPBodyError) -> [UInt8]?

    /// For requests without a body.
    static let empty = HTTPBody(contentLength: 0, source: nil)

    init(contentLength: Int?, source: BodySource?) {
        self.contentLength = contentLength
        self.source = source
        supply = nil
    }

    init(contentLength: Int?, supply: @escaping Supply) {
        self.contentLength = contentLength
        source = nil
        self.supply = supply
    }

    /// The next piece, or nil at the end.
    package func next() async throws(HTTPBodyError) -> [UInt8]? {
        guard let source else { return try await supply?() }
        if source.loop.isCurrent {
            switch source.poll() {
            case .data(let bytes): return bytes
            case .end: return nil
            case .failed(let error): throw error
            case .wait: break
            }
        }
        let result: Result<[UInt8]?, HTTPBodyError> = await withUnsafeContinuation { continuation in
            if source.loop.isCurrent {
                source.wait(continuation)
            } else {
                source.loop.execute { source.wait(continuation) }
            }
        }
        return try result.get()
    }

    /// The whole body when it came together with its head, as small ones do; else nil, and `collect` waits for it. On
    /// the loop's thread.
    package func collected(upTo limit: Int) throws(HTTPBodyError) -> [UInt8]? {
        guard let whole = received else { return nil }
        if whole.count > limit { throw .tooLarge }
        return whole
    }

    /// The whole body. Throws `tooLarge` as soon as it is known to be larger.
    package func collect(upTo limit: Int) async throws(HTTPBodyError) -> [UInt8] {
        if let contentLength, contentLength > limit { throw .tooLarge }
        if let whole = try collected(upTo: limit) { return whole }
        guard var whole = try await next() else { return [] }
        if whole.count > limit { throw .tooLarge }
        if whole.count == contentLength { return whole }
        while let piece = try await next() {
            if whole.count + piece.count > limit { throw .tooLarge }
            whole.append(contentsOf: piece)
        }
        return whole
    }

    /// The whole body when it came together with the head, as small ones do. On the loop's thread.
    package var received: [UInt8]? {
        guard let source else { return supply == nil ? [] : nil }
        return source.loop.isCurrent ? source.takeWhole() : nil
    }
}
