import Base
import Foundation
import Glibc
import JSON

/// JSON files that a person hands in.
enum JSONFile {
    static let limit = 16 << 20

    /// `-` is standard input.
    static func read(_ path: String) throws -> JSONValue {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Refusal(
                .invalid, "FILE_UNREADABLE", "\(Output.safe(path)) cannot be read: \(String(cString: strerror(errno)))."
            )
        }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw Refusal(
                    .invalid, "FILE_UNREADABLE",
                    "\(Output.safe(path)) cannot be read: \(String(cString: strerror(errno))).")
            }
            if count == 0 { break }
            bytes.append(contentsOf: buffer.prefix(count))
            guard bytes.count <= limit else {
                throw Refusal(.tooLarge, "FILE_TOO_LARGE", "\(Output.safe(path)) is larger than \(limit >> 20) MiB.")
            }
        }
        do { return try JSONValue.parse(bytes) } catch {
            throw Refusal(.invalid, "NOT_JSON", "\(Output.safe(path)) is not JSON: \(error.message)")
        }
    }

    /// The list of that name, or the whole where it is a list itself.
    static func list(_ name: String, in json: JSONValue, _ path: String) throws(Refusal) -> [JSONValue] {
        guard let list = json[name]?.array ?? json.array else {
            throw Refusal(
                .invalid, "NOT_\(name.uppercased())",
                "\(Output.safe(path)) has no “\(name)”. It should be what `purser \(name) export` writes.")
        }
        return list
    }

    static func line(of value: JSONValue) -> String {
        var writer = JSONWriter()
        writer.value(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// With line breaks, for people and for version control.
    static func text(of value: JSONValue) -> [UInt8] { Array((lines(of: value, "") + "\n").utf8) }

    private static func lines(of value: JSONValue, _ indent: String) -> String {
        let inner = indent + "  "
        switch value {
        case .object(let members) where !members.isEmpty:
            let parts = members.map { "\(inner)\(line(of: .string($0.key))): \(lines(of: $0.value, inner))" }
            return "{\n" + parts.joined(separator: ",\n") + "\n\(indent)}"
        case .array(let values) where !values.isEmpty:
            return "[\n" + values.map { inner + lines(of: $0, inner) }.joined(separator: ",\n") + "\n\(indent)]"
        default: return line(of: value)
        }
    }

    static func report(added: Int, of count: Int, _ what: String, asJSON: Bool) {
        if asJSON {
            Output.json {
                $0.value(
                    .object([("added", .number(text: String(added))), ("known", .number(text: String(count - added)))]))
            }
        } else {
            Output.line("\(added) \(what) added, \(count - added) were there already")
        }
    }
}

/// A file that is whole or not there: written beside its place, and renamed.
final class OutputFile: Sendable {
    private let path: String
    /// In the same folder; a rename does not reach further.
    private let temporary: String
    /// It has no name until it is whole, so that nothing is left of it, however the program ends.
    private let isNameless: Bool
    private let descriptor: Int32

    init(_ path: String) throws {
        var status = stat()
        let isThere = stat(path, &status) == 0
        if isThere, status.st_mode & S_IFMT == S_IFDIR {
            throw Refusal(.invalid, "IS_DIRECTORY", "\(Output.safe(path)) is a directory. Name a file in it.")
        }
        self.path = path
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let folder = path[..<slash].isEmpty ? "./" : String(path[..<slash])
        let base = "\(folder).\(path[slash...].prefix(100))"
        let nameless = open(folder, O_RDWR | O_CLOEXEC | Self.temporaryFile, 0o666)
        if nameless >= 0 {
            (descriptor, isNameless) = (nameless, true)
            temporary = "\(base)-\(getpid())"
        } else {
            // Not every file system knows files without a name.
            var template = Array("\(base)-XXXXXX".utf8CString)
            (descriptor, isNameless) = (mkstemp(&template), false)
            temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        guard descriptor >= 0 else { throw Self.problem(path) }
        if isThere {
            // As the file that it takes the place of.
            fchmod(descriptor, status.st_mode & 0o777)
        } else if !isNameless {
            let mask = umask(0)
            umask(mask)
            fchmod(descriptor, 0o666 & ~mask)
        }
    }

    /// O_TMPFILE, which the C header builds from parts that Swift does not see.
    private static let temporaryFile: Int32 = 0o20_000_000 | O_DIRECTORY

    func write(_ bytes: [UInt8]) throws {
        var start = 0
        try bytes.withUnsafeBytes { buffer in
            while start < buffer.count, let base = buffer.baseAddress {
                let written = Glibc.write(descriptor, base + start, buffer.count - start)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw Self.problem(path) }
                start += written
            }
        }
    }

    func finish() throws {
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw Self.problem(path) }
        if isNameless {
            // Left by a process of the same number that ended between this and the rename.
            unlink(temporary)
            guard linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0 else {
                throw Self.problem(path)
            }
        }
        guard rename(temporary, path) == 0 else { throw Self.problem(path) }
    }

    func discard() {
        if !isNameless { unlink(temporary) }
    }

    deinit { close(descriptor) }

    private static func problem(_ path: String) -> Refusal {
        Refusal(
            .invalid, "FILE_NOT_WRITABLE",
            "\(Output.safe(path)) cannot be written: \(String(cString: strerror(errno))).")
    }

    /// The whole at once; to standard output without a path.
    static func write(_ bytes: [UInt8], to path: String?) throws {
        guard let path, path != "-" else { return Output.bytes(bytes) }
        let file = try OutputFile(path)
        do {
            try file.write(bytes)
            try file.finish()
        } catch {
            file.discard()
            throw error
        }
    }
}
