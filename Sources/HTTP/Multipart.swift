import Base

/// What a form may hold. Somebody, some day, will send a million parts.
package struct MultipartLimits: Sendable {
    package var parts: Int
    package var partHeaderBytes: Int

    package init(parts: Int = 32, partHeaderBytes: Int = 8192) {
        self.parts = parts
        self.partHeaderBytes = partHeaderBytes
    }
}

/// Reads `multipart/form-data` (RFC 7578) piece by piece, in constant memory.
package struct MultipartReader: ~Copyable {
    package struct Part: Sendable {
        package let name: String
        package let filename: String?
        package let contentType: String?
    }

    private let limits: MultipartLimits
    private let next: @Sendable () async throws -> [UInt8]?
    private let delimiter: [UInt8]
    /// Bytes received and not yet given out. Starts with a line break, so that the first boundary looks like the rest.
    private var buffer: [UInt8] = [0x0D, 0x0A]
    private var isAtEnd = false
    private var isInPart = false
    private var isFinished = false
    private var partCount = 0

    package init(
        boundary: String, limits: MultipartLimits = MultipartLimits(),
        next: @escaping @Sendable () async throws -> [UInt8]?
    ) throws(Refusal) {
        guard (1...70).contains(boundary.utf8.count) else {
            throw .multipartMalformed("The boundary is missing or too long.")
        }
        delimiter = Array("\r\n--\(boundary)".utf8)
        self.limits = limits
        self.next = next
    }

    /// The next part; what is left of the one before is passed over. Nil after the last.
    package mutating func nextPart() async throws -> Part? {
        while isInPart { if try await read() == nil { break } }
        guard !isFinished else { return nil }
        if partCount == 0 {
            isInPart = true
            while try await read() != nil {}  // what stands before the first boundary has no meaning
        }
        guard !isFinished else { return nil }
        partCount += 1
        guard partCount <= limits.parts else {
            throw Refusal.multipartMalformed("There are more than \(limits.parts) parts.")
        }
        let part = try parse(try await header())
        isInPart = true
        return part
    }

    /// The next bytes of the current part; nil at its end.
    package mutating func read() async throws -> [UInt8]? {
        guard isInPart else { return nil }
        while true {
            if let start = firstIndex(of: delimiter, in: buffer) {
                if start > 0 {
                    let content = Array(buffer[..<start])
                    buffer.removeFirst(start)
                    return content
                }
                // Behind the boundary stands a line break (another part) or two hyphens (the end).
                while buffer.count < delimiter.count + 2 {
                    guard try await fill() else {
                        throw Refusal.multipartMalformed("It ends in the middle of a boundary.")
                    }
                }
                let tail = Array(buffer[delimiter.count..<delimiter.count + 2])
                isInPart = false
                if tail == [0x2D, 0x2D] {
                    isFinished = true
                    return nil
                }
                guard tail == [0x0D, 0x0A] else {
                    throw Refusal.multipartMalformed("A boundary is followed by other text.")
                }
                buffer.removeFirst(delimiter.count + 2)
                return nil
            }
            // Everything but a possible beginning of the boundary can go out.
            if buffer.count >= delimiter.count {
                let safe = buffer.count - delimiter.count + 1
                let content = Array(buffer[..<safe])
                buffer.removeFirst(safe)
                return content
            }
            guard try await fill() else { throw Refusal.multipartMalformed("It ends before its last boundary.") }
        }
    }

    private mutating func fill() async throws -> Bool {
        guard !isAtEnd else { return false }
        guard let chunk = try await next() else {
            isAtEnd = true
            return false
        }
        buffer.append(contentsOf: chunk)
        return true
    }

    private mutating func header() async throws -> [String] {
        var lines: [String] = []
        var used = 0
        while true {
            while true {
                if let end = firstIndex(of: [0x0D, 0x0A], in: buffer) {
                    used += end
                    guard used <= limits.partHeaderBytes else {
                        throw Refusal.multipartMalformed("A part's header is too long.")
                    }
                    let line = String(decoding: buffer[..<end], as: UTF8.self)
                    buffer.removeFirst(end + 2)
                    if line.isEmpty { return lines }
                    lines.append(line)
                    break
                }
                guard buffer.count <= limits.partHeaderBytes else {
                    throw Refusal.multipartMalformed("A part's header is too long.")
                }
                guard try await fill() else { throw Refusal.multipartMalformed("It ends in a part's header.") }
            }
        }
    }

    private func parse(_ lines: [String]) throws(Refusal) -> Part {
        var disposition: MediaType?
        var contentType: String?
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = String(line[line.index(after: colon)...]).trimmed
            switch line[..<colon].lowercased() {
            case "content-disposition": disposition = MediaType(value)
            case "content-type": contentType = value
            default: break
            }
        }
        guard let disposition, disposition.essence == "form-data", let name = disposition["name"] else {
            throw .multipartMalformed("A part has no name.")
        }
        return Part(name: name, filename: disposition["filename"], contentType: contentType)
    }
}

private func firstIndex(of needle: [UInt8], in haystack: [UInt8]) -> Int? {
    guard let first = needle.first, haystack.count >= needle.count else { return nil }
    return haystack.withUnsafeBufferPointer { bytes in
        var index = 0
        let last = bytes.count - needle.count
        search: while index <= last {
            guard bytes[index] == first else {
                index += 1
                continue
            }
            for offset in 1..<needle.count where bytes[index + offset] != needle[offset] {
                index += 1
                continue search
            }
            return index
        }
        return nil
    }
}

extension Refusal {
    static func multipartMalformed(_ what: String) -> Refusal {
        Refusal(.invalid, "MULTIPART_MALFORMED", "The upload is not well-formed multipart/form-data. \(what)")
    }
}
