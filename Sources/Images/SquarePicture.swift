import CVips

/// A picture that somebody sent, cut to a square and made small: a face beside a name.
///
/// What comes from outside is recognised by its first bytes and read by one of three readers of libvips, all others
/// being switched off; its size is taken from its header before anything is unpacked.
package enum SquarePicture {
    package enum Problem: Error, Equatable {
        /// No JPEG, PNG or WebP.
        case unknownKind
        /// It says so, and is not.
        case damaged
        /// More pixels than a photograph has.
        case tooLarge
        /// It would take longer than `deadline`.
        case tooSlow
    }

    package static let maximumBytes = 2 << 20
    package static let maximumSide = 8000
    package static let maximumPixels = 40_000_000
    /// Of a picture that can only be unpacked as a whole: a WebP, a progressive JPEG, an interlaced PNG.
    package static let maximumWholePixels = 16_000_000
    /// Each pass of a progressive JPEG goes over all of it. Cameras and programs make ten.
    static let maximumScans = 100
    package static let deadline = Duration.seconds(5)

    private static let isStarted = purser_vips_start() == 0

    /// The picture as WebP, upright, without what the camera wrote into it. Slow: for a thread of a pool.
    ///
    /// - Parameter side: in pixels.
    package static func webP(
        of bytes: [UInt8], side: Int, deadline: Duration = deadline
    ) throws(Problem) -> [UInt8] {
        guard let kind = kind(of: bytes) else { throw .unknownKind }
        guard isStarted else { throw .damaged }
        if kind == PURSER_PICTURE_JPEG, scans(of: bytes) > maximumScans { throw .tooSlow }
        var shorterSide: Int32 = 0
        let header = bytes.withUnsafeBytes {
            purser_vips_check(
                $0.baseAddress, $0.count, Int32(kind.rawValue), Int32(maximumSide), Int64(maximumPixels),
                Int64(maximumWholePixels), &shorterSide)
        }
        if let problem = problem(header) { throw problem }
        var out: UnsafeMutableRawPointer?
        var length = 0
        let microseconds = deadline.components.seconds * 1_000_000 + deadline.components.attoseconds / 1_000_000_000_000
        let shrink = [8, 4, 2].first { Int(shorterSide) / $0 >= side } ?? 1
        let result = bytes.withUnsafeBytes {
            purser_vips_square(
                $0.baseAddress, $0.count, Int32(kind.rawValue), Int32(shrink), Int32(side), microseconds, &out, &length)
        }
        defer { if let out { purser_vips_free(out) } }
        if let problem = problem(result) { throw problem }
        guard let out else { throw .damaged }
        return try bare(Array(UnsafeRawBufferPointer(start: out, count: length)))
    }

    /// Only the chunks that are drawn: libvips writes EXIF even where it is told not to.
    private static func bare(_ webP: [UInt8]) throws(Problem) -> [UInt8] {
        var bare = Array(webP.prefix(12))
        var rest = webP.dropFirst(12)
        while rest.count >= 8 {
            let name = rest.prefix(4)
            let size = rest.dropFirst(4).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            let chunk = rest.prefix(8 + size + size % 2)
            guard chunk.count >= 8 + size else { throw .damaged }
            rest = rest.dropFirst(chunk.count)
            let start = bare.count
            if ["VP8 ", "VP8L", "VP8X", "ALPH"].contains(where: { name.elementsEqual($0.utf8) }) { bare += chunk }
            // Of what the head says there is, only transparency is left.
            if name.elementsEqual("VP8X".utf8), size > 0 { bare[start + 8] &= 0x10 }
        }
        guard bare.count > 12 else { throw .damaged }
        let size = UInt32(bare.count - 8)
        for index in 0..<4 { bare[4 + index] = UInt8(truncatingIfNeeded: size >> UInt32(8 * index)) }
        return bare
    }

    private static func problem(_ result: Int32) -> Problem? {
        switch UInt32(bitPattern: result) {
        case PURSER_PICTURE_DONE.rawValue: nil
        case PURSER_PICTURE_TOO_LARGE.rawValue: .tooLarge
        case PURSER_PICTURE_TOO_SLOW.rawValue: .tooSlow
        default: .damaged
        }
    }

    /// How often the marker is there that a scan begins with. Within a scan it cannot be: a byte 0xFF has a 0 behind it.
    private static func scans(of bytes: [UInt8]) -> Int {
        var count = 0
        var previous: UInt8 = 0
        for byte in bytes {
            if previous == 0xFF, byte == 0xDA { count += 1 }
            previous = byte
        }
        return count
    }

    private static func kind(of bytes: [UInt8]) -> purser_picture_kind? {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return PURSER_PICTURE_JPEG }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return PURSER_PICTURE_PNG }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.count > 12, bytes[8..<12].elementsEqual("WEBP".utf8) {
            return PURSER_PICTURE_WEBP
        }
        return nil
    }
}
